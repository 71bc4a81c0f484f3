"""The streams as a dlt source, for pipelines of your own.

The connector reads, as under `ingest`; where the next run goes on stands in the resource's state, committed with
the rows. Deleted rows are removed. What `ingest` does beyond that (rows that vanish with a change of what they hang on,
keeping the content of deleted rows, loading while it reads) is not here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa

from source_stripe.ingest.columns import SYNCED_AT, Layout
from source_stripe.ingest.copying import configured, plain, state_message
from source_stripe.ingest.package import DELETED
from source_stripe.ingest.tables import stream_named
from source_stripe.reading.records import Records
from source_stripe.source import SourceStripe
from source_stripe.streams import StripeStream

logger = logging.getLogger("airbyte")


@dlt.source(name="stripe")
def stripe(*tables: str, source: Callable[[], SourceStripe] = SourceStripe, **options: Any) -> Any:
    """A resource a table, each in the layout that `ingest` gives it.

    Args:
        tables: streams, by any name that `ingest` takes.
        source: makes a connector; each resource takes one.
        options: the connector's configuration, `api_key` among them.

    Raises:
        Refused: a name is no stream's.
        AirbyteTracedException: config_error; the configuration cannot work.
    """
    checked = source().configure(options, "")
    return [_resource(stream_named(table), source, checked) for table in tables]


def _resource(stream: type[StripeStream], source: Callable[[], SourceStripe], options: Any) -> Any:
    layout = Layout.of(stream)
    columns = layout.hints()
    # Of a key that comes several times in one load the last one counts, and pages are dated in the order they come in.
    columns[SYNCED_AT]["dedup_sort"] = "desc"
    if DELETED in columns:
        columns[DELETED]["hard_delete"] = True
    merge: Any = {"disposition": "merge", "strategy": "delete-insert"}
    return dlt.resource(
        lambda: _pages(stream, layout, source(), options),
        name=stream.name,
        primary_key=list(layout.key),
        columns=columns,  # type: ignore[arg-type]
        write_disposition="replace" if stream.whole() else merge,
    )


def _pages(stream: type[StripeStream], layout: Layout, source: SourceStripe, options: Any) -> Iterator[pa.Table]:
    kept = dlt.current.resource_state()
    states = [state_message(stream.name, kept["state"])] if kept.get("state") and not stream.whole() else []
    at = datetime.now(UTC)
    for message in source.read_pages(logger, options, configured([stream.name], whole=stream.whole()), states):
        if isinstance(message, Records):
            at += timedelta(microseconds=1)
            yield layout.table(message.rows, at)
        elif message.state:
            kept["state"] = plain(message.state)[1]
