"""The image that loads into a database: built for real, and run by an ordinary user into a mounted folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from integration_tests.sandbox import Sandbox, serve
from integration_tests.system.image import Engine, engine

TAG = "source-stripe:system-test-ingest"
READ_ONLY = ("--read-only", "--tmpfs", "/tmp:size=64m")
USER = 1000


@pytest.fixture(scope="module")
def built() -> Engine:
    chosen = engine()
    chosen.build(TAG, "ingest")
    return chosen


def run(engine: Engine, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*engine.command(*options), TAG, *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def test_it_copies_into_a_mounted_folder_twice_with_a_read_only_root(built: Engine, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    os.chown(tmp_path, USER, USER)
    with serve(Sandbox(size=300)) as server:
        options = ("--volume", f"{tmp_path}:/data", "--env", f"STRIPE_API_KEY={server.key}", *READ_ONLY)
        arguments = ("--source-uri", f"stripe://?api_base={server.base_url}", "--source-table", "charges,customers")
        for _ in range(2):
            done = run(built, "ingest", *arguments, "--dest-uri", "duckdb:///stripe.duckdb", options=options)
            assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "stripe.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM stripe.stripe.charges").fetchall() == [(300,)]


def test_its_bill_of_materials_names_the_loader(built: Engine) -> None:
    done = run(built, "/airbyte/sbom.cdx.json", options=("--entrypoint", "cat"))
    names = {each["name"] for each in json.loads(done.stdout)["components"]}
    assert {"airbyte-cdk", "dlt", "duckdb", "pyarrow", "psycopg2-binary"} <= names


def test_it_speaks_the_protocol_too(built: Engine) -> None:
    done = run(built, "spec")
    assert (done.returncode, '"SPEC"' in done.stdout) == (0, True), done.stderr


def test_it_holds_no_compiler_and_is_no_root(built: Engine) -> None:
    script = "id -u; for tool in cc gcc clang make; do command -v $tool; done; true"
    done = run(built, "-c", script, options=("--entrypoint", "sh"))
    assert done.stdout.split() == [str(USER)], done.stderr
