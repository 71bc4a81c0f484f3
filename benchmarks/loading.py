"""`source-stripe ingest` into a new DuckDB file, beside reading the same alone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.bench import RECORDS, Bench
from benchmarks.connector import COMMAND, MemoryWatch
from benchmarks.figures import Figure, Goal
from benchmarks.measured import ONE, read
from benchmarks.memory import MEGABYTE
from benchmarks.server import Server
from benchmarks.tally import Wrong

LATENCY = 0.2  # seconds
MEMORY = Goal(600, at_most=True)


@dataclass(frozen=True)
class Loaded:
    """A run of `ingest`: seconds from the first request to its end, and the most memory it took, in bytes."""

    seconds: float
    peak: int


def ingest(bench: Bench) -> Iterator[Figure]:
    """100,000 charges at an endpoint's full speed: reading and loading against reading alone."""
    ratios, peaks, seconds = [], [], []
    for _ in range(bench.runs):
        bench.fast.prepare(latency=LATENCY)
        reading = read(bench.fast, ONE).seconds
        bench.fast.prepare(latency=LATENCY)
        found = loaded(bench.fast, RECORDS)
        ratios.append(found.seconds / reading)
        peaks.append(found.peak / MEGABYTE)
        seconds.append(found.seconds)
    goal = Goal(1.25, at_most=True)
    per_second = f"{RECORDS / sorted(seconds)[len(seconds) // 2]:,.0f} records/s"
    yield Figure("ingest", "100,000 charges into DuckDB, against reading alone", goal, ratios, "{:.2f} ×", per_second)
    yield Figure("ingest", "peak memory, 100,000 charges into DuckDB", MEMORY, peaks, "{:.0f} MB")


def ingest_million(bench: Bench) -> Iterator[Figure]:
    """Ten times as many: the memory must stay where it is."""
    with Server("--size", str(10 * RECORDS)) as server:
        server.prepare(latency=LATENCY)
        found = loaded(server, 10 * RECORDS)
    peak = [found.peak / MEGABYTE]
    detail = f"{10 * RECORDS / found.seconds:,.0f} records/s"
    yield Figure("ingest_million", "peak memory, 1,000,000 charges into DuckDB", MEMORY, peak, "{:.0f} MB", detail)


def loaded(server: Server, rows: int) -> Loaded:
    """One run into a new file. Raises Wrong if not every row is there once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stripe.duckdb")
        uri = f"stripe://?api_base={server.base_url}&requests_per_second=100"
        process = subprocess.Popen(
            [*COMMAND, "ingest", "--source-uri", uri, "--source-table", "charges", "--dest-uri", f"duckdb:///{path}"],
            env={**os.environ, "STRIPE_API_KEY": server.key},
            stderr=subprocess.PIPE,
            text=True,
        )
        watch = MemoryWatch(process.pid)
        try:
            _, said = process.communicate()
        finally:
            watch.stop()
        ended = time.time()
        if process.returncode:
            raise Wrong(f"ingest ended with exit code {process.returncode}: {said[-2000:]}")
        with duckdb.connect(str(path), read_only=True) as connection:
            sql = "SELECT count(*), count(DISTINCT id) FROM stripe.stripe.charges"
            counts = connection.execute(sql).fetchone()
        if counts != (rows, rows):
            raise Wrong(f"the table has {counts} rows and ids, not {rows:,}")
        began = server.served().first
        return Loaded(ended - (began or ended), watch.peak)
