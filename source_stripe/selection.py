"""What a configured catalog and a state ask to be read."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    StreamDescriptor,
    SyncMode,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message

from source_stripe.api.keys import shown
from source_stripe.inputs import refused
from source_stripe.reading.progress import Mode, Progress, StateRefused
from source_stripe.reading.sync import Selected
from source_stripe.streams import GONE, STREAMS, StripeStream

logger = logging.getLogger("airbyte")


def selection(
    catalog: ConfiguredAirbyteCatalog,
    state: list[AirbyteStateMessage] | None,
    reread_seconds: Mapping[str, int] = MappingProxyType({}),
) -> list[Selected]:
    """The streams to read, each in the catalog's sync mode and from where its state left it.

    Args:
        reread_seconds: by stream, where the user wants another interval than the stream's own.

    Raises:
        AirbyteTracedException: config_error; the catalog names a stream that never was, or one twice, or a state
            cannot be used.
    """
    declared = {stream.name: stream for stream in STREAMS}
    states = ConnectorStateManager(state=state)
    selected: dict[str, Selected] = {}
    for configured in living(catalog).streams:
        name = configured.stream.name
        if name in selected:
            raise refused(f"The catalog names the stream {shown(name)} twice: it can be read once, in one sync mode.")
        if name not in declared:
            nearest = difflib.get_close_matches(name, declared, n=1)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
            raise refused(
                f"The catalog names a stream {shown(name)}, which does not exist.{hint} `discover` lists those that do."
            )
        stream = declared[name]
        incremental = configured.sync_mode == SyncMode.incremental
        selected[name] = _selected(stream, "incremental" if incremental else "full_refresh", states, reread_seconds)
    return list(selected.values())


def living(catalog: ConfiguredAirbyteCatalog) -> ConfiguredAirbyteCatalog:
    """The catalog without the streams that Stripe has no more."""
    return ConfiguredAirbyteCatalog([each for each in catalog.streams if each.stream.name not in GONE])


def farewell(catalog: ConfiguredAirbyteCatalog) -> Iterator[AirbyteMessage]:
    """What there is to say of streams that Stripe has no more: why, and that nothing of them is missing."""
    for configured in catalog.streams:
        name = configured.stream.name
        if name in GONE:
            logger.warning(f"Stream {name} is empty: {GONE[name]}")
            for status in (AirbyteStreamStatus.STARTED, AirbyteStreamStatus.COMPLETE):
                yield as_airbyte_message(StreamDescriptor(name=name), status)


def _selected(
    stream: type[StripeStream], mode: Mode, states: ConnectorStateManager, reread_seconds: Mapping[str, int]
) -> Selected:
    try:
        before = Progress.of_state(states.get_stream_state(stream.name, None), stream.name, stream.cursor_field)
    except StateRefused as error:
        raise refused(f"The state of stream {stream.name} cannot be used: {error}.") from None
    root = stream.root()
    return Selected(
        stream.member(),
        root.listing(),
        None if stream.whole() else root.interest(),
        mode,
        before,
        through=stream.through(),
        reread_seconds=reread_seconds.get(stream.name, stream.reread_seconds),
        whole=stream.whole(),
    )
