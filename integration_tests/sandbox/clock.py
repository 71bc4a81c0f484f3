"""The sandbox's clock: everything that Stripe would date, and its `Date` header, come from here."""

from __future__ import annotations

import time

# 2026-11-01T00:00:00Z. Fixed, so that the same seed gives the same business on every day.
DEFAULT_NOW = 1_793_491_200


class Clock:
    """Unix seconds. A running clock goes on with real time from where it is set; a standing one only by `advance`.

    `skew` (seconds) is added to the `Date` header alone: a server whose clock a client should not trust.
    """

    def __init__(self, start: float = DEFAULT_NOW, *, running: bool = True) -> None:
        self._base = start
        self._since = time.monotonic() if running else None
        self.skew = 0.0

    def now(self) -> int:
        if self._since is None:
            return int(self._base)
        return int(self._base + time.monotonic() - self._since)

    def advance(self, seconds: float) -> int:
        """Move on by so many seconds; answers the new time."""
        self._base += seconds
        return self.now()

    def set(self, moment: float) -> int:
        """Jump to a time, Unix seconds."""
        self._base = moment
        if self._since is not None:
            self._since = time.monotonic()
        return self.now()
