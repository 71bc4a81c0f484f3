"""Spans of `created` that are still to be read, and how one is cut in two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ParameterSet = Mapping[str, str]
"""Query parameters of a list, by name."""

PAGES_WORTH_A_CUT = 4.0
"""A range is cut only where about as many pages or more are left in it: each cut may cost a page that is not full."""


@dataclass(eq=False)
class Range:
    """Objects with `gte <= created < lt` (Unix seconds) that are still to be read, newest first.

    Attributes:
        after: the object read last; what is left starts behind it. None where nothing has been read yet.
        parameters: query parameters it is read with, beside those that say which span.
        seconds_per_record: how far apart its objects lie, by the last page seen of it; None as long as nothing is
            known. One that was cut off starts without: what lies there may be of another density altogether, and
            to cut it again before it was seen would multiply the error.
        in_flight: its next page has been asked for.
    """

    gte: int
    lt: int
    after: str | None = None
    parameters: ParameterSet = field(default_factory=dict)
    seconds_per_record: float | None = None
    in_flight: bool = False

    @property
    def records_left(self) -> float:
        """An estimate: what is left if all of it lies as densely as the last page; 0 as long as nothing is known."""
        if self.seconds_per_record is None:
            return 0.0
        return (self.lt - self.gte) / self.seconds_per_record

    def worth_a_cut(self, page_size: int) -> bool:
        """Whether enough is left for two to read."""
        return self.lt - self.gte >= 2 and self.records_left >= PAGES_WORTH_A_CUT * page_size

    def cut(self) -> Range:
        """Gives the older half of what is left away and returns it."""
        middle = (self.gte + self.lt) // 2
        older = Range(gte=self.gte, lt=middle, parameters=self.parameters)
        self.gte = middle
        return older

    def advance(self, newest: int | None, oldest: int | None, last_id: str | None, records: int) -> None:
        """Moves behind a page of `records` objects.

        Args:
            newest: `created` of the page's first object; None where it has none.
            oldest: `created` of its last object; None likewise, and then the range keeps its upper end.
            last_id: the last object's id; None where it has none to go on from.
        """
        self.after = last_id
        if oldest is None:
            return
        if newest is not None:
            # Many objects may share a second: a page never spans less than one.
            self.seconds_per_record = max(newest - oldest, 1) / records
        self.lt = min(self.lt, oldest + 1)

    def restart_second(self) -> None:
        """Forgets the object to go on from: the second it lay in is read again from its top."""
        self.after = None

    def to_state(self) -> dict[str, Any]:
        """As it stands in a STATE message."""
        state: dict[str, Any] = {"gte": self.gte, "lt": self.lt}
        if self.after is not None:
            state["after"] = self.after
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
        if (
            not _whole(state.get("gte"))
            or not _whole(state.get("lt"))
            or not (after is None or isinstance(after, str))
            or not isinstance(parameters, dict)
        ):
            raise ValueError(f"{state!r} is not a range")
        return cls(gte=state["gte"], lt=state["lt"], after=after, parameters=parameters)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
