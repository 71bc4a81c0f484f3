"""The requests we may still send: one budget for everything that talks to one account.

Stripe counts requests per account and, on top of that, per endpoint
(https://docs.stripe.com/rate-limits). The CDK's `APIBudget` asks the first policy that matches a
request and no other, so it cannot hold both, and its moving window lets a whole second's requests
go out at once, which is what draws 429s. Here requests are spaced evenly and granted in turn to the
endpoints that have room, first come, first served at each.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from source_stripe.api.clock import Clock
from source_stripe.api.lane import Lane, Sent

ENDPOINT_REQUESTS_PER_SECOND = 25.0
"""Stripe's default for any one endpoint (https://docs.stripe.com/rate-limits)."""

SLOWER_REQUESTS_PER_SECOND = 20.0
"""Of files, all their endpoints together, and of search (same page)."""


class Budget:
    """Grants no more than `total` requests in any second, and no more than `per_endpoint` for each endpoint.

    Whoever wants to send calls `request` (told by a call-back) or `acquire` (blocks), then `begin` when the request
    goes out and `end` when it is answered, or `unused` where none is sent. All are safe from any thread. Where Stripe
    refuses for a limit that is lower than was said, the budget learns it (see `Lane`). A thread of the budget's own
    hands out the grants; it ends when nobody has waited for a while.
    """

    _IDLE_SECONDS = 5.0

    def __init__(self, clock: Clock, total: float, per_endpoint: float = ENDPOINT_REQUESTS_PER_SECOND) -> None:
        self._clock = clock
        self._per_endpoint = per_endpoint
        self._total = Lane(total)
        self._lanes: dict[str, Lane] = {}
        self._waiting: dict[str, deque[Callable[[], None]]] = {}
        """By endpoint; the endpoint whose turn it is stands first."""
        self._changed = threading.Condition()
        self._granting = False
        self._looks_again_at = float("-inf")
        """Until when the granting thread waits, by the clock's monotonic seconds: waking it for less is work, too."""
        self._free_next = float("-inf")
        """When the endpoint that was granted last is free again: likely, somebody waits for it by then."""

    @property
    def rate(self) -> float:
        """Requests a second that may go out at present, over all endpoints."""
        return self._total.rate

    @property
    def waiting(self) -> int:
        """Requests that are not granted yet."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def request(self, endpoint: str, granted: Callable[[], None]) -> None:
        """Calls `granted` once, when one request to `endpoint` may be sent. `granted` must be quick and not raise."""
        with self._changed:
            self._waiting.setdefault(endpoint, deque()).append(granted)
            if not self._granting:
                self._granting = True
                threading.Thread(target=self._grant, name="request-budget", daemon=True).start()
            elif max(self._total.free_at, self._lane(endpoint).free_at) < self._looks_again_at:
                self._changed.notify()

    def acquire(self, endpoint: str) -> None:
        """Returns when one request to `endpoint` may be sent."""
        turn = threading.Event()
        self.request(endpoint, turn.set)
        turn.wait()

    def begin(self, endpoint: str) -> Sent:
        """A request that was granted goes out."""
        with self._changed:
            sent = Sent(endpoint, self._clock.monotonic())
            self._total.begin(sent)
            self._lane(endpoint).begin(sent)
        return sent

    def end(self, sent: Sent, refused: str | None = None) -> None:
        """It has been answered, or came to nothing.

        Args:
            refused: why Stripe's limiter turned it away, in the words of its `Stripe-Rate-Limited-Reason`; None if it
                did not.
        """
        with self._changed:
            sent.ended = now = self._clock.monotonic()
            sent.refused = refused is not None
            lane = self._lane(sent.endpoint)
            makes_room = self._total.full or lane.full
            self._total.end()
            lane.end()
            match refused:
                case "global-rate":
                    self._total.too_fast(sent, now)
                case "global-concurrency":
                    self._total.too_many(sent, now)
                case "endpoint-concurrency":
                    lane.too_many(sent, now)
                case "endpoint-rate" | "resource-specific":
                    lane.too_fast(sent, now)
            if makes_room and self._waiting:
                self._changed.notify()

    def unused(self, endpoint: str) -> None:
        """A request that was granted is not sent after all."""
        self.end(Sent(endpoint, self._clock.monotonic()))

    def _grant(self) -> None:
        while True:
            with self._changed:
                granted, wait_seconds = self._next()
                if granted is None:
                    self._looks_again_at = self._clock.monotonic() + wait_seconds
                    timed_out = not self._clock.wait(self._changed, wait_seconds)
                    self._looks_again_at = float("-inf")
                    if timed_out and not self._waiting and wait_seconds == self._IDLE_SECONDS:
                        self._granting = False
                        return
            if granted is not None:
                granted()

    def _next(self) -> tuple[Callable[[], None] | None, float]:
        """The first waiter that may go now, its request booked; else None and the seconds until it is worth asking."""
        now = self._clock.monotonic()
        if not self._waiting and self._free_next > now:
            return None, self._free_next - now
        if not self._waiting or self._total.full:
            return None, self._IDLE_SECONDS
        if self._total.free_at > now:
            return None, self._total.free_at - now
        soonest = now + self._IDLE_SECONDS
        for endpoint, waiting in self._waiting.items():
            lane = self._lane(endpoint)
            if lane.full:
                continue
            if lane.free_at > now:
                soonest = min(soonest, lane.free_at)
                continue
            granted = waiting.popleft()
            # Whoever else waits for the endpoint stands at the end of the queue now.
            del self._waiting[endpoint]
            if waiting:
                self._waiting[endpoint] = waiting
            self._total.book(now)
            lane.book(now)
            self._free_next = lane.free_at
            return granted, 0.0
        return None, soonest - now

    def _lane(self, endpoint: str) -> Lane:
        name, limit = _counted_as(endpoint, self._per_endpoint)
        if name not in self._lanes:
            self._lanes[name] = Lane(min(limit, self._total.limit))
        return self._lanes[name]


def _counted_as(endpoint: str, per_endpoint: float) -> tuple[str, float]:
    """What Stripe counts an endpoint's requests under, and its limit a second."""
    if endpoint.startswith("/v1/files"):
        return "/v1/files", min(SLOWER_REQUESTS_PER_SECOND, per_endpoint)
    if endpoint.endswith("/search"):
        return endpoint, min(SLOWER_REQUESTS_PER_SECOND, per_endpoint)
    return endpoint, per_endpoint
