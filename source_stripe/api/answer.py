"""What an answer's body holds: lists and objects, and lists whose rows stay as Stripe wrote them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypedDict

import msgspec
import orjson
from isal import isal_zlib

JsonObject = dict[str, Any]
Form = Literal["v1", "v2", "object"]
"""How an answer is laid out: a list of /v1 (`has_more`), a list of /v2 (`next_page_url`), or one object."""

Reader = Callable[[bytes], JsonObject | None]
"""Takes an answer's body and returns what it holds, or None where it is not of the form that was asked for."""


_GZIP = 31
"""As zlib's `wbits`: with gzip's head and checksum (https://docs.python.org/3/library/zlib.html#zlib.decompress)."""


class Head(TypedDict, total=False):
    """What is looked at of a row that is passed on as Stripe wrote it."""

    id: Any
    created: Any
    updated: Any
    is_deleted: Any


class _Texts(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]
    has_more: bool


_texts = msgspec.json.Decoder(_Texts)
_head = msgspec.json.Decoder(Head)


def decompressed(content: bytes) -> bytes:
    """What was compressed with gzip, in one go or in several.

    Raises:
        EOFError: its end is missing.
        OSError: it is something else, or damaged.
    """
    whole = b""
    while content:
        decompressor = isal_zlib.decompressobj(_GZIP)
        damage = ""
        try:
            whole += decompressor.decompress(content)
        except isal_zlib.error as error:  # type: ignore[misc]  # isal's types have an instance there
            damage = f"the body does not decompress: {error}"
        if damage:  # raised here, where isal's own words are not the cause that is shown instead
            raise OSError(damage)
        if not decompressor.eof:
            raise EOFError("the body's end is missing")
        content = decompressor.unused_data
    return whole


def parsed(content: bytes) -> object:
    """The JSON value, None for anything else."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def texts_of(content: bytes) -> JsonObject | None:
    """A list of /v1 whose `data` holds no more than the rows' `Head`s; `texts` are the rows as JSON without whitespace.

    To make objects of a row only to write them down again takes twice as long as this.
    """
    try:
        content.isascii() or content.decode()  # the one thing that msgspec does not look after in what it passes on
        page = _texts.decode(msgspec.json.format(content, indent=-1))
        heads = [_head.decode(text) for text in page.data]
    except (UnicodeDecodeError, msgspec.MsgspecError):
        return list_of(content)
    if page.has_more and not heads:
        return None
    return {"data": heads, "has_more": page.has_more, "texts": [memoryview(text) for text in page.data]}


def list_of(content: bytes) -> JsonObject | None:
    """A list of /v1."""
    body = parsed(content)
    if not isinstance(body, dict) or not isinstance(body.get("data"), list) or "has_more" not in body:
        return None
    # A page that promises more and holds nothing leaves no object to go on from: a broken answer.
    return body if body["data"] or not body["has_more"] else None


def _v2_list_of(content: bytes) -> JsonObject | None:
    # An empty page with another behind it is fine here: /v2 says where to go on without any object's id.
    body = parsed(content)
    return body if isinstance(body, dict) and isinstance(body.get("data"), list) else None


def object_of(content: bytes) -> JsonObject | None:
    """An object on its own."""
    body = parsed(content)
    return body if isinstance(body, dict) and body else None


READERS: dict[Form, Reader] = {"v1": list_of, "v2": _v2_list_of, "object": object_of}
