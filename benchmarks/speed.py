"""How fast one stream and five are read, at three latencies, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.bench import Bench
from benchmarks.figures import Activity, Figure, Goal
from benchmarks.measured import (
    ENDPOINT_PER_SECOND,
    FIVE,
    ONE,
    PAGE,
    TOTAL_PER_SECOND,
    Measured,
    read,
    startup_cpu,
)
from benchmarks.reference import reference

LATENCY = 0.2  # seconds


def one(bench: Bench) -> Iterator[Figure | Activity]:
    """One stream of 100,000 charges: speed, requests, CPU, the first record."""
    runs = _runs(bench, ONE, LATENCY)
    yield _rate("one", "one stream, 100,000 charges, 200 ms", ONE, runs, Goal(0.90, 0.75))
    yield from _costs(bench, "one", "one stream", ONE, runs)
    yield Figure(
        "one",
        "first record on stdout, seconds after the first request",
        Goal(1.0, at_most=True),
        [each.first_record_after for each in runs],
        "{:.2f} s",
        "200 ms latency",
    )
    yield runs[-1].activity("one stream, 200 ms")


def five(bench: Bench) -> Iterator[Figure | Activity]:
    """Five streams of 100,000 at a time."""
    runs = _runs(bench, FIVE, LATENCY)
    yield _rate("five", "five streams of 100,000, 200 ms", FIVE, runs, Goal(0.85, 0.75))
    yield from _costs(bench, "five", "five streams", FIVE, runs)
    yield runs[-1].activity("five streams, 200 ms")


def slow(bench: Bench) -> Iterator[Figure | Activity]:
    """The same, half a second and a second away from Stripe."""
    for streams, name in ((ONE, "one stream"), (FIVE, "five streams")):
        for latency in (0.5, 1.0):
            runs = _runs(bench, streams, latency)
            yield _rate("slow", f"{name}, {latency * 1000:.0f} ms", streams, runs, Goal(0.80, 0.75))
            yield _refused("slow", f"{name}, {latency * 1000:.0f} ms", runs)
            yield runs[-1].activity(f"{name}, {latency * 1000:.0f} ms")


def ceiling(streams: Mapping[str, str]) -> int:
    """Records a second that Stripe's limits allow."""
    return min(TOTAL_PER_SECOND, ENDPOINT_PER_SECOND * len(streams)) * PAGE


def _runs(bench: Bench, streams: Mapping[str, str], latency: float) -> list[Measured]:
    found = []
    for _ in range(bench.runs):
        bench.fast.prepare(latency=latency, per_account=TOTAL_PER_SECOND, per_endpoint=ENDPOINT_PER_SECOND)
        found.append(read(bench.fast, streams))
    return found


def _rate(row: str, measure: str, streams: Mapping[str, str], runs: list[Measured], goal: Goal) -> Figure:
    most = ceiling(streams)
    each = ", ".join(f"{run.records_per_second:,.0f}" for run in runs)
    values = [run.records_per_second / most for run in runs]
    return Figure(row, measure, goal, values, "{:.1%}", f"{each} records/s of {most:,}")


def _costs(bench: Bench, row: str, name: str, streams: Mapping[str, str], runs: list[Measured]) -> Iterator[Figure]:
    yield requests(row, name, runs)
    yield _refused(row, name, runs)
    idle = startup_cpu(streams, bench.runs)
    least = reference(bench.fast)
    size = runs[-1].finished.tally.record_bytes / runs[-1].records
    yield Figure(
        row,
        f"CPU of a record, start-up apart: {name}",
        # The target is about charges; five streams have records of other sizes.
        Goal(40, 60, at_most=True) if streams == ONE else None,
        [(each.finished.cpu - idle) / each.records * 1e6 for each in runs],
        "{:.1f} µs",
        f"a RECORD message is {size:,.0f} bytes; start-up and an empty read take {idle:.1f} s; {least}",
    )


def requests(row: str, name: str, runs: list[Measured]) -> Figure:
    """Requests against pages: 1 is 1.05 for each page and 20 for each stream."""
    last = runs[-1]
    allowed = 1.05 * last.pages + 20 * len(last.expected)
    floor = (1.10 * last.pages + 20 * len(last.expected)) / allowed
    return Figure(
        row,
        f"requests, of 1.05 × pages + 20 a stream: {name}",
        Goal(1.0, floor, at_most=True),
        [each.requests_beyond for each in runs],
        "{:.1%}",
        f"{last.served.requests:,} requests for {last.pages:,} pages, {allowed:,.0f} allowed",
    )


def _refused(row: str, name: str, runs: list[Measured]) -> Figure:
    return Figure(
        row,
        f"429 answers, of all requests: {name}",
        Goal(0.005, at_most=True),
        [each.served.refused_share for each in runs],
        "{:.2%}",
        f"{', '.join(str(each.served.limited) for each in runs)} of {runs[-1].served.requests:,}",
    )
