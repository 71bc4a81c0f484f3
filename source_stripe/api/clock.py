"""Time as the connector sees it: a machine's monotonic clock for waiting, Stripe's own for what is read."""

from __future__ import annotations

import threading
import time
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    """Where waiting and measuring get their time from; tests put their own in."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back."""
        ...

    def time(self) -> float:
        """Unix seconds by this machine, trusted only while Stripe has not told its own."""
        ...

    def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        ...

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        """Waits, holding `condition`, until it is notified (True) or `seconds` have passed (False)."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        return condition.wait(seconds)


class StripeTime:
    """Stripe's clock, told by the `Date` header of its answers.

    `created` is written by Stripe's clock, so a machine that is minutes off must not decide
    up to which second a stream has been read.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None
        self._told = "", 0.0
        """The last header, and what it says in Unix seconds."""

    def learn(self, date_header: str | None) -> None:
        """Takes an answer's `Date` header (RFC 9110, whole seconds); one that is missing or garbled is passed over."""
        if not date_header:
            return
        header, told = self._told
        if date_header != header:  # a hundred answers a second have the same one
            try:
                told = parsedate_to_datetime(date_header).timestamp()
            except ValueError:
                return
            self._told = date_header, told
        self._ahead = told - self._clock.monotonic()

    def now(self) -> int:
        """Unix seconds."""
        if self._ahead is None:
            return int(self._clock.time())
        return int(self._clock.monotonic() + self._ahead)
