"""Rows of a stream on their way out: a page is one item, whatever it holds, so that nothing is done a record twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type

from source_stripe.api.answer import JsonObject

ROWS_AN_ITEM = 100
"""At most, as on a page of Stripe's: a parent may have thousands of children, and what waits for stdout takes room."""


class Records(AirbyteMessage):
    """Rows of one stream, in the order in which they go out. For the CDK's thread pool it is one message.

    Attributes:
        rows: JSON objects; or, for a reader that asked for `lines`, RECORD messages, each a line of stdout.
    """

    def __init__(self, stream: str, rows: Sequence[Any]) -> None:
        super().__init__(type=Type.RECORD)
        self.stream = stream
        self.rows = rows

    def messages(self) -> Iterator[AirbyteMessage]:
        """A RECORD message for each of the JSON objects."""
        now = _now_milliseconds()
        for row in self.rows:
            record = AirbyteRecordMessage(stream=self.stream, data=row, emitted_at=now)
            yield AirbyteMessage(type=Type.RECORD, record=record)


def line_of(stream: str, row: JsonObject) -> bytes:
    """The RECORD message of a row as the protocol wants it on stdout."""
    record = {"stream": stream, "data": row, "emitted_at": _now_milliseconds()}
    return orjson.dumps({"type": "RECORD", "record": record}, option=orjson.OPT_APPEND_NEWLINE)


def line_around(stream: str, text: memoryview, added: JsonObject) -> bytes:
    """The same for a row that is a JSON object's text, one field at least, and fields that are added at its end."""
    before, _, after = line_of(stream, added).partition(b'"data":{')
    return b"".join((before, b'"data":', text[:-1], b"," if added else b"", after))


def _now_milliseconds() -> int:
    return time.time_ns() // 1_000_000
