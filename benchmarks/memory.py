"""The most memory that the process takes: few records and many, few streams and all."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import CHARGES, LISTS, Bench
from benchmarks.connector import Finished, run
from benchmarks.figures import Activity, Figure, Goal
from benchmarks.measured import read
from benchmarks.server import Server
from benchmarks.tally import Json, Wrong

MEGABYTE = 1_000_000
GOAL = Goal(250, 300, at_most=True)

TEN_STREAMS = (*LISTS, "products", "subscriptions")


def records(bench: Bench) -> Iterator[Figure | Activity]:
    """Ten thousand records and a million of the same streams, in incremental mode. The million is read once."""
    with Server("--size", str(CHARGES // 100)) as small:
        small.prepare(latency=0.05)
        few = read(small, LISTS, mode="incremental")
    many = bench.million
    for measured in (few, many):
        yield Figure(
            "records",
            f"peak memory, {measured.records:,} records of {len(LISTS)} streams",
            GOAL,
            [measured.finished.peak / MEGABYTE],
            "{:.0f} MB",
        )
    yield many.activity(f"{len(LISTS)} streams, {many.records:,} records")


def streams(bench: Bench) -> Iterator[Figure | Activity]:
    """Ten streams, and all that there are."""
    catalog = run("discover", inputs={"config": {"api_key": "sk_test_none"}}).tally.catalog
    with Server("--size", "2000", "--synthesized", "20") as server:
        for chosen in ([each for each in catalog if each["name"] in TEN_STREAMS], catalog):
            peaks = []
            for _ in range(bench.runs):
                server.prepare(latency=0.05)
                peaks.append(_whole(server, chosen).peak / MEGABYTE)
            yield Figure("streams", f"peak memory, {len(chosen)} streams", GOAL, peaks, "{:.0f} MB")


def _whole(server: Server, chosen: list[Json]) -> Finished:
    selected = [
        {"stream": each, "sync_mode": each["supported_sync_modes"][-1], "destination_sync_mode": "append"}
        for each in chosen
    ]
    finished = run("read", inputs={"config": server.config(), "catalog": {"streams": selected}}, count_later=False)
    incomplete = {each["name"] for each in chosen if finished.tally.statuses.get(each["name"]) != "COMPLETE"}
    if incomplete:
        raise Wrong(f"not read to the end: {', '.join(sorted(incomplete))}")
    return finished
