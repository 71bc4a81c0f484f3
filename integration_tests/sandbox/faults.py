"""Faults to order: what goes wrong, for which requests, how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from integration_tests.sandbox.identity import mix

Kind = Literal[
    "status",  # an error answer with `status`, `body` and `headers`
    "refused",  # nobody listens; over HTTP, where the request has come in by then, a reset
    "reset",  # the connection is reset before any answer
    "half_body",  # headers promise all, half arrives, the connection closes
    "hang",  # no answer for `seconds`
    "garbage",  # 200 with bytes that are no JSON
    "html",  # `status` with a web page, as a proxy in between answers
    "empty",  # 200 with no body at all
    "bad_gzip",  # 200 that claims gzip and is not
    "no_data",  # a list that says `has_more` and holds nothing
    "vanished_cursor",  # 400 resource_missing for `starting_after`, as if its object had been deleted
    "deleted_parent",  # whose children are asked for is deleted at that moment: 404
    "no_id",  # the last object of a list lacks its `id`
    "no_created",  # the last object of a list lacks its `created`
    "other_types",  # the last object of a list has values of types that Stripe's schema does not know there
    "large_metadata",  # the last object of a list has 5 MB of metadata
]

SPOILS_OBJECTS: frozenset[Kind] = frozenset({"no_id", "no_created", "other_types", "large_metadata"})
"""What leaves the answer a good one, but for the last object of its list: the one that the next page is asked by."""

LARGE = 5 * 2**20
"""Bytes."""


@dataclass
class Fault:
    """Order with `count` (the next so many matching requests), `probability` (drawn from the seed) or `lasts` (for so
    many seconds of the sandbox's clock, from the first one on).

    `path` is a shell pattern over paths (`/v1/charges*`), `query` a text that the raw query must contain;
    the first `skip` matching requests are spared.
    """

    kind: Kind
    path: str = "*"
    query: str = ""
    count: int | None = 1
    probability: float | None = None
    lasts: float | None = None
    skip: int = 0
    status: int = 500
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 3600.0
    hits: int = 0
    began: int | None = None


class FaultPlan:
    """The faults that are ordered, in order; a request meets the first that applies."""

    def __init__(self, seed: int) -> None:
        self._state = mix(seed)
        self.ordered: list[Fault] = []

    def order(self, fault: Fault) -> Fault:
        if fault.probability is not None or fault.lasts is not None:
            fault.count = None
        self.ordered.append(fault)
        return fault

    def clear(self) -> None:
        self.ordered.clear()

    def meet(self, path: str, query: str, now: int) -> Fault | None:
        """The fault of a request at `now`, Unix seconds."""
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
                if self.draw() >= fault.probability:
                    continue
            elif fault.lasts is not None:
                fault.began = now if fault.began is None else fault.began
                if now - fault.began >= fault.lasts:
                    continue
            fault.hits += 1
            return fault
        return None

    def draw(self) -> float:
        """The next number by chance, from 0 up to 1."""
        self._state = mix(self._state)
        return (self._state >> 11) / (1 << 53)


def spoiled(kind: Kind, page: dict[str, Any]) -> dict[str, Any]:
    """The body of a list with its last object as a fault of `SPOILS_OBJECTS` leaves it; what is no list stays."""
    data = page.get("data")
    if not isinstance(data, list) or not data:
        return page
    last = dict(data[-1])
    match kind:
        case "no_id" | "no_created":
            last.pop(kind.removeprefix("no_"), None)
        case "other_types":
            others: dict[type, Any] = {str: 7, int: "seven", bool: [True], dict: "an object", list: {"a": "list"}}
            last = {
                name: value if name in ("id", "object", "created") else others.get(type(value), value)
                for name, value in last.items()
            }
        case "large_metadata":
            last["metadata"] = {"note": "m" * LARGE}
    return {**page, "data": [*data[:-1], last]}
