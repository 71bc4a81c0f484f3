"""What the rows share: how often to measure, and the one large sandbox that takes long to start."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property

from benchmarks.measured import FIVE
from benchmarks.server import Server

RECORDS = 100_000


class Bench:
    """Use it in a `with`: what was started ends with it."""

    def __init__(self, runs: int) -> None:
        self.runs = runs
        self._stack = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    @cached_property
    def fast(self) -> Server:
        """Five lists of 100,000, each served compressed ahead."""
        size = str(RECORDS)
        return self._stack.enter_context(
            Server("--size", size, "--synthesized", size, shelved=tuple(FIVE.values()))
        )

    def world(self, *options: str) -> Server:
        """Another sandbox, which lasts as long as the bench."""
        return self._stack.enter_context(Server(*options))
