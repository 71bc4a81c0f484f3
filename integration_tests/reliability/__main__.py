"""`make reliability`: everything that is tried in small for every change, in large, and one table of what came of it.

Told by the environment: PARTS (of `matrix,sockets,kills,readers,long`), KILLS, RECORDS and RESUMPTIONS of the long
backfill, SEED, and JOBS, processes that try faults side by side.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator

from integration_tests.reliability.count import Count
from integration_tests.reliability.endurance import endured
from integration_tests.reliability.kills import all_survived
from integration_tests.reliability.matrix import CASES
from integration_tests.reliability.readers import all_readers
from integration_tests.reliability.sockets import all_sockets
from integration_tests.reliability.trial import MEASURES, Job, Size, tried_in_matrix

PARTS = ("matrix", "sockets", "kills", "readers", "long")
LARGE = Size(charges=120, page=10, changes=60)
READERS_THAT_GO = 30

COLUMNS = ("tried", "runs", "expected", "found", "lost", "duplicates", "leaks")
NAME_WIDTH = 44


def _matrix(seed: int) -> Iterator[Count]:
    jobs: list[Job] = [(place, measure, LARGE, seed) for place in range(len(CASES)) for measure in MEASURES]
    rows = [Count(case.name) for case in CASES]
    processes = int(os.environ.get("JOBS", str(os.cpu_count() or 1)))
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for place, count in pool.imap_unordered(tried_in_matrix, jobs):
            rows[place].add(count)
    yield from rows


def _sockets(_: int) -> Iterator[Count]:
    yield from all_sockets()


def _kills(seed: int) -> Iterator[Count]:
    rows: dict[str, Count] = {}
    redone = 0
    for _, count in all_survived(int(os.environ.get("KILLS", "100")), seed):
        rows.setdefault(count.name, Count(count.name)).add(count)
        redone = max(redone, count.redone)
    _tell(f"The most rows of a stream that were read again after a kill: {redone}.")
    yield from rows.values()


def _readers(seed: int) -> Iterator[Count]:
    rows: dict[str, Count] = {}
    for count in all_readers(READERS_THAT_GO, seed):
        rows.setdefault(count.name, Count(count.name)).add(count)
        if count.megabytes:
            _tell(f"{count.name}: {count.megabytes:.0f} MB beyond what it started with, {count.ahead} requests ahead.")
    yield from rows.values()


def _long(seed: int) -> Iterator[Count]:
    records = int(os.environ.get("RECORDS", "10000000"))
    resumptions = int(os.environ.get("RESUMPTIONS", "500"))
    count = endured(records, resumptions, seed, _tell)
    looks = " ".join(f"{each:.0f}" for each in count.megabytes)
    _tell(
        f"Long backfill: {count.seconds:.0f} s; megabytes of the first process, evenly over its records: {looks}; the "
        f"most of any {count.peak:.0f}; at most {count.most_ranges} ranges in a state, {count.redone} records again "
        "after a kill."
    )
    yield count


def _tell(line: str) -> None:
    print(line, flush=True)


def _print(rows: Iterable[Count]) -> None:
    print(f"{'fault':{NAME_WIDTH}}" + "".join(f"{name:>12}" for name in COLUMNS))
    for row in rows:
        print(f"{row.name:{NAME_WIDTH}}" + "".join(f"{getattr(row, name):>12,}" for name in COLUMNS))


def main() -> int:
    """Prints the table; the exit code is 1 if a record was lost, a piece of the key got out, or anything else went
    another way than it must."""
    parts = os.environ.get("PARTS", ",".join(PARTS)).split(",")
    seed = int(os.environ.get("SEED", "1"))
    logging.disable(logging.CRITICAL)  # the sandbox's server complains of connections that it broke itself
    started = time.monotonic()
    rows: list[Count] = []
    for name, part in zip(PARTS, (_matrix, _sockets, _kills, _readers, _long), strict=True):
        if name in parts:
            rows += part(seed)
            _tell(f"{name}: done after {time.monotonic() - started:.0f} s")
    total = Count("all")
    for row in rows:
        total.add(row)
    print()
    _print([*rows, total])
    for row in rows:
        for said in row.problems:
            print(f"{row.name}: {said}")
    return 1 if total.problems or total.lost or total.leaks else 0


if __name__ == "__main__":
    sys.exit(main())
