"""The destination while a command runs: what it holds of earlier syncs, load packages, and the end of a sync.

dlt loads; its working folder is a temporary one, so that whatever a killed run leaves on this machine plays no part:
where the next run goes on is read from the destination alone. There the state of a package counts once all of its
rows are in, and not before.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

# Before dlt is imported, which reads them then. It tells of every load to its makers unless told not to.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
# Rows pass through a second schema on their way in, and need not stay there.
os.environ["LOAD__TRUNCATE_STAGING_DATASET"] = "true"
# One table after the other: a package has one large table, and databases share out a statement's work themselves.
os.environ["LOAD__WORKERS"] = "1"
# Each table is written as it is given: dlt would make large ones of them.
os.environ["DATA_WRITER__BUFFER_MAX_ITEMS"] = "1"

import dlt
from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.configuration.utils import get_resolved_traces
from dlt.common.exceptions import MissingDependencyException
from dlt.pipeline.exceptions import PipelineStepFailed

from source_stripe.ingest.columns import SYNCED_AT, Layout
from source_stripe.ingest.destinations import Destination
from source_stripe.ingest.lock import machine_lock, postgres_lock
from source_stripe.ingest.package import DELETED, Content, Mark, Package, Saved
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target
from source_stripe.streams import StripeStream

PIPELINE = "source_stripe"
"""Under this name dlt keeps the state in the destination."""

MARKS_A_TRANSACTION = 500

Statement = tuple[str, list[Any]]
"""SQL, and the values for the `%s` in it."""


@dataclass(frozen=True)
class Finish:
    """What is left to do with a table when all rows of a sync are in it.

    Attributes:
        saved: as it was while the sync was under way.
        read: a stream that is read as a whole was read in this sync.
        parent: the table with the rows that these hang on, if it took part in the sync.
        parent_since: when the parent's sync began.
        hard_delete: rows that are marked as deleted go.
    """

    target: Target
    saved: Saved
    read: bool = False
    parent: str | None = None
    parent_since: datetime | None = None
    hard_delete: bool = False

    @property
    def needed(self) -> bool:
        return bool(self.saved.anew or self.hard_delete or self.read or hangs(self.target))


def hangs(target: Target) -> bool:
    """Whether its rows come complete with each change of the row they hang on, so that those that do not are gone."""
    parent = target.stream.parent
    return parent is not None and target.stream.cursor_field != "created" and bool(parent.event_types())


class Warehouse:
    """An open destination. For one thread, the one that opened it.

    Attributes:
        synced_at: when the sync under way began: later than any before it, whatever this machine's clock says.
    """

    def __init__(self, pipeline: dlt.Pipeline, destination: Destination) -> None:
        self._pipeline = pipeline
        self._destination = destination
        kept = self._kept()
        now = datetime.now(UTC)
        last = kept.get("synced_at")
        self.synced_at = max(now, datetime.fromisoformat(last) + timedelta(microseconds=1)) if last else now

    def saved(self) -> dict[str, Saved]:
        """What the destination keeps about tables, by table."""
        return {table: Saved.of_json(saved) for table, saved in self._kept().get("tables", {}).items()}

    def load(self, package: Package) -> None:
        """Brings the package's rows into the destination, and after them its states.

        Raises:
            Exception: dlt's or the database's own; then the states are not there.
        """
        # By default dlt remembers each setting that it looked for in vain, with all that was held at that moment.
        get_resolved_traces().logging_enabled = False
        resources = [self._resource(content) for content in package.take_contents() if self._has_rows(content)]
        with self._pipeline.managed_state(extract_state=not resources) as state:
            kept = state.setdefault("sources", {}).setdefault(PIPELINE, {})
            kept["synced_at"] = self.synced_at.isoformat()
            kept.setdefault("tables", {}).update({table: saved.to_json() for table, saved in package.states.items()})
        if resources:
            self._pipeline.extract(resources, loader_file_format=self._destination.file_format)
            resources.clear()
        self._pipeline.normalize()
        self._pipeline.load()

    def finish(self, finishes: Sequence[Finish]) -> None:
        """Takes away, or marks, what is known to be gone now that all rows of the sync are in. Safe to do twice."""
        if not self._destination.merges:
            return
        present = self._tables()
        there = [finish for finish in finishes if finish.target.table in present]
        statements = [statement for finish in there for statement in self._unseen(finish)]
        # Of what hangs on a row that is gone, which only now is known of all rows.
        statements += [statement for finish in there for statement in self._vanished(finish, present)]
        for finish in there:
            if finish.hard_delete:
                statements.append(self._delete(finish.target, self.column_name(DELETED), []))
        if statements:
            self.execute(statements)

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows that a query gives; `%s` stands for parameters."""
        with self._pipeline.sql_client() as client:
            return [tuple(row) for row in client.execute_sql(sql, *parameters) or []]

    def has(self, table: str) -> bool:
        """Whether the destination has the table."""
        return table in self._tables()

    def _kept(self) -> Mapping[str, Any]:
        sources: Mapping[str, Any] = self._pipeline.state.get("sources", {})
        kept: Mapping[str, Any] = sources.get(PIPELINE, {})
        return kept

    def _resource(self, content: Content) -> Any:
        disposition: Any = "append"
        if self._destination.merges:
            disposition = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}
        return dlt.resource(
            content.tables(),
            name=content.target.table,
            primary_key=list(content.layout.key),
            columns=content.layout.hints(),  # type: ignore[arg-type]
            write_disposition=disposition,
        )

    def _has_rows(self, content: Content) -> bool:
        """Whether there are rows to load, after deletions of earlier ones have been marked."""
        if content.marks and self._destination.merges:
            self._mark(content)
        return content.count > 0

    def _mark(self, content: Content) -> None:
        table, cursor = content.target.table, content.target.stream.cursor_field
        if table not in self._tables():
            return
        key = " AND ".join(f"{self.column_name(name)} = %s" for name in content.layout.key)
        sets = [f"{self.column_name(name)} = %s" for name in (DELETED, SYNCED_AT, cursor)]
        statement = f"UPDATE {self.table_name(table)} SET {', '.join(sets)} WHERE {key}"  # noqa: S608
        marks: list[Mark] = content.marks
        for first in range(0, len(marks), MARKS_A_TRANSACTION):
            self.execute(
                [
                    (statement, [True, self.synced_at, mark.at, *mark.key])
                    for mark in marks[first : first + MARKS_A_TRANSACTION]
                ]
            )

    def _unseen(self, finish: Finish) -> Iterator[Statement]:
        """What a reading of all rows did not bring."""
        target, saved = finish.target, finish.saved
        state = saved.state or {}
        if finish.read and isinstance(state.get("read_at"), int):
            # All rows of one reading say the same here.
            yield self._delete(target, f"{self.column_name('read_at')} < %s", [_moment(state["read_at"])])
        if saved.anew:
            yield self._delete(target, f"{self.column_name(SYNCED_AT)} < %s", [saved.since])

    def _vanished(self, finish: Finish, present: set[str]) -> Iterator[Statement]:
        """Rows that did not come along when the others of their parent did, or when the parent itself did."""
        target, since = finish.target, finish.saved.since
        if not hangs(target) or since is None:
            return
        stream, layout = target.stream, Layout.of(target.stream)
        table, synced = self.table_name(target.table), self.column_name(SYNCED_AT)
        parent_key, cursor = self.column_name(stream.parent_key), self.column_name(stream.cursor_field)
        alive = f"AND NOT {self.column_name(DELETED)}" if DELETED in layout.names else ""
        others = (
            f"SELECT {parent_key} AS parent, MAX({cursor}) AS newest FROM {table} "  # noqa: S608
            f"WHERE {synced} >= %s {alive} GROUP BY {parent_key}"
        )
        older = f"{table}.{synced} < %s"
        parameters = [since, since]
        if stream.cursor_field != "updated":  # which Stripe may have of its own, another one for each row
            older = f"({older} OR {table}.{cursor} < others.newest)"
        condition = (
            f"EXISTS (SELECT 1 FROM ({others}) AS others WHERE others.parent = {table}.{parent_key} AND {older})"  # noqa: S608
        )
        yield self._gone(target, condition, parameters)
        if finish.parent in present and finish.parent_since and stream.parent is not None:
            yield from self._orphaned(finish, stream.parent, max(since, finish.parent_since))

    def _orphaned(self, finish: Finish, parent: type[StripeStream], since: datetime) -> Iterator[Statement]:
        """Rows whose parent is deleted, has changed and did not bring them along, or was made anew without them."""
        target = finish.target
        table, above = self.table_name(target.table), self.table_name(finish.parent or "")
        updated, cursor = self.column_name("updated"), self.column_name(target.stream.cursor_field)
        synced, created = self.column_name(SYNCED_AT), self.column_name(parent.created_field)
        gone, parameters = f"above.{self.column_name(DELETED)}", [since]
        rereads_more_often = target.stream.reread_seconds > parent.reread_seconds > 0
        if not rereads_more_often and parent.created_field in Layout.of(parent).names:
            # On its first reading a row is as new as its creation, and what hangs on it may say otherwise of itself.
            # Rows that are read in full more often than what hangs on them look newer without having changed.
            changed = f"above.{updated} > above.{created} AND above.{updated} > {table}.{cursor}"
            # Deleted and created anew under its id, as if nothing had ever hung on it.
            anew = f"above.{created} > {table}.{cursor} AND {table}.{synced} < %s"
            gone = f"{gone} OR ({changed}) OR ({anew})"
            parameters = [since, since]
        condition = (
            f"EXISTS (SELECT 1 FROM {above} AS above "  # noqa: S608
            f"WHERE above.{self.column_name('id')} = {table}.{self.column_name(target.stream.parent_key)} "
            f"AND above.{synced} >= %s AND ({gone}))"
        )
        yield self._gone(target, condition, parameters)

    def _gone(self, target: Target, condition: str, parameters: list[Any]) -> Statement:
        """Marks rows as deleted, or removes them where the table has no mark for it."""
        if DELETED not in Layout.of(target.stream).names:
            return self._delete(target, condition, parameters)
        deleted = self.column_name(DELETED)
        now = {DELETED: True, SYNCED_AT: self.synced_at}
        if target.stream.cursor_field == "updated":
            now["updated"] = self.synced_at.replace(microsecond=0)
        sets = ", ".join(f"{self.column_name(name)} = %s" for name in now)
        statement = f"UPDATE {self.table_name(target.table)} SET {sets} WHERE NOT {deleted} AND {condition}"  # noqa: S608
        return statement, [*now.values(), *parameters]

    def _delete(self, target: Target, condition: str, parameters: list[Any]) -> Statement:
        return f"DELETE FROM {self.table_name(target.table)} WHERE {condition}", parameters  # noqa: S608

    def execute(self, statements: Sequence[Statement]) -> None:
        """All of them in one transaction, where the destination has such."""
        with self._pipeline.sql_client() as client, client.begin_transaction():
            for statement, parameters in statements:
                client.execute_sql(statement, *parameters)

    def _tables(self) -> set[str]:
        """The tables that a sync has brought rows into."""
        if not self._pipeline.schema_names:
            return set()
        return set(self._pipeline.default_schema.data_table_names(seen_data_only=True))

    def table_name(self, table: str) -> str:
        """The table as statements name it."""
        return str(self._client.make_qualified_table_name(table))

    def column_name(self, name: str) -> str:
        """A column as statements name it."""
        return str(self._client.escape_column_name(name))

    @cached_property
    def _client(self) -> Any:
        """What names tables and columns; made once, for that takes dlt a while. Not open."""
        return self._pipeline.sql_client()


@contextmanager
def opened(destination: Destination, schema: str) -> Iterator[Warehouse]:
    """The destination, locked against other runs for as long as it is open.

    Args:
        schema: of the tables; dlt calls it a dataset.

    Raises:
        Busy: another run writes into it.
        Refused: it cannot be reached, or a package for it is not installed.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="source-stripe-")))
        os.environ["DLT_DATA_DIR"] = str(folder)  # it would keep an id of this machine in the home folder
        factory = _factory(destination, schema, folder, stack)
        try:
            pipeline = dlt.pipeline(PIPELINE, pipelines_dir=str(folder), destination=factory, dataset_name=schema)
            pipeline.config.enable_runtime_trace = False  # it would hold on to the rows of every package
            pipeline.sync_destination()
        except (PipelineStepFailed, ConfigurationException, MissingDependencyException) as error:
            raise _refused(error, destination) from None
        stack.callback(pipeline.deactivate)
        yield Warehouse(pipeline, destination)


def _factory(destination: Destination, schema: str, folder: Path, stack: ExitStack) -> Any:
    """dlt's destination, after the lock has been taken."""
    if destination.path is not None:
        from source_stripe.ingest.duckdb_file import DuckDbFile, connected

        connection = connected(destination.path, folder)
        stack.callback(connection.close)
        return DuckDbFile(connection, destination_name="duckdb")
    if destination.kind == "postgres":
        import psycopg2

        try:
            stack.enter_context(postgres_lock(destination.settings["credentials"], schema, destination.shown))
        except psycopg2.OperationalError as error:
            raise Refused(f"{destination.shown} cannot be reached: {_first_line(error)}") from None
        from source_stripe.ingest.postgres_database import PostgresDatabase

        return PostgresDatabase(**destination.settings, destination_name="postgres")
    stack.enter_context(machine_lock(destination.identity, destination.shown))
    named: Callable[..., Any] = getattr(dlt.destinations, destination.kind)
    return named(**destination.settings)


def _refused(error: BaseException, destination: Destination) -> Refused:
    causes = list(chain_of(error))
    for cause in causes:
        if isinstance(cause, MissingDependencyException):
            return Refused(
                f"{destination.shown} needs a package that is not installed: pip install 'dlt[{destination.kind}]'."
            )
    return Refused(f"{destination.shown} cannot be used: {_first_line(causes[-1])}")


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An exception and what lies beneath it: loaders wrap a database's word in many of their own."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
