"""Copies streams into a destination: what the connector says, cut into load packages.

The connector reads while the package before is being loaded. A package is cut where the connector has just said how
far it came, so that what a killed run has to read again is little.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStream,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    TraceType,
)
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.keys import without_keys
from source_stripe.ingest.columns import Layout, Row
from source_stripe.ingest.package import Package, Saved
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target
from source_stripe.ingest.warehouse import Finish, Warehouse
from source_stripe.reading.records import Records
from source_stripe.source import SourceStripe

logger = logging.getLogger("airbyte")

ROWS_A_PACKAGE = 25_000
BYTES_A_PACKAGE = 128 * 1024 * 1024
"""A package is cut at the next STATE when it holds so much: two of them are on disk at a time."""

SECONDS_A_PACKAGE = 60.0
"""Or after so long, so that a slow sync that is killed has little to read again."""


class Watcher(Protocol):
    """Whoever shows how a copy is getting on. Called from the thread that reads."""

    def rows_came(self, stream: str, rows: int) -> None: ...

    def status_changed(self, stream: str, status: AirbyteStreamStatus) -> None: ...

    def failed(self, stream: str | None, sentence: str) -> None: ...


@dataclass
class Outcome:
    """What became of the streams.

    Attributes:
        statuses: the last word on each stream, by its name.
        errors: sentences about streams that are not complete, by name; None stands for the sync as a whole.
        stopped: somebody stopped it.
    """

    statuses: dict[str, AirbyteStreamStatus] = field(default_factory=dict)
    errors: dict[str | None, str] = field(default_factory=dict)
    stopped: bool = False

    @property
    def complete(self) -> bool:
        return not self.errors and not self.stopped


@dataclass(frozen=True)
class Interval:
    """Only what was created in this span, Unix seconds; `end` is not in it, None is now."""

    start: int
    end: int | None


class Copying:
    """One copy of streams into tables.

    Args:
        options: the connector's configuration.
        full_refresh: everything is read anew, and rows that Stripe has no more go.
        hard_delete: rows that Stripe deleted go, rather than being marked.
        interval: reads what was created in it and nothing else; where the next sync goes on stays as it is.
    """

    def __init__(
        self,
        source: SourceStripe,
        options: Mapping[str, Any],
        targets: Sequence[Target],
        warehouse: Warehouse,
        watcher: Watcher,
        *,
        full_refresh: bool = False,
        hard_delete: bool = False,
        interval: Interval | None = None,
    ) -> None:
        self._source = source
        self._options = options
        self._targets = {target.stream.name: target for target in targets}
        self._layouts = {target.stream.name: Layout.of(target.stream) for target in targets}
        self._warehouse = warehouse
        self._watcher = watcher
        self._hard_delete = hard_delete
        self._interval = interval
        self._before = warehouse.saved()
        self._under_way = {
            name: self._begun(target, full_refresh and interval is None) for name, target in self._targets.items()
        }
        self._completed: list[str] = []
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Copies until all streams are through, or somebody stops it.

        Raises:
            Refused: the connector cannot work as it is configured; nothing was read.
            Exception: of the destination; what was loaded before is there, with its state.
        """
        with _Loading(self._warehouse) as loading:
            package = Package()
            began = time.monotonic()
            try:
                for message in self._messages():
                    if self._take(message, package) and _is_full(package, time.monotonic() - began):
                        loading.load(package)
                        package, began = Package(), time.monotonic()
            except AirbyteTracedException as error:
                self._note_end(error)
            except KeyboardInterrupt:
                self._outcome.stopped = True
            # Whatever happened, these rows came before these states.
            loading.load(package)
            loading.finish(self._finishes())
            loading.load(self._last_word())
            loading.settle()
        return self._outcome

    def _begun(self, target: Target, anew: bool) -> Saved:
        """What is known of a table as the sync begins."""
        now, name = self._warehouse.synced_at, target.stream.name
        saved = self._before.get(target.table)
        if saved is None:
            return Saved(name, since=now)
        if saved.stream != name:
            raise Refused(
                f"The table {target.table} holds rows of {saved.stream}, not of {name}: choose another --dest-table."
            )
        if anew:
            return Saved(name, since=now, anew=True)
        return replace(saved, since=saved.since or now)

    def _messages(self) -> Iterator[AirbyteMessage]:
        catalog = configured(self._targets, whole=self._interval is not None)
        if self._interval is not None:
            start = datetime.fromtimestamp(self._interval.start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            options = {**self._options, "start_date": start}
            return self._source.read_pages(logger, options, catalog, before=self._interval.end)
        states = [state_message(name, saved.state) for name, saved in self._under_way.items() if saved.state]
        return self._source.read_pages(logger, self._options, catalog, states)

    def _take(self, message: AirbyteMessage, package: Package) -> bool:
        """Puts the message where it belongs. Returns whether it is a STATE, after which a package may end."""
        if isinstance(message, Records):
            target = self._targets[message.stream]
            if rows := self._within(target, message.rows):
                package.add(target, self._layouts[message.stream], rows, self._warehouse.synced_at)
            self._watcher.rows_came(message.stream, len(rows))
        elif message.state and message.state.stream:
            self._note_state(message.state, package)
            return True
        elif message.trace and message.trace.type == TraceType.STREAM_STATUS and message.trace.stream_status:
            status = message.trace.stream_status
            self._note_status(status.stream_descriptor.name, status.status, package)
        elif message.trace and message.trace.error:
            stream = message.trace.error.stream_descriptor
            self._fail(stream.name if stream else None, message.trace.error.message)
        return False

    def _within(self, target: Target, rows: Sequence[Row]) -> Sequence[Row]:
        """Of the rows, those of the interval, where there is one."""
        if self._interval is None or target.stream.parent is not None:
            return rows  # rows that hang on others come of those of the interval
        start, end, created = self._interval.start, self._interval.end, target.stream.created_field
        return [
            row
            for row in rows
            if not isinstance(at := row.get(created), int) or (start <= at and (end is None or at < end))
        ]

    def _note_state(self, message: AirbyteStateMessage, package: Package) -> None:
        name, state = plain(message)
        if self._interval is not None:
            return
        saved = replace(self._under_way[name], state=state)
        self._under_way[name] = saved
        package.states[self._targets[name].table] = saved

    def _note_status(self, name: str, status: AirbyteStreamStatus, package: Package) -> None:
        self._outcome.statuses[name] = status
        self._watcher.status_changed(name, status)
        if status == AirbyteStreamStatus.COMPLETE and self._interval is None and name in self._read():
            self._completed.append(name)
            if not self._finish_of(name).needed:
                package.states[self._targets[name].table] = self._through(name)

    def _read(self) -> set[str]:
        """Streams that are not skipped: where the account no longer uses the product, no row is known as gone."""
        return {reading.member.name for reading in self._source.readings if not reading.tally.skipped}

    def _through(self, name: str) -> Saved:
        return replace(self._under_way[name], since=None, anew=False)

    def _finishes(self) -> list[Finish]:
        """What is left to do with the tables whose streams are complete, and whose parents' are."""
        finishes = [self._finish_of(name) for name in self._completed]
        return [finish for finish in finishes if finish.needed and self._parent_is_through(finish.target)]

    def _parent_is_through(self, target: Target) -> bool:
        parent = target.stream.parent
        return parent is None or parent.name not in self._targets or parent.name in self._completed

    def _last_word(self) -> Package:
        """The states of the tables that were finished: their sync is through."""
        finished = [finish.target for finish in self._finishes()]
        return Package(states={target.table: self._through(target.stream.name) for target in finished})

    def _finish_of(self, name: str) -> Finish:
        target = self._targets[name]
        parent = self._targets.get(target.stream.parent.name) if target.stream.parent else None
        before = self._before.get(target.table)
        read_before = before.state.get("read_at") if before and before.state else None
        return Finish(
            target,
            self._under_way[name],
            read=target.stream.whole() and (self._under_way[name].state or {}).get("read_at") != read_before,
            parent=parent.table if parent else None,
            parent_since=self._under_way[parent.stream.name].since if parent else None,
            hard_delete=self._hard_delete and target.stream.tells_deletions(),
        )

    def _note_end(self, error: AirbyteTracedException) -> None:
        """The connector's last word: that some streams failed, which each have said, or that it cannot work at all."""
        sentence = error.message or str(error)
        if not self._outcome.statuses:
            raise Refused(sentence) from None
        if not self._outcome.errors:
            self._fail(None, sentence)

    def _fail(self, name: str | None, sentence: str) -> None:
        self._outcome.errors[name] = without_keys(sentence)
        self._watcher.failed(name, without_keys(sentence))


class _Loading:
    """Loads one package while the next is being filled; the destination belongs to its one thread."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._last: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        # The destination must not be closed under a package that is on its way.
        self._thread.shutdown(wait=True)

    def load(self, package: Package) -> None:
        """Waits for the package before, raises what went wrong with it, and sees to this one."""
        if package:
            self._then(lambda: self._warehouse.load(package))

    def finish(self, finishes: Sequence[Finish]) -> None:
        if finishes:
            self._then(lambda: self._warehouse.finish(finishes))

    def settle(self) -> None:
        """Returns when all is loaded; raises what went wrong."""
        if self._last is not None:
            self._last.result()
            self._last = None

    def _then(self, work: Callable[[], None]) -> None:
        self.settle()
        self._last = self._thread.submit(work)


def configured(streams: Iterable[str], whole: bool = False) -> ConfiguredAirbyteCatalog:
    """The catalog that reads streams incrementally, or all of them as a whole."""
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=AirbyteStream(
                    name=name, json_schema={}, supported_sync_modes=[SyncMode.full_refresh, SyncMode.incremental]
                ),
                sync_mode=SyncMode.full_refresh if whole else SyncMode.incremental,
                destination_sync_mode=DestinationSyncMode.append_dedup,
            )
            for name in streams
        ]
    )


def _is_full(package: Package, seconds: float) -> bool:
    return (
        package.rows >= ROWS_A_PACKAGE
        or package.size >= BYTES_A_PACKAGE
        or (package.rows > 0 and seconds >= SECONDS_A_PACKAGE)
    )


def state_message(stream: str, state: Mapping[str, Any]) -> AirbyteStateMessage:
    """A stream's state as the connector takes it."""
    return AirbyteStateMessageSerializer.load(
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": dict(state)}}
    )


def plain(message: AirbyteStateMessage) -> tuple[str, dict[str, Any]]:
    """The stream's name and its state as JSON has it."""
    if message.stream is None or message.stream.stream_state is None:
        raise ValueError("a state of no stream")
    state: dict[str, Any] = json.loads(json.dumps(message.stream.stream_state.__dict__))
    return message.stream.stream_descriptor.name, state
