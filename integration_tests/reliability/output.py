"""A read in process as a platform sees it: what stands on stdout, in the log and in files, and the exit code."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteStateMessageSerializer
from airbyte_cdk.utils import AirbyteTracedException

from integration_tests import in_process
from integration_tests.command import Finished
from integration_tests.sandbox import Sandbox
from source_stripe.api.clock import Clock
from source_stripe.reading import hydration, listing, range_reader
from source_stripe.reading.records import Records

State = list[dict[str, Any]]


def read(
    sandbox: Sandbox, streams: Sequence[str], state: State, clock: Clock, *, mode: str = "incremental"
) -> Finished:
    """One `read` with the log at its most talkative; `stderr` holds the log."""
    stdout: list[bytes] = []
    code = 0
    source = in_process.source(sandbox, clock=clock)
    catalog = in_process.catalog(streams, mode)
    states = [AirbyteStateMessageSerializer.load(each) for each in state]
    with _listening() as log, _temporary_folder() as folder:
        config = in_process.config(sandbox)
        try:
            for message in source.read_pages(in_process.logger, config, catalog, states, as_lines=True):
                if isinstance(message, Records):
                    stdout += message.rows
                else:
                    stdout.append(AirbyteEntrypoint.airbyte_message_to_string(message).encode() + b"\n")
        except AirbyteTracedException as error:
            code = 1
            told = AirbyteEntrypoint.airbyte_message_to_string(error.as_sanitized_airbyte_message())
            stdout.append(told.encode() + b"\n")
        left_behind = "".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())
    return Finished(code, b"".join(stdout).decode(), "\n".join(log), left_behind)


def last_states(done: Finished, before: State) -> State:
    """The states that a platform keeps after a run: the last of each stream, whichever run it is of."""
    kept = {state["stream"]["stream_descriptor"]["name"]: state for state in before}
    for message in done.of_type("STATE"):
        kept[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
    return list(kept.values())


def statuses(done: Finished) -> dict[str, str]:
    """The last status of each stream."""
    traced = [trace["trace"].get("stream_status") for trace in done.of_type("TRACE")]
    return {status["stream_descriptor"]["name"]: status["status"] for status in traced if status}


@contextmanager
def pages_of(rows: int) -> Iterator[None]:
    """Lists are asked for so many rows a page: a small world takes as many requests as a large one then."""
    modules: tuple[Any, ...] = (listing, range_reader, hydration)
    whole = listing.PAGE_SIZE
    for module in modules:
        module.PAGE_SIZE = rows
    try:
        yield
    finally:
        for module in modules:
            module.PAGE_SIZE = whole


@contextmanager
def _listening() -> Iterator[list[str]]:
    heard: list[str] = []
    loggers = [logging.getLogger(), in_process.logger]
    kept = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:  # nothing on this process's own stdout meanwhile
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.DEBUG)
    loggers[0].handlers = [_Handler(heard)]
    try:
        yield heard
    finally:
        for logger, (handlers, level, propagate) in zip(loggers, kept, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


class _Handler(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard
        self.setFormatter(logging.Formatter("%(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(self.format(record))


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before
