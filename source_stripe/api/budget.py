"""The requests we may still send: one budget for everything that talks to one account.

Stripe counts requests per account and, on top of that, per endpoint
(https://docs.stripe.com/rate-limits). The CDK's `APIBudget` asks the first policy that matches a
request and no other, so it cannot hold both, and its moving window lets a whole second's requests
go out at once, which is what draws 429s. Here requests are spaced evenly and granted first come,
first served among those whose endpoint has room.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from source_stripe.api.clock import Clock

ENDPOINT_REQUESTS_PER_SECOND = 25.0
"""Stripe's default for any one endpoint (https://docs.stripe.com/rate-limits)."""


class _Lane:
    """Requests that are counted together: spaced evenly, and in no second more than `rate` of them.

    Attributes:
        free_at: when the next one may go, by the clock's monotonic seconds.
    """

    _CATCH_UP_SECONDS = 0.02
    """How late a grant may be without the one after it waiting longer for that: threads never wake on the dot."""

    def __init__(self, rate: float) -> None:
        self.free_at = 0.0
        self._gap = 1.0 / rate
        self._last_second: deque[float] = deque(maxlen=max(1, int(rate)))

    def book(self, now: float) -> None:
        """One request goes at `now`."""
        late = now - self.free_at
        slot = (self.free_at if late <= self._CATCH_UP_SECONDS else now) + self._gap
        self._last_second.append(now)
        full = len(self._last_second) == self._last_second.maxlen
        self.free_at = max(slot, self._last_second[0] + 1.0) if full else slot


@dataclass(frozen=True)
class _Waiter:
    endpoint: str
    granted: Callable[[], None]


class Budget:
    """Grants no more than `total` requests in any second, and no more than `per_endpoint` for each endpoint.

    Whoever wants to send calls `request` (told by a call-back) or `acquire` (blocks). Both are safe from
    any thread. A thread of the budget's own hands out the grants; it ends when nobody has waited for a while.
    """

    _IDLE_SECONDS = 5.0

    def __init__(self, clock: Clock, total: float, per_endpoint: float = ENDPOINT_REQUESTS_PER_SECOND) -> None:
        self._clock = clock
        self._total = _Lane(total)
        self._endpoints: defaultdict[str, _Lane] = defaultdict(lambda: _Lane(min(per_endpoint, total)))
        self._waiters: deque[_Waiter] = deque()
        self._changed = threading.Condition()
        self._granting = False

    def request(self, endpoint: str, granted: Callable[[], None]) -> None:
        """Calls `granted` once, when one request to `endpoint` may be sent. `granted` must be quick and not raise."""
        with self._changed:
            self._waiters.append(_Waiter(endpoint, granted))
            if not self._granting:
                self._granting = True
                threading.Thread(target=self._grant, name="request-budget", daemon=True).start()
            self._changed.notify()

    def acquire(self, endpoint: str) -> None:
        """Returns when one request to `endpoint` may be sent."""
        turn = threading.Event()
        self.request(endpoint, turn.set)
        turn.wait()

    def _grant(self) -> None:
        while True:
            with self._changed:
                waiter, wait_seconds = self._next_waiter()
                if waiter is None:
                    timed_out = not self._clock.wait(self._changed, wait_seconds)
                    if timed_out and not self._waiters:
                        self._granting = False
                        return
            if waiter is not None:
                waiter.granted()

    def _next_waiter(self) -> tuple[_Waiter | None, float]:
        """The first waiter that may go now, its request booked; else None and the seconds until it is worth asking."""
        if not self._waiters:
            return None, self._IDLE_SECONDS
        now = self._clock.monotonic()
        if self._total.free_at > now:
            return None, self._total.free_at - now
        soonest = min(self._endpoints[waiter.endpoint].free_at for waiter in self._waiters)
        if soonest > now:
            return None, soonest - now
        for position, waiter in enumerate(self._waiters):
            if self._endpoints[waiter.endpoint].free_at <= now:
                del self._waiters[position]
                break
        self._total.book(now)
        self._endpoints[waiter.endpoint].book(now)
        return waiter, 0.0
