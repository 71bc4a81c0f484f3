"""Stripe's rate limits: token buckets for an account and for each of its endpoints, and a concurrency limiter."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Requests a second, and at a time; None is no limit. Stripe documents 100 a second for a live account, 25
    for a test one, and 25 an endpoint (https://docs.stripe.com/rate-limits)."""

    per_account: float | None = None
    per_endpoint: float | None = None
    concurrent: int | None = None
    concurrent_per_endpoint: int | None = None


class TokenBucket:
    """Holds at most `rate` tokens (one second's worth), refilled evenly."""

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._capacity = max(rate, 1.0)
        self._tokens = self._capacity
        self._at = now

    def has_one(self, now: float) -> bool:
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self.rate)
        self._at = now
        return self._tokens >= 1

    def take(self) -> None:
        self._tokens -= 1


class RateLimiter:
    """Decides on each request; `monotonic` answers seconds and may be injected."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._running: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def set(self, limits: Limits) -> None:
        """Change the limits while running; buckets start full."""
        with self._lock:
            self.limits = limits
            self._buckets.clear()

    def enter(self, account: str, endpoint: str) -> str | None:
        """None if the request may run (then `leave` must follow), else the reason that Stripe's header gives."""
        limits = self.limits
        with self._lock:
            if limits.concurrent is not None and self._running[account, ""] >= limits.concurrent:
                return "global-concurrency"
            most = limits.concurrent_per_endpoint
            if most is not None and self._running[account, endpoint] >= most:
                return "endpoint-concurrency"
            whole = self._bucket(account, "", limits.per_account)
            part = self._bucket(account, endpoint, limits.per_endpoint)
            now = self._monotonic()
            if whole is not None and not whole.has_one(now):
                return "global-rate"
            if part is not None and not part.has_one(now):
                return "endpoint-rate"
            for bucket in (whole, part):
                if bucket is not None:
                    bucket.take()
            self._running[account, ""] += 1
            self._running[account, endpoint] += 1
        return None

    def leave(self, account: str, endpoint: str) -> None:
        with self._lock:
            self._running[account, ""] -= 1
            self._running[account, endpoint] -= 1

    def _bucket(self, account: str, endpoint: str, rate: float | None) -> TokenBucket | None:
        if rate is None:
            return None
        key = (account, endpoint)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(rate, self._monotonic())
        return self._buckets[key]
