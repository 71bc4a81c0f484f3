"""Readers of stdout that are slow, that stop, and that go away."""

from __future__ import annotations

import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integration_tests.command import ROOT, configured
from integration_tests.reliability.count import Count, Destination, leaks
from integration_tests.reliability.process import Processes, Running
from integration_tests.sandbox import Clock, Fault, Sandbox, Server, serve

STREAM = "charges"
CHARGES = 6_000
"""20 MB of records."""

MOST_MEGABYTES = 100
"""That a read may need beyond what it starts with, whoever reads it: a queue of 16 pages, and those under way."""

MOST_REQUESTS_AHEAD = 40
"""Pages that may be fetched while nobody reads: those of the queue, and one for each range under way."""

SLOW_PIECE, SLOW_PAUSE_SECONDS = 65_536, 0.002
SILENT_SECONDS = 1.0
ENDS_WITHIN_SECONDS = 8.0
"""After its reader went away: at once, but machines are busy."""


@dataclass
class Read(Count):
    """Counts of reads by such readers.

    Attributes:
        megabytes: the most memory that one came to need beyond what it started with.
        ahead: the most requests that one sent while nobody read.
        seconds: the longest that one took to end after its reader went away.
    """

    megabytes: float = 0.0
    ahead: int = 0
    seconds: float = 0.0


def nobody(server: Server, processes: Processes) -> Read:
    """Nobody reads for a while, and then somebody does: nothing piled up meanwhile, and nothing is missing."""
    count = Read("reader: stops for a while")
    running = _start(server, processes)
    started_with = _first_record(running)
    _wait_until_still(lambda: server.sandbox.journal.requests)
    count.ahead = server.sandbox.journal.requests
    if count.ahead > MOST_REQUESTS_AHEAD:
        count.problems.append(f"{count.ahead} requests were sent ahead")
    running.receive_all()
    return _whole(count, running, server, started_with)


def slow(server: Server, processes: Processes) -> Read:
    """Somebody reads a little at a time."""
    count = Read("reader: slow")
    running = _start(server, processes)
    started_with = _first_record(running)
    while running.receive(SLOW_PIECE):
        time.sleep(SLOW_PAUSE_SECONDS)
    return _whole(count, running, server, started_with)


def gone(server: Server, processes: Processes, after: int) -> Read:
    """The reader goes away after so many bytes: the process ends, and says nothing to nobody."""
    count = Read("reader: goes away")
    running = _start(server, processes)
    while len(running.received) < after and running.receive(min(65_536, after - len(running.received))):
        pass
    _leave(running, count, server)
    return count


def gone_while_stripe_is_silent(server: Server, processes: Processes) -> Read:
    """The reader goes away while no answer comes that anything could be written of."""
    count = Read("reader: goes away while Stripe is silent")
    server.sandbox.faults.order(Fault("hang", "/v1/charges", count=1_000, skip=3, seconds=60))
    try:
        running = _start(server, processes)
        _first_record(running)
        while select.select([running.stdout], [], [], SILENT_SECONDS)[0] and running.receive():
            pass
        _leave(running, count, server)
    finally:
        server.sandbox.faults.clear()
    return count


def all_readers(gone_away: int, seed: int) -> Iterator[Read]:
    """Each kind of reader, and so many that go away at any moment."""
    sandbox = Sandbox(size=CHARGES, clock=Clock(), synthesized=5)
    sandbox.shelves.add("/v1/charges")
    chance = random.Random(seed)
    with serve(sandbox) as server, Processes() as processes:
        yield nobody(server, processes)
        yield slow(server, processes)
        yield gone_while_stripe_is_silent(server, processes)
        for _ in range(gone_away):
            yield gone(server, processes, chance.randrange(1, 10_000_000))


def _start(server: Server, processes: Processes) -> Running:
    server.sandbox.journal.reset()
    config = {"api_key": server.key, "api_base": server.base_url, "requests_per_second": 100}
    return processes.read(config, configured({STREAM: "incremental"}), [], "--debug")


def _first_record(running: Running) -> float:
    """Reads until there is one; the megabytes that it takes when it begins to say something."""
    running.receive(1)
    started_with = running.megabytes()
    while b'"RECORD"' not in running.received and running.receive():
        pass
    return started_with


def _leave(running: Running, count: Read, server: Server) -> None:
    running.leave()
    started = time.monotonic()
    count.runs += 1
    count.tried += 1
    try:
        done = running.finished(ENDS_WITHIN_SECONDS)
    except TimeoutError as error:
        count.problems.append(str(error))
        return
    finally:
        running.stdout = os.open(os.devnull, os.O_RDONLY)
    count.seconds = time.monotonic() - started
    if done.code != 1:
        count.problems.append(f"exit code {done.code}")
    if done.stderr:
        count.problems.append(f"stderr: {done.stderr[:300]}")
    count.leaks += len(leaks(bytes(running.received).decode(errors="replace") + done.left_behind, server.key))
    # All that it wrote are whole lines, but for the one that the reader itself cut.
    count.expected = count.found = len(done.records(STREAM))


def _whole(count: Read, running: Running, server: Server, started_with: float) -> Read:
    done = running.finished()
    count.runs += 1
    count.tried += 1
    count.megabytes = running.peak_megabytes - started_with
    if count.megabytes > MOST_MEGABYTES:
        count.problems.append(f"it took {count.megabytes:.0f} MB more")
    if done.code or len(done.stdout.encode()) != len(running.received):
        count.problems.append(f"exit code {done.code}, half a line: {running.received[-100:]!r}")
    destination = Destination([STREAM])
    count.duplicates = destination.take(done)
    count.leaks = len(leaks(done.stdout + done.stderr + done.left_behind, server.key))
    owed = {row["id"] for row in server.sandbox.truth("/v1/charges")}
    count.expected = len(owed)
    count.found = len(owed & {row["id"] for row in done.records(STREAM)})
    return count


def _wait_until_still(number: Callable[[], int], seconds: float = 2.0) -> None:
    """Returns when a number has not changed for so long."""
    known, since = number(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.05)
        if number() != known:
            known, since = number(), time.monotonic()


def unheard(arguments: list[str]) -> tuple[int, str]:
    """Exit code and stderr of a command whose stdout has no reader from the start."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [sys.executable, "main.py", *arguments],
            cwd=ROOT,
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(theirs)
    return done.returncode, done.stderr
