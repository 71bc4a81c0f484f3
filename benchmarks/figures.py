"""A figure and what it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Goal:
    """What is to be reached, and the floor below which it will not do; both limits themselves still count as reached.

    at_most: smaller is better.
    """

    target: float
    floor: float | None = None
    at_most: bool = False

    def verdict(self, value: float) -> str:
        if self._reaches(value, self.target):
            return "met"
        if self.floor is not None and self._reaches(value, self.floor):
            return "missed"
        return "missed" if self.floor is None else "below the floor"

    def _reaches(self, value: float, limit: float) -> bool:
        return value <= limit if self.at_most else value >= limit


@dataclass(frozen=True)
class Figure:
    """A row of the table.

    values: what each run measured, in the unit that the goal is in.
    form: how a value is written down, such as "{:.0%}".
    detail: the same in plain words, and what else there is to say.
    failure: why there is no measurement; then there are no values.
    """

    row: str
    measure: str
    goal: Goal | None
    values: Sequence[float]
    form: str = "{:.2f}"
    detail: str = ""
    failure: str = ""

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.values)

    @property
    def verdict(self) -> str:
        if self.failure:
            return "FAILED"
        return self.goal.verdict(self.value) if self.goal else ""

    def written(self, value: float | None) -> str:
        return "" if value is None else self.form.format(value)

    @property
    def spread(self) -> str:
        """The median, and the least and the most where runs differ."""
        if self.failure:
            return self.failure
        least, most = self.written(min(self.values)), self.written(max(self.values))
        middle = self.written(self.value)
        return middle if least == most else f"{middle} ({least} to {most})"


@dataclass(frozen=True)
class Activity:
    """What each process did during a read: how much of a core, over the time from the first request to the end."""

    scenario: str
    seconds: float
    connector: float
    sandbox: float
    reader: float
    records: int
    pages: int
    requests: int
    limited: int


def pages_of(counts: Sequence[int], size: int = 100) -> int:
    """How many full pages lists of so many objects take; an empty list still costs one."""
    return sum(max(1, -(-count // size)) for count in counts)
