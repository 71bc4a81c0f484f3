"""A stream's rows as typed columns: which columns a table has, and how a page of rows becomes an Arrow table.

Columns are the top-level fields of the stream's schema. Nested values are JSON, times are timestamps in UTC, amounts
stay whole numbers of minor units. What the schema does not know, or describes otherwise than Stripe sends it, stands
in `_extra` under its own name: no value is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from source_stripe.streams import StripeStream

Row = dict[str, Any]
Kind = Literal["text", "bigint", "double", "bool", "timestamp", "json"]
"""A column's type, by dlt's names."""

EXTRA = "_extra"
"""JSON: fields that the schema does not know, and values that do not fit their column."""

SYNCED_AT = "_synced_at"
"""When the sync that brought the row began."""

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}

_TIME = re.compile(
    r"(?:created|updated|date)$"
    r"|.*_(?:at|date|start|end|time|until|from|after|on|by|anchor|updated|next_payment_attempt)$"
    r"|next_payment_attempt$|next_pending_invoice_item_invoice$"
)
"""Names of whole numbers that are times. A test holds it against what the stripe package says of every field."""

MILLISECONDS = frozenset({"last_seen_at"})
"""Of these, those that are not in seconds."""

_SECOND = 1_000_000
"""In microseconds, which the columns hold."""

Misfits = dict[int, Row]
"""Values that do not fit their column, by the row's place in the page and the field's name."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        scale: microseconds in a unit of the whole number that Stripe sends, for a timestamp; 0 for RFC 3339 text.
    """

    name: str
    kind: Kind
    scale: int = 0


@dataclass(frozen=True)
class Layout:
    """The columns of a stream's table, in the order they stand in it."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @classmethod
    def of(cls, stream: type[StripeStream]) -> Layout:
        """The layout that the stream's schema asks for."""
        properties: Mapping[str, Mapping[str, Any]] = stream().get_json_schema()["properties"]
        key = stream.key_fields()
        # The key first, for people who look at the table.
        names = [*key, *(name for name in properties if name not in key)]
        return cls(tuple(column_of(name, properties[name], expanded=name in stream.expand) for name in names), key)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns and the two that the copying adds, as Arrow has them."""
        fields = [(column.name, ARROW_TYPES[column.kind]) for column in self.columns]
        return pa.schema([*fields, (EXTRA, pa.string()), (SYNCED_AT, ARROW_TYPES["timestamp"])])

    def hints(self) -> dict[str, dict[str, Any]]:
        """The columns as dlt wants them described."""
        kinds: dict[str, Kind] = {column.name: column.kind for column in self.columns}
        kinds |= {EXTRA: "json", SYNCED_AT: "timestamp"}
        return {
            name: {"name": name, "data_type": kind, "nullable": name not in self.key} for name, kind in kinds.items()
        }

    def table(self, rows: Sequence[Row], synced_at: datetime) -> pa.Table:
        """The rows as an Arrow table.

        Args:
            rows: as the connector gives them.
            synced_at: when the sync began, with its zone.
        """
        misfits: Misfits = {}
        arrays = [self._array(column, [row.get(column.name) for row in rows], misfits) for column in self.columns]
        names = self.names
        for place, row in enumerate(rows):
            if not row.keys() <= names:
                unknown = {name: value for name, value in row.items() if name not in names}
                misfits.setdefault(place, {}).update(unknown)
        extra = [_json(misfits[place]) if place in misfits else None for place in range(len(rows))]
        arrays.append(pa.array(extra, pa.string()))
        arrays.append(pa.array([synced_at] * len(rows), ARROW_TYPES["timestamp"]))
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _array(self, column: Column, values: list[Any], misfits: Misfits) -> pa.Array:
        if column.kind == "json":
            return pa.array([None if value is None else _json(value) for value in values], pa.string())
        try:
            return _ARRAYS[column.kind](values, column)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            fitting = [self._fitting(column, place, value, misfits) for place, value in enumerate(values)]
            return _ARRAYS[column.kind](fitting, column)

    def _fitting(self, column: Column, place: int, value: Any, misfits: Misfits) -> Any:
        """The value if it fits the column; else the id of what stands there expanded, or nothing, and a misfit."""
        try:
            _ARRAYS[column.kind]([value], column)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            misfits.setdefault(place, {})[column.name] = value
            identifier = value.get("id") if column.kind == "text" and isinstance(value, dict) else None
            return identifier if isinstance(identifier, str) else None
        return value


def column_of(name: str, schema: Mapping[str, Any], expanded: bool = False) -> Column:
    """The column of a field.

    Args:
        schema: the field's, as in the stream's schema.
        expanded: the stream asks Stripe to show the object itself where there could be its id alone.
    """
    types = set(schema["type"]) - {"null"}
    if types == {"string"}:
        return Column(name, "timestamp" if schema.get("format") == "date-time" else "text")
    if types == {"boolean"}:
        return Column(name, "bool")
    if types == {"integer"} and _TIME.match(name):
        return Column(name, "timestamp", _SECOND // 1000 if name in MILLISECONDS else _SECOND)
    if types == {"integer"}:
        return Column(name, "bigint")
    if types <= {"integer", "number"} and types:
        return Column(name, "double")
    if types == {"string", "object"} and not expanded:
        return Column(name, "text")  # an id: Stripe shows the object only to those who ask
    return Column(name, "json")


def _texts(values: list[Any], column: Column) -> pa.Array:
    return pa.array(values, pa.string())


def _whole_numbers(values: list[Any], column: Column) -> pa.Array:
    found = pa.array(values)  # told to make int64 of it, Arrow would cut what stands behind the point off
    if not (pa.types.is_integer(found.type) or pa.types.is_null(found.type)):
        raise TypeError(f"{column.name}: {found.type}")
    return found.cast(pa.int64())


def _numbers(values: list[Any], column: Column) -> pa.Array:
    return pa.array(values, pa.float64())


def _booleans(values: list[Any], column: Column) -> pa.Array:
    return pa.array(values, pa.bool_())


def _timestamps(values: list[Any], column: Column) -> pa.Array:
    if column.scale:
        return pc.multiply_checked(_whole_numbers(values, column), column.scale).cast(ARROW_TYPES["timestamp"])
    return pa.array([None if value is None else _instant(value) for value in values], ARROW_TYPES["timestamp"])


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_ARRAYS: Mapping[Kind, Callable[[list[Any], Column], pa.Array]] = {
    "text": _texts,
    "bigint": _whole_numbers,
    "double": _numbers,
    "bool": _booleans,
    "timestamp": _timestamps,
}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def layouts(streams: Iterable[type[StripeStream]]) -> dict[str, Layout]:
    """The layout of each stream, by its name."""
    return {stream.name: Layout.of(stream) for stream in streams}
