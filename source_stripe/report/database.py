"""The database with the copied streams: which tables it has, and questions to them.

Loaders differ in details, and a user may have copied one stream alone. So a question says which columns of which
streams it needs; each of these is presented to it in one form, whatever the type of the column in the database, and a
question that lacks something is answered with what it lacks.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from source_stripe.report.refusal import ReportRefused

Row = dict[str, Any]

STREAMS = frozenset(
    entry.name.removesuffix(".json")
    for entry in resources.files("source_stripe").joinpath("schemas").iterdir()
    if entry.name.endswith(".json")
)
"""The names that tables of streams have: each has a schema. The streams themselves would bring the CDK along."""

MEMORY = "1GB"
"""What DuckDB may take; what it needs beyond, it writes to disk."""

_TIMES = frozenset("created updated invoice_updated subscription_updated arrival_date".split())
_NUMBERS = frozenset("amount amount_captured fee net quantity".split())
_FLAGS = frozenset("captured cancel_at_period_end livemode".split())
_NESTED = frozenset(
    "business_profile currency_options discount_amounts discounts parent pause_collection price settings "
    "status_transitions".split()
)


@dataclass(frozen=True)
class Needs:
    """What a question needs of one stream.

    Attributes:
        columns: names of columns, separated by spaces.
        optional: columns that may be missing, and are null then.
        required: without the table, or without one of `columns`, the question is not asked; else there are no rows.
    """

    stream: str
    columns: str
    optional: str = ""
    required: bool = True


@dataclass(frozen=True)
class Question:
    """A question in SQL, about relations that have the names of streams.

    The columns of these relations are: text (of references the id), integers, booleans, JSON, and times as timestamps
    in UTC without a zone. Rows that are deleted at Stripe are not in them.

    Attributes:
        steps: common table expressions that the answer is selected from, `name as (…)`.
    """

    title: str
    needs: tuple[Needs, ...]
    answer: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lack:
    """What is missing to answer a question: the table of a stream, or columns of it."""

    stream: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """Attributes:
    sql: the statement that was run; it runs as it stands, with the database as the default one.
    """

    title: str
    sql: str
    rows: list[Row]


class Database:
    """A DuckDB file, opened for reading alone.

    Args:
        path: the file.
        schema: where the tables are; None to find it.

    Raises:
        ReportRefused: there is no such file, it cannot be opened, or no stream's table is found in it.
    """

    def __init__(self, path: Path, schema: str | None = None) -> None:
        self.path = path
        self._connection = _open(path)
        self._spilled = tempfile.TemporaryDirectory(prefix="source-stripe-")
        # It would be drawn on stdout, over the page's path.
        self._connection.execute("set enable_progress_bar = false")
        self._connection.execute(f"set memory_limit = '{MEMORY}'")
        self._connection.execute("set temp_directory = $1", [self._spilled.name])
        self._catalog = str(self._connection.execute("select current_database()").fetchall()[0][0])
        try:
            self.schema, self.prefix = _place(self._tables, schema, path)
        except ReportRefused:
            self.close()
            raise

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()
        self._spilled.cleanup()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _tables(self) -> dict[tuple[str, str], dict[str, str]]:
        """Types of the columns of each table, by schema and name."""
        found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        rows = self._connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = current_database() and not internal order by all"
        )
        for schema, table, column, kind in rows.fetchall():
            found[schema, table][column] = kind
        return dict(found)

    def columns(self, stream: str) -> Mapping[str, str]:
        """The columns of a stream's table, with their types; empty if there is no such table."""
        return self.columns_of(self.prefix + stream)

    def columns_of(self, table: str) -> Mapping[str, str]:
        """The same for a table of any name in the schema."""
        return self._tables.get((self.schema, table), {})

    def streams(self) -> list[str]:
        """The streams that have a table, by name."""
        return sorted(stream for stream in STREAMS if self.columns(stream))

    def table(self, name: str) -> str:
        """A table's name as SQL has it: in full, as a file stripe.duckdb with a schema `stripe` leaves no other way."""
        return f"{quoted(self._catalog)}.{quoted(self.schema)}.{quoted(name)}"

    def ask(self, question: Question) -> Answer | tuple[Lack, ...]:
        """Answers a question, or says what is missing for that.

        Raises:
            ReportRefused: as `rows`.
        """
        if lacks := tuple(lack for needs in question.needs if (lack := self._lack(needs))):
            return lacks
        relations = [self._relation(needs) for needs in question.needs]
        sql = "with " + ",\n".join([*relations, *question.steps]) + "\n" + question.answer.strip()
        return Answer(question.title, sql, self.rows(sql))

    def rows(self, sql: str) -> list[Row]:
        """What a statement selects.

        Raises:
            ReportRefused: DuckDB cannot make sense of it, or of the tables.
        """
        try:
            selected = self._connection.execute(sql)
        except duckdb.Error as error:
            raise ReportRefused(
                f"The tables in {self.schema} of {self.path} are not laid out as `source-stripe ingest` does it: "
                f"{_first_line(error)}."
            ) from error
        names = [column[0] for column in selected.description or ()]
        return [dict(zip(names, row, strict=True)) for row in selected.fetchall()]

    def _lack(self, needs: Needs) -> Lack | None:
        there = self.columns(needs.stream)
        missing = tuple(column for column in needs.columns.split() if column not in there)
        return Lack(needs.stream, missing if there else ()) if needs.required and missing else None

    def _relation(self, needs: Needs) -> str:
        there = self.columns(needs.stream)
        names = [*needs.columns.split(), *needs.optional.split()]
        columns = ", ".join(f"{expression(name, there.get(name))} as {name}" for name in names)
        if not there:
            return f"{needs.stream} as (select {columns} where false)"
        kept = f" where {quoted('is_deleted')} is not true" if "is_deleted" in there else ""
        return f"{needs.stream} as (select {columns} from {self.table(self.prefix + needs.stream)}{kept})"  # noqa: S608 -- quoted names


def quoted(name: str) -> str:
    """A name as an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def expression(name: str, kind: str | None) -> str:
    """SQL for a column in the one form that questions count on.

    Args:
        kind: DuckDB's type of it; None if there is no such column.
    """
    column = quoted(name)
    if name in _TIMES:
        return time(column, kind)
    if name in _NUMBERS:
        return "null::bigint" if kind is None else column if kind.endswith("INT") else f"try_cast({column} as bigint)"
    if name in _FLAGS:
        return "null::boolean" if kind is None else column
    if name in _NESTED:
        if kind == "VARCHAR":
            return f"try_cast({column} as json)"
        return "null::json" if kind is None else column if kind == "JSON" else f"to_json({column})"
    if kind is None:
        return "null::varchar"
    # A reference that is expanded is the object, else its id.
    return f"coalesce({column} ->> '$.id', {column} ->> '$')" if kind == "JSON" else column


def time(column: str, kind: str | None) -> str:
    """SQL for a moment as a timestamp in UTC."""
    if kind is None:
        return "null::timestamp"
    if kind.startswith("TIMESTAMP"):
        # What `at time zone 'UTC'` says, at a quarter of its cost.
        return f"make_timestamp(epoch_us({column}))" if kind.endswith("TIME ZONE") else f"{column}::timestamp"
    if kind == "VARCHAR":
        return f"try_cast({column} as timestamptz) at time zone 'UTC'"
    return f"to_timestamp({column}) at time zone 'UTC'"


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    if not path.exists():
        raise ReportRefused(f"There is no file {path}: `source-stripe ingest` makes one.")
    if not path.is_file():
        raise ReportRefused(f"{path} is not a file: name the DuckDB database itself.")
    try:
        # What a page is made of is in DuckDB already: nothing is fetched.
        connection = duckdb.connect(str(path), read_only=True, config={"autoinstall_known_extensions": "false"})
        connection.execute("set TimeZone = 'UTC'")
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text.lower() or "different configuration" in text:
            raise ReportRefused(
                f"{path} is in use: wait until the sync has ended, or close the program that has it open."
            ) from error
        if "not a valid DuckDB" in text:
            raise ReportRefused(f"{path} is not a DuckDB database.") from error
        raise ReportRefused(f"DuckDB {duckdb.__version__} cannot open {path}: {_first_line(error)}.") from error
    return connection


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _place(tables: Mapping[tuple[str, str], Mapping[str, str]], schema: str | None, path: Path) -> tuple[str, str]:
    """The schema and the prefix of the tables' names: where most streams have a table, `stripe` among equals.

    Raises:
        ReportRefused: there are none, or several schemas have some and none is called `stripe`.
    """
    found: dict[tuple[str, str], int] = defaultdict(int)
    for place, table in tables:
        # A loader's own copies, on their way in.
        if schema is None and place.endswith("_staging"):
            continue
        for stream in STREAMS:
            prefix = table.removesuffix(stream)
            if table.endswith(stream) and (prefix == "" or prefix.endswith("_")) and schema in (None, place):
                found[place, prefix] += 1
    schemas = sorted({place for place, _ in found})
    if not found:
        where = f"the schema {schema} of {path}" if schema else str(path)
        others = sorted({place for place, _ in tables})
        hint = f" Its schemas: {', '.join(others)}." if others else ""
        raise ReportRefused(f"There is no table of a stream, such as charges, in {where}.{hint}")
    if len(schemas) > 1 and "stripe" not in schemas:
        raise ReportRefused(f"Several schemas hold tables of streams: choose one with --schema ({', '.join(schemas)}).")
    chosen = schemas[0] if len(schemas) == 1 else "stripe"
    # `issuing_cards` is no `cards` with a prefix: plain names win.
    return max(((place, prefix) for place, prefix in found if place == chosen), key=_most(found))


def _most(found: Mapping[tuple[str, str], int]) -> Any:
    return lambda place: (found[place], place[1] == "", place[1])
