"""What `spec` takes beyond importing the CDK."""

from __future__ import annotations

import sys
from collections.abc import Iterator

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
    yield Figure(
        "spec",
        "`spec`, seconds beyond importing the CDK",
        Goal(0.3, at_most=True),
        beyond,
        "{:.2f} s",
        f"importing alone takes {sorted(imports)[len(imports) // 2]:.1f} s; "
        f"{sorted(own)[len(own) // 2]:.2f} s of CPU beyond that",
    )
