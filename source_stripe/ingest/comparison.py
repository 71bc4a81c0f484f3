"""Compares a table with Stripe, month by month: what is missing, too much, or of an older version.

Stripe counts nothing and gives no checksums, so what is compared has to be read, a hundred rows a request. It is
read by the connector, as a full refresh of a span of time, and written nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from source_stripe.ingest.columns import EXTRA, SYNCED_AT, Layout
from source_stripe.ingest.package import DELETED, Key
from source_stripe.ingest.tables import Target
from source_stripe.ingest.warehouse import Warehouse
from source_stripe.streams import StripeStream

UNCOMPARED = frozenset({DELETED, SYNCED_AT, "updated"})
"""Columns that say how a row came rather than what it is."""


@dataclass(frozen=True)
class Span:
    """A span of `created`, Unix seconds, `end` not in it; without bounds for lists that cannot be asked by time."""

    start: int | None = None
    end: int | None = None

    @property
    def title(self) -> str:
        if self.start is None:
            return "all"
        return datetime.fromtimestamp(self.start, UTC).strftime("%Y-%m")


@dataclass
class Difference:
    """Where a table and Stripe differ in a span, by key.

    Attributes:
        here, there: how many rows the table and Stripe have.
        stale: rows whose values are others, and the columns in which they are.
    """

    span: Span
    here: int = 0
    there: int = 0
    missing: list[Key] = field(default_factory=list)
    extra: list[Key] = field(default_factory=list)
    stale: dict[Key, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.stale)


def months(start: int, end: int) -> Iterator[Span]:
    """The months, in UTC, of a span of time in Unix seconds, the first and the last cut to it."""
    while start < end:
        first = datetime.fromtimestamp(start, UTC)
        after = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
        yield Span(start, min(int(after.timestamp()), end))
        start = int(after.timestamp())


class Table:
    """A stream's table in the destination, as far as comparing needs it."""

    def __init__(self, target: Target, warehouse: Warehouse) -> None:
        self.target = target
        self.layout = Layout.of(target.stream)
        self._warehouse = warehouse

    @property
    def by_time(self) -> bool:
        """Whether Stripe can be asked for a span of it."""
        return asked_by_time(self.target.stream)

    def counts(self) -> dict[str, int]:
        """Rows by month, as `Span.title` writes it; all of them as `all` where there are no months."""
        if not self.by_time:
            ((count,),) = self._warehouse.query(f"SELECT COUNT(*) FROM {self._name} WHERE {self._living}")  # noqa: S608
            return {"all": count}
        found = self._warehouse.query(
            f"SELECT EXTRACT(YEAR FROM {self._created}), EXTRACT(MONTH FROM {self._created}), COUNT(*) "  # noqa: S608
            f"FROM {self._name} WHERE {self._living} GROUP BY 1, 2"
        )
        return {f"{int(year):04}-{int(month):02}": count for year, month, count in found if year is not None}

    def oldest(self) -> int | None:
        """`created` of the oldest row, Unix seconds; None where there is none."""
        ((oldest,),) = self._warehouse.query(f"SELECT MIN({self._created}) FROM {self._name}")  # noqa: S608
        return int(oldest.timestamp()) if oldest else None

    def rows(self, span: Span) -> dict[Key, dict[str, Any]]:
        """The rows of a span that are not marked as deleted, comparable, by their key."""
        names = [*(column.name for column in self.layout.columns), EXTRA]
        where, parameters = [self._living], []
        if span.start is not None and span.end is not None:
            where.append(f"{self._created} >= %s AND {self._created} < %s")
            parameters = [datetime.fromtimestamp(moment, UTC) for moment in (span.start, span.end)]
        columns = ", ".join(self._warehouse.column_name(name) for name in names)
        sql = f"SELECT {columns} FROM {self._name} WHERE {' AND '.join(where)}"  # noqa: S608
        return self._by_key(dict(zip(names, row, strict=True)) for row in self._warehouse.query(sql, *parameters))

    def stripes(self, table: pa.Table) -> dict[Key, dict[str, Any]]:
        """Rows as they would be in the table, comparable, by their key."""
        return self._by_key(table.to_pylist())

    def compared(self, span: Span, there: Mapping[Key, dict[str, Any]]) -> Difference:
        """What the table has of a span against what Stripe has."""
        here = self.rows(span)
        difference = Difference(span, len(here), len(there))
        difference.missing = sorted(there.keys() - here.keys())
        difference.extra = sorted(here.keys() - there.keys())
        for key in sorted(here.keys() & there.keys()):
            if here[key] != there[key]:
                names = here[key].keys() | there[key].keys()
                difference.stale[key] = sorted(n for n in names if here[key].get(n) != there[key].get(n))
        return difference

    def discard(self, keys: Sequence[Key], at: datetime) -> None:
        """Marks rows as deleted that Stripe has no more, or removes them where the table has no mark for it."""
        condition = " AND ".join(f"{self._warehouse.column_name(name)} = %s" for name in self.layout.key)
        if DELETED in self.layout.names:
            sets = f"{self._warehouse.column_name(DELETED)} = %s, {self._warehouse.column_name(SYNCED_AT)} = %s"
            statement, values = f"UPDATE {self._name} SET {sets} WHERE {condition}", [True, at]  # noqa: S608
        else:
            statement, values = f"DELETE FROM {self._name} WHERE {condition}", []  # noqa: S608
        self._warehouse.execute([(statement, [*values, *key]) for key in keys])

    @property
    def _name(self) -> str:
        return self._warehouse.table_name(self.target.table)

    @property
    def _created(self) -> str:
        return self._warehouse.column_name(self.target.stream.created_field)

    @property
    def _living(self) -> str:
        return f"NOT {self._warehouse.column_name(DELETED)}" if DELETED in self.layout.names else "1 = 1"

    def _by_key(self, rows: Any) -> dict[Key, dict[str, Any]]:
        kinds = {column.name: column.kind for column in self.layout.columns} | {EXTRA: "json"}
        uncompared = UNCOMPARED | {self.target.stream.cursor_field} - {"created"}
        return {
            tuple(row[name] for name in self.layout.key): {
                name: _plain(value, kinds[name])
                for name, value in row.items()
                if value is not None and name not in uncompared
            }
            for row in rows
        }


def asked_by_time(stream: type[StripeStream]) -> bool:
    """Whether Stripe's list can be asked for a span of time, and its rows say when they are of."""
    return stream.parent is None and stream.listing().created_filter


def _plain(value: Any, kind: str) -> Any:
    """A value so that two that mean the same are the same, however the destination writes it."""
    if kind == "json" and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value
