"""`python -m benchmarks`: measures, prints the table, and writes it to docs/performance.md after a whole run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import capacity, changes, density, limits, memory, speed, startup
from benchmarks.bench import Bench
from benchmarks.figures import Activity, Figure
from benchmarks.tally import Wrong

ROWS: dict[str, Callable[[Bench], Iterator[Figure | Activity]]] = {
    "one": speed.one,
    "five": speed.five,
    "slow": speed.slow,
    "density": density.density,
    "limits": limits.limits,
    "records": memory.records,
    "streams": memory.streams,
    "changes": changes.changes,
    "spec": startup.spec,
    "capacity": capacity.capacity,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default="", help=f"which, with commas between: {', '.join(ROWS)}; all by default")
    parser.add_argument("--runs", type=int, default=3, help="how often the short ones are measured")
    options = parser.parse_args()
    names = options.rows.split(",") if options.rows else list(ROWS)

    with Bench(options.runs) as bench:
        for name in names:
            began = time.monotonic()
            try:
                for found in ROWS[name](bench):
                    print(
                        found
                        if isinstance(found, Activity)
                        else (found.measure, found.spread, found.detail, found.verdict),
                        flush=True,
                    )
            except Wrong as error:
                print(name, "FAILED", error)
            print(f"{name}: {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
