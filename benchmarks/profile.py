"""`python -m benchmarks.profile`: where the CPU of a read goes, by record."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from benchmarks.bench import Bench
from benchmarks.connector import ROOT, run
from benchmarks.measured import FIVE, ONE
from benchmarks.server import Server
from benchmarks.tally import configured

Stack = tuple[str, list[tuple[str, int, str]], float]
"""Thread, places from the innermost on (file, line, function), seconds."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--streams", type=int, choices=(1, 5), default=1)
    parser.add_argument("--lines", type=int, default=15, help="how many places to show")
    options = parser.parse_args()
    with Bench(1) as bench:
        streams = ONE if options.streams == 1 else FIVE
        stacks, records, cpu = profiled(bench.fast, streams)
    print(f"{records:,} records, {cpu / records * 1e6:.1f} µs of CPU each, profiler included, start-up apart\n")
    for title, found in (
        ("By area", by_area(stacks)),
        ("By thread", by_thread(stacks)),
        ("By place that the CPU was spent in (C code counts to the line that called it)", by_place(stacks)),
        ("By function, with all that it called", by_function(stacks)),
    ):
        print(f"{title}, µs a record:\n")
        for name, seconds in sorted(found.items(), key=lambda item: -item[1])[: options.lines]:
            print(f"  {seconds / records * 1e6:6.1f}  {name}")
        print()
    return 0


def profiled(server: Server, streams: Mapping[str, str]) -> tuple[list[Stack], int, float]:
    """The stacks of a read of these streams at the limits, its records, and the seconds of CPU in all stacks."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "stacks.json")
        server.prepare(latency=0.2)
        finished = run(
            "read",
            command=(sys.executable, "-m", "benchmarks.profiler", str(target)),
            inputs={"config": server.config(), "catalog": configured(streams, "full_refresh")},
        )
        stacks: list[Stack] = [(name, stack, spent) for name, stack, spent in orjson.loads(target.read_bytes())]
    finished.tally.expect({name: server.count(path) for name, path in streams.items()})
    return stacks, sum(finished.tally.rows.values()), sum(spent for _, _, spent in stacks)


# What the innermost place is part of: function or file begins with one of these; the first that fits counts.
AREAS = (
    ("decompressing", ("decompressed",)),
    ("parsing, or telling rows apart", ("parsed", "texts_of")),
    ("HTTP: sending, receiving, headers", ("socket.py", "ssl.py", "http/", "email/", "urllib3/", "requests/")),
    ("threads, locks and queues", ("threading.py", "queue.py", "concurrent/")),
    ("the CDK: messages, serialising, printing", ("airbyte_cdk/", "serpyco_rs/", "<string>")),
    ("the connector's own code", ("source_stripe/",)),
)


def by_area(stacks: Sequence[Stack]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for _, stack, spent in stacks:
        file, _, function = stack[0]
        fits = (title for title, names in AREAS if function.startswith(names) or short(file).startswith(names))
        found[next(fits, "all else")] += spent
    return found


def by_thread(stacks: Sequence[Stack]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for name, _, spent in stacks:
        found[name] += spent
    return found


def by_place(stacks: Sequence[Stack]) -> dict[str, float]:
    """By the innermost place."""
    found: defaultdict[str, float] = defaultdict(float)
    for _, stack, spent in stacks:
        file, line, function = stack[0]
        found[f"{function}  {short(file)}:{line}"] += spent
    return found


def by_function(stacks: Sequence[Stack]) -> dict[str, float]:
    """By function, each counted once in a stack however often it is in there."""
    found: defaultdict[str, float] = defaultdict(float)
    for _, stack, spent in stacks:
        for name in {f"{function}  {short(file)}" for file, _, function in stack}:
            found[name] += spent
    return found


def short(file: str) -> str:
    """A file's name without what is about this machine: below site-packages, the standard library or the project."""
    path = Path(file)
    for mark in ("site-packages", f"python{sys.version_info.major}.{sys.version_info.minor}"):
        if mark in path.parts:
            return "/".join(path.parts[path.parts.index(mark) + 1 :])
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


if __name__ == "__main__":
    sys.exit(main())
