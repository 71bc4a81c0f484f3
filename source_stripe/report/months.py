"""The months that the page shows one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 24
"""So many at most; what lies before is summed up in one row, so that sums are of everything and pages stay small."""

YEAR = 12


@dataclass(frozen=True)
class Months:
    """Calendar months in UTC as `2026-03`, oldest first, without gaps; at least a year of them, or none."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, seen: Iterable[str]) -> Months:
        """The months to show, by those in which there is anything."""
        places = sorted(_place(month) for month in seen)
        if not places:
            return cls(())
        last = places[-1]
        first = max(last - SHOWN + 1, min(places[0], last - YEAR + 1))
        return cls(tuple(_name(place) for place in range(first, last + 1)))

    @property
    def year(self) -> tuple[str, ...]:
        """The last twelve of them."""
        return self.names[-YEAR:]

    def before(self, month: str) -> bool:
        """Whether a month lies before all of them."""
        return not self.names or month < self.names[0]


def title(month: str) -> str:
    """`Mar 2026`."""
    return f"{_TITLES[int(month[5:]) - 1]} {month[:4]}"


_TITLES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def _place(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _name(place: int) -> str:
    return f"{place // 12:04}-{place % 12 + 1:02}"
