"""That the sandbox is not what limits a read: what it serves when a client wants all that it can give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.bench import Bench
from benchmarks.figures import Activity, Figure, Goal
from benchmarks.load import load
from benchmarks.measured import FIVE, ONE, PAGE
from benchmarks.speed import LATENCY, ceiling

CONNECTIONS = 200
SECONDS = 10
"""About how long a measurement takes if the sandbox serves what it should."""


def capacity(bench: Bench) -> Iterator[Figure | Activity]:
    """Pages of one list and of five, at the latency of the reads, limits off, anywhere in the five years."""
    for streams, name in ((ONE, "one list"), (FIVE, "five lists")):
        asked = ceiling(streams) // PAGE
        served, share, size = [], [], 0
        for number in range(bench.runs):
            server = bench.fast
            server.prepare(latency=LATENCY, per_account=None, per_endpoint=None)
            now = int(server.control("GET", "")["now"])
            done = load(
                server.base_url,
                server.key,
                list(_pages(streams, now, number)),
                connections=CONNECTIONS,
                pages=2 * asked * SECONDS,
            )
            counted = server.served()
            if counted.items != done.pages * PAGE:
                raise RuntimeError(f"{done.pages} pages held {counted.items} records")
            served.append(done.pages / done.seconds / asked)
            share.append(counted.cpu / done.pages * asked)
            size = done.size // done.pages
        yield Figure(
            "capacity",
            f"the sandbox alone, {name}: pages/s it serves, of the {asked} that limits allow",
            Goal(2.0),
            served,
            "{:.1f} ×",
            f"{size:,} bytes a page; at {asked}/s it takes {sorted(share)[len(share) // 2]:.0%} of a core",
        )


def _pages(streams: Mapping[str, str], now: int, number: int) -> Iterator[str]:
    """Full pages all over the last four years; other ones in each run."""
    span = 4 * 365 * 86_400
    for step in range(1_000):
        for path in streams.values():
            before = now - (step * 7_919 + number * 13) * 1_000 % span
            yield f"{path}?limit={PAGE}&created[lt]={before}"
