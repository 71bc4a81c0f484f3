"""One of Stripe's lists, as far as `RangeReader` sees it, in a time that passes only when nothing else can happen."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, cast

import pytest

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import Page, Request, StripeClient
from source_stripe.api.errors import Refusal, error_of
from source_stripe.reading import range_reader
from source_stripe.reading.family import Rows
from source_stripe.reading.listing import STRIPE_BEGAN, Listing
from source_stripe.reading.range_reader import Batch, RangeReader
from source_stripe.reading.ranges import Range

LISTING = Listing("/v1/charges")


class StripeList:
    """Records by `created`, answered newest first, each page `latency` seconds after its request went out.

    Requests go out at `per_second`. It stands for the client, its budget and the executor at once, and everything
    happens in one thread: the same history, however fast the machine.

    Attributes:
        requests: how many were asked.
        running: requests that were granted, and neither answered nor given back.
        deleted: ids that are gone; they are on no page, and no cursor.
    """

    def __init__(self, created: list[int], latency: float = 0.2, per_second: float = 25.0) -> None:
        # Newest first, as on the list; ids are in no order of time.
        ordered = sorted(created, reverse=True)
        self.records: list[JsonObject] = [
            {"id": f"ch_{index * 7919 % 1_000_003}_{index}", "created": at} for index, at in enumerate(ordered)
        ]
        self.requests = self.running = 0
        self.deleted: set[str] = set()
        self.budget = self
        self._places = {record["id"]: place for place, record in enumerate(self.records)}
        self._keys = [-at for at in ordered]
        self._latency, self._gap = latency, 1.0 / per_second
        self._now = self._free_at = 0.0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._serial = 0

    # --- the budget and the executor

    def request(self, endpoint: str, granted: Callable[[], None]) -> None:
        def grant() -> None:
            self.running += 1
            granted()

        self._free_at = max(self._free_at, self._now) + self._gap
        self._later(self._free_at, grant)

    def unused(self, endpoint: str) -> None:
        self.running -= 1

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        def run() -> None:
            function(*arguments)
            self.running -= 1

        self._later(self._now + self._latency, run)
        return Future()

    def _later(self, at: float, event: Callable[[], object]) -> None:
        self._serial += 1
        heapq.heappush(self._events, (at, self._serial, event))

    def pass_time(self) -> None:
        """Lets the next thing happen."""
        self._now, _, event = heapq.heappop(self._events)
        event()

    def settle(self) -> None:
        """Lets everything happen that is on its way."""
        while self._events:
            self.pass_time()

    # --- the client

    def page(self, request: Request, granted: bool, verbatim: bool) -> Page:
        assert granted
        assert not verbatim
        self.requests += 1
        asked = dict(request.parameters)
        gte = int(asked.get("created[gte]", 0))
        place = bisect_left(self._keys, -int(asked["created[lt]"]) + 1)
        after = asked.get("starting_after")
        if after is not None:
            if after in self.deleted:
                raise error_of(Refusal(400, request.path, "gone", code="resource_missing", param="starting_after"))
            place = max(place, self._places[after] + 1)
        found: list[JsonObject] = []
        while place < len(self.records) and self.records[place]["created"] >= gte:
            if self.records[place]["id"] not in self.deleted:
                if len(found) == int(asked["limit"]):
                    return Page(found, True, None, 1)
                found.append(self.records[place])
            place += 1
        return Page(found, False, None, 1)


class _Inbox:
    """A queue whose reader lets time pass instead of waiting."""

    def __init__(self, stripe_list: StripeList) -> None:
        self._list = stripe_list
        self._items: deque[Any] = deque()

    def put(self, item: object) -> None:
        self._items.append(item)

    def empty(self) -> bool:
        return not self._items

    def get(self) -> Any:
        while not self._items:
            self._list.pass_time()
        return self._items.popleft()


def reader_of(stripe_list: StripeList, until: int, ranges: list[Range] | None = None) -> RangeReader:
    """A reader of the list up to `until` (Unix seconds), or of the ranges given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(range_reader, "SimpleQueue", lambda: _Inbox(stripe_list))
        return RangeReader(
            LISTING,
            [Range(STRIPE_BEGAN, until)] if ranges is None else ranges,
            cast(StripeClient, stripe_list),
            cast(Executor, stripe_list),
            lambda row: {"charges": Rows([row])},
        )


def ids(batches: list[Batch]) -> list[str]:
    return [row["id"] for batch in batches for unfolded in batch.unfolded for row in unfolded["charges"].records]
