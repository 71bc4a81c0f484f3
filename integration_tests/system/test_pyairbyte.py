"""PyAirbyte, the real one, reads the connector by the protocol into its own DuckDB cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests.command import ROOT
from integration_tests.sandbox import Sandbox, Server, serve

PYTHON = ROOT / ".venv-pyairbyte" / "bin" / "python"
"""`make pyairbyte` makes it, and `make test-system` does so first."""

CONNECTOR = Path(sys.executable).parent / "source-stripe"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Sandbox(size=200)) as server:
        yield server


def synced(server: Server, folder: Path) -> dict[str, Any]:
    """What the cache holds after a read, and how many records that read brought."""
    done = subprocess.run(
        [
            str(PYTHON),
            str(Path(__file__).with_name("pyairbyte_sync.py")),
            str(CONNECTOR),
            server.base_url,
            str(folder / "cache.duckdb"),
        ],
        cwd=folder,
        env={
            **os.environ,
            "STRIPE_API_KEY": server.key,
            "AIRBYTE_OFFLINE_MODE": "1",
            "DO_NOT_TRACK": "1",
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_pyairbyte_reads_everything_and_then_what_changed(server: Server, tmp_path: Path) -> None:
    sandbox = server.sandbox
    first = synced(server, tmp_path)
    for stream, path in (("charges", "/v1/charges"), ("customers", "/v1/customers"), ("coupons", "/v1/coupons")):
        truth = [row["id"] for row in sandbox.truth(path)]
        assert sorted(row["id"] for row in first["rows"][stream]) == sorted(truth)
    sandbox.clock.advance(86_400)
    customer = next(iter(sandbox.truth("/v1/customers")))
    sandbox.update("/v1/customers", customer["id"], {"name": "Another name"})
    charge = sandbox.create("/v1/charges", {"customer": customer["id"]})
    sandbox.clock.advance(600)
    second = synced(server, tmp_path)
    names = {row["id"]: row["name"] for row in second["rows"]["customers"]}
    assert names[customer["id"]] == "Another name"
    assert charge["id"] in {row["id"] for row in second["rows"]["charges"]}
    assert len(second["rows"]["charges"]) == len(first["rows"]["charges"]) + 1
    assert second["read"] == 2
