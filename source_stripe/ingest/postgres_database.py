"""A Postgres database as dlt's destination, in which an empty text stays one.

dlt's own loading by CSV makes NULL of every empty text (`FORCE_NULL`). The files that it writes tell the two apart:
texts stand in quotes, and what is not there does not.
"""

from __future__ import annotations

from typing import Any

import dlt
from dlt.common.storages.file_storage import FileStorage
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob

BYTES_AT_A_TIME = 1024 * 1024


class _CopyJob(PostgresCsvCopyJob):
    def run(self) -> None:
        client = self._job_client.sql_client
        table = client.make_qualified_table_name(self.load_table_name)
        with FileStorage.open_zipsafe_ro(self._file_path, "rb") as file:
            names = [name.strip('"') for name in file.readline().decode().strip().split(",")]
            columns = ", ".join(client.escape_column_name(name) for name in names)
            with client.begin_transaction(), client.native_connection.cursor() as cursor:
                copy = f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT CSV, NULL '')"
                cursor.copy_expert(copy, file, size=BYTES_AT_A_TIME)


class _Client(PostgresClient):
    def create_load_job(self, *arguments: Any, **options: Any) -> Any:
        job = super().create_load_job(*arguments, **options)
        return _CopyJob(job._file_path) if type(job) is PostgresCsvCopyJob else job


class PostgresDatabase(dlt.destinations.postgres):
    """dlt's Postgres, with its texts as they are."""

    @property
    def client_class(self) -> type[_Client]:
        return _Client
