"""Whatever happens to an account, and however often a run is killed: in the end the database's tables equal Stripe."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from integration_tests.histories import (
    LATEST_SECONDS,
    OLD_VERSION,
    STREAMS,
    SYNCS,
    Operation,
    Sync,
    World,
    truth,
)
from integration_tests.ingested import Killed, alive, duckdb_in, ingest, rows
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.test_ingest import differences
from source_stripe.ingest import copying
from source_stripe.ingest.tables import stream_named

HISTORIES = 2
"""Each takes half a minute: loading is what `integration_tests.histories` has not tried already."""

MESSAGES = 60
"""About as many as a sync of such a sandbox has: a run is killed after a part of them."""


def run_history(history: list[Sync], seed: int, account_version: str | None, seen: Counter[str], folder: Path) -> None:
    sandbox = Sandbox(size=20, seed=seed, clock=Clock(running=False), account_version=account_version)
    world = World(sandbox, seen)
    destination = duckdb_in(folder)
    for number, sync in enumerate(history):
        for operation in sync.before:
            world.do(operation)
        waiting = list(sync.amidst)
        one_at_a_time = threading.Lock()

        def amidst(path: str, query: str, waiting: list[Operation] = waiting, lock: Any = one_at_a_time) -> None:
            with lock, sandbox.lock:
                if waiting:
                    world.do(waiting.pop(0))

        cut = 0.5 if number == 1 else sync.cut  # one run of each history is killed for certain
        killed_after = None if cut is None else int(cut * MESSAGES)
        try:
            assert ingest(sandbox, destination, STREAMS, before=amidst, killed_after=killed_after).complete
        except Killed:
            seen["killed"] += 1
    sandbox.clock.advance(LATEST_SECONDS + 1)
    assert ingest(sandbox, destination, STREAMS).complete
    for name in STREAMS:
        found = alive(rows(destination, name))
        assert differences(stream_named(name), list(truth(sandbox, name).values()), found) == [], name


@pytest.mark.timeout(600)
def test_after_any_history_of_changes_and_killed_runs_the_database_equals_stripe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copying, "ROWS_A_PACKAGE", 100)
    seen: Counter[str] = Counter()

    @settings(
        phases=[phase for phase in Phase if phase != Phase.shrink],
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(SYNCS, min_size=3, max_size=4), st.integers(1, 50), st.sampled_from([None, OLD_VERSION]))
    def check(history: list[Sync], seed: int, account_version: str | None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run_history(history, seed, account_version, seen, Path(folder))

    check()
    assert seen["killed"], seen
