"""Reads the streams of a family from where their state left them, as the protocol's records and states."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

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

from source_stripe.api.client import JsonObject, StripeClient
from source_stripe.api.errors import NotEnabled, StripeError
from source_stripe.reading.changes import Changed, Changes
from source_stripe.reading.family import Member, Own, Rows, take_off
from source_stripe.reading.listing import Listing
from source_stripe.reading.progress import Progress
from source_stripe.reading.range_reader import Batch, RangeReader, Unfolded
from source_stripe.reading.records import ROWS_AN_ITEM, Records

logger = logging.getLogger("airbyte")

RECORDS_A_STATE = 1_000
"""A STATE follows at the latest after this many rows of the list, and after each range."""


@dataclass
class Tally:
    """What reading a stream came to."""

    records: int = 0
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
        state = progress.to_state(self.member.cursor_field or "created")
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

    def note_pending(self, rows: Sequence[JsonObject]) -> None:
        """Keeps in mind from where on rows have to be read again, because no event tells when they change."""
        if not isinstance(self.member, Own):
            return
        oldest = self.member.pending_since(rows)
        if oldest is not None:
            known = self.progress.pending_since
            self.progress = replace(self.progress, pending_since=oldest if known is None else min(known, oldest))

    def last_state(self) -> AirbyteMessage | None:
        """The STATE message at the end of the stream; None where one before it has to stand."""
        if self.failed is None:
            return self.state(self.progress.settled())
        if isinstance(self.failed, NotEnabled):
            self.tally.skipped = self.failed
            return self.state(self.before)
        return None

    def raise_failure(self) -> None:
        """Raises AirbyteTracedException, naming stream, cause and cure, if the stream is not complete."""
        if self.failed is None or isinstance(self.failed, NotEnabled):
            return
        if not isinstance(self.failed, StripeError):
            raise self.failed
        raise AirbyteTracedException(
            message=f"Stream {self.member.name}: {self.failed}. {self.failed.cure}",
            internal_message=repr(self.failed.refusal),
            failure_type=self.failed.failure_type,
        ) from None


class FamilyReader:
    """Reads the list of a family once for all of its streams that are selected and stand at the same place.

    Each stream's worker calls `messages`; the last to come does the reading, and the others wait for its end.

    Args:
        listing: the list that all rows come of, with the expansions that `expanded_for` says.
        readings: the streams; their `progress.unread` is one and the same list of ranges.
        not_shown: fields that are expanded for the streams that hang on the list's own alone.
        changes: what happened to the list's rows meanwhile; None for streams that do not follow the feed.
    """

    def __init__(
        self,
        listing: Listing,
        readings: Sequence[StreamReading],
        client: StripeClient,
        requests: Executor,
        not_shown: Sequence[str] = (),
        changes: Changes | None = None,
    ) -> None:
        self._not_shown = not_shown
        self._changes = changes
        self._requests = requests
        # The list's own rows come last: what is expanded for others is taken off them.
        self._readings = sorted(readings, key=lambda reading: isinstance(reading.member, Own))
        self._client = client
        self._path = listing.path
        self._until = readings[0].progress.until or 0
        self._reread_at = readings[0].progress.reread_at
        self._ranges = RangeReader(listing, readings[0].progress.unread, client, requests, self._unfold)
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
            reading.tally.seconds = seconds
            if state := reading.last_state():
                yield state

    def _fail(self, error: Exception) -> None:
        for reading in self._readings:
            reading.failed = reading.failed or error

    def _batches(self) -> Iterator[AirbyteMessage]:
        rows_since_state = 0
        if self._changes is not None and self._ranges.ranges:
            # Before the first record: what changes or vanishes from now on is told even if this sync comes no further.
            yield from self._states()
        for position, batch in enumerate(self._ranges.batches()):
            yield from self._records(batch)
            if position == 0:
                self._announce(len(batch.unfolded))
            rows_since_state += len(batch.unfolded)
            if self._ranges.ranges and (batch.range_done or rows_since_state >= RECORDS_A_STATE):
                rows_since_state = 0
                yield from self._states()
            if all(reading.failed for reading in self._readings):
                return

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
        for changes in self._changes.batches():
            unfolded = list(self._requests.map(self._unfold_change, changes))
            yield from self._records(Batch(unfolded, range_done=False, requests=self._changes.requests - counted))
            counted = self._changes.requests
        for reading in self._readings:
            reading.progress = replace(reading.progress, until=self._changes.until or reading.progress.until)

    def _unfold_change(self, change: Changed) -> Unfolded:
        if not change.deleted:
            return self._unfold(change.row, change.second)
        return {
            member.name: member.gone(change.row, change.second)
            for member in (reading.member for reading in self._readings if reading.failed is None)
            if isinstance(member, Own)
        }

    def _records(self, batch: Batch) -> Iterator[Records]:
        self._readings[-1].tally.requests += batch.requests
        for reading in self._readings:
            name, tally = reading.member.name, reading.tally
            records: list[JsonObject] = []
            for unfolded in batch.unfolded:
                rows = unfolded.get(name)
                if rows is not None:
                    tally.requests += rows.requests
                    records += rows.records
            tally.records += len(records)
            reading.note_pending(records)
            for at in range(0, len(records), ROWS_AN_ITEM):
                yield Records(name, records[at : at + ROWS_AN_ITEM])

    def _unfold(self, row: JsonObject, at: int | None = None) -> Unfolded:
        at = self._reread_at if at is None else at
        unfolded: dict[str, Rows] = {}
        for reading in self._readings:
            if isinstance(reading.member, Own):
                for expanded in self._not_shown:
                    take_off(row, expanded)
            if reading.failed is None:
                try:
                    unfolded[reading.member.name] = reading.member.rows(row, self._client, self._until, at)
                except StripeError as error:
                    reading.failed = error
        return unfolded

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
