"""A backfill of very many records in very many processes, each of which is killed, with faults all the way."""

from __future__ import annotations

import functools
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from integration_tests import in_process
from integration_tests.command import configured
from integration_tests.reliability.count import Count, leaks
from integration_tests.reliability.endless import ID, NOW, Endless
from integration_tests.reliability.output import State
from integration_tests.reliability.process import Processes, Running
from source_stripe import entrypoint
from source_stripe.source import SourceStripe

KEY = "sk_test_NotARealKeyAtAll42"
STREAM = "balance_transactions"
FAILING = 0.02
FIRST_PART = 0.2
"""Of all records: what one process reads before it is killed, to see its memory over a long time."""

LOOKS = 10
"""At the memory of that process, evenly over the records that it reads."""

WARM = 6
"""The look from which on memory has to be flat: before, as many ranges are read side by side as the budget takes, and
each has its thread and its pages."""

MEGABYTES_FLAT = 12.0
"""By how much memory may differ then."""


@dataclass
class Long(Count):
    """Counts of a long backfill.

    Attributes:
        megabytes: of the first process, at each look.
        peak: the most megabytes that any process had.
        most_ranges: that any state had left to read.
        redone: the most records that came again after a kill.
        seconds: of the whole.
    """

    megabytes: list[float] = field(default_factory=list)
    peak: float = 0.0
    most_ranges: int = 0
    redone: int = 0
    seconds: float = 0.0


class _Seen:
    """Which records came, by their number, and the newest state that was whole."""

    def __init__(self, records: int) -> None:
        self.times = bytearray(records)
        self.again = 0
        self.state: State = []
        self.most_ranges = 0
        self._rest = b""

    def take(self, piece: bytes) -> int:
        """The next bytes of stdout; how many records they brought."""
        lines = self._rest + piece
        end = lines.rfind(b"\n") + 1
        self._rest, lines = lines[end:], lines[:end]
        found = ID.findall(lines)
        for text in found:
            number = int(text)
            self.again += self.times[number] > 0
            self.times[number] = 1
        if b'{"type":"STATE"' in lines:
            for line in lines.splitlines():
                if line.startswith(b'{"type":"STATE"'):
                    self.state = [orjson.loads(line)["state"]]
                    unread = self.state[0]["stream"]["stream_state"].get("unread", [])
                    self.most_ranges = max(self.most_ranges, len(unread))
        return len(found)

    def cut(self) -> None:
        """The process has ended: what of a line there is belongs to nothing."""
        self._rest = b""


def endured(records: int, resumptions: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> Long:
    """Reads so many records, killed so many times on the way."""
    count = Long("long backfill", expected=records, tried=resumptions)
    chance = random.Random(seed)
    seen = _Seen(records)
    started = time.monotonic()
    rests = [chance.random() for _ in range(resumptions - 1)]
    goals = [FIRST_PART * records, *(rest / sum(rests) * records * (1 - FIRST_PART) for rest in rests)]
    for number, goal in enumerate([*goals, float("inf")]):
        with Processes(_endless, records, FAILING, seed * 10_000 + number) as processes:
            config = {"api_key": KEY, "api_base": in_process.API_BASE, "start_date": "2020-01-01"}
            running = processes.read(config, configured({STREAM: "incremental"}), seen.state)
            before = seen.again
            ended = _read(running, int(goal) if goal < records else None, seen, count, looks=number == 0)
            count.runs += 1
            count.redone = max(count.redone, seen.again - before)
            count.peak = max(count.peak, running.peak_megabytes)
            if ended:
                done = running.finished()
                count.leaks += len(leaks(done.stderr + done.left_behind, KEY))
                if done.code or done.stderr:
                    count.problems.append(f"run {number} ended with {done.code}: {done.stderr[-300:]}")
                break
            seen.cut()
        if number % 25 == 0:
            came = f"{sum(seen.times):,} of {records:,} records"
            tell(f"{came} after {number + 1} processes, {time.monotonic() - started:.0f} s")
    else:
        count.problems.append("it did not come to its end")
    count.found = sum(seen.times)
    count.duplicates = seen.again
    count.most_ranges = seen.most_ranges
    count.seconds = time.monotonic() - started
    flat = count.megabytes[WARM:]
    if max(flat) - min(flat) > MEGABYTES_FLAT:
        count.problems.append(f"memory is not flat: {count.megabytes}")
    return count


def _read(running: Running, goal: int | None, seen: _Seen, count: Long, looks: bool) -> bool:
    """Reads until the process ends (True), or kills it once it has brought as many records as are its goal."""
    came = looked = 0
    while piece := running.receive():
        running.received.clear()
        count.leaks += len(leaks(piece.decode(errors="replace"), KEY))
        came += seen.take(piece)
        if looks and goal and came >= (looked + 1) * goal / (LOOKS + 1):
            looked += 1
            count.megabytes.append(running.megabytes())
        if goal is not None and came >= goal:
            running.send(signal.SIGKILL)
            running.receive_all()  # what it had written by then is not looked at: a platform may lose that, too
            return False
    return True


def _endless(records: int, failing: float, seed: int) -> None:
    """In the process: the connector asks the list of `endless`, on a clock on which waiting takes no time."""
    source: Any = functools.partial(
        SourceStripe, clock=in_process.QuickClock(NOW), transport=Endless(records, failing, seed)
    )
    entrypoint.SourceStripe = source  # type: ignore[misc]
