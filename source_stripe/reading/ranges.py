"""Spans of `created` that are still to be read, and how one is cut in two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from source_stripe.api.keys import shown

ParameterSet = Mapping[str, str | tuple[str, ...]]
"""Query parameters of a list, by name; several values repeat the name."""

_YEAR_9999 = 253_402_300_799
"""The last second that Python has a date for."""

PAGES_WORTH_A_CUT = 2.0
"""A range is cut only where about as many pages or more are left in it, one of which is under way: another one is left
to read beside it."""

LOST_IN_A_ROW = 5
"""A page leaves a hundred objects to go on from: that all of them vanish before the next page, five times and with no
progress in between, is no account's doing."""


@dataclass(eq=False)
class Range:
    """Objects with `gte <= created < lt` (Unix seconds) that are still to be read, newest first.

    A list that cannot be filtered by `created` is one range without bounds.

    Attributes:
        after: where to go on: the id of the object read last, or the address of the next page where Stripe gives
            one (/v2). None where nothing has been read yet.
        parameters: query parameters it is read with, beside those that say which span.
        seconds_per_record: how far apart its objects lie, by the last page seen of it; None as long as nothing is
            known. One that was cut off starts without: what lies there may be of another density altogether, and
            to cut it again before it was seen would multiply the error.
        trail: ids of the last page's objects but its last, for the case that that one vanishes before it is of use.
        in_flight: its next page has been asked for.
        lost: how often it had to start over, because no place to go on from was left, since it came on last.
    """

    gte: int | None
    lt: int | None
    after: str | None = None
    parameters: ParameterSet = field(default_factory=dict)
    seconds_per_record: float | None = None
    trail: list[str] = field(default_factory=list)
    in_flight: bool = False
    lost: int = 0

    @property
    def seconds(self) -> int:
        """How long it is; 0 without bounds."""
        return 0 if self.gte is None or self.lt is None else self.lt - self.gte

    @property
    def records_left(self) -> float:
        """An estimate: what is left if all of it lies as densely as the last page; 0 as long as nothing is known."""
        return self.seconds / self.seconds_per_record if self.seconds_per_record else 0.0

    def worth_a_cut(self, page_size: int) -> bool:
        """Whether enough is left for two to read."""
        return self.seconds >= 2 and self.records_left >= PAGES_WORTH_A_CUT * page_size

    def cut(self, page_size: int) -> Range:
        """Gives the older half of what is left away and returns it. Only for a range that is worth a cut.

        The page that is under way stays with this range: the half is of what lies beyond it.
        """
        if self.gte is None or self.lt is None:
            raise ValueError("a range without bounds cannot be cut")
        beyond = max(self.gte + 2, int(self.lt - page_size * (self.seconds_per_record or 0.0)))
        middle = (self.gte + beyond) // 2
        older = Range(gte=self.gte, lt=middle, parameters=self.parameters)
        self.gte = middle
        return older

    def advance(self, after: str, trail: list[str], newest: object, oldest: object, records: int) -> None:
        """Moves behind a page of `records` objects.

        Args:
            after: where to go on.
            trail: where to go on if that has vanished by then, last first choice.
            newest: `created` of the page's first object, in Unix seconds; anything else tells nothing.
            oldest: `created` of its last object, likewise.
        """
        if self.after is not None:
            self.lost = 0
        self.after, self.trail = after, trail
        if self.lt is None or not isinstance(oldest, int):
            return
        if isinstance(newest, int):
            # Many objects may share a second: a page never spans less than one.
            self.seconds_per_record = max(newest - oldest, 1) / records
        if oldest + 1 < self.lt:
            self.lt, self.lost = oldest + 1, 0

    def reaches(self, newer: Range) -> bool:
        """Whether `newer` goes on where this one ends, so that the two are one range; not for those without bounds."""
        if self.gte is None or self.lt is None or newer.gte is None or newer.lt is None:
            return False
        return self.gte <= newer.gte <= self.lt <= newer.lt

    def step_back(self) -> None:
        """The object to go on from has vanished: takes the one before it, else starts over.

        Started over, a range with bounds begins with the second it had come to, one without from its top.
        """
        self.lost += not self.trail
        self.after = self.trail.pop() if self.trail else None

    @property
    def hopeless(self) -> bool:
        """Places vanish faster than it comes on: no use in asking for ever."""
        return self.lost >= LOST_IN_A_ROW

    def to_state(self) -> dict[str, Any]:
        """As it stands in a STATE message."""
        state: dict[str, Any] = {"gte": self.gte, "lt": self.lt, "after": self.after}
        state = {name: value for name, value in state.items() if value is not None}
        if self.parameters:
            state["parameters"] = dict(self.parameters)
        return state

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Range:
        """The reverse of `to_state`.

        Raises:
            ValueError: it is not what `to_state` writes.
        """
        after, parameters = state.get("after"), state.get("parameters", {})
        bounds = state.get("gte"), state.get("lt")
        if (
            not (bounds == (None, None) or all(is_second(bound) for bound in bounds))
            or not (after is None or isinstance(after, str))
            or not isinstance(parameters, dict)
        ):
            raise ValueError(f"{shown(state)} is not a range")
        return cls(*bounds, after=after, parameters=parameters)


def is_second(value: object) -> bool:
    """Whether it is a time in Unix seconds that can be written as a date."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _YEAR_9999
