"""`read` of the CDK's entry point, with records written by the page: one by one they cost more than to read them.

Whatever is no record passes through the CDK's own functions.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import logging
import os
import select
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER, is_platform_debug_log_enabled
from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.memory_monitor import MemoryMonitor

from source_stripe import heaps
from source_stripe.reading.records import Records
from source_stripe.source import SourceStripe

PAGES_A_MEMORY_CHECK = 50
"""The CDK looks after every 5,000 messages whether the container's memory is nearly full; as many records."""

PIPE_BYTES = 1 << 20
"""What stdout's pipe is to hold, the most that Linux gives anybody: into its usual 64 KB a page of records goes in six
turns with whoever reads it, and each of them puts two processes to sleep and wakes them up."""

OBJECTS_A_COLLECTION = 50_000
"""Python's own 700 are a quarter of a page of charges."""


class PagedEntrypoint(AirbyteEntrypoint):
    """Runs `read`; all other commands are the CDK's to run."""

    source: SourceStripe

    def __init__(self, source: SourceStripe) -> None:
        super().__init__(source)
        self._memory_monitor = MemoryMonitor(PAGES_A_MEMORY_CHECK)

    def lines(self, arguments: argparse.Namespace) -> Iterator[bytes]:
        """The messages of a `read`, whole lines, as soon as they are there; a page's records together.

        Raises:
            AirbyteTracedException: an input cannot be used, or as `SourceStripe.read_pages`.
        """
        debug = arguments.debug or is_platform_debug_log_enabled()
        for each in (self.logger, self.logger.parent or self.logger):  # the CDK's own one and "airbyte"
            each.setLevel(logging.DEBUG if debug else logging.INFO)
        specification = self.source.spec(self.logger)
        config = self.source.configure(self.source.read_config(arguments.config), "")
        catalog = self.source.read_catalog(arguments.catalog)
        state = self.source.read_state(arguments.state)
        self.set_up_secret_filter(config, specification.connectionSpecification)
        self.validate_connection(specification, config)
        counted: defaultdict[HashableStreamDescriptor, float] = defaultdict(float)
        try:
            for message in self.source.read_pages(self.logger, config, catalog, state, as_lines=True):
                if isinstance(message, Records):
                    counted[HashableStreamDescriptor(name=message.stream)] += len(message.rows)
                    yield b"".join(message.rows)
                else:
                    yield self._line(self.handle_record_counts(message, counted))
                self._memory_monitor.check_memory_usage()
        finally:
            for message in self._emit_queued_messages(self.source):
                yield self._line(self.handle_record_counts(message, counted))

    def _line(self, message: AirbyteMessage) -> bytes:
        return self.airbyte_message_to_string(message).encode() + b"\n"


def read(arguments: argparse.Namespace) -> None:
    """Writes the messages of a `read` to stdout, each piece at once, between whole lines of the log.

    Raises:
        AirbyteTracedException: as `PagedEntrypoint.lines`.
        BrokenPipeError: nobody reads stdout any more.
    """
    heaps.shared()
    entrypoint = PagedEntrypoint(SourceStripe())
    out = sys.stdout.buffer
    _widen(out.fileno())
    threading.Thread(target=_end_with_reader, args=(out.fileno(),), name="reader-watch", daemon=True).start()
    # A page is some thousands of objects that come and go together and refer to nothing else: to look for cycles among
    # them, and among all that the CDK's import left behind, takes a quarter of a read's CPU.
    gc.freeze()
    gc.set_threshold(OBJECTS_A_COLLECTION)
    with PRINT_BUFFER:
        for lines in entrypoint.lines(arguments):
            with PRINT_BUFFER.lock:
                PRINT_BUFFER.flush()
                out.write(lines)
                out.flush()


def _widen(stdout: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):  # it is no pipe, or no more may be in pipes
            fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _end_with_reader(stdout: int) -> None:
    """Ends the process when nobody reads stdout any more: waiting for Stripe, it would not see that for minutes."""
    watch = select.poll()
    watch.register(stdout, 0)  # errors are told unasked
    gone = select.POLLERR | select.POLLHUP
    if any(told & gone for _, told in watch.poll()):
        os._exit(1)
