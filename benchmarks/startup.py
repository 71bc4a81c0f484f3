"""What `spec` takes beyond importing the CDK."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.bench import Bench
from benchmarks.connector import run
from benchmarks.figures import Activity, Figure, Goal

PAIRS = 5
_IMPORT = (sys.executable, "-c", "import airbyte_cdk.entrypoint")


def spec(bench: Bench) -> Iterator[Figure | Activity]:
    """Pairs of runs, one behind the other, so that both meet the same machine."""
    beyond, imports, own = [], [], []
    # Once beforehand: what is compiled and read from disk then is not counted.
    for counted in [False] + [True] * max(PAIRS, bench.runs):
        bare, whole = run(command=_IMPORT), run("spec")
        if counted:
            beyond.append(whole.wall - bare.wall)
            imports.append(bare.wall)
            own.append(whole.cpu - bare.cpu)
    # The CPU's time, not the clock's: neither waits for anything, and on a machine that others use a difference of
    # times by the clock says nothing.
    yield Figure(
        "spec",
        "`spec`, seconds of CPU beyond importing the CDK",
        Goal(0.3, at_most=True),
        own,
        "{:.2f} s",
        f"{median(beyond):.2f} s by the clock; importing alone takes {median(imports):.1f} s",
    )
