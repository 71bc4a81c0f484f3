"""When things happened: a monotone function from index to Unix seconds that can be inverted."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from integration_tests.sandbox.identity import mix

DAY = 86_400


@dataclass(frozen=True)
class Density:
    """How a history lies in time.

    Without arguments it is spread evenly over `years`. `within` (seconds) squeezes all of it into one span in the
    middle of those years (one day: 86400). `per_second` puts exactly that many charges into each second before now.
    """

    years: int = 5
    within: int | None = None
    per_second: int | None = None


@dataclass(frozen=True)
class Timeline:
    """`at(index)` for `first <= index < last`, from `start` to just before `end` (Unix seconds)."""

    first: int
    last: int
    start: int
    end: int
    per_second: int | None = None

    @property
    def span(self) -> int:
        return self.end - self.start

    def at(self, index: int) -> int:
        """The second of an index. Every seventh index shares the second of the one before it."""
        if self.per_second is not None:
            return self.end - 1 - (self.last - 1 - index) // self.per_second
        if index % 7 == 3:
            index -= 1
        total = self.last - self.first or 1
        base = self.start + (index - self.first) * self.span // total
        slack = self.span * 4 // (total * 5)
        return base + mix(index) % slack if slack > 1 else base

    def count_before(self, moment: int, limit: int, lag: int = 0, step: int = 1, offset: int = 0) -> int:
        """How many of `limit` entries, entry n happening `lag` seconds after index `n * step + offset`, come
        before `moment`."""
        return bisect_left(range(limit), moment, key=lambda n: self.at(n * step + offset) + lag)
