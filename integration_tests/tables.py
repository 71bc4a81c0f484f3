"""Rows of streams as tables in DuckDB, laid out as a loader lays them out: scalars typed, what is nested as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from source_stripe.ingest.columns import Kind, Layout
from source_stripe.ingest.tables import stream_named

Json = dict[str, Any]

_TYPES: Mapping[Kind, str] = {
    "text": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "json": "JSON",
}


def column_types(stream: str) -> dict[str, str]:
    """DuckDB's types of a stream's columns, as `ingest` lays them out. A test holds them against what it loads."""
    return {column.name: _TYPES[column.kind] for column in Layout.of(stream_named(stream)).columns}


def write_tables(path: Path, streams: Mapping[str, Iterable[Json]], schema: str = "stripe", prefix: str = "") -> Path:
    """Makes or fills the tables of streams; returns the database's path. Fields that rows lack are null."""
    with duckdb.connect(str(path)) as connection, tempfile.TemporaryDirectory() as folder:
        [(catalog,)] = connection.execute("select current_database()").fetchall()
        # In full: a file stripe.duckdb with a schema `stripe` leaves no other way.
        connection.execute(f'create schema if not exists "{catalog}"."{schema}"')
        for stream, rows in streams.items():
            table = f'"{catalog}"."{schema}"."{prefix}{stream}"'
            types = column_types(stream)
            columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
            connection.execute(f"create table if not exists {table} ({columns})")
            lines = Path(folder, f"{stream}.jsonl")
            lines.write_text("".join(json.dumps(_row(row, types)) + "\n" for row in rows))
            described = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
            connection.execute(
                f"insert into {table} select * from "
                f"read_json('{lines}', format = 'newline_delimited', columns = {{{described}}})"
            )
    return path


def _row(row: Json, types: Mapping[str, str]) -> Json:
    return {name: _value(row[name], kind) for name, kind in types.items() if row.get(name) is not None}


def _value(value: Any, kind: str) -> Any:
    if kind.startswith("TIMESTAMP") and not isinstance(value, str):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return json.dumps(value) if kind == "VARCHAR" and isinstance(value, dict | list) else value
