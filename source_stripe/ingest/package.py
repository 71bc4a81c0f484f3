"""A load package: rows as they came, and how far they reach.

Rows of a key that come several times are one row, the one that came last. A deletion of which Stripe tells no more
than the id keeps the content that the row had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from source_stripe.ingest.columns import SYNCED_AT, Layout, Row
from source_stripe.ingest.tables import Target

Key = tuple[Any, ...]

DELETED = "is_deleted"


@dataclass(frozen=True)
class Saved:
    """What the destination keeps about a table.

    Attributes:
        stream: whose rows are in it.
        state: the connector's state of that stream, None as long as there is none.
        since: when the sync that is not yet through began; None between syncs.
        anew: that sync reads everything anew, and rows that it does not bring go.
    """

    stream: str
    state: dict[str, Any] | None = None
    since: datetime | None = None
    anew: bool = False

    def to_json(self) -> dict[str, Any]:
        since = self.since and self.since.isoformat()
        return {"stream": self.stream, "state": self.state, "since": since, "anew": self.anew}

    @classmethod
    def of_json(cls, saved: dict[str, Any]) -> Saved:
        since = saved["since"]
        return cls(saved["stream"], saved["state"], datetime.fromisoformat(since) if since else None, saved["anew"])


@dataclass(frozen=True)
class Mark:
    """A row that is deleted by now, of which nothing else is known.

    Attributes:
        at: what the cursor says of it.
    """

    key: Key
    at: datetime | None


@dataclass(frozen=True)
class Content:
    """What a package holds for one table: each key once, and deletions of rows that came before it."""

    target: Target
    layout: Layout
    rows: pa.Table
    marks: list[Mark]


@dataclass
class _Pages:
    target: Target
    layout: Layout
    tables: list[pa.Table] = field(default_factory=list)
    count: int = 0
    bare: set[int] = field(default_factory=set)


@dataclass
class Package:
    """Rows and states in the order in which they came.

    Attributes:
        rows: how many came.
        size: bytes that they take.
        states: what is to be kept about tables once these rows are in the destination.
    """

    rows: int = 0
    size: int = 0
    states: dict[str, Saved] = field(default_factory=dict)
    _pages: dict[str, _Pages] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.states)

    def add(self, target: Target, layout: Layout, rows: Sequence[Row], synced_at: datetime) -> None:
        """Rows of a stream, of a sync that began at `synced_at`."""
        pages = self._pages.setdefault(target.table, _Pages(target, layout))
        table = layout.table(rows, synced_at)
        known = {
            *layout.key,
            "id",
            "object",
            "created",
            "deleted",
            DELETED,
            target.stream.cursor_field,
            target.stream.parent_key,
        }
        pages.bare |= {
            pages.count + place for place, row in enumerate(rows) if row.get(DELETED) and row.keys() <= known
        }
        pages.tables.append(table)
        pages.count += len(rows)
        self.rows += len(rows)
        self.size += table.nbytes

    def take_contents(self) -> Iterator[Content]:
        """What there is to load, table by table. The package lets go of it, for it is soon on disk."""
        while self._pages:
            yield _content(self._pages.pop(next(iter(self._pages))))


def _content(pages: _Pages) -> Content:
    rows = pa.concat_tables(pages.tables)
    keys: list[Key] = list(zip(*(rows[name].to_pylist() for name in pages.layout.key), strict=True))
    last = {key: place for place, key in enumerate(keys)}
    if len(last) == len(keys) and not pages.bare:
        return Content(pages.target, pages.layout, rows, [])
    whole = {key: place for place, key in enumerate(keys) if place not in pages.bare}
    cursor = pages.target.stream.cursor_field
    kept, told, marks = [], [], []
    for key, place in last.items():
        if place not in pages.bare or key in whole:
            kept.append(whole[key])
            told.append(place)
        else:
            marks.append(Mark(key, rows[cursor][place].as_py()))
    unique = rows.take(pa.array(kept, pa.int64()))
    for name in (DELETED, cursor, SYNCED_AT):
        # What the deletion itself says; all else is the row's last content.
        if pages.bare and name in unique.column_names:
            at = unique.column_names.index(name)
            unique = unique.set_column(at, unique.schema.field(at), rows[name].take(pa.array(told, pa.int64())))
    return Content(pages.target, pages.layout, unique, marks)
