"""Reads the streams of a family from where their state left them, as the protocol's records and states."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.answer import Head, JsonObject
from source_stripe.api.client import StripeClient
from source_stripe.api.errors import NotEnabled, StripeError, Unavailable
from source_stripe.reading.changes import Changed, Changes
from source_stripe.reading.estimate import SECONDS_AN_ESTIMATE, estimate
from source_stripe.reading.family import Member, Own, Rows, take_off
from source_stripe.reading.listing import Listing
from source_stripe.reading.progress import Progress
from source_stripe.reading.range_reader import Batch, RangeReader, Unfolded
from source_stripe.reading.records import ROWS_AN_ITEM, Around, Records, line_of
from source_stripe.reading.side_by_side import side_by_side

logger = logging.getLogger("airbyte")

RECORDS_A_STATE = 1_000
"""A STATE follows at the latest after this many rows of the list, and after each range."""


@dataclass
class Tally:
    """What reading a stream came to.

    Attributes:
        records: that were handed on.
        size: of those that left as lines, in bytes.
        expected: about how many records there will be in all; None as long as nothing tells.
    """

    records: int = 0
    size: int = 0
    expected: float | None = None
    requests: int = 0
    seconds: float = 0.0
    skipped: NotEnabled | None = None


@dataclass
class StreamReading:
    """One stream of the family while it is read.

    Attributes:
        progress: what is to be read; its unread ranges are the family's.
        before: what the sync started with; it stands where the account turns out not to have the product.
        failed: why nothing more comes of this stream. Set once, where it failed; from then on no state vouches for it.
    """

    member: Member
    progress: Progress
    before: Progress
    tally: Tally = field(default_factory=Tally)
    failed: Exception | None = None

    def state(self, progress: Progress) -> AirbyteMessage:
        """A STATE message."""
        state = progress.to_state(self.member.name, self.member.cursor_field)
        return AirbyteMessage(
            type=Type.STATE,
            state=AirbyteStateMessage(
                type=AirbyteStateType.STREAM,
                stream=AirbyteStreamState(
                    stream_descriptor=StreamDescriptor(name=self.member.name),
                    stream_state=AirbyteStateBlob(state),
                ),
            ),
        )

    def note_pending(self, since: int) -> None:
        """Keeps in mind from where on rows have to be read again, because no event tells when they change."""
        known = self.progress.pending_since
        self.progress = replace(self.progress, pending_since=since if known is None else min(known, since))

    def last_state(self) -> AirbyteMessage | None:
        """The STATE message at the end of the stream; None where one before it has to stand."""
        if self.failed is None:
            return self.state(self.progress.settled())
        if self.skipped is not None:
            self.tally.skipped = self.skipped
            return self.state(self.before)
        return None

    @property
    def skipped(self) -> NotEnabled | None:
        """What the account does not use. What had records a moment ago is in use: there the same answer is an error."""
        return self.failed if isinstance(self.failed, NotEnabled) and not self.tally.records else None

    def raise_failure(self) -> None:
        """Raises AirbyteTracedException, naming stream, cause and cure, if the stream is not complete."""
        error = self.failed
        if error is None or self.skipped is not None:
            return
        if isinstance(error, NotEnabled):
            error = Unavailable(error.refusal)
        if not isinstance(error, StripeError):
            raise error
        raise AirbyteTracedException(
            message=f"Stream {self.member.name}: {error}. {error.cure}",
            internal_message=repr(error.refusal),
            failure_type=error.failure_type,
        ) from None


class FamilyReader:
    """Reads the list of a family once for all of its streams that are selected and stand at the same place.

    Each stream's worker calls `messages`; the last to come does the reading, and the others wait for its end.

    Args:
        listing: the list that all rows come of, with the expansions that `expanded_for` says.
        readings: the streams; their `progress.unread` is one and the same list of ranges.
        not_shown: fields that are expanded for the streams that hang on the list's own alone.
        changes: what happened to the list's rows meanwhile; None for streams that do not follow the feed.
        as_lines: rows leave as lines of stdout. They are made where the page was fetched, while it is in that
            processor's cache, and a fifth of the page's size: done by the thread that prints, it takes twice as long.
    """

    def __init__(
        self,
        listing: Listing,
        readings: Sequence[StreamReading],
        client: StripeClient,
        requests: Executor,
        not_shown: Sequence[str] = (),
        changes: Changes | None = None,
        as_lines: bool = False,
    ) -> None:
        self._as_lines = as_lines
        self._not_shown = not_shown
        self._changes = changes
        self._requests = requests
        # The list's own rows come last: what is expanded for others is taken off them.
        self._readings = sorted(readings, key=lambda reading: isinstance(reading.member, Own))
        self._client = client
        self._path = listing.path
        self._until = readings[0].progress.until or 0
        self._reread_at = readings[0].progress.reread_at
        verbatim = self._verbatim if self._passes_on(listing) else None
        self._ranges = RangeReader(listing, readings[0].progress.unread, client, requests, self._unfold, verbatim)
        self._joining = threading.Lock()
        self._joined = 0
        self._over = threading.Event()

    def messages(self, name: str) -> Iterator[AirbyteMessage]:
        """Records of all the family's streams, and states that vouch for the records before them and for no others.

        Args:
            name: the stream that the caller is the worker of. All but the last caller get nothing but its end.

        Raises:
            AirbyteTracedException: that stream is not complete; the text names it, the cause and the cure.
        """
        with self._joining:
            self._joined += 1
            reads = self._joined == len(self._readings)
        if reads:
            try:
                yield from self._read()
            except Exception as error:
                self._fail(error)
            finally:
                self._over.set()
        self._over.wait()
        next(reading for reading in self._readings if reading.member.name == name).raise_failure()

    def _read(self) -> Iterator[AirbyteMessage]:
        started = self._client.clock.monotonic()
        try:
            yield from self._batches()
            yield from self._changed()
        except StripeError as error:
            self._fail(error)
        seconds = self._client.clock.monotonic() - started
        for reading in self._readings:
            tally = reading.tally
            tally.seconds = seconds
            if tally.expected is not None and reading.failed is None:
                tally.expected = float(tally.records)
                yield estimate(reading.member.name, tally.records, tally.size)
            if state := reading.last_state():
                yield state

    def _fail(self, error: Exception) -> None:
        for reading in self._readings:
            reading.failed = reading.failed or error

    def _batches(self) -> Iterator[AirbyteMessage]:
        rows_since_state = rows_read = 0
        estimated_at = float("-inf")
        if self._changes is not None and self._ranges.ranges:
            # Before the first record: what changes or vanishes from now on is told even if this sync comes no further.
            yield from self._states()
        for position, batch in enumerate(self._ranges.batches()):
            yield from self._records(batch)
            if position == 0:
                self._announce(len(batch.unfolded))
            rows_since_state += len(batch.unfolded)
            rows_read += len(batch.unfolded)
            if self._client.clock.monotonic() - estimated_at >= SECONDS_AN_ESTIMATE:
                estimated_at = self._client.clock.monotonic()
                yield from self._estimates(rows_read)
            if self._ranges.ranges and (batch.range_done or rows_since_state >= RECORDS_A_STATE):
                rows_since_state = 0
                yield from self._states()
            if all(reading.failed for reading in self._readings):
                return

    def _estimates(self, rows_read: int) -> Iterator[AirbyteMessage]:
        """What the streams will come to if it goes on as it did: rows that hang on the list's are as many a row."""
        to_come = self._ranges.records_left
        if not rows_read or (self._ranges.ranges and not to_come):
            return
        for reading in self._readings:
            tally = reading.tally
            if tally.records:
                tally.expected = tally.records * (1 + to_come / rows_read)
                yield estimate(reading.member.name, tally.expected, tally.size * tally.expected / tally.records)

    def _states(self) -> Iterator[AirbyteMessage]:
        """What is left by now, of each stream that did not fail."""
        for reading in self._readings:
            if reading.failed is None:
                reading.progress = replace(reading.progress, step=reading.progress.step + 1)
                yield reading.state(reading.progress)

    def _changed(self) -> Iterator[AirbyteMessage]:
        """What the feed says of the rows, after everything that was read of the list."""
        if self._changes is None or all(reading.failed for reading in self._readings):
            return
        counted = 0
        alone = all(isinstance(reading.member, Own) for reading in self._readings)  # nothing more is asked of a row
        for changes in self._changes.batches():
            if alone:
                unfolded = [self._unfold_change(each) for each in changes]
            else:
                unfolded = list(side_by_side(self._requests, (partial(self._unfold_change, each) for each in changes)))
            yield from self._records(Batch(unfolded, range_done=False, requests=self._changes.requests - counted))
            counted = self._changes.requests
        for reading in self._readings:
            reading.progress = replace(reading.progress, until=self._changes.until or reading.progress.until)

    def _unfold_change(self, change: Changed) -> Unfolded:
        shown: dict[str, Rows] = {}
        if change.row is not None and not change.deleted:
            shown = self._rows(change.row, change.second)
        for reading in self._readings:
            member = reading.member
            if reading.failed is None:
                rows = shown.get(member.name, Rows([]))
                if change.row is not None and change.deleted and isinstance(member, Own):
                    rows = member.gone(change.row, change.second)
                shown[member.name] = member.without(rows, change.id, change.removed)
        return self._going_out(shown)

    def _going_out(self, unfolded: Unfolded) -> Unfolded:
        if not self._as_lines:
            return unfolded
        return {
            name: rows._replace(records=[line_of(name, row) for row in rows.records]) for name, rows in unfolded.items()
        }

    def _records(self, batch: Batch) -> Iterator[Records]:
        self._readings[-1].tally.requests += batch.requests
        for reading in self._readings:
            name, tally = reading.member.name, reading.tally
            records: list[Any] = []
            for unfolded in batch.unfolded:
                rows = unfolded.get(name)
                if rows is not None:
                    tally.requests += rows.requests
                    records += rows.records
                    if rows.pending_since is not None:
                        reading.note_pending(rows.pending_since)
            tally.records += len(records)
            if self._as_lines:
                tally.size += sum(map(len, records))
            for at in range(0, len(records), ROWS_AN_ITEM):
                yield Records(name, records[at : at + ROWS_AN_ITEM])

    def _unfold(self, row: JsonObject) -> Unfolded:
        return self._going_out(self._rows(row, self._reread_at))

    def _passes_on(self, listing: Listing) -> bool:
        """Whether all that is made of a row of the list is a line, with fields added for what its `Head` says."""
        (member, *others) = (reading.member for reading in self._readings)
        return (
            self._as_lines
            and not others
            and not self._not_shown
            and isinstance(member, Own)
            and not member.pending
            and {member.created_field, member.cursor_field} <= Head.__annotations__.keys()
        )

    def _verbatim(self, heads: Sequence[JsonObject], texts: Sequence[memoryview]) -> list[Unfolded]:
        """The lines of a page's rows. Only a row that has no fields, or whose own change, is made into an object."""
        (member,) = (reading.member for reading in self._readings if isinstance(reading.member, Own))
        name, until, at = member.name, self._until, self._reread_at
        around = Around(name)
        unfolded: list[Unfolded] = []
        for head, text in zip(heads, texts, strict=True):
            added = member.added(head, until, at)
            if added is None:
                unfolded.append(self._unfold(orjson.loads(text)))
            else:
                unfolded.append({name: Rows([around.line(text, added)])})
        return unfolded

    def _rows(self, row: JsonObject, at: int | None) -> dict[str, Rows]:
        """What a row of the list comes to, as JSON objects, of each stream that did not fail."""
        found: dict[str, Rows] = {}
        for reading in self._readings:
            if isinstance(reading.member, Own):
                for expanded in self._not_shown:
                    take_off(row, expanded)
            if reading.failed is None:
                try:
                    found[reading.member.name] = reading.member.rows(row, self._client, self._until, at)
                except StripeError as error:
                    reading.failed = error
        return found

    def _announce(self, rows: int) -> None:
        for reading in self._readings:
            if reading.member.asks_each_parent and self._ranges.ranges:
                to_come = f"about {self._ranges.records_left:,.0f}" if self._ranges.records_left else "more"
                logger.info(
                    f"{reading.member.name} asks once for each row of {self._path}: {rows} so far, {to_come} to come."
                )


def expanded_for(listing: Listing, readings: Sequence[StreamReading]) -> tuple[Listing, list[str]]:
    """The list with all that its streams need expanded, and which of these fields its own rows do not show."""
    on_demand = {reading.member.on_demand for reading in readings} - {None, *listing.expand}
    not_shown = sorted(field for field in on_demand if field)
    expand = [field for reading in readings for field in reading.member.expand]
    return replace(listing, expand=tuple(dict.fromkeys([*listing.expand, *expand]))), not_shown
