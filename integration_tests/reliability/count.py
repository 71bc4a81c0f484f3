"""What runs came to: records owed and found, twice or not at all, and pieces of the key that got out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from integration_tests import histories
from integration_tests.command import Finished
from integration_tests.sandbox import Sandbox
from source_stripe.streams import STREAMS

DECLARED = {stream.name: stream for stream in STREAMS}
Row = dict[str, Any]

SHORTEST_LEAK = 6
"""Characters of the key in a row that nobody may see, beyond its prefix."""


@dataclass
class Count:
    """Counts of one run or of many.

    Attributes:
        tried: times that something went wrong.
        expected: records that Stripe has, over all runs.
        found: those of them that are in the destination, as Stripe has them.
        duplicates: records that one run brought twice.
        problems: whatever is not as it must be, in words.
    """

    name: str
    runs: int = 0
    tried: int = 0
    expected: int = 0
    found: int = 0
    duplicates: int = 0
    leaks: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return self.expected - self.found

    def add(self, other: Count) -> None:
        """Takes another one's counts to its own."""
        for name in ("runs", "tried", "expected", "found", "duplicates", "leaks"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems


def leaks(text: str, key: str) -> list[str]:
    """The pieces of a key beyond its prefix, six characters long, that stand in a text."""
    secret = key.rpartition("_")[2].removeprefix("sandbox")
    pieces = {secret[start : start + SHORTEST_LEAK] for start in range(len(secret) - SHORTEST_LEAK + 1)}
    return sorted(piece for piece in pieces if piece in text)


class Destination:
    """Tables as a platform keeps them: of each key the row with the newest cursor, of several the last that came."""

    def __init__(self, streams: list[str]) -> None:
        self.streams = streams
        self._tables: dict[str, dict[str, Row]] = {stream: {} for stream in streams}
        self._nameless: list[tuple[str, Row]] = []

    def take(self, done: Finished) -> int:
        """Takes the records of a run, in order; how many of them came twice."""
        seen: Counter[str] = Counter()
        for line in done.stdout.splitlines():
            if not line.startswith('{"type":"RECORD"'):
                continue
            seen[line.rpartition(',"emitted_at":')[0]] += 1
        for message in done.of_type("RECORD"):
            stream, row = message["record"]["stream"], message["record"]["data"]
            self._put(stream, row)
        return sum(seen.values()) - len(seen)

    def _put(self, stream: str, row: Row) -> None:
        if "id" not in row:
            self._nameless.append((stream, row))
            return
        cursor = DECLARED[stream].cursor_field
        known = self._tables[stream].get(row["id"])
        if known is None or row.get(cursor, 0) >= known.get(cursor, 0):
            self._tables[stream][row["id"]] = row

    def compare(self, sandbox: Sandbox, count: Count, other: tuple[str, ...] = ()) -> None:
        """Counts what Stripe has and what of it is here, and notes what is here and is not Stripe's.

        Args:
            other: fields that may differ; "*" for all.
        """
        for stream in self.streams:
            alive, owed = self._alive(stream), truth(sandbox, stream)
            count.expected += len(owed)
            nameless = [row for name, row in self._nameless if name == stream]
            for key, row in owed.items():
                found = alive.get(key) or next((each for each in nameless if _same(stream, each, row, other)), None)
                if found is not None and ("*" in other or _same(stream, found, row, other)):
                    count.found += 1
                else:
                    count.problems.append(f"{stream} {key} is {'not as Stripe has it' if found else 'missing'}")
            count.problems += [
                f"{stream} {key} is here and not on Stripe" for key in sorted(alive.keys() - owed.keys())
            ]

    def _alive(self, stream: str) -> dict[str, Row]:
        """Rows that are not deleted, and whose parents have them still."""
        declared, table = DECLARED[stream], self._tables[stream]
        alive = {key: row for key, row in table.items() if not row.get("is_deleted")}
        if declared.parent is None:
            return alive
        parents = self._alive(declared.parent.name)
        dated = declared.cursor_field.endswith("updated")
        return {
            key: row
            for key, row in alive.items()
            if (parent := parents.get(row[declared.parent_key]))
            and (not dated or row[declared.cursor_field] >= parent["updated"])
        }


def truth(sandbox: Sandbox, stream: str) -> dict[str, Row]:
    """What Stripe shows of a stream, by id."""
    if stream in histories.OWN or stream in histories.CHILDREN:
        return histories.truth(sandbox, stream)
    return {row["id"]: row for row in sandbox.truth(DECLARED[stream].endpoint)}


def _same(stream: str, row: Row, true: Row, other: tuple[str, ...]) -> bool:
    added = {"updated", *DECLARED[stream].extra_properties, *other}
    return {n: v for n, v in row.items() if n not in added} == {n: v for n, v in true.items() if n not in added}
