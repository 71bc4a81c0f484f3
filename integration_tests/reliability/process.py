"""The connector as a process of its own that is there at once: forked off one that has imported everything.

Starting Python and importing the CDK takes some seconds; to kill a hundred of them at any moment, that is too much.
"""

from __future__ import annotations

import contextlib
import functools
import json
import multiprocessing
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from integration_tests.command import Finished
from integration_tests.reliability.output import State

SECONDS_A_LOOK = 0.02
"""At how much memory it takes."""

PRELOADED = ["source_stripe.run", "integration_tests.reliability.prepared", "integration_tests.reliability.endurance"]


@functools.cache
def _forks() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


@dataclass
class Running:
    """A `read` under way. Whoever made it reads `stdout`, or does not.

    Attributes:
        stdout: a file descriptor; -1 when it is closed.
        folder: of its inputs, its stderr, and its temporary files (`made`).
        starting: held while processes are started.
        peak_megabytes: the most memory that it is known to have had.
        over: it has ended, and `finished` has said so.
    """

    stdout: int
    process: Any
    folder: Path
    starting: threading.Lock
    received: bytearray = field(default_factory=bytearray)
    peak_megabytes: float = 0.0
    over: bool = False
    _looked_at: float = 0.0

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def receive(self, most: int = 65_536) -> bytes:
        """What it wrote next, b"" at its end."""
        piece = os.read(self.stdout, most)
        self.received += piece
        if time.monotonic() - self._looked_at > SECONDS_A_LOOK:
            self._looked_at = time.monotonic()
            self.peak_megabytes = max(self.peak_megabytes, self.megabytes("VmHWM"))
        return piece

    def megabytes(self, name: str = "VmRSS") -> float:
        """What the kernel says of its memory (proc(5), `status`); 0 once it has ended."""
        try:
            told = Path(f"/proc/{self.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        found = re.search(rf"^{name}:\s+(\d+) kB", told, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def receive_all(self) -> None:
        """Reads to its end."""
        while self.receive():
            pass

    def send(self, number: int) -> None:
        """A signal; nothing happens if it has ended already."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def leave(self) -> None:
        """Closes `stdout`: nobody reads it any more."""
        if self.stdout >= 0:
            os.close(self.stdout)
            self.stdout = -1

    def finished(self, seconds: float = 60.0) -> Finished:
        """What came of it; of its output all whole lines that were received.

        Raises:
            TimeoutError: it does not end.
        """
        if not wait([self.process.sentinel], seconds):
            raise TimeoutError(f"process {self.pid} did not end in {seconds} s")
        # Whoever starts a process asks all others how they ended, and each can be asked once.
        with self.starting:
            self.process.join()
            code = int(self.process.exitcode)
            # There may be hundreds of them: none keeps what the system has few of.
            self.process.close()
        self.over = True
        self.leave()
        made = self.folder / "made"
        left_behind = "".join(path.read_text(errors="replace") for path in made.rglob("*") if path.is_file())
        whole = bytes(self.received[: self.received.rfind(b"\n") + 1])
        stderr = (self.folder / "stderr").read_text(errors="replace")
        return Finished(code, whole.decode(), stderr, left_behind)


class Processes:
    """Starts reads, and at the end of the block kills what is left of them.

    Args:
        prepare: called in each process before the connector starts; a function of a module, with its arguments.
    """

    def __init__(self, prepare: Callable[..., None] | None = None, *arguments: Any) -> None:
        self._prepare = functools.partial(prepare, *arguments) if prepare else None
        self._folder = tempfile.TemporaryDirectory()
        self._running: list[Running] = []
        self._starting = threading.Lock()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._running:
            if not each.over:
                each.process.kill()
                each.process.join()
            each.leave()
        self._folder.cleanup()

    def read(self, config: Mapping[str, Any], catalog: Any, state: State, *flags: str) -> Running:
        """Starts a `read`."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        (folder / "made").mkdir()
        arguments = ["read", *flags]
        for name, value in (("config", config), ("catalog", catalog), ("state", state)):
            path = folder / f"{name}.json"
            path.write_text(json.dumps(value))
            arguments += [f"--{name}", str(path)]
        with self._starting:
            ours, theirs = _forks().Pipe(duplex=False)
            process = _forks().Process(target=_run, args=(arguments, theirs, str(folder), self._prepare), daemon=True)
            process.start()
            theirs.close()
            running = Running(os.dup(ours.fileno()), process, folder, self._starting)
            ours.close()
            self._running.append(running)
        return running


def _run(arguments: list[str], stdout: Connection, folder: str, prepare: Callable[[], None] | None) -> None:
    """In the process itself."""
    from source_stripe import run

    os.dup2(stdout.fileno(), 1)
    stdout.close()
    os.dup2(os.open(f"{folder}/stderr", os.O_WRONLY | os.O_CREAT), 2)
    os.environ["TMPDIR"] = tempfile.tempdir = f"{folder}/made"
    sys.argv = ["source-stripe", *arguments]
    if prepare is not None:
        prepare()
    run.main()
