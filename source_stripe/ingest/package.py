"""A load package: rows as they came, and how far they reach.

Rows of a key that come several times are one row, the one that came last. A deletion of which Stripe tells no more
than the id keeps the content that the row had.

Rows wait on disk: what a package holds of memory is its keys.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

import pyarrow as pa

from source_stripe.ingest.columns import Layout, Row
from source_stripe.ingest.tables import Target

Key = tuple[Any, ...]

DELETED = "is_deleted"

ROWS_A_TABLE = 1_250
BYTES_A_TABLE = 4 * 1024 * 1024
"""Of an Arrow table, as they are given to the loader: what a database has to hold at a time."""

BYTES_IN_MEMORY = 256 * 1024
"""A table with less stays off the disk: most of them, where all streams are copied."""


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


class _Pages:
    """Rows of a table, page by page as they came, and what is to be known of them together.

    Attributes:
        count: how many rows came.
        last: the place of each key's last row.
        whole: the place of each key's last row that is more than a deletion.
        bare: what the cursor says of each deletion that tells only the id, by its place.
    """

    def __init__(self, target: Target, layout: Layout) -> None:
        self.target = target
        self.layout = layout
        self.count = 0
        self.last: dict[Key, int] = {}
        self.whole: dict[Key, int] = {}
        self.bare: dict[int, datetime | None] = {}
        self._file = SpooledTemporaryFile(BYTES_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)  # of a package that is never loaded as well
        self._writer = pa.ipc.new_stream(self._file, layout.schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def add(self, rows: Sequence[Row], table: pa.Table) -> None:
        cursor = self.target.stream.cursor_field
        known = {
            *self.layout.key,
            "id",
            "object",
            "created",
            "deleted",
            DELETED,
            cursor,
            self.target.stream.parent_key,
        }
        keys = zip(*(table[name].to_pylist() for name in self.layout.key), strict=True)
        for place, (key, row) in enumerate(zip(keys, rows, strict=True)):
            self.last[key] = self.count + place
            if row.get(DELETED) and row.keys() <= known:
                self.bare[self.count + place] = table[cursor][place].as_py()
            else:
                self.whole[key] = self.count + place
        self._writer.write_table(table)
        self.count += len(rows)

    def read(self) -> Iterator[pa.RecordBatch]:
        """The pages, once; after that they are gone."""
        with self._file:
            self._writer.close()
            self._file.seek(0)
            yield from pa.ipc.open_stream(self._file)


class Content:
    """What a package holds for one table: each key once, and deletions of rows that came before it.

    Attributes:
        count: how many rows there are.
    """

    def __init__(self, pages: _Pages) -> None:
        self.target = pages.target
        self.layout = pages.layout
        self.marks: list[Mark] = []
        self._pages = pages
        self._kept: set[int] = set()
        self._told: dict[int, datetime | None] = {}
        for key, place in pages.last.items():
            if place not in pages.bare:
                self._kept.add(place)
            elif key in pages.whole:
                self._kept.add(pages.whole[key])
                self._told[pages.whole[key]] = pages.bare[place]
            else:
                self.marks.append(Mark(key, pages.bare[place]))
        self.count = len(self._kept)

    def tables(self) -> Iterator[pa.Table]:
        """The rows, once, in the order in which they came."""
        waiting: list[pa.Table] = []
        first = 0
        for batch in self._pages.read():
            waiting.append(self._chosen(pa.Table.from_batches([batch]), first))
            first += batch.num_rows
            rows, size = sum(table.num_rows for table in waiting), sum(table.nbytes for table in waiting)
            if rows >= ROWS_A_TABLE or size >= BYTES_A_TABLE:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting.clear()
        if waiting:
            yield pa.concat_tables(waiting).combine_chunks()

    def _chosen(self, table: pa.Table, first: int) -> pa.Table:
        """Of a page's rows those that count, deleted where a later row said so; the first one's place is `first`."""
        places = range(first, first + table.num_rows)
        if told := self._told.keys() & set(places):
            # What the deletion itself says; all else is the row's last content.
            for name, said in ((DELETED, dict.fromkeys(told, True)), (self.target.stream.cursor_field, self._told)):
                at = table.column_names.index(name)
                values = table[name].to_pylist()
                field_ = table.schema.field(at)
                now = [said[place] if place in told else value for place, value in zip(places, values, strict=True)]
                table = table.set_column(at, field_, pa.array(now, field_.type))
        kept = [place - first for place in places if place in self._kept]
        return table if len(kept) == table.num_rows else table.take(pa.array(kept, pa.int64()))


@dataclass
class Package:
    """Rows and states in the order in which they came.

    Attributes:
        rows: how many came.
        size: bytes that they take, before they are compressed.
        states: what is to be kept about tables once these rows are in the destination.
    """

    rows: int = 0
    size: int = 0
    states: dict[str, Saved] = field(default_factory=dict)
    _pages: dict[str, _Pages] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.states)

    def add(self, target: Target, layout: Layout, rows: Sequence[Row], synced_at: datetime) -> None:
        """Rows of a stream, of a sync that began at `synced_at`, the same for all of a package."""
        table = layout.table(rows, synced_at)
        if target.table not in self._pages:
            self._pages[target.table] = _Pages(target, layout)
        self._pages[target.table].add(rows, table)
        self.rows += len(rows)
        self.size += table.nbytes

    def take_contents(self) -> Iterator[Content]:
        """What there is to load, table by table. The package lets go of it."""
        while self._pages:
            yield Content(self._pages.pop(next(iter(self._pages))))
