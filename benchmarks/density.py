"""Requests against pages where records lie awkwardly in time."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import RECORDS, Bench
from benchmarks.figures import Activity, Figure
from benchmarks.measured import ENDPOINT_PER_SECOND, ONE, TOTAL_PER_SECOND, read
from benchmarks.server import Server
from benchmarks.speed import LATENCY, requests

PER_SECOND = 5_000


def density(bench: Bench) -> Iterator[Figure | Activity]:
    """All charges in one day of five years, and 5,000 in each second: pages that can only be read one after another."""
    worlds = {
        "all within one day of five years": ("--one-day",),
        f"{PER_SECOND:,} in each second": ("--per-second", str(PER_SECOND)),
    }
    for name, options in worlds.items():
        with Server("--size", str(RECORDS), *options) as server:
            server.prepare(latency=LATENCY, per_account=TOTAL_PER_SECOND, per_endpoint=ENDPOINT_PER_SECOND)
            measured = read(server, ONE)
        yield requests("density", f"one stream, {name}", [measured])
        yield measured.activity(f"one stream, {name}")
