"""One run at a time into a destination."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Busy(Exception):
    """Another run writes into the destination. The text says where, and is fit to be shown."""


@contextmanager
def machine_lock(identity: str, shown: str) -> Iterator[None]:
    """Keeps other runs of this machine out of a destination; the system lets go of it when the process ends, however.

    Raises:
        Busy: another run is at it.
    """
    path = Path(tempfile.gettempdir(), f"source-stripe-{os.getuid()}-{identity[:32]}.lock")
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"Another run on this machine writes into {shown}.") from None
        yield


@contextmanager
def postgres_lock(credentials: str, schema: str, shown: str) -> Iterator[None]:
    """Keeps other runs, wherever they are, out of a schema of a Postgres database, by an advisory lock.

    The server lets go of it when the connection ends, however.

    Raises:
        Busy: another run is at it.
        psycopg2.Error: there is no connection to be had.
    """
    import psycopg2

    number = int.from_bytes(hashlib.sha256(f"source-stripe {schema}".encode()).digest()[:8], "big", signed=True)
    connection: Any = psycopg2.connect(credentials)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (number,))
            (taken,) = cursor.fetchone()
        if not taken:
            raise Busy(f"Another run writes into the schema {schema} of {shown}.")
        yield
    finally:
        with suppress(psycopg2.Error):
            connection.close()
