"""Where a process spends its CPU, thread by thread, without anything that is not in Python.

A thread of its own looks at all threads some hundred times a second, and puts the CPU time that each has used since the
last look (by the thread's own clock) on the line that it stands on. C code shows as the line that called it. What the
profiler itself costs is left out of the figures, but not out of the process.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

import orjson

INTERVAL_SECONDS = 0.001
_DEPTH = 60

Place = tuple[str, int, str]
"""File, line, function."""


class Profiler:
    """Begins at once; `stop` ends it.

    Attributes:
        stacks: seconds of CPU by thread name and stack, innermost place first.
    """

    def __init__(self) -> None:
        self.stacks: defaultdict[tuple[str, tuple[Place, ...]], float] = defaultdict(float)
        # What was used before does not count.
        known = [thread.ident for thread in threading.enumerate()]
        self._used = {ident: _cpu_of(ident) for ident in known if ident is not None}
        # Else a thread that is to be looked at may go on for 5 ms, and stand where it waits for more work by then.
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(INTERVAL_SECONDS / 10)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, name="profiler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        sys.setswitchinterval(self._switch_interval)

    def _look_again_and_again(self) -> None:
        while not self._stopped.wait(INTERVAL_SECONDS):
            self._look()

    def _look(self) -> None:
        threads = {thread.ident: thread.name for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():
            name = threads.get(ident)
            if name is None or ident == threading.get_ident():
                continue
            try:
                used = _cpu_of(ident)
            except OSError:
                continue  # ended meanwhile
            spent = used - self._used.get(ident, 0.0)
            # A new thread may have been given the number of one that has ended.
            self._used[ident] = used
            if spent > 0:
                self.stacks[name.rstrip("0123456789_-"), _stack(frame)] += spent


def _cpu_of(ident: int) -> float:
    """Seconds that a thread has used. Raises OSError for one that has ended."""
    return time.clock_gettime(time.pthread_getcpuclockid(ident))


def _stack(frame: FrameType | None) -> tuple[Place, ...]:
    found: list[Place] = []
    while frame is not None and len(found) < _DEPTH:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname))
        frame = frame.f_back
    return tuple(found)


def main() -> NoReturn:
    """`python -m benchmarks.profiler FILE command…`: runs a command of the connector, leaves the stacks in the file."""
    target = Path(sys.argv.pop(1))
    exit_now = os._exit
    # Imports are start-up, which the profile is not about.
    from source_stripe.run import main as connector

    profiler = Profiler()

    def leave(code: int) -> NoReturn:
        profiler.stop()
        found = [[name, stack, seconds] for (name, stack), seconds in profiler.stacks.items()]
        target.write_bytes(orjson.dumps(found))
        exit_now(code)

    # The connector ends its process by this.
    os._exit = leave  # type: ignore[assignment]
    connector()


if __name__ == "__main__":
    main()
