"""How a copy is getting on: a live table on a terminal, a line every ten seconds elsewhere, and what came of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from airbyte_cdk.models import AirbyteStreamStatus
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from source_stripe.ingest.terminal import say
from source_stripe.reading.family_reader import StreamReading

SECONDS_A_LINE = 10.0

READING = str(Path(__file__).parents[1] / "reading")
"""What is said there of a stream is for people to read; the CDK tells of its own doings at the same level."""

DONE = (AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE)


class Board:
    """Counts what comes and shows it.

    Args:
        streams: names, in the order in which they are shown.
        readings: what is known by now of the streams' reading.
        console: where progress is shown; the summary goes there as well.
    """

    def __init__(
        self, streams: Sequence[str], readings: Callable[[], Sequence[StreamReading]], console: Console
    ) -> None:
        self._streams = list(streams)
        self._readings = readings
        self._console = console
        self._rows: dict[str, int] = dict.fromkeys(streams, 0)
        self._statuses: dict[str, AirbyteStreamStatus] = {}
        self._began = time.monotonic()
        self._over = threading.Event()

    def rows_came(self, stream: str, rows: int) -> None:
        self._rows[stream] = self._rows.get(stream, 0) + rows

    def status_changed(self, stream: str, status: AirbyteStreamStatus) -> None:
        self._statuses[stream] = status

    def failed(self, stream: str | None, sentence: str) -> None:
        self.say(sentence, "red")

    def say(self, sentence: str, style: str = "") -> None:
        """A line above what is live."""
        say(self._console, sentence, style)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows progress, and what is logged meanwhile, for as long as the block runs."""
        with _logs_to(self):
            if self._console.is_terminal:
                with Live(get_renderable=self._table, console=self._console, refresh_per_second=2, transient=True):
                    yield
                return
            lines = threading.Thread(target=self._tell_now_and_then, daemon=True)
            lines.start()
            try:
                yield
            finally:
                self._over.set()
                lines.join()

    def summary(self) -> None:
        """What became of each stream that has something to say, and all of them together."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("table", no_wrap=True)
        for column in ("rows", "requests", "seconds"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("")
        tallies = {reading.member.name: reading.tally for reading in self._readings()}
        for stream in self._streams:
            tally = tallies.get(stream)
            remark = self._remark(stream)
            if tally and (tally.records or tally.requests or remark):
                cells = (f"{self._rows[stream]:,}", f"{tally.requests:,}", f"{tally.seconds:.1f}")
                table.add_row(stream, *cells, escape(remark))
        if table.row_count:
            self._console.print(table)
        seconds = time.monotonic() - self._began
        self.say(f"{self._totals()} in {seconds:.1f} s.")

    def _remark(self, stream: str) -> str:
        for reading in self._readings():
            if reading.member.name == stream and reading.tally.skipped:
                return f"skipped: this account does not use {reading.tally.skipped.product}"
        return "" if self._statuses.get(stream) == AirbyteStreamStatus.COMPLETE else "not complete"

    def _totals(self) -> str:
        done = sum(status in DONE for status in self._statuses.values())
        requests = sum(reading.tally.requests for reading in self._readings())
        rows = sum(self._rows.values())
        return f"{done} of {len(self._streams)} tables, {rows:,} rows with {requests:,} requests"

    def _table(self) -> Group:
        """The streams that are being read, and all of them together. Called by another thread than counts."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column("table", no_wrap=True)
        for column in ("rows", "rows/s", "read", "requests"):
            table.add_column(column, justify="right", no_wrap=True)
        seconds = max(time.monotonic() - self._began, 0.001)
        readings = {reading.member.name: reading for reading in self._readings()}
        for stream in self._under_way():
            reading = readings.get(stream)
            part = reading and part_read(reading)
            cells = (
                f"{self._rows[stream]:,}",
                f"{self._rows[stream] / seconds:,.0f}",
                "" if part is None else f"{part:.0%}",
                f"{reading.tally.requests:,}" if reading else "",
            )
            table.add_row(stream, *cells)
        loading = "" if table.row_count or not self._statuses else "; loading what was read last"
        return Group(table, Text(f"{self._totals()}, {seconds:.0f} s{loading}", style="bold"))

    def _under_way(self) -> list[str]:
        started = [stream for stream in self._streams if self._statuses.get(stream) not in (None, *DONE)]
        # A terminal has only so many lines; what moves is what one wants to see.
        return sorted(started, key=lambda stream: -self._rows[stream])[: max(self._console.height - 4, 1)]

    def _tell_now_and_then(self) -> None:
        before = 0
        while not self._over.wait(SECONDS_A_LINE):
            rows = sum(self._rows.values())
            rate = (rows - before) / SECONDS_A_LINE
            before = rows
            names = ", ".join(f"{stream} {self._rows[stream]:,}" for stream in self._under_way()[:3])
            now = time.strftime("%H:%M:%S", time.gmtime())
            self.say(f"{now} {self._totals()}, {rate:,.0f} rows/s now" + (f"; reading {names}" if names else ""))


def part_read(reading: StreamReading) -> float | None:
    """The part, 0 to 1, of a first sync's span of time that is behind it; None where that cannot be told."""
    progress = reading.progress
    if progress.until is None or progress.covers_from is None or progress.watermark is not None:
        return None
    spans = [(part.gte, part.lt) for part in list(progress.unread)]
    left = sum(lt - gte for gte, lt in spans if gte is not None and lt is not None)
    if any(gte is None for gte, _ in spans) or progress.until <= progress.covers_from:
        return None
    return min(max(1 - left / (progress.until - progress.covers_from), 0.0), 1.0)


class _Handler(logging.Handler):
    def __init__(self, board: Board) -> None:
        super().__init__(logging.INFO)
        self._board = board

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._board.say(record.getMessage(), "yellow")
        elif record.pathname.startswith(READING):
            self._board.say(record.getMessage())


@contextmanager
def _logs_to(board: Board) -> Iterator[None]:
    """The connector's log goes to the board; the CDK would write it as protocol messages to stdout."""
    logger = logging.getLogger("airbyte")
    before = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [_Handler(board)], False
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before[0], before[1]
        logger.setLevel(before[2])
