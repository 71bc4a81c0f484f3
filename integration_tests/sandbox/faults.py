"""Faults to order: what goes wrong, for which requests, how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from integration_tests.sandbox.identity import mix

Kind = Literal[
    "status",  # an error answer with `status`, `body` and `headers`
    "reset",  # the connection is reset before any answer
    "half_body",  # headers promise all, half arrives, the connection closes
    "hang",  # no answer for `seconds`
    "garbage",  # 200 with bytes that are no JSON
    "html",  # `status` with a web page, as a proxy in between answers
    "empty",  # 200 with no body at all
    "bad_gzip",  # 200 that claims gzip and is not
    "no_data",  # a list that says `has_more` and holds nothing
    "vanished_cursor",  # 400 resource_missing for `starting_after`, as if its object had been deleted
]


@dataclass
class Fault:
    """Order with `count` (the next so many matching requests) or `probability` (drawn from the seed).

    `path` is a shell pattern over paths (`/v1/charges*`), `query` a text that the raw query must contain;
    the first `skip` matching requests are spared.
    """

    kind: Kind
    path: str = "*"
    query: str = ""
    count: int | None = 1
    probability: float | None = None
    skip: int = 0
    status: int = 500
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 3600.0
    hits: int = 0


class FaultPlan:
    """The faults that are ordered, in order; a request meets the first that applies."""

    def __init__(self, seed: int) -> None:
        self._state = mix(seed)
        self.ordered: list[Fault] = []

    def order(self, fault: Fault) -> Fault:
        if fault.probability is not None:
            fault.count = None
        self.ordered.append(fault)
        return fault

    def clear(self) -> None:
        self.ordered.clear()

    def meet(self, path: str, query: str) -> Fault | None:
        for fault in self.ordered:
            if not fnmatchcase(path, fault.path) or fault.query not in query:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.count is not None:
                if fault.count == 0:
                    continue
                fault.count -= 1
            elif fault.probability is not None:
                self._state = mix(self._state)
                if (self._state >> 11) / (1 << 53) >= fault.probability:
                    continue
            fault.hits += 1
            return fault
        return None
