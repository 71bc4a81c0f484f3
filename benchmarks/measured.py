"""One read, measured on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.connector import Finished, run
from benchmarks.figures import Activity, pages_of
from benchmarks.server import Served, Server
from benchmarks.tally import configured

PAGE = 100
ENDPOINT_PER_SECOND, TOTAL_PER_SECOND = 25, 100
"""Stripe's limits in live mode (https://docs.stripe.com/rate-limits)."""

ONE = {"charges": "/v1/charges"}
FIVE = {
    **ONE,
    "payment_intents": "/v1/payment_intents",
    "credit_notes": "/v1/credit_notes",
    "setup_intents": "/v1/setup_intents",
    "top_ups": "/v1/topups",
}
"""Lists with a `created` filter whose records are as large as charges on average, without children to be asked for."""


@dataclass(frozen=True)
class Measured:
    """A read of `expected` rows by stream, what the command did and what the sandbox served."""

    expected: Mapping[str, int]
    finished: Finished
    served: Served

    @property
    def records(self) -> int:
        return sum(self.expected.values())

    @property
    def pages(self) -> int:
        return pages_of(list(self.expected.values()), PAGE)

    @property
    def startup_ended(self) -> float:
        """Unix seconds: when the first request came."""
        return self.finished.started if self.served.first is None else self.served.first

    @property
    def seconds(self) -> float:
        """From the end of start-up to the end of the process."""
        return self.finished.ended - self.startup_ended

    @property
    def records_per_second(self) -> float:
        return self.records / self.seconds

    @property
    def first_record_after(self) -> float:
        """Seconds from the end of start-up."""
        first = self.finished.first_record
        return float("inf") if first is None else first - self.startup_ended

    @property
    def requests_beyond(self) -> float:
        """The requests as a share of those that are allowed for: 1.05 for each page, and 20 for each stream."""
        return self.served.requests / (1.05 * self.pages + 20 * len(self.expected))

    def activity(self, scenario: str) -> Activity:
        return Activity(
            scenario,
            self.seconds,
            self.finished.cpu / self.finished.wall,
            self.served.cpu / self.finished.wall,
            self.finished.reader_cpu / self.finished.wall,
            self.records,
            self.pages,
            self.served.requests,
            self.served.limited,
        )


def read(
    server: Server,
    streams: Mapping[str, str],
    *,
    mode: str = "full_refresh",
    config: Mapping[str, Any] | None = None,
    count_later: bool = True,
) -> Measured:
    """Reads streams (name to list) whole, after `server.prepare`. Raises Wrong if a row is missing or there twice."""
    expected = {name: server.count(path) for name, path in streams.items()}
    inputs = {"config": {**server.config(), **(config or {})}, "catalog": configured(streams, mode)}
    finished = run("read", inputs=inputs, count_later=count_later)
    finished.tally.expect(expected)
    return Measured(expected, finished, server.served())


def startup_cpu(streams: Mapping[str, str], runs: int) -> float:
    """Seconds of CPU that a read of these streams takes where there is nothing to read."""
    with Server("--size", "0") as server:
        spent = []
        for _ in range(runs):
            server.prepare(latency=0)
            spent.append(read(server, streams).finished.cpu)
        return median(spent)
