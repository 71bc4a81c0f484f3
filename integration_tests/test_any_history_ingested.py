"""Whatever happens to an account, and however often a run is killed: in the end the database's tables equal Stripe."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
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

HISTORIES = int(os.environ.get("HISTORIES", "2"))
"""Each takes a minute of processor time; HISTORIES=50 tries more."""

MESSAGES = 60
"""About as many as a sync of such a sandbox has: a run is killed after a part of them."""


def run_history(
    history: list[Sync], world_of: int, account_version: str | None, seen: Counter[str], folder: Path
) -> None:
    sandbox = Sandbox(size=20, seed=world_of, clock=Clock(running=False), account_version=account_version)
    world = World(sandbox, seen)
    destination = duckdb_in(folder)
    for sync in history:
        for operation in sync.before:
            world.do(operation)
        waiting = list(sync.amidst)
        one_at_a_time = threading.Lock()

        def amidst(path: str, query: str, waiting: list[Operation] = waiting, lock: Any = one_at_a_time) -> None:
            with lock, sandbox.lock:
                if waiting:
                    world.do(waiting.pop(0))

        killed_after = None if sync.cut is None else int(sync.cut * MESSAGES)
        try:
            assert ingest(sandbox, destination, STREAMS, before=amidst, killed_after=killed_after).complete
        except Killed:
            seen["killed"] += 1
        for operation in waiting:  # more than there were requests
            world.do(operation)
    sandbox.clock.advance(LATEST_SECONDS + 1)
    assert ingest(sandbox, destination, STREAMS).complete
    for name in STREAMS:
        found = alive(rows(destination, name))
        assert differences(stream_named(name), list(truth(sandbox, name).values()), found) == [], name


@pytest.mark.timeout(0 if HISTORIES > 2 else 900)
def test_after_any_history_of_changes_and_killed_runs_the_database_equals_stripe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copying, "ROWS_A_PACKAGE", 100)
    seen: Counter[str] = Counter()

    @seed(0)
    @settings(
        phases=[Phase.generate],
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(SYNCS, min_size=3, max_size=4), st.integers(1, 50), st.sampled_from([None, OLD_VERSION]))
    def check(history: list[Sync], world_of: int, account_version: str | None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run_history(history, world_of, account_version, seen, Path(folder))

    check()
    assert seen["killed"], seen
