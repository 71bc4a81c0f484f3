"""Rows of a stream on their way out: a page is one item, whatever it holds, so that nothing is done a record twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import orjson
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type

from source_stripe.api.client import JsonObject

ROWS_AN_ITEM = 100
"""At most, as on a page of Stripe's: a parent may have thousands of children, and what waits for stdout takes room."""


class Records(AirbyteMessage):
    """Rows of one stream, in the order in which they go out.

    For the CDK's thread pool it is one message. `messages` and `lines` are the same RECORD messages in two forms.
    """

    def __init__(self, stream: str, rows: Sequence[JsonObject]) -> None:
        super().__init__(type=Type.RECORD)
        self.stream = stream
        self.rows = rows

    def messages(self) -> Iterator[AirbyteMessage]:
        """A RECORD message for each row."""
        now = _now_milliseconds()
        for row in self.rows:
            record = AirbyteRecordMessage(stream=self.stream, data=row, emitted_at=now)
            yield AirbyteMessage(type=Type.RECORD, record=record)

    def lines(self) -> bytes:
        """The same as the protocol wants them on stdout, a line each; byte for byte what the CDK would print."""
        record = {"stream": self.stream, "data": None, "emitted_at": _now_milliseconds()}
        message = {"type": "RECORD", "record": record}
        lines = []
        for row in self.rows:
            record["data"] = row  # type: ignore[assignment]
            lines.append(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))
        return b"".join(lines)


def _now_milliseconds() -> int:
    return time.time_ns() // 1_000_000
