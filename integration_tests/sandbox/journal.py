"""What was asked: every Stripe request, counted and in order."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True)
class Logged:
    """`at` is the sandbox's clock (Unix seconds) when it was answered, `received` the machine's when it came;
    `endpoint` the path with its placeholders."""

    at: int
    method: str
    path: str
    endpoint: str
    query: str
    account: str
    version: str
    status: int
    items: int
    fault: str | None = None
    received: float = 0.0


@dataclass
class Journal:
    """Counts are complete (`items` are objects, by endpoint), `first` is when the first request was received; the log
    holds the last `keep` requests."""

    keep: int = 100_000
    requests: int = 0
    first: float | None = None
    by_endpoint: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    limited: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    log: deque[Logged] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def note(self, entry: Logged, limited: str | None = None) -> None:
        with self._lock:
            self.requests += 1
            self.first = entry.received if self.first is None else min(self.first, entry.received)
            self.by_endpoint[entry.endpoint] += 1
            self.by_status[entry.status] += 1
            self.items[entry.endpoint] += entry.items
            if limited is not None:
                self.limited[limited] += 1
            self.log.append(entry)
            if len(self.log) > self.keep:
                self.log.popleft()

    def reset(self) -> None:
        with self._lock:
            self.requests = 0
            self.first = None
            self.by_endpoint.clear()
            self.by_status.clear()
            self.items.clear()
            self.limited.clear()
            self.log.clear()
