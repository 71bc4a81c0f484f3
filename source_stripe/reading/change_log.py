"""What the feed said of one list's objects: the newest word on each of them, kept on disk where it is much."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import orjson
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils import AirbyteTracedException

from source_stripe.api.answer import JsonObject
from source_stripe.reading.interest import Change, Interest, Removed

CACHE_KIBIBYTES = 1_024
"""Of each log in memory, however much it holds; there may be a log for each of some sixty lists."""

CHANGES_AT_ONCE = 1_000
"""Handed over together: enough to find those that lie close to each other, few enough to hold in memory."""


_Row = tuple[str, int | None, int | None, int, int, int, int, bytes | None, int | None]


@contextmanager
def _room_on_disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise AirbyteTracedException(
            message=f"What Stripe's events say could not be kept on disk for the time of the sync ({error}): make room "
            "in the temporary folder, or name another one in the environment variable SQLITE_TMPDIR.",
            internal_message=repr(error),
            failure_type=FailureType.transient_error,
        ) from error


@dataclass(frozen=True)
class _Word:
    second: int
    birth: bool
    deleted: bool
    contested: bool


class ChangeLog:
    """The newest change of each object. Events may come in any order of seconds; those of one second come in the
    feed's own order, newest first.

    Filled by one thread and read by one, the one after the other.

    Args:
        interest: which events count.
    """

    def __init__(self, interest: Interest) -> None:
        self.interest = interest
        self._database: sqlite3.Connection | None = None

    def note(self, event: JsonObject) -> None:
        """Takes an event of the feed; one that is about other lists or says nothing newer is passed over.

        Raises:
            AirbyteTracedException: there is no more room on the disk.
        """
        change = self.interest.change_in(event)
        if change is not None:
            with _room_on_disk():
                self._take(change)

    def _take(self, change: Change) -> None:
        if not change.own:
            self._touch(change)
            return
        known = self._word_on(change.id)
        if known is None or change.second > known.second:
            self._put(change, contested=False)
        elif change.second == known.second:
            # Gone and there in one second: which came last is not for the feed's order to say.
            contested = known.contested or known.deleted != change.deleted
            if known.birth and not change.birth:
                self._put(change, contested)  # whatever the order: nothing happens to an object before it is created
            elif contested:
                self._open().execute("UPDATE change SET contested = 1 WHERE id = ?", (change.id,))

    def changes(self) -> Iterator[list[Change]]:
        """All objects that changed, the youngest first, some hundreds at a time; then the log is empty.

        A change that is `complete` or `deleted` is not in doubt.
        """
        if self._database is None:
            return
        with _room_on_disk():
            # The order needs the keys alone: to sort whole rows would take as much room again as the log itself.
            self._database.execute("CREATE INDEX by_age ON change (created DESC, id)")
        rows = self._database.execute(
            "SELECT id, second, created, birth, deleted, contested, complete, content, touched FROM change"
            " ORDER BY created DESC, id"
        )
        while chunk := rows.fetchmany(CHANGES_AT_ONCE):
            yield [self._change_of(row) for row in chunk]
        self.close()

    def close(self) -> None:
        """Gives the disk back."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _word_on(self, identifier: str) -> _Word | None:
        """The newest that its own events said of an object."""
        if self._database is None:
            return None
        found = self._database.execute(
            "SELECT second, birth, deleted, contested FROM change WHERE id = ? AND second IS NOT NULL", (identifier,)
        ).fetchone()
        return _Word(found[0], bool(found[1]), bool(found[2]), bool(found[3])) if found else None

    def _put(self, change: Change, contested: bool) -> None:
        self._open().execute(
            "INSERT INTO change (id, second, created, birth, deleted, contested, complete, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET second = excluded.second,"
            " created = excluded.created, birth = excluded.birth, deleted = excluded.deleted,"
            " contested = excluded.contested, complete = excluded.complete, content = excluded.content",
            (
                change.id,
                change.second,
                change.created,
                change.birth,
                change.deleted,
                contested,
                change.complete,
                # What is to be looked up anyway is kept for the case that it is gone by then.
                orjson.dumps(change.content),
            ),
        )

    def _touch(self, change: Change) -> None:
        """Something that hangs on the object has changed or is gone; of what is gone, the newest word stands."""
        database = self._open()
        database.execute(
            "INSERT INTO change (id, touched) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET touched = max(coalesce(touched, 0), excluded.touched)",
            (change.id, change.second),
        )
        for removed in change.removed:
            database.execute(
                "INSERT INTO removed VALUES (?, ?, ?, ?, ?) ON CONFLICT (parent, stream, id) DO UPDATE SET"
                " second = excluded.second, content = excluded.content WHERE excluded.second > second",
                (change.id, removed.stream, removed.id, removed.second, orjson.dumps(removed.content)),
            )

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # "" is a database of a temporary file, which SQLite opens only when its cache is full, in the folder that
            # SQLITE_TMPDIR or TMPDIR names, else in /var/tmp or /tmp (https://www.sqlite.org/tempfiles.html), and
            # which vanishes with the process, however that ends.
            self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._database.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute(
                "CREATE TABLE change (id TEXT PRIMARY KEY, second INTEGER, created INTEGER, birth INTEGER,"
                " deleted INTEGER, contested INTEGER, complete INTEGER, content BLOB, touched INTEGER)"
            )
            self._database.execute(
                "CREATE TABLE removed (parent TEXT, stream TEXT, id TEXT, second INTEGER, content BLOB,"
                " PRIMARY KEY (parent, stream, id)) WITHOUT ROWID"
            )
        return self._database

    def _change_of(self, row: _Row) -> Change:
        identifier, second, created, birth, deleted, contested, complete, content, touched = row
        if second is None:
            change = Change(identifier, touched or 0, None, False, False, False, {"id": identifier}, own=False)
        else:
            change = Change(
                identifier, second, created, bool(birth), bool(deleted), bool(complete), orjson.loads(content or b"{}")
            )
            if contested:
                change = replace(change, deleted=False, complete=False)
        if touched is None:
            return change
        if touched >= change.second:
            # Whether the row's own word is of before or after it, within a second, is not known: looked up.
            change = replace(change, second=touched, deleted=False, complete=False)
        return replace(change, removed=self._removed_from(identifier))

    def _removed_from(self, parent: str) -> tuple[Removed, ...]:
        found = self._open().execute("SELECT stream, id, second, content FROM removed WHERE parent = ?", (parent,))
        return tuple(Removed(stream, each, second, orjson.loads(content)) for stream, each, second, content in found)
