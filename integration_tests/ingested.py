"""The local command's copying in this process, and its tables read back as Stripe's JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus

from integration_tests.in_process import InProcess, Json, QuickClock, config
from integration_tests.sandbox import Sandbox
from source_stripe.ingest.copying import Copying, Outcome
from source_stripe.ingest.destinations import Destination, destination_of
from source_stripe.ingest.tables import Target, streams_named
from source_stripe.ingest.warehouse import opened
from source_stripe.source import SourceStripe

SCHEMA = "stripe"


class Killed(BaseException):
    """Stands for the end of the process: nothing of the copying's own comes after it."""


class Unwatched:
    """A watcher that looks away."""

    def rows_came(self, stream: str, rows: int) -> None:
        pass

    def status_changed(self, stream: str, status: AirbyteStreamStatus) -> None:
        pass

    def failed(self, stream: str | None, sentence: str) -> None:
        pass


class _Cut(SourceStripe):
    """A source that is killed after `upto` messages."""

    upto: int | None = None
    left: Iterator[AirbyteMessage] = iter(())

    def read_pages(self, *arguments: Any, **options: Any) -> Iterator[AirbyteMessage]:
        self.left = super().read_pages(*arguments, **options)
        for count, message in enumerate(self.left):
            if count == self.upto:
                raise Killed
            yield message


def ingest(
    sandbox: Sandbox,
    destination: Destination,
    streams: Iterable[str],
    *,
    before: Callable[[str, str], None] | None = None,
    killed_after: int | None = None,
    config_options: Json | None = None,
    **options: Any,
) -> Outcome:
    """One run into the destination. `options` are `Copying`'s.

    Raises:
        Killed: after so many of the connector's messages.
    """
    source = _Cut(clock=QuickClock(), transport=InProcess(sandbox, before))
    source.upto = killed_after
    targets = [Target(stream, stream.name) for stream in streams_named(",".join(streams))]
    given = source.configure(config(sandbox, **(config_options or {})), "")
    try:
        with opened(destination, SCHEMA) as warehouse:
            return Copying(source, given, targets, warehouse, Unwatched(), **options).run()
    except Killed:
        # Here the process lives on, and the source's workers wait for somebody to take what they have read.
        for _ in source.left:
            pass
        raise


def duckdb_in(folder: Path) -> Destination:
    return destination_of(f"duckdb:///{folder}/stripe.duckdb")


@contextmanager
def queried(destination: Destination) -> Iterator[Callable[[str], list[Json]]]:
    """Asks a DuckDB file; rows come as columns by name."""
    connection = duckdb.connect(str(destination.path), read_only=True)
    connection.execute(f"SET TimeZone = 'UTC'; USE stripe.{SCHEMA}")

    def ask(sql: str) -> list[Json]:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    try:
        yield ask
    finally:
        connection.close()


def rows(destination: Destination, stream: str) -> list[Json]:
    """A table of a DuckDB file, as `as_json` shows rows. Empty where there is no such table."""
    with queried(destination) as ask:
        tables = {row["table_name"] for row in ask("SELECT table_name FROM duckdb_tables() WHERE schema_name='stripe'")}
        if stream not in tables:
            return []
        json_columns = {
            row["column_name"]
            for row in ask(f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{stream}'")
            if row["data_type"] == "JSON"
        }
        return [as_json(row, json_columns) for row in ask(f"SELECT * FROM {stream}")]


def as_json(row: Json, json_columns: Iterable[str]) -> Json:
    """A row as Stripe would send it: JSON parsed, times as Unix seconds, what stands in `_extra` in its place."""
    shown: Json = {}
    for name, value in row.items():
        if name in json_columns and isinstance(value, str):
            value = json.loads(value)
        if isinstance(value, datetime):
            value = value.astimezone(UTC).timestamp()
        shown[name] = value
    return shown | (shown.pop("_extra", None) or {})


def alive(found: Iterable[Json]) -> list[Json]:
    return [row for row in found if not row.get("is_deleted")]


def same(truth: Any, found: Any) -> bool:
    """Whether a table's value is Stripe's, whose times the table has as times."""
    if truth == found:
        return True
    if isinstance(truth, str) and isinstance(found, float):  # RFC 3339, as /v2 has times
        return datetime.fromisoformat(truth).timestamp() == found
    if isinstance(truth, int) and isinstance(found, float):
        return found * 1000 == truth  # one field is in milliseconds
    return False
