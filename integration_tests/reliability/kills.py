"""Processes that are killed while they read, and what the next one makes of what they left."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from integration_tests.command import Finished, configured
from integration_tests.reliability.count import Count, Destination, leaks
from integration_tests.reliability.output import State, last_states
from integration_tests.reliability.prepared import finely
from integration_tests.reliability.process import Processes, Running
from integration_tests.reliability.trial import change
from integration_tests.sandbox import Clock, Sandbox, Server, serve

Sync = Literal["backfill", "incremental"]

ONE = ["charges"]
SEVERAL = ["charges", "balance_transactions", "customers", "invoices", "invoice_line_items", "prices"]

CHARGES = 300
PAGE = 20
ROWS_A_STATE = 100
CHANGES = 120
LONGEST_DELAY_SECONDS = 0.05
PROCESSES = 4
"""Side by side: most of their time they wait for Stripe's limits."""


@dataclass(frozen=True)
class Kill:
    """A process that reads `streams` and is killed when a part of its records has come, and `delay` seconds later."""

    sync: Sync
    streams: tuple[str, ...]
    signal: signal.Signals
    after: float
    delay: float

    def __str__(self) -> str:
        return f"{self.sync} of {len(self.streams)}, {self.signal.name} after {self.after:.0%} + {self.delay * 1e3:.0f} ms"


@dataclass
class Killed(Count):
    """Counts of kills.

    Attributes:
        redone: the most rows of one stream's list that a next process read again, of any kill.
    """

    redone: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


def kills(number: int, seed: int) -> list[Kill]:
    """So many of them, of every kind in turn, at moments that the seed says."""
    chance = random.Random(seed)
    kinds = [
        (sync, tuple(streams), by)
        for by in (signal.SIGKILL, signal.SIGTERM)
        for sync in ("backfill", "incremental")
        for streams in (ONE, SEVERAL)
    ]
    found = []
    for place in range(number):
        sync, streams, by = kinds[place % len(kinds)]
        found.append(Kill(sync, streams, by, chance.random(), chance.uniform(0, LONGEST_DELAY_SECONDS)))
    return found


def survived(each: Kill, processes: Processes) -> Killed:
    """Kills a process, lets the next one read on, and compares what both brought with the truth."""
    count = Killed(f"kill: {each.sync} of {'one stream' if len(each.streams) == 1 else 'several streams'}")
    sandbox = Sandbox(size=CHARGES, clock=Clock(), synthesized=5)
    destination = Destination(list(each.streams))
    state: State = []
    with serve(sandbox) as server:
        if each.sync == "incremental":
            first = _read(processes, server, each, state)
            first.receive_all()
            _note(count, destination, first.finished(), sandbox.key)
            state = last_states(first.finished(), state)
            change(sandbox, CHANGES)
        cut = _read(processes, server, each, state)
        part = _killed(cut, each, sandbox)
        killed = part.code in (-each.signal, 128 + each.signal)
        count.tried += killed
        count.statuses[part.code] += 1
        if part.stdout and not killed:
            count.problems.append(f"{each}: it ended with {part.code}")
        _note(count, destination, part, sandbox.key)
        state = last_states(part, state)
        rest = _read(processes, server, each, state)
        rest.receive_all()
        whole = rest.finished()
        if whole.code:
            count.problems.append(f"{each}: the next one ended with {whole.code}: {whole.errors}")
        _note(count, destination, whole, sandbox.key)
    destination.compare(sandbox, count)
    count.redone = _redone(part, whole, each.streams)
    bound = ROWS_A_STATE + PAGE if each.sync == "backfill" else CHANGES
    if count.redone > bound:
        count.problems.append(f"{each}: {count.redone} rows of a stream were read again, more than {bound}")
    count.problems = [f"{each}: {said}" if str(each) not in said else said for said in count.problems]
    return count


def _read(processes: Processes, server: Server, each: Kill, state: State) -> Running:
    config = {"api_key": server.key, "api_base": server.base_url, "requests_per_second": 100}
    return processes.read(config, configured(dict.fromkeys(each.streams, "incremental")), state, "--debug")


def _killed(cut: Running, each: Kill, sandbox: Sandbox) -> Finished:
    owed = CHANGES // 2 if each.sync == "incremental" else CHARGES * len(each.streams)
    goal, seen = int(each.after * owed), 0
    while seen < goal and (piece := cut.receive()):
        seen += piece.count(b'{"type":"RECORD"')
    # The pipe is read on meanwhile: nobody is held up, but for the process itself.
    until = time.monotonic() + each.delay
    os.set_blocking(cut.stdout, False)
    while time.monotonic() < until:
        try:
            if not cut.receive():
                break
        except BlockingIOError:
            time.sleep(0.001)
    os.set_blocking(cut.stdout, True)
    cut.send(each.signal)
    cut.receive_all()
    return cut.finished()


def _note(count: Killed, destination: Destination, done: Finished, key: str) -> None:
    count.runs += 1
    count.duplicates += destination.take(done)
    count.leaks += len(leaks(done.stdout + done.stderr + done.left_behind, key))
    if "Traceback" in done.stderr:
        count.problems.append(f"stderr: {done.stderr[-300:]}")


def _redone(part: Finished, rest: Finished, streams: tuple[str, ...]) -> int:
    """The most rows of any stream that came of both; of what hangs on rows, the rows it hangs on count."""
    found = 0
    for stream in set(streams) - {"invoice_line_items"}:
        before = {row["id"] for row in part.records(stream)}
        found = max(found, len(before & {row["id"] for row in rest.records(stream)}))
    return found


def all_survived(number: int, seed: int) -> Iterator[tuple[Kill, Killed]]:
    """Tries so many kills, some at a time."""
    with _processes() as processes, ThreadPoolExecutor(PROCESSES) as pool:
        for each in [(kill, pool.submit(survived, kill, processes)) for kill in kills(number, seed)]:
            yield each[0], each[1].result()


@contextmanager
def _processes() -> Iterator[Processes]:
    with Processes(finely, PAGE, ROWS_A_STATE) as processes:
        yield processes
