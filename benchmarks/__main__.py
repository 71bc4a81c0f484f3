"""`python -m benchmarks`: measures, prints the tables, and writes them to docs/performance.md after a whole run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks import capacity, changes, density, limits, loading, memory, speed, startup, table
from benchmarks.bench import Bench
from benchmarks.connector import ROOT
from benchmarks.figures import Activity, Figure
from benchmarks.tally import Wrong

DOCUMENT = ROOT / "docs" / "performance.md"

ROWS: dict[str, Callable[[Bench], Iterator[Figure | Activity]]] = {
    "capacity": capacity.capacity,
    "one": speed.one,
    "five": speed.five,
    "slow": speed.slow,
    "density": density.density,
    "limits": limits.limits,
    "records": memory.records,
    "streams": memory.streams,
    "changes": changes.changes,
    "ingest": loading.ingest,
    "ingest_million": loading.ingest_million,
    "spec": startup.spec,
}
LONG = {"ingest_million"}
"""A quarter of an hour on its own: measured where it is named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a row could not be measured; one that misses its target is a result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows",
        default="",
        help=f"which, with commas between: {', '.join(ROWS)}; all but {', '.join(LONG)} by default",
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each short row is measured")
    options = parser.parse_args(arguments)
    names = [name for name in options.rows.split(",") if name] or [name for name in ROWS if name not in LONG]
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]!r}; there are {', '.join(ROWS)}")
    figures: list[Figure] = []
    activities: list[Activity] = []
    with Bench(options.runs) as bench:
        for name in names:
            measure(name, bench, figures, activities)
    text = table.report(figures, activities, options.runs)
    print(f"\n{text}")
    if not options.rows:
        table.write(DOCUMENT, text)
        print(f"\nWritten to {DOCUMENT.relative_to(ROOT)}.")
    return 1 if any(figure.failure for figure in figures) else 0


def measure(name: str, bench: Bench, figures: list[Figure], activities: list[Activity]) -> None:
    """One row, told as it is found. One that cannot be measured becomes a figure that says why."""
    began = time.monotonic()
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        for found in ROWS[name](bench):
            if isinstance(found, Activity):
                activities.append(found)
            else:
                figures.append(found)
                print(f"  {found.measure}: {found.spread} {found.verdict}", file=sys.stderr, flush=True)
    except (Wrong, ValueError) as error:
        figures.append(Figure(name, f"`{name}`", None, (), failure=str(error)))
        print(f"  FAILED: {error}", file=sys.stderr)
    print(f"  ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
