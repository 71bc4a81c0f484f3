"""A DuckDB file as dlt's destination, held open by one connection for as long as a command runs.

Holding it keeps every other process out, so that two runs into one file do not meet, and keeps what DuckDB takes of
memory within bounds. Tables are named with their database in front: in `stripe.duckdb` with a schema `stripe`, DuckDB
itself could not tell which of the two `stripe.charges` means.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from source_stripe.ingest.lock import Busy
from source_stripe.ingest.refusal import Refused

MEMORY_LIMIT = "96MB"
"""For DuckDB's own pages; what does not fit goes to its temporary folder."""

CHECKPOINT_THRESHOLD = "64MB"
"""How long DuckDB's log grows before what stands in it is written into the file."""


def connected(path: Path, temporary_folder: Path) -> duckdb.DuckDBPyConnection:
    """The file opened for writing, made if there is none.

    Raises:
        Busy: another process has it open.
        Refused: it cannot be opened.
    """
    config: dict[str, Any] = {
        "memory_limit": MEMORY_LIMIT,
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


class _Client(DuckDbClient):
    def __init__(self, schema: Any, config: DuckDbClientConfiguration, capabilities: Any) -> None:
        super().__init__(schema, config, capabilities)
        names = self.sql_client.dataset_name, self.sql_client.staging_dataset_name
        self.sql_client = _SqlClient(*names, config.credentials, capabilities)

    def initialize_storage(self, truncate_tables: Any = None) -> None:
        # Without the warning that database and schema have one name: here that is no confusion.
        super(DuckDbClient, self).initialize_storage(truncate_tables)


class DuckDbFile(dlt.destinations.duckdb):
    """dlt's DuckDB, with names that are unambiguous."""

    @property
    def client_class(self) -> type[_Client]:
        return _Client


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
