"""Nothing of a key beyond its prefix leaves `ingest`, `verify` and `report`: no output, file or process shows it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from integration_tests.command import ROOT
from integration_tests.fuzzing import said
from integration_tests.sandbox import Fault, Sandbox, Server, serve
from integration_tests.test_secrets import KEY, SECRET_PART, leaks, told
from source_stripe.ingest.copying import Copying

DEBUG = {"LOG_LEVEL": "DEBUG", "RUNTIME__LOG_LEVEL": "DEBUG"}
"""The CDK's word for it, and dlt's."""


@dataclass(frozen=True)
class Copied:
    """What became of an `ingest` of charges and coupons, which are refused.

    Attributes:
        output: stdout and stderr.
        folder: its home, its temporary folder, and where its database and page are.
        processes: command lines of the process and of all that it started, as seen from time to time.
    """

    code: int
    output: str
    folder: Path
    processes: list[str]


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
    sandbox = Sandbox(size=30)
    sandbox.faults.order(Fault("status", "/v1/coupons", status=400, body=told(KEY), count=10_000))
    with serve(sandbox) as server:
        yield server


@pytest.fixture(scope="module")
def copied(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    folder = tmp_path_factory.mktemp("copied")
    made = {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT), "STRIPE_API_KEY": server.key}
    words = ["ingest", *source(server), "--source-table", "charges,coupons", *into(folder), "--report"]
    processes = []
    with (folder / "output.txt").open("w") as output:
        command = [sys.executable, str(ROOT / "main.py"), *words]
        environment = {**os.environ, **DEBUG, **made}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        deadline = time.monotonic() + 110
        while process.poll() is None and time.monotonic() < deadline:
            processes += _command_lines(process.pid)
            time.sleep(0.05)
        process.kill()
    return Copied(process.wait(), (folder / "output.txt").read_text(), folder, processes)


def source(server: Server) -> list[str]:
    return ["--source-uri", f"stripe://?api_base={server.base_url}"]


def into(folder: Path) -> list[str]:
    return ["--dest-uri", f"duckdb:///{folder}/stripe.duckdb"]


def own_secret(server: Server) -> str:
    return server.key.rpartition("_")[2].removeprefix("sandbox")


def assert_clean(text: str, server: Server) -> None:
    assert leaks(text, SECRET_PART) + leaks(text, own_secret(server)) == []


def test_no_output_and_no_file_holds_a_piece_of_the_key(copied: Copied, server: Server) -> None:
    assert copied.code == 1
    assert "sk_test_…" in copied.output, "Stripe's words about the key were shown"
    assert "[DEBUG]" in copied.output
    assert "Traceback" not in copied.output
    files = [path for path in copied.folder.rglob("*") if path.is_file()]
    assert {".duckdb", ".html", ".txt"} <= {path.suffix for path in files}
    for path in files:
        assert_clean(path.read_bytes().decode("latin-1"), server)


def test_the_process_list_shows_no_more_than_was_typed(copied: Copied, server: Server) -> None:
    assert len(copied.processes) > 5
    assert_clean("\n".join(copied.processes), server)


@pytest.fixture
def own_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key in the environment."""
    monkeypatch.setenv("STRIPE_API_KEY", server.key)


@pytest.mark.usefixtures("own_key")
def test_verify_and_report_show_no_piece_of_it_either(copied: Copied, server: Server) -> None:
    verified = said(server.sandbox, ["verify", *source(server), "--source-table", "charges", *into(copied.folder)])
    reported = said(server.sandbox, ["report", str(copied.folder / "stripe.duckdb"), "--output", "/dev/null/page"])
    assert (verified.code, reported.code) == (0, 1)
    for done in (verified, reported):
        assert_clean(done.stdout + done.stderr, server)


@pytest.mark.usefixtures("own_key")
def test_a_bug_is_told_without_the_key(server: Server, tmp_path: Path) -> None:
    with mock.patch.object(Copying, "run", side_effect=RuntimeError(f"a bug about {KEY}")):
        done = said(server.sandbox, ["ingest", *source(server), "--source-table", "charges", *into(tmp_path)])
    assert done.code == 1
    assert "a bug about sk_test_…" in done.stderr
    assert_clean(done.stdout + done.stderr, server)


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


@pytest.mark.usefixtures("own_key")
@pytest.mark.parametrize("name", WORDS)
def test_words_that_are_none_are_repeated_without_the_key(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    done = said(server.sandbox, WORDS[name])
    assert leaks(done.stdout + done.stderr) == []
    assert done.stdout + done.stderr
    assert (done.code, name) != (0, name) or '"FAILED"' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == []
