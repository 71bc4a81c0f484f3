"""Rows of streams as tables in DuckDB, laid out as a loader lays them out: scalars typed, what is nested as JSON."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

Json = dict[str, Any]

_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
_TIMES = ("_at", "_on", "_date", "_end", "_start", "_updated", "_anchor", "_until")


def column_types(stream: str) -> dict[str, str]:
    """DuckDB's types of a stream's columns, from its schema."""
    path = resources.files("source_stripe").joinpath("schemas", f"{stream}.json")
    types = {}
    for name, declared in json.loads(path.read_text("utf-8"))["properties"].items():
        kinds = [kind for kind in declared.get("type", ()) if kind != "null"]
        # A reference that can be expanded is an id, or an object: text until a stream expands it.
        kind = _TYPES.get(kinds[0], "JSON") if kinds else "JSON"
        is_time = name in ("created", "updated", "date") or name.endswith(_TIMES)
        types[name] = "TIMESTAMP WITH TIME ZONE" if kind == "BIGINT" and is_time else kind
    return types


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
    if kind.startswith("TIMESTAMP"):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return json.dumps(value) if kind == "VARCHAR" and isinstance(value, dict | list) else value
