"""The connector as a user runs it: the `source-stripe` command in a process of its own, stdout a pipe that is read."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from benchmarks.tally import RECORD, Tally, Wrong

ROOT = Path(__file__).parents[1]
COMMAND = (str(Path(sys.executable).with_name("source-stripe")),)
_CHUNK = 1 << 20
_WATCH_SECONDS = 0.1


@dataclass(frozen=True)
class Finished:
    """A command that came to its end. Moments are Unix seconds, all others seconds.

    Attributes:
        cpu: user and system time of the process and what it waited for.
        peak: the most memory that it had at a time, in bytes (resident set).
        first_record: when the first bytes of the first RECORD could be read, None without one.
        reader_cpu: what it cost this process to read its output, meanwhile.
    """

    started: float
    ended: float
    cpu: float
    peak: int
    first_record: float | None
    reader_cpu: float
    tally: Tally

    @property
    def wall(self) -> float:
        return self.ended - self.started


def run(
    *arguments: str,
    command: Sequence[str] = COMMAND,
    inputs: Mapping[str, object] | None = None,
    count_later: bool = True,
) -> Finished:
    """Runs a command of the protocol. Raises Wrong if it fails.

    inputs: what `--config`, `--catalog` and `--state` are to hold.
    count_later: keep the output in memory and look at it when the process has ended, so that looking costs it nothing.
        That takes as much memory as there is output.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as complaints, _spool(count_later) as spool:
        words = [*command, *arguments]
        for name, value in (inputs or {}).items():
            path = Path(folder, f"{name}.json")
            path.write_bytes(orjson.dumps(value))
            words += [f"--{name}", str(path)]
        tally = Tally()
        own = time.process_time()
        started = time.time()
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, cwd=ROOT, bufsize=0)
        watch = MemoryWatch(process.pid)
        try:
            assert process.stdout is not None
            with process.stdout as stdout:
                first = _drain(stdout, spool.write if spool is not None else tally.feed)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            watch.stop()
            if process.returncode is None:
                process.kill()
                process.wait()
        ended = time.time()
        own = time.process_time() - own
        if spool is not None:
            spool.seek(0)
            while piece := spool.read(_CHUNK):
                tally.feed(piece)
        tally.end()
        if process.returncode:
            complaints.seek(0)
            said = tally.errors or [complaints.read().decode(errors="replace")[-2000:]]
            raise Wrong(f"{arguments[0]} ended with exit code {process.returncode}: {' '.join(said)}")
        peak = watch.peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Finished(started, ended, usage.ru_utime + usage.ru_stime, peak, first, own, tally)


def _drain(stdout: Any, take: Callable[[bytes], Any]) -> float | None:
    """Reads to the end; answers when the first record came."""
    first, rest = None, b""
    while piece := os.read(stdout.fileno(), _CHUNK):
        if first is None:
            if RECORD in rest + piece:
                first = time.time()
            rest = piece[-len(RECORD) :]
        take(piece)
    return first


@contextmanager
def _spool(wanted: bool) -> Iterator[BinaryIO | None]:
    """A file in memory, where the system has such; else an ordinary temporary one."""
    if not wanted:
        yield None
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryFile(dir=memory if memory.is_dir() else None) as file:
        yield file


class MemoryWatch:
    """Asks the system for a process's peak again and again, as long as it lives.

    What `wait4` says of the peak is of no use on Linux: it begins with the peak of the process that started it.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._status = Path(f"/proc/{pid}/status")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_SECONDS):
            try:
                text = self._status.read_text()
            except OSError:
                return
            for line in text.splitlines():
                if line.startswith("VmHWM:"):
                    self.peak = max(self.peak, int(line.split()[1]) * 1024)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
