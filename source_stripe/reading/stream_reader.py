"""Reads one stream from where its state left it, as the protocol's records and states."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.client import JsonObject, StripeClient
from source_stripe.api.errors import NotEnabled, StripeError
from source_stripe.reading.listing import Listing
from source_stripe.reading.progress import Progress
from source_stripe.reading.range_reader import RangeReader

logger = logging.getLogger("airbyte")

RECORDS_A_STATE = 1_000
"""A STATE follows at the latest after this many records: what a cut sync reads again at most, range by range."""


@dataclass
class Tally:
    """What reading a stream came to."""

    records: int = 0
    requests: int = 0
    seconds: float = 0.0
    skipped: str | None = None


class StreamReader:
    """Reads what `progress` says is left of a stream.

    Args:
        before: the progress that the sync started with; it stands where the account turns out not to have the product.

    Attributes:
        tally: counts, true at any time.
    """

    def __init__(
        self,
        name: str,
        cursor_field: str,
        listing: Listing,
        progress: Progress,
        before: Progress | None,
        client: StripeClient,
        requests: Executor,
    ) -> None:
        self.name = name
        self.tally = Tally()
        self._cursor_field = cursor_field
        self._listing = listing
        self._progress = progress
        self._before = (before or Progress(mode=progress.mode)).of_account(progress.account)
        self._client = client
        self._ranges = RangeReader(listing, progress.unread, client, requests)

    def messages(self) -> Iterator[Record | AirbyteMessage]:
        """Records, and states that vouch for the records before them and for no others.

        Raises:
            AirbyteTracedException: the stream ends here; the text names it, the cause and the cure.
        """
        started = self._client.clock.monotonic()
        try:
            yield from self._records_and_states()
        except NotEnabled as error:
            self.tally.skipped = f"{error.product} is not in use on this account"
            logger.warning(f"Stream {self.name} is skipped: {error}. {error.cure}")
            yield self._state(self._before)
        except StripeError as error:
            raise AirbyteTracedException(
                message=f"Stream {self.name}: {error}. {error.cure}",
                internal_message=repr(error.refusal),
                failure_type=error.failure_type,
            ) from None
        finally:
            self.tally.seconds = self._client.clock.monotonic() - started

    def _records_and_states(self) -> Iterator[Record | AirbyteMessage]:
        since_state = 0
        for batch in self._ranges.batches():
            self.tally.requests += batch.requests
            self.tally.records += len(batch.records)
            for record in batch.records:
                yield Record(data=self._with_cursor(record), stream_name=self.name)
            since_state += len(batch.records)
            if self._ranges.ranges and (batch.range_done or since_state >= RECORDS_A_STATE):
                since_state = 0
                yield self._state(self._progress)
        yield self._state(self._progress.settled())

    def _with_cursor(self, record: JsonObject) -> JsonObject:
        """The record with a value under the stream's cursor: when it was created, unless Stripe keeps one itself."""
        if record.get(self._cursor_field) is None:
            created = record.get(self._listing.created_field)
            record[self._cursor_field] = self._progress.until if created is None else created
        return record

    def _state(self, progress: Progress) -> AirbyteMessage:
        return AirbyteMessage(
            type=Type.STATE,
            state=AirbyteStateMessage(
                type=AirbyteStateType.STREAM,
                stream=AirbyteStreamState(
                    stream_descriptor=StreamDescriptor(name=self.name),
                    stream_state=AirbyteStateBlob(progress.to_state(self._cursor_field)),
                ),
            ),
        )
