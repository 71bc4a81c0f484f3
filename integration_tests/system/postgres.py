"""A Postgres server out of Debian's packages, on a port of loopback, for as long as a test lasts."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integration_tests.system.image import run

USER = "postgres"
"""Debian's package makes it. The server refuses to run as root."""

DATABASE = "warehouse"


@contextmanager
def served() -> Iterator[str]:
    """A new server with an empty database: its URI, with a password in it."""
    programs = _programs()
    account = pwd.getpwnam(USER)
    with tempfile.TemporaryDirectory(prefix="source-stripe-postgres-") as folder:
        os.chown(folder, account.pw_uid, account.pw_gid)
        data, password = Path(folder, "data"), secrets.token_urlsafe(12)
        port = _free_port()
        written = Path(folder, "password")
        written.write_text(password)
        os.chown(written, account.pw_uid, account.pw_gid)

        def as_server(*command: str) -> None:
            run(["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", *command])

        as_server(
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            f"--pwfile={written}",
            "--auth=scram-sha-256",
            "--no-sync",
        )
        settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        server = (str(programs / "pg_ctl"), f"--pgdata={data}", "--wait", "--silent", f"--log={folder}/log")
        as_server(*server, f"--options={settings}", "start")
        try:
            create = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE]
            subprocess.run(create, check=True, env={**os.environ, "PGPASSWORD": password})
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
        finally:
            as_server(*server, "--mode=immediate", "stop")


def _programs() -> Path:
    """Where the server's programs are; installed where they are missing."""
    if not _found():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise SystemExit("There is no Postgres server, and it takes root on Debian to install one.")
        apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        run([*apt_get, "update"])
        run([*apt_get, "install", "-y", "--no-install-recommends", "postgresql"])
    return _found()[-1]


def _found() -> list[Path]:
    return sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), key=lambda p: int(p.parts[-2])
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
