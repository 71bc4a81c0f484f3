"""SourceStripe: spec, check, discover, and which streams a sync reads. Wiring, nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
)
from airbyte_cdk.sources.concurrent_source.concurrent_source_adapter import ConcurrentSourceAdapter
from airbyte_cdk.sources.concurrent_source.thread_pool_manager import ThreadPoolManager
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.message.concurrent_repository import ConcurrentMessageRepository
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.sources.streams.concurrent.adapters import StreamFacade
from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets
from requests.adapters import HTTPAdapter

from source_stripe import inputs
from source_stripe.api.client import PATIENCE_SECONDS, REQUESTS_IN_FLIGHT, StripeClient
from source_stripe.api.clock import Clock
from source_stripe.api.errors import StripeError
from source_stripe.api.keys import without_keys
from source_stripe.config import Config, ConfigRefused, normalised, warn_of_unknown
from source_stripe.inputs import refused
from source_stripe.reading.family_reader import StreamReading
from source_stripe.reading.partition import (
    Messages,
    PagedSource,
    StateInPartition,
    WholeStream,
    WholeStreamGenerator,
)
from source_stripe.reading.progress import Span
from source_stripe.reading.records import Records
from source_stripe.reading.sync import Selected, Sync
from source_stripe.selection import farewell, living, selection
from source_stripe.streams import STREAMS, StripeStream
from source_stripe.sync_log import SyncLog

logger = logging.getLogger("airbyte")

QUEUED_PAGES = 8
"""Between the streams' workers and stdout: enough to keep both busy, little enough to stay small (1.5 MB each)."""

CHECK_PATIENCE_SECONDS = 20.0
"""For `check`: somebody sits before it and waits."""


class SourceStripe(ConcurrentSourceAdapter):
    """Reads a Stripe account. One instance serves one `read`.

    Args:
        clock: what waiting and measuring go by; the machine's own unless a test puts in another.
        transport: what carries requests; sockets unless a test puts in another.

    Attributes:
        readings: the streams that are read, and what came of them so far.
    """

    def __init__(self, clock: Clock | None = None, transport: HTTPAdapter | None = None) -> None:
        self._queue: Queue[QueueItem] = Queue(maxsize=QUEUED_PAGES)
        self._messages = ConcurrentMessageRepository(self._queue, InMemoryMessageRepository())
        # A worker for each stream, which mostly waits for pages, and one to start the streams with.
        workers = ThreadPoolExecutor(len(STREAMS) + 1, thread_name_prefix="stream")
        super().__init__(
            PagedSource(
                ThreadPoolManager(workers, logger),
                logger,
                self._slice_logger,
                self._queue,
                self._messages,
                initial_number_partitions_to_generate=1,
            )
        )
        self._clock = clock
        self._transport = transport
        self._readers: dict[str, Messages] = {}
        self.readings: list[StreamReading] = []

    @property
    def message_repository(self) -> MessageRepository:
        return self._messages

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The options under our names. Unlike the CDK's own, leaves no copy of them in a file.

        Raises:
            AirbyteTracedException: config_error, in one sentence that says what to change.
        """
        try:
            options = normalised(config)
            # The schema's own complaints would show the value, which may be a key with a typing error in it.
            update_secrets([value for name, value in options.items() if name == "api_key"])
            Config.of(options)
            warn_of_unknown(options)
        except ConfigRefused as error:
            raise refused(str(error)) from None
        return options

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """The configuration file's object.

        Raises:
            AirbyteTracedException: there is no such file, or it holds something else.
        """
        return inputs.read_config(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """The configured catalog in a file. Raises as `read_config`."""
        return inputs.read_catalog(catalog_path)

    @classmethod
    def read_state(cls, state_path: str) -> list[AirbyteStateMessage]:
        """The states in a file, none where no file is named. Raises as `read_config`."""
        return inputs.read_state(state_path)

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        """Whether the key works, at the cost of one request. It need not be allowed to read anything in particular."""
        settings = self._settings(config)
        client = self._client(settings, patience=CHECK_PATIENCE_SECONDS)
        try:
            client.account()
        except StripeError as error:
            return False, _Sentence(f"{error}. {error.cure}")
        if settings.start > client.stripe_time.now():
            return False, _Sentence(_START_IN_THE_FUTURE)
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        """All streams; while a sync is under way, those that it reads."""
        api_base = self._settings(config).api_base
        return [
            self._facade(declared(api_base))
            for declared in STREAMS
            if not self._readers or declared.name in self._readers
        ]

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """What `read_pages` yields, with a message for each record.

        Raises:
            AirbyteTracedException: as `read_pages`.
        """
        for message in self.read_pages(logger, config, catalog, state):
            if isinstance(message, Records):
                yield from message.messages()
            else:
                yield message

    def read_pages(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
        *,
        before: int | None = None,
        as_lines: bool = False,
    ) -> Iterator[AirbyteMessage]:
        """Records, as `Records`, and states of the catalog's streams, each in the catalog's sync mode.

        Args:
            before: Unix seconds; a full refresh reads what was created before then. None for all until now.
            as_lines: the rows of `Records` are lines of stdout, else JSON objects.

        Raises:
            AirbyteTracedException: the key, the catalog or the state cannot be used, and nothing was read;
                or streams failed, each of which has said so, and the others were read to their end.
        """
        settings = self._settings(config)
        selected = selection(catalog, state, settings.reread_seconds)
        client = self._client(settings)
        account = self._account(client, settings, selected)
        span = Span(settings.start, settings.lookback_seconds)
        now = client.stripe_time.now()
        if before is not None:
            now = min(now, before - 1)
        requests = ThreadPoolExecutor(REQUESTS_IN_FLIGHT, thread_name_prefix="stripe")
        sync = Sync(client, requests, span, now, follow=settings.incremental == "changes", as_lines=as_lines)
        for each in selected:
            sync.add(each, account)
        self._readers = sync.readers()
        self.readings = sync.readings
        log = SyncLog(client, self.readings, self._queue.full)
        try:
            yield from farewell(catalog)
            for message in super().read(logger, config, living(catalog), state):
                yield _without_keys(message) if message.trace else message
        finally:
            requests.shutdown(wait=False, cancel_futures=True)
            log.close()

    def _facade(self, stream: StripeStream) -> Stream:
        """The stream as the CDK's thread pool takes it."""
        cursor = StateInPartition()
        partition = WholeStream(stream.name, self._readers.get(stream.name, lambda: iter(())))
        return StreamFacade(
            DefaultStream(
                partition_generator=WholeStreamGenerator(partition),
                name=stream.name,
                json_schema=stream.get_json_schema,
                primary_key=list(stream.key_fields()),
                cursor_field=CursorField(stream.cursor_field),
                logger=logger,
                cursor=cursor,
            ),
            stream,
            cursor,
            slice_logger=self._slice_logger,
            logger=logger,
        )

    def _settings(self, config: Mapping[str, Any]) -> Config:
        try:
            return Config.of(normalised(config))
        except ConfigRefused as error:
            raise refused(str(error)) from None

    def _client(self, settings: Config, patience: float = PATIENCE_SECONDS) -> StripeClient:
        return StripeClient(
            settings.api_key,
            settings.account_id,
            settings.api_base,
            total_per_second=settings.requests_per_second,
            patience=patience,
            clock=self._clock,
            transport=self._transport,
        )

    def _account(self, client: StripeClient, settings: Config, selected: Iterable[Selected]) -> str | None:
        """The id of the account that the key reads, after making sure that it is the one the state is about."""
        try:
            account = client.account().get("id") or settings.account_id
        except StripeError as error:
            raise refused(f"{error}. {error.cure}", error.failure_type) from None
        if settings.start > client.stripe_time.now():
            raise refused(_START_IN_THE_FUTURE)
        for each in selected:
            name, before = each.member.name, each.before
            if before and before.account and account and before.account != account:
                raise refused(
                    f"The state of stream {name} is about another account ({before.account}) than the key and "
                    f"account_id are for ({account}): use that account's key, or reset the stream."
                )
        return account


_START_IN_THE_FUTURE = "start_date lies in the future: nothing could be read. Give a day that has been, or none."


def _without_keys(message: AirbyteMessage) -> AirbyteMessage:
    """The message with keys taken out of an error: the CDK passes exceptions that it does not expect on as they are."""
    error = message.trace and message.trace.error
    if error:
        error.message = without_keys(error.message)
        error.internal_message = without_keys(error.internal_message or "")
        error.stack_trace = without_keys(error.stack_trace or "")
    return message


class _Sentence(str):
    """A text that the CDK, which shows errors by their `repr`, shows as it is."""

    def __repr__(self) -> str:
        return str(self)
