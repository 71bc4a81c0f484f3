"""What a read put on stdout: which rows of which streams, the last state of each, and what it complained of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

RECORD = b'{"type":"RECORD"'
_STATE = b'{"type":"STATE"'
Json = dict[str, Any]


class Wrong(Exception):
    """A read that is no measurement: it failed, or brought other rows than there are."""


class Tally:
    """Takes the output piece by piece. `ids` are those of each stream's rows, `catalog` is what `discover` gave."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.ids: dict[str, set[str]] = {}
        self.states: dict[str, Json] = {}
        self.statuses: dict[str, str] = {}
        self.errors: list[str] = []
        self.catalog: list[Json] = []
        self.bytes = 0
        self.record_bytes = 0
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        self.bytes += len(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._line(line)

    def end(self) -> None:
        """No more is to come. Raises Wrong if the last line was cut."""
        if self._rest:
            raise Wrong(f"the output ends within a line: {self._rest[-100:]!r}")

    def expect(self, expected: Mapping[str, int]) -> None:
        """Raises Wrong unless each stream brought exactly so many rows, no two of them alike, and no other any."""
        found = {name: (self.rows[name], len(self.ids.get(name, ()))) for name in {*expected, *self.rows}}
        wrong = [
            f"{name}: {rows} rows with {different} different ids instead of {expected.get(name, 0)}"
            for name, (rows, different) in sorted(found.items())
            if not rows == different == expected.get(name, 0)
        ]
        if wrong:
            raise Wrong("; ".join(wrong))

    def _line(self, line: bytes) -> None:
        if line.startswith(RECORD):
            record = orjson.loads(line)["record"]
            self.rows[record["stream"]] += 1
            self.record_bytes += len(line) + 1
            self.ids.setdefault(record["stream"], set()).add(str(record["data"].get("id")))
            return
        message = orjson.loads(line)
        if line.startswith(_STATE):
            state = message["state"]
            self.states[state["stream"]["stream_descriptor"]["name"]] = state
        elif message["type"] == "CATALOG":
            self.catalog = message["catalog"]["streams"]
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            self.statuses[status["stream_descriptor"]["name"]] = status["status"]
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            self.errors.append(message["trace"]["error"]["message"])


def configured(streams: Iterable[str], mode: str) -> Json:
    """A configured catalog of these streams, all in one sync mode."""
    return {
        "streams": [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]},
                "sync_mode": mode,
                "destination_sync_mode": "append",
            }
            for name in streams
        ]
    }
