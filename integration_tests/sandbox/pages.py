"""Pages of /v2: opaque tokens, addresses of the next page and the one before, fields that come by `include`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from integration_tests.sandbox import sdk
from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.identity import seed_of
from integration_tests.sandbox.resource import Child, Resource
from integration_tests.sandbox.strand import Json
from integration_tests.sandbox.synthesis import unix
from integration_tests.sandbox.timeline import DAY

# Seconds. Stripe does not say how long a token lasts; long enough for any read, short enough to be tested.
TOKEN_LIFE = DAY


@dataclass(frozen=True)
class Token:
    """Where a page begins: just behind the object `after`, or, going back, just before the object `before`."""

    after: str | None
    before: str | None
    issued: int

    def text(self, path: str) -> str:
        """`page_…`, good for this path only."""
        plain = f"{self.after or ''}|{self.before or ''}|{self.issued}"
        return "page_" + base64.urlsafe_b64encode(f"{plain}|{seed_of(path, plain):x}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, path: str, now: int) -> Token:
        """Raises StripeFault 400 for a token that is of another list, made up, or too old."""
        body = text.removeprefix("page_")
        try:
            plain = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
            after, before, issued, _ = plain.split("|")
            token = cls(after or None, before or None, int(issued))
        except (binascii.Error, ValueError):
            raise _bad_token() from None
        if token.text(path) != text or now - token.issued > TOKEN_LIFE:
            raise _bad_token()
        return token


def _bad_token() -> StripeFault:
    return StripeFault(400, "The page token is invalid or has expired.", code="invalid_page_token", param="page")


def created_window(query: Mapping[str, Any]) -> Any:
    """The query's `created`, or what says the same, in Unix seconds; None where there is none. Raises StripeFault."""
    given = query.get("created")
    bounds = {bound: query[f"created_{bound}"] for bound in ("gt", "gte", "lt", "lte") if f"created_{bound}" in query}
    try:
        if isinstance(given, str):
            return unix(given)
        if isinstance(given, dict) and all(isinstance(value, str) for value in given.values()):
            bounds |= given
        elif given is not None:
            return given
        return {bound: unix(text) for bound, text in bounds.items()} or None
    except ValueError:
        raise StripeFault(400, "Invalid timestamp: RFC 3339 is expected.", param="created") from None


def page(
    path: str, query: Mapping[str, Any], data: Sequence[Json], more: bool, here: Token | None, now: int
) -> dict[str, Any]:
    """The body of an answer. `path` is the request's own; `here` where the page began, `more` that there is more in the
    direction gone."""
    backwards = here is not None and here.before is not None
    kept = {name: value for name, value in query.items() if name != "page"}

    def address(after: str | None, before: str | None) -> str:
        token = Token(after, before, now).text(path)
        return f"{path}?{urlencode([*_flat(kept), ('page', token)])}"

    onward = data and (more or backwards)
    back = data and (here is not None and (more or not backwards))
    return {
        "data": list(data),
        "next_page_url": address(str(data[-1]["id"]), None) if onward else None,
        "previous_page_url": address(None, str(data[0]["id"])) if back else None,
    }


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, entry in value.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(entry, dict):
            found += _flat(entry, key)
        elif isinstance(entry, list):
            found += [(f"{key}[{place}]", str(inner)) for place, inner in enumerate(entry)]
        else:
            found.append((key, str(entry).lower() if isinstance(entry, bool) else str(entry)))
    return found


def without_hidden(of: Resource | Child, value: Json, include: Sequence[str]) -> Json:
    """The object with null where a field comes by `include` alone, as the SDK's `include` parameters name them."""
    for path in includable(of.path):
        if path not in include:
            value = _nulled(value, path.split("."))
    return value


@cache
def includable(path: str) -> list[str]:
    """What `include` may name, of a list or of the retrieval of one of its objects."""
    found: set[str] = set()
    for endpoint in sdk.endpoints():
        if (endpoint.method == "get" and endpoint.path.rpartition("/{")[0] == path) or endpoint.path == path:
            known = endpoint.parameters.get("include")
            if known is not None:
                found |= {str(value) for value in _literals(known.shape)}
    return sorted(found)


def _literals(shape: sdk.Shape) -> list[Any]:
    return [*shape.values, *(value for part in shape.of for value in _literals(part))]


def _nulled(value: Json, names: list[str]) -> Json:
    current = value.get(names[0])
    if len(names) == 1:
        return {**value, names[0]: None} if names[0] in value else value
    return {**value, names[0]: _nulled(current, names[1:])} if isinstance(current, dict) else value
