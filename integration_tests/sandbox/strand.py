"""A strand: objects of one kind in the order of their creation, computed from their index.

A list endpoint is made of one or more strands (balance transactions come from charges, refunds, disputes and
payouts), each with a creation time that never falls with the index, so that any page is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Strand:
    """`make(index)` gives the object, `created(index)` its Unix seconds, `id(index)` its identifier and
    `index(identifier)` the way back (None for one that is not of this strand).

    `narrow` answers filters that would else be a search through everything: a parameter's value to the ascending
    indexes that may match (`None` where it cannot tell).
    """

    count: int
    created: Callable[[int], int]
    id: Callable[[int], str]
    index: Callable[[str], int | None]
    make: Callable[[int], Json]
    narrow: Mapping[str, Callable[[str], Sequence[int] | None]] = field(default_factory=dict)

    def locate(self, identifier: str) -> int | None:
        """The index of an object that exists, else None."""
        index = self.index(identifier)
        return index if index is not None and 0 <= index < self.count else None

    def first_at(self, moment: int) -> int:
        """The first index created at `moment` (Unix seconds) or later."""
        return bisect_left(range(self.count), moment, key=self.created)
