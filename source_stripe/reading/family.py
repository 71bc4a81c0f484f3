"""Streams whose rows come of one list: the stream of that list itself, and those whose rows hang on its rows.

They are read together, so that the list is read once however many of them are selected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, Protocol

from source_stripe.api.answer import JsonObject
from source_stripe.api.client import StripeClient
from source_stripe.api.errors import CursorVanished, NotFound
from source_stripe.reading.interest import Removed
from source_stripe.reading.listing import Listing


class Rows(NamedTuple):
    """Rows of one stream that come of one row of the list.

    Attributes:
        records: JSON objects; or RECORD messages, each a line, once they are on their way out.
        requests: those it took beyond the list's own.
        pending_since: when the oldest of them that will change without an event was created, Unix seconds.
    """

    records: list[Any]
    requests: int = 0
    pending_since: int | None = None


class Member(Protocol):
    """A stream of a family.

    Attributes:
        cursor_field: where a row says how new it is.
        on_demand: the field, dotted where it lies deeper, that the list's rows show only where it is expanded for
            this stream; None where there is none.
        expand: what the list's rows have to be asked to expand for it.
        asks_each_parent: every row of the list costs at least a request.
    """

    @property
    def name(self) -> str: ...

    @property
    def cursor_field(self) -> str: ...

    @property
    def on_demand(self) -> str | None: ...

    @property
    def expand(self) -> tuple[str, ...]: ...

    @property
    def asks_each_parent(self) -> bool: ...

    def rows(self, parent: JsonObject, client: StripeClient, until: int, at: int | None = None) -> Rows:
        """The stream's rows that come of `parent`, a row of the list.

        Args:
            until: Unix seconds up to which the sync reads: how new rows are that have no time of their own.
            at: when the parent changed or was read again, Unix seconds; None on its first reading.

        Raises:
            StripeError: Stripe's final answer to a request that it took.
        """
        ...

    def without(self, shown: Rows, parent_id: str, removed: Sequence[Removed]) -> Rows:
        """The rows `shown`, which came of a row of the list, and those that hung on it and are gone.

        Args:
            removed: what the feed says is gone, of any stream; what is shown was made again since.
        """
        ...


@dataclass(frozen=True)
class Own:
    """The stream of the list itself.

    Attributes:
        tells_deletions: its rows say whether they are deleted (`is_deleted`).
        pending: fields and values of rows that will change although no event tells of it.
    """

    name: str
    cursor_field: str
    created_field: str
    tells_deletions: bool = False
    pending: Mapping[str, Any] = field(default_factory=dict)
    on_demand: None = None
    expand: tuple[str, ...] = ()
    asks_each_parent: bool = False

    def rows(self, parent: JsonObject, client: StripeClient, until: int, at: int | None = None) -> Rows:
        row = self._row(parent, until, at, deleted=False)
        return Rows([row], pending_since=self._pending_since(row))

    def added(self, head: JsonObject, until: int, at: int | None) -> JsonObject | None:
        """The fields that `rows` adds to a row of which no more is known than `head`.

        None where a row has to be known whole: it has no fields, or some that would change.
        """
        row = self._row(head.copy(), until, at, deleted=False)
        for name, value in head.items():
            if row[name] != value:
                return None
        return dict(islice(row.items(), len(head), None)) if head else None

    def gone(self, last: JsonObject, at: int) -> Rows:
        """The row of an object that was deleted at `at`, Unix seconds. `last` is what is known of it."""
        return Rows([self._row(last, at, at, deleted=True)])

    def without(self, shown: Rows, parent_id: str, removed: Sequence[Removed]) -> Rows:
        return shown

    def _pending_since(self, row: JsonObject) -> int | None:
        if not self.pending or any(row.get(name) != value for name, value in self.pending.items()):
            return None
        created = row.get(self.created_field)
        return created if isinstance(created, int) else None

    def _row(self, row: JsonObject, until: int, at: int | None, deleted: bool) -> JsonObject:
        row = _dated(row, self.cursor_field, how_new(row, self.created_field, at), until, at)
        if self.tells_deletions:
            row["is_deleted"] = deleted
        return row


@dataclass(frozen=True)
class Child:
    """A stream whose rows hang on the list's rows.

    Attributes:
        created_field: of the parent: a child is as new as its parent, unless it has a time of its own.
        listing: the child's own list, for one parent.
        resources: the `object` values that count; lists may mix kinds.
        parent_key: the field, added to each row, that holds the parent's id.
        parent_parameter: the query parameter that names the parent, "" where the path does.
        embedded: the parent's field with the first of the rows, dotted where it lies deeper; None where there is none.
        embedded_on_demand: it is there only where it is expanded.
        of_parents: what a parent's fields must be for it to have any.
        tells_deletions: rows say whether they are deleted (`is_deleted`), for an event tells when one is.
    """

    name: str
    cursor_field: str
    created_field: str
    listing: Listing
    resources: tuple[str, ...]
    parent_key: str
    parent_parameter: str = ""
    embedded: str | None = None
    embedded_on_demand: bool = False
    of_parents: Mapping[str, Any] = field(default_factory=dict)
    tells_deletions: bool = False

    @property
    def on_demand(self) -> str | None:
        return self.embedded if self.embedded_on_demand else None

    @property
    def expand(self) -> tuple[str, ...]:
        if self.on_demand is None:
            return ()
        return (self.on_demand, *(f"{self.on_demand}.data.{field}" for field in self.listing.expand))

    @property
    def asks_each_parent(self) -> bool:
        return self.embedded is None

    def rows(self, parent: JsonObject, client: StripeClient, until: int, at: int | None = None) -> Rows:
        parent_id = parent.get("id")
        if not isinstance(parent_id, str) or any(parent.get(name) != value for name, value in self.of_parents.items()):
            return Rows([])
        first = _at(parent, self.embedded) if self.embedded else None
        if first is None and self.on_demand and "." in self.on_demand:
            # Deep inside an object that a parent need not have: absent although it was asked for means none.
            found, requests = [], 0
        elif isinstance(first, dict) and isinstance(first.get("data"), list) and not first.get("has_more"):
            found, requests = first["data"], 0
        else:
            found, requests = self._listed(parent_id, client)
        newest = how_new(parent, self.created_field, at)
        records = []
        for row in found:
            # A row of the parent's sub-list is the parent's too: what is added to it must not show there.
            record = {**row, self.parent_key: parent_id}
            if self.tells_deletions:
                record["is_deleted"] = False
            if row.get("object") in self.resources or "object" not in row:
                records.append(_dated(record, self.cursor_field, newest, until, at))
        return Rows(records, requests)

    def without(self, shown: Rows, parent_id: str, removed: Sequence[Removed]) -> Rows:
        there = {row.get("id") for row in shown.records}
        gone = [
            {
                **_dated(dict(each.content), self.cursor_field, each.second, each.second, each.second),
                self.parent_key: parent_id,
                "is_deleted": True,
            }
            for each in removed
            if each.stream == self.name and each.id not in there
        ]
        return Rows([*shown.records, *gone], shown.requests) if gone else shown

    def _listed(self, parent_id: str, client: StripeClient) -> tuple[list[JsonObject], int]:
        """All rows of one parent, and what they cost; none where the parent is gone by now."""
        found: list[JsonObject] = []
        requests = 0
        listing = self.listing.of_parent(parent_id, self.parent_parameter)
        left = listing.whole()
        while left:
            try:
                page = client.page(listing.request(left[0]))
            except CursorVanished:
                if left[0].hopeless:
                    raise
                left[0].step_back()
                continue
            except NotFound:
                return [], requests + 1
            requests += page.tries
            found += page.records
            if page.has_more:
                listing.turn(left[0], page)
            else:
                left.pop(0)
        return found, requests


def _at(row: JsonObject, path: str) -> Any:
    """The value of a field, dotted where it lies deeper; None where something on the way to it is not there."""
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def take_off(row: JsonObject, path: str) -> None:
    """Removes a field, dotted where it lies deeper, from a row that has it."""
    *above, name = path.split(".")
    holder = _at(row, ".".join(above)) if above else row
    if isinstance(holder, dict):
        holder.pop(name, None)


def how_new(row: JsonObject, created_field: str, at: int | None) -> object:
    """What `updated` of a row of the list says: the later of `at` and Stripe's own, else when it was created."""
    own = row.get("updated")
    if isinstance(own, int):
        return own if at is None else max(own, at)
    return row.get(created_field) if at is None else at


def _dated(record: JsonObject, cursor_field: str, newest: object, until: int, at: int | None) -> JsonObject:
    """The record with a value under the stream's cursor.

    `created` and times that are no whole numbers (/v2) are Stripe's own word. Everything else is as new as `newest`,
    where that is known: else `until`, unless Stripe says it itself.
    """
    own = record.get(cursor_field)
    if own is None or (at is not None and cursor_field != "created" and isinstance(own, int)):
        record[cursor_field] = until if newest is None else newest
    return record
