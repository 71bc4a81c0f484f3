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


class Around:
    """RECORD messages of rows that are JSON objects' texts, one field at least each: all but the text is made once."""

    def __init__(self, stream: str) -> None:
        self._before, _, after = line_of(stream, {}).partition(b"{}")
        self._after = b"}" + after

    def line(self, text: memoryview, added: JsonObject) -> bytes:
        """The message of a row, with fields that are added at its end."""
        if not added:
            return b"".join((self._before, text[:-1], self._after))
        return b"".join((self._before, text[:-1], b",", orjson.dumps(added)[1:-1], self._after))


def _now_milliseconds() -> int:
    return time.time_ns() // 1_000_000
