"""Walking a list: strands and what was added merged by time, from any place, in either direction."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# (created, rank of the source, index in it): the total order of a list, newest last.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Source:
    """Part of a list in ascending order: a strand (`indexes` a range, or what a filter left of it) or what was added
    at run time. `rank` orders sources within one second."""

    rank: int
    indexes: Sequence[int]
    created: Callable[[int], int]

    def place(self, index: int) -> Place:
        return (self.created(index), self.rank, index)

    def walk(self, low: tuple[int, ...] | None, high: tuple[int, ...] | None, newest_first: bool) -> Iterator[Place]:
        """Places from `low` (inclusive) to `high` (exclusive); both may be cut short, as tuples compare."""
        start = 0 if low is None else bisect_left(self.indexes, low, key=self.place)
        stop = len(self.indexes) if high is None else bisect_left(self.indexes, high, key=self.place)
        positions = range(stop - 1, start - 1, -1) if newest_first else range(start, stop)
        for position in positions:
            yield self.place(self.indexes[position])


@dataclass(frozen=True)
class Window:
    """Seconds that a list is asked for, both inclusive."""

    low: int | None = None
    high: int | None = None

    @classmethod
    def of(cls, created: Any) -> Window:
        if created is None:
            return cls()
        if isinstance(created, int):
            return cls(created, created)
        lows = [created[k] + extra for k, extra in (("gte", 0), ("gt", 1)) if k in created]
        highs = [created[k] - extra for k, extra in (("lte", 0), ("lt", 1)) if k in created]
        return cls(max(lows, default=None), min(highs, default=None))

    def holds(self, moment: int) -> bool:
        return (self.low is None or moment >= self.low) and (self.high is None or moment <= self.high)


def walk(
    sources: Sequence[Source], window: Window, *, after: Place | None = None, before: Place | None = None
) -> Iterator[Place]:
    """Places newest first; from just behind `after` (older), or, oldest first, from just before `before` (newer)."""
    low: tuple[int, ...] | None = None if window.low is None else (window.low,)
    high: tuple[int, ...] | None = None if window.high is None else (window.high + 1,)
    newest_first = before is None
    if after is not None:
        high = after if high is None else min(high, after)
    if before is not None:
        beyond = (*before[:2], before[2] + 1)
        low = beyond if low is None else max(low, beyond)
    walks = [source.walk(low, high, newest_first) for source in sources if len(source.indexes)]
    if len(walks) == 1:
        return walks[0]
    return heapq.merge(*walks, reverse=newest_first)
