"""A DuckDB file as dlt's destination, held open by one connection for as long as a command runs.

Holding it keeps every other process out, so that two runs into one file do not meet, and keeps what DuckDB takes of
memory within bounds. Tables are named with their database in front: in `stripe.duckdb` with a schema `stripe`, DuckDB
itself could not tell which of the two `stripe.charges` means.

Rows go from dlt's Parquet files straight into their table. By dlt's own way they pass through a second one, and each
is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from pyarrow import parquet

from source_stripe.ingest.lock import Busy
from source_stripe.ingest.package import BYTES_A_TABLE
from source_stripe.ingest.refusal import Refused

MEMORY_LIMIT = 72
"""Megabytes for DuckDB's own pages, to begin with; what does not fit goes to its temporary folder."""

MEMORY_A_TABLE = 1
"""Megabytes more for each table: of one that is written to, the first 32 KB of every column never leave the memory."""

ROWS_IN_MEMORY = 2 * 2_048
"""And for so many of the rows that come: DuckDB handles 2,048 at a time, and where these do not fit, a commit fails."""

ROW_GROUPS_A_TRANSACTION = 8
"""What is written and not yet committed stays in memory: so many of a Parquet file's groups of rows, each of which was
an Arrow table of 4 MB at most (`source_stripe.ingest.package`)."""

CHECKPOINT_THRESHOLD = "32MB"
"""How long DuckDB's log grows before it is written into the file, each time with the last up to 122,880 rows."""


def connected(path: Path, temporary_folder: Path) -> duckdb.DuckDBPyConnection:
    """The file opened for writing, made if there is none.

    Raises:
        Busy: another process has it open.
        Refused: it cannot be opened.
    """
    config: dict[str, Any] = {
        "memory_limit": f"{MEMORY_LIMIT}MB",
        "allocator_background_threads": True,  # which give back to the system what is free
        "allocator_flush_threshold": "16MB",  # by itself it waits for 128 and 512
        "allocator_bulk_deallocation_flush_threshold": "16MB",
        "enable_external_file_cache": False,  # a package's file is read twice, and soon after it was written
        "temp_directory": str(temporary_folder),
        "preserve_insertion_order": False,
        "threads": 1,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise Busy(f"{path} is open in another process, which DuckDB allows one of at a time.") from None
        raise Refused(f"{path} cannot be opened: {_first_line(error)}") from None
    except (duckdb.Error, OSError) as error:
        raise Refused(f"{path} cannot be opened: {_first_line(error)}") from None


class _SqlClient(DuckDbSqlClient):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # dlt would let a gigabyte of the log grow, which DuckDB holds in memory.
        self._global_config["checkpoint_threshold"] = CHECKPOINT_THRESHOLD

    def catalog_name(self, quote: bool = True, casefold: bool = True) -> str | None:
        # How DuckDB names a file's database: by the file, without what follows the first dot.
        connection = self.credentials.external_conn()
        # Asked by a connection of its own: dlt may be using the other one in another thread.
        found = connection and connection.cursor().execute("SELECT current_database()").fetchone()
        name = str(found[0]) if found else ""
        name = self.capabilities.casefold_identifier(name) if casefold else name
        return self.capabilities.escape_identifier(name) if quote else name


class _MergeJob(DuckDbCopyJob):
    """Rows in place of those that have their keys, a piece of the package in one transaction.

    What a kill leaves undone is read again: no state vouches for any of it before all pieces are in.
    """

    def __init__(self, file_path: str, key: Sequence[str]) -> None:
        super().__init__(file_path)
        self._key = key

    def run(self) -> None:
        client = self._job_client.sql_client
        table = client.make_qualified_table_name(self.load_table_name)
        names = map(client.escape_column_name, self._key)
        same = " AND ".join(f"new.{name} = {table}.{name}" for name in names)
        metadata = parquet.read_metadata(self._file_path)
        tables = len(self._job_client.schema.data_table_names())
        _allow(client, _memory_of(tables) + _bytes_a_row(metadata) * ROWS_IN_MEMORY / 1_000_000)
        for first, end in _pieces(metadata):
            rows = (
                f"(SELECT * EXCLUDE file_row_number FROM read_parquet('{self._file_path}', file_row_number = true)"  # noqa: S608
                f" WHERE file_row_number >= {first} AND file_row_number < {end})"
            )
            with client.begin_transaction():
                client.execute_sql(f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM {rows} AS new WHERE {same})")  # noqa: S608
                client.execute_sql(f"INSERT INTO {table} BY NAME SELECT * FROM {rows}")  # noqa: S608


def _memory_of(tables: int) -> int:
    """Megabytes for so many tables, apart from the rows."""
    return MEMORY_LIMIT + MEMORY_A_TABLE * tables


def _allow(client: DuckDbSqlClient, megabytes: float) -> None:
    """So much memory, unless it is more already."""
    ((now,),) = client.execute_sql("SELECT current_setting('memory_limit')") or [("0 MiB",)]
    if megabytes > float(str(now).split()[0]) * 1.048576:
        client.execute_sql(f"SET memory_limit = '{megabytes:.0f}MB'")


def _bytes_a_row(metadata: parquet.FileMetaData) -> float:
    """An estimate from above, unless all rows are in one group, or are alike."""
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    told = [group.total_byte_size / group.num_rows for group in groups if group.num_rows]
    # All but the last were as many bytes as they may be, or as many rows, which have no more bytes then.
    return max([*told, *(BYTES_A_TABLE / group.num_rows for group in groups[:-1] if group.num_rows)], default=0.0)


def _pieces(metadata: parquet.FileMetaData) -> Iterator[tuple[int, int]]:
    """Places of rows in a Parquet file, from the one to the other, that are written together."""
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    first = 0
    for group in range(0, len(rows), ROW_GROUPS_A_TRANSACTION):
        end = first + sum(rows[group : group + ROW_GROUPS_A_TRANSACTION])
        yield first, end
        first = end


class _Client(DuckDbClient):
    def __init__(self, schema: Any, config: DuckDbClientConfiguration, capabilities: Any) -> None:
        super().__init__(schema, config, capabilities)
        names = self.sql_client.dataset_name, self.sql_client.staging_dataset_name
        self.sql_client = _SqlClient(*names, config.credentials, capabilities)

    def initialize_storage(self, truncate_tables: Any = None) -> None:
        # Without the warning that database and schema have one name: here that is no confusion.
        super(DuckDbClient, self).initialize_storage(truncate_tables)
        _allow(self.sql_client, _memory_of(len(self.schema.data_table_names())))

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        return False

    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> Any:
        job = super().create_load_job(table, file_path, load_id, restore)
        key = [name for name, column in table["columns"].items() if column.get("primary_key")]
        return _MergeJob(file_path, key) if type(job) is DuckDbCopyJob and key else job

    def _create_merge_followup_jobs(self, table_chain: Any) -> list[Any]:
        return []  # the rows are where they belong


class DuckDbFile(dlt.destinations.duckdb):
    """dlt's DuckDB, with names that are unambiguous."""

    @property
    def client_class(self) -> type[_Client]:
        return _Client


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
