"""Nothing of a key beyond its prefix leaves `ingest`, `verify` and `report`: not on stderr, nor into a file or a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tests.command import ROOT
from integration_tests.sandbox import Fault, Sandbox, Server, serve
from integration_tests.test_secrets import KEY, bug, leaks, told

DEBUG = {"LOG_LEVEL": "DEBUG", "RUNTIME__LOG_LEVEL": "DEBUG", "PYTHONDEVMODE": "0"}
"""The CDK's word for it, and dlt's."""


@dataclass(frozen=True)
class Ended:
    """What became of a command.

    Attributes:
        said: stdout and stderr.
        files: the content of all files below its home and its temporary folder, whatever they are.
        processes: command lines of the process and of all that it started, as seen from time to time.
    """

    code: int
    said: str
    files: dict[str, bytes]
    processes: list[str]


def ended(folder: Path, words: list[str], key: str | None = None, program: tuple[str, ...] = ("main.py",)) -> Ended:
    """Runs a command with a home and a temporary folder of its own, in debug mode."""
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "STRIPE_API_KEY"}
    made = {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    environment = {**kept, **DEBUG, **made, **({"STRIPE_API_KEY": key} if key else {})}
    processes = []
    output = folder / "output.txt"
    with output.open("w") as said:
        command = [sys.executable, *(str(ROOT / part) if part == "main.py" else part for part in program), *words]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        deadline = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < deadline:
            processes += _command_lines(process.pid)
            time.sleep(0.05)
        process.kill()
        code = process.wait()
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Ended(code, output.read_text(), files, processes)


def _command_lines(pid: int) -> list[str]:
    """Of a process and of what it started."""
    try:
        found = [Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()]
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += _command_lines(int(child))
    except OSError:
        return []  # it has ended meanwhile
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=30)) as server:
        yield server


@pytest.fixture(scope="module")
def runs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    folder = tmp_path_factory.mktemp("runs")
    own = server.key
    server.sandbox.faults.order(Fault("status", "/v1/coupons", status=400, body=told(KEY), count=10_000))
    (folder / "config.json").write_text(json.dumps({"api_key": KEY, "api_base": server.base_url, "start_date": KEY}))
    uri, books = f"stripe://?api_base={server.base_url}", f"duckdb:///{folder}/copied/stripe.duckdb"

    def into(name: str) -> list[str]:
        return ["--dest-uri", f"duckdb:///{folder}/{name}/other.duckdb"]

    def source(*more: str) -> list[str]:
        return ["--source-uri", "&".join([uri, *more]), "--source-table", "charges,coupons"]

    first = {"copied": ended(folder / "copied", ["ingest", *source(), "--dest-uri", books, "--report"], own)}
    commands: dict[str, tuple[list[str], str | None, tuple[str, ...]]] = {
        "verified": (["verify", *source(), "--dest-uri", books], own, ("main.py",)),
        "unknown key": (["ingest", *source(), *into("unknown key")], KEY, ("main.py",)),
        "estimated": (["ingest", *source(), *into("estimated"), "--dry-run"], KEY, ("main.py",)),
        "key in a file": (["ingest", *source(f"api_key_file={folder}/config.json"), *into("x")], None, ("main.py",)),
        "a bug": (["ingest", *source(), *into("a bug")], own, bug("ingest.copying", "Copying", "run", KEY)),
        "misspelt": (["ingest", "--source-ury", f"stripe://?api_key={KEY}"], None, ("main.py",)),
        "reported": (["report", "nothing.duckdb", f"stripe://?api_key={KEY}"], None, ("main.py",)),
        "no report": (["report", KEY], None, ("main.py",)),
        "protocol": (["check", "--confyg", KEY], None, ("main.py",)),
    }
    with ThreadPoolExecutor(2) as pool:
        running = {name: pool.submit(ended, folder / name, *each) for name, each in commands.items()}
        return first | {name: future.result() for name, future in running.items()}


def test_no_output_and_no_file_holds_a_piece_of_the_key(runs: dict[str, Ended], server: Server) -> None:
    own = server.key.rpartition("_")[2].removeprefix("sandbox")
    for name, run in runs.items():
        for secret in ({}, {"secret": own}):
            assert leaks(run.said, **secret) == [], name
            for path, content in run.files.items():
                assert leaks(content.decode("latin-1"), **secret) == [], (name, path)


def test_the_process_list_shows_no_more_than_was_typed(runs: dict[str, Ended], server: Server) -> None:
    own = server.key.rpartition("_")[2].removeprefix("sandbox")
    for name in ("copied", "verified", "unknown key", "key in a file"):
        run = runs[name]
        assert len(run.processes) > 5, name
        for line in run.processes:
            assert leaks(line) + leaks(line, own) == [], name


def test_each_of_them_came_as_far_as_it_should_and_said_so(runs: dict[str, Ended]) -> None:
    assert {name: run.code for name, run in runs.items()} == {
        "copied": 1,  # coupons are refused, in Stripe's words, with the key in them
        "verified": 1,
        "unknown key": 2,
        "estimated": 2,
        "key in a file": 2,
        "a bug": 1,
        "misspelt": 2,
        "reported": 2,
        "no report": 1,
        "protocol": 2,
    }
    for name, run in runs.items():
        assert "Traceback" not in run.said, name
    for name in ("copied", "verified", "misspelt", "reported", "protocol", "no report", "a bug"):
        assert "sk_test_…" in runs[name].said, name
    copied = runs["copied"].files
    assert any(path.endswith(".duckdb") for path in copied)
    assert any(path.endswith(".html") for path in copied)
