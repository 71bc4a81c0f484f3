"""Processes that are killed while they read, and what the next one makes of what they left."""

from __future__ import annotations

import random
import select
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from integration_tests.command import Finished, configured
from integration_tests.reliability.count import Count, Destination, leaks
from integration_tests.reliability.output import State, last_states
from integration_tests.reliability.prepared import finely
from integration_tests.reliability.process import Processes, Running
from integration_tests.reliability.trial import change
from integration_tests.sandbox import Clock, Sandbox, serve

Sync = Literal["backfill", "incremental"]

ONE = ["charges"]
SEVERAL = ["charges", "balance_transactions", "customers", "invoices", "invoice_line_items", "prices"]

CHARGES = 200
PAGE = 20
ROWS_A_STATE = 100
CHANGES = 120
LONGEST_DELAY_SECONDS = 0.05
PROCESSES = 4
"""Side by side: most of their time they wait for Stripe's limits."""


Kind = tuple[Sync, tuple[str, ...]]
KINDS: list[Kind] = [(sync, tuple(streams)) for sync in ("backfill", "incremental") for streams in (ONE, SEVERAL)]


@dataclass(frozen=True)
class Kill:
    """A process reads `streams` and gets `signal` when it has sent a part of its requests, `delay` seconds later."""

    sync: Sync
    streams: tuple[str, ...]
    signal: signal.Signals
    after: float
    delay: float

    def __str__(self) -> str:
        moment = f"{self.after:.0%} of its requests and {self.delay * 1e3:.0f} ms"
        return f"{self.sync} of {len(self.streams)}, {self.signal.name} after {moment}"


@dataclass
class Killed(Count):
    """Counts of kills.

    Attributes:
        redone: the most rows of one stream's list that a next process read again, of any kill.
    """

    redone: int = 0


def kills(number: int, seed: int) -> list[Kill]:
    """So many of them, of every kind in turn, at moments that the seed says."""
    chance = random.Random(seed)
    signals = (signal.SIGKILL, signal.SIGTERM)
    found = []
    for place in range(number):
        sync, streams = KINDS[place % len(KINDS)]
        by = signals[place // len(KINDS) % 2]
        found.append(Kill(sync, streams, by, chance.random(), chance.uniform(0, LONGEST_DELAY_SECONDS)))
    return found


class Ground:
    """An account that is read for the first time, or once more after it was changed."""

    def __init__(self, sync: Sync, streams: tuple[str, ...], processes: Processes, count: Killed) -> None:
        self.sandbox = Sandbox(size=CHARGES, clock=Clock(), synthesized=5)
        self.destination = Destination(list(streams))
        self._sync = sync
        self._streams = streams
        self._processes = processes
        self._count = count
        self._state: State = []

    @contextmanager
    def served(self) -> Iterator[None]:
        """While it is there to be read."""
        with serve(self.sandbox) as server:
            self._server = server
            if self._sync == "incremental":
                self.take(self.whole(self.start()))
                change(self.sandbox, CHANGES)
            yield

    def start(self) -> Running:
        """A process that goes on where the one before it was heard of last."""
        self.sandbox.journal.reset()
        config = {"api_key": self._server.key, "api_base": self._server.base_url, "requests_per_second": 100}
        catalog = configured(dict.fromkeys(self._streams, "incremental"))
        return self._processes.read(config, catalog, self._state, "--debug")

    def whole(self, running: Running) -> Finished:
        """A process at its end, which must be a good one."""
        running.receive_all()
        done = running.finished()
        if done.code:
            self._count.problems.append(f"it ended with {done.code}: {[error['message'] for error in done.errors]}")
        return done

    def take(self, done: Finished) -> None:
        """What it wrote, as a platform takes it."""
        count = self._count
        self._state = last_states(done, self._state)
        count.runs += 1
        count.duplicates += self.destination.take(done)
        count.leaks += len(leaks(done.stdout + done.stderr + done.left_behind, self._server.key))
        if done.stderr:
            count.problems.append(f"stderr: {done.stderr[-300:]}")


def requests_of(kind: Kind, processes: Processes) -> int:
    """How many requests it takes when nobody kills it."""
    sync, streams = kind
    count = Killed("nobody")
    ground = Ground(sync, streams, processes, count)
    with ground.served():
        ground.whole(ground.start())
    assert count.problems == [], count.problems
    return ground.sandbox.journal.requests


def survived(each: Kill, requests: int, processes: Processes) -> Killed:
    """Kills a process, lets the next one read on, and compares what both brought with the truth."""
    count = Killed(f"kill: {each.sync} of {'one stream' if len(each.streams) == 1 else 'several streams'}")
    ground = Ground(each.sync, each.streams, processes, count)
    with ground.served():
        part = _killed(ground.start(), each, requests, ground.sandbox)
        if part.code == (-each.signal if each.signal == signal.SIGKILL else 128 + each.signal):
            count.tried += 1
        elif part.code:
            count.problems.append(f"it ended with {part.code}")
        ground.take(part)
        rest = ground.whole(ground.start())
        ground.take(rest)
    ground.destination.compare(ground.sandbox, count)
    count.redone = _redone(part, rest, each.streams)
    # A range is given away a STATE at a time, the changes of a sync as a whole.
    bound = ROWS_A_STATE + PAGE if each.sync == "backfill" else CHANGES
    if count.redone > bound:
        count.problems.append(f"{count.redone} rows of a stream were read again, more than {bound}")
    count.problems = [f"{each}: {said}" for said in count.problems]
    return count


def _killed(cut: Running, each: Kill, requests: int, sandbox: Sandbox) -> Finished:
    """Reads what it writes, as fast as it comes, until its hour has come."""
    goal, until = max(1, round(each.after * requests)), float("inf")
    while time.monotonic() < until:
        if until == float("inf") and sandbox.journal.requests >= goal:
            until = time.monotonic() + each.delay
        if select.select([cut.stdout], [], [], 0.001)[0] and not cut.receive():
            break
    cut.send(each.signal)
    cut.receive_all()
    return cut.finished()


def _redone(part: Finished, rest: Finished, streams: tuple[str, ...]) -> int:
    """The most rows of any list that came of both; what hangs on rows comes with them."""
    found = 0
    for stream in set(streams) - {"invoice_line_items"}:
        before = {row["id"] for row in part.records(stream)}
        found = max(found, len(before & {row["id"] for row in rest.records(stream)}))
    return found


def all_survived(number: int, seed: int) -> Iterator[tuple[Kill, Killed]]:
    """Tries so many kills, some at a time."""
    with Processes(finely, PAGE, ROWS_A_STATE) as processes, ThreadPoolExecutor(PROCESSES) as pool:
        wanted = kills(number, seed)
        usual = {kind: pool.submit(requests_of, kind, processes) for kind in KINDS}
        requests = {kind: future.result() for kind, future in usual.items()}
        tried = [(each, pool.submit(survived, each, requests[each.sync, each.streams], processes)) for each in wanted]
        for each, future in tried:
            yield each, future.result()
