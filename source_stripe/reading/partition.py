"""The CDK's side of a stream that is read as a whole: one partition, no cursor of the CDK's own, records by the page.

The CDK would read a partition a range, with a worker kept busy for as long as ranges may still be added, and
emit state from another thread than records. Here a stream is one partition: its ranges, its records and its
states all pass through one worker, so their order is the order they are written in. Records pass through the CDK's
queue a page at a time: one by one costs more than reading and writing them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus, StreamDescriptor
from airbyte_cdk.sources.concurrent_source.concurrent_read_processor import ConcurrentReadProcessor
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from source_stripe.reading.records import Records

Messages = Callable[[], Iterable[AirbyteMessage]]


class WholeStream(Partition):
    """All that there is to read of a stream."""

    def __init__(self, stream_name: str, messages: Messages) -> None:
        self._stream_name = stream_name
        self._messages = messages

    def read(self) -> Iterable[Record]:
        # The CDK's reader puts whatever it is given on its queue, and what is a message already goes out as it is.
        return self._messages()  # type: ignore[return-value]

    def to_slice(self) -> Mapping[str, Any] | None:
        return None

    def stream_name(self) -> str:
        return self._stream_name

    def __hash__(self) -> int:
        return hash(self._stream_name)


class WholeStreamGenerator(PartitionGenerator):
    """Generates the one partition of a stream."""

    def __init__(self, partition: WholeStream) -> None:
        self._partition = partition

    def generate(self) -> Iterable[Partition]:
        yield self._partition


class StateInPartition(Cursor):
    """Stands where the CDK wants a cursor: the partition itself emits the states."""

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {}

    def observe(self, record: Record) -> None:
        pass

    def close_partition(self, partition: Partition) -> None:
        pass

    def ensure_at_least_one_state_emitted(self) -> None:
        pass

    def should_be_synced(self, record: Record) -> bool:
        return True


class PagedSource(ConcurrentSource):
    """The CDK's thread pool and queue, with pages of records on it as well.

    A stream is RUNNING from its first record on: what the CDK does for a record on its own is done here for a page.
    """

    def _handle_item(
        self, queue_item: QueueItem, concurrent_stream_processor: ConcurrentReadProcessor
    ) -> Iterable[AirbyteMessage]:
        if isinstance(queue_item, Records):
            counted, name = concurrent_stream_processor._record_counter, queue_item.stream
            if not counted[name]:
                yield as_airbyte_message(StreamDescriptor(name=name), AirbyteStreamStatus.RUNNING)
            counted[name] += len(queue_item.rows)
            yield queue_item
        else:
            yield from super()._handle_item(queue_item, concurrent_stream_processor)
