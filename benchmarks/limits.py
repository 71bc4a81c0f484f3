"""Limits that are lower than the connector was told."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Activity, Figure, Goal
from benchmarks.measured import ENDPOINT_PER_SECOND, FIVE, TOTAL_PER_SECOND, read
from benchmarks.pace import Sent, pace_of
from benchmarks.speed import LATENCY

ACCOUNT_PER_SECOND = 60
AT_A_TIME = 10
FOUND_SECONDS = 10.0


def limits(bench: Bench) -> Iterator[Figure | Activity]:
    """Five streams, told that 100 requests/s are allowed: an account with 60, and one that takes 10 at a time."""
    # Ten at a time, each there for the latency: more than so many a second cannot be answered.
    cases = (
        ("an account with 60 requests/s", float(ACCOUNT_PER_SECOND), ACCOUNT_PER_SECOND, None),
        ("10 requests at a time", AT_A_TIME / LATENCY, TOTAL_PER_SECOND, AT_A_TIME),
    )
    for name, limit, per_account, concurrent in cases:
        bench.fast.prepare(
            latency=LATENCY, per_account=per_account, per_endpoint=ENDPOINT_PER_SECOND, concurrent=concurrent
        )
        measured = read(bench.fast, FIVE)
        log = bench.fast.control("GET", "/log?last=1000000")
        requests = sorted((entry["received"], entry["status"] == 429) for entry in log)
        pace = pace_of([Sent(at, refused) for at, refused in requests], limit)
        found = float("inf") if pace.found_after is None else pace.found_after
        yield Figure(
            "limits", f"{name}: seconds until the rate is found", Goal(FOUND_SECONDS, at_most=True), [found], "{:.1f} s"
        )
        yield Figure(
            "limits",
            f"{name}: answered from then on, of the limit",
            Goal(0.90),
            [pace.answered],
            "{:.1%}",
            f"{pace.close:.0%} of all spans of 5 s within a tenth of {limit:g}/s",
        )
        yield Figure(
            "limits",
            f"{name}: sent from then on, of the limit",
            Goal(1.10, at_most=True),
            [pace.sent],
            "{:.1%}",
            f"{pace.refused:.1%} of all requests answered by 429",
        )
        yield measured.activity(f"five streams, {name}")
