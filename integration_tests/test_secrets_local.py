"""Nothing of a key beyond its prefix leaves `ingest`, `verify` and `report`: no output, file or process shows it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tests.command import ROOT
from integration_tests.fuzzing import said
from integration_tests.sandbox import Fault, Sandbox, Server, serve
from integration_tests.test_secrets import KEY, SECRET_PART, bug, leaks, told

DEBUG = {"LOG_LEVEL": "DEBUG", "RUNTIME__LOG_LEVEL": "DEBUG"}
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
    server.sandbox.faults.order(Fault("status", "/v1/coupons", status=400, body=told(KEY), count=10_000))
    given = [
        "--source-uri",
        f"stripe://?api_base={server.base_url}",
        "--dest-uri",
        f"duckdb:///{folder}/copied/a.duckdb",
    ]
    tables, own = ["--source-table", "charges,coupons"], server.key
    found = {"copied": ended(folder / "copied", ["ingest", *given, *tables, "--report"], own)}
    with ThreadPoolExecutor(2) as pool:
        verified = pool.submit(ended, folder / "verified", ["verify", *given, "--source-table", "charges"], own)
        program = bug("ingest.copying", "Copying", "run", KEY)
        elsewhere = [*given[:3], "duckdb:///other.duckdb"]
        failed = pool.submit(ended, folder / "a bug", ["ingest", *elsewhere, *tables], own, program)
        return found | {"verified": verified.result(), "a bug": failed.result()}


def own_secret(server: Server) -> str:
    return server.key.rpartition("_")[2].removeprefix("sandbox")


def test_no_output_and_no_file_holds_a_piece_of_the_key(runs: dict[str, Ended], server: Server) -> None:
    for name, run in runs.items():
        for secret in (SECRET_PART, own_secret(server)):
            assert leaks(run.said, secret) == [], name
            for path, content in run.files.items():
                assert leaks(content.decode("latin-1"), secret) == [], (name, path)


def test_the_process_list_shows_no_more_than_was_typed(runs: dict[str, Ended], server: Server) -> None:
    for name in ("copied", "verified"):
        assert len(runs[name].processes) > 5, name
        for line in runs[name].processes:
            assert leaks(line, own_secret(server)) == [], name


def test_each_of_them_came_as_far_as_it_should(runs: dict[str, Ended]) -> None:
    assert {name: run.code for name, run in runs.items()} == {
        "copied": 1,  # coupons are refused, in Stripe's words, with the key in them
        "verified": 0,
        "a bug": 1,
    }
    for name in ("copied", "a bug"):
        assert "sk_test_…" in runs[name].said, name
        assert "Traceback" not in runs[name].said, name
    assert "[DEBUG]" in runs["copied"].said
    assert {".duckdb", ".html"} <= {Path(path).suffix for path in runs["copied"].files}


# --- what a command says of words that it does not take

NEEDED = ["--source-table", "charges", "--dest-uri", "duckdb:///x.duckdb"]
WORDS = {
    "a misspelt option": ["ingest", *NEEDED, "--source-ury", f"stripe://?api_key={KEY}"],
    "an encoded key": ["ingest", *NEEDED, f"stripe%3A%2F%2F%3Fapi_key%3D{KEY}"],
    "a key as a table": ["ingest", "--source-table", KEY, *NEEDED[2:], "--source-uri", f"stripe://?api_key={KEY}"],
    "a key as a destination": ["ingest", *NEEDED[:2], "--dest-uri", f"{KEY}://", "--source-uri", "stripe://"],
    "a key as a parameter": ["ingest", *NEEDED, "--source-uri", f"stripe://?{KEY}=1"],
    "a key as a file": ["ingest", *NEEDED, "--source-uri", f"stripe://?api_key_file={KEY}"],
    "a key as a date": ["ingest", *NEEDED, "--interval-start", KEY, "--source-uri", f"stripe://?api_key={KEY}"],
    "verify": ["verify", *NEEDED, "--source-ury", f"stripe://?api_key={KEY}"],
    "a word too many": ["report", "nothing.duckdb", f"stripe://?api_key={KEY}"],
    "a key as a database": ["report", KEY],
    "the protocol": ["check", "--config", "nothing.json", "--confyg", KEY],
    "a key as a configuration": ["check", "--config", KEY],
}


@pytest.mark.parametrize("name", WORDS)
def test_words_that_are_none_are_repeated_without_the_key(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    try:
        done = said(Sandbox(size=1, synthesized=5), WORDS[name])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert leaks(done.stdout + done.stderr) == []
    assert done.stdout + done.stderr
    assert (done.code, name) != (0, name) or '"FAILED"' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == []
