"""The command as a user types it: `source-stripe ingest …` in a process of its own."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from integration_tests.command import ROOT
from integration_tests.sandbox import Limits, Sandbox, Server, serve
from integration_tests.test_secrets import leaks
from source_stripe.ingest import exit_codes

SIZE = 3_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=SIZE)) as server:
        yield server


@dataclass(frozen=True)
class Shell:
    """Runs the command in an empty folder.

    Attributes:
        given_by_environment: the key is not on the command line.
    """

    folder: Path
    server: Server
    given_by_environment: bool = True

    def arguments(self, *arguments: str, command: str = "ingest") -> list[str]:
        key = "" if self.given_by_environment else f"&api_key={self.server.key}"
        uri = f"stripe://?api_base={self.server.base_url}&requests_per_second=500{key}"
        return [sys.executable, str(ROOT / "main.py"), command, "--source-uri", uri, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "STRIPE_API_KEY"}
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        added = {"STRIPE_API_KEY": self.server.key} if self.given_by_environment else {}
        return {**kept, **added, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}

    def start(self, *arguments: str, command: str = "ingest") -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.arguments(*arguments, command=command),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, command: str = "ingest") -> tuple[int, str]:
        """Exit code, and what it said."""
        process = self.start(*arguments, command=command)
        said, _ = process.communicate(timeout=110)
        return process.returncode, said

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "stripe.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def shell(tmp_path: Path, server: Server) -> Shell:
    return Shell(tmp_path, server)


CHARGES = ("--source-table", "charges", "--dest-uri", "duckdb:///stripe.duckdb", "--dest-table", "stripe.charges")


def test_the_seeds_line_makes_the_table_and_again_finds_nothing_to_do(tmp_path: Path, server: Server) -> None:
    shell = Shell(tmp_path, server, given_by_environment=False)
    code, said = shell.run(*CHARGES)
    assert code == exit_codes.DONE, said
    assert shell.query("SELECT count(*) FROM stripe.stripe.charges") == [(SIZE,)]
    assert "The key stands on the command line" in said
    assert "stripe.stripe.charges" in said
    assert not leaks(said, server.key.removeprefix("sk_test_"))
    code, said = shell.run(*CHARGES)
    assert (code, "0 rows with" in said) == (exit_codes.DONE, True), said


def test_a_key_in_the_environment_draws_no_warning_and_stays_out_of_files(shell: Shell) -> None:
    code, said = shell.run("--source-table", "customer,coupon", "--dest-uri", "duckdb:///stripe.duckdb")
    assert code == exit_codes.DONE, said
    assert "command line" not in said
    secret = shell.server.key.removeprefix("sk_test_")
    assert not leaks(said, secret)
    written = b"".join(path.read_bytes() for path in shell.folder.rglob("*") if path.is_file())
    assert secret.encode() not in written
    customers = list(shell.server.sandbox.truth("/v1/customers"))
    assert shell.query("SELECT count(*) FROM stripe.stripe.customers") == [(len(customers),)]


def test_a_page_about_the_file_is_written_where_it_is_asked_for(shell: Shell) -> None:
    code, said = shell.run(*CHARGES, "--report")
    assert code == exit_codes.DONE, said
    page = shell.folder / "stripe.html"
    assert str(page) in said
    assert "<html" in page.read_text()


def test_a_dry_run_tells_about_how_many_requests_and_copies_nothing(shell: Shell) -> None:
    code, said = shell.run("--source-table", "charges", "--dest-uri", "duckdb:///stripe.duckdb", "--dry-run")
    assert code == exit_codes.DONE, said
    (rows, requests) = re.search(r"charges +the whole list +about ([\d,]+) +(\d+)", said).groups()  # type: ignore[union-attr]
    assert SIZE * 0.8 <= int(rows.replace(",", "")) <= SIZE * 1.2
    assert 24 <= int(requests) <= 36
    assert shell.query("SELECT count(*) FROM duckdb_tables()") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--source-table", "chrages", "--dest-uri", "duckdb:///stripe.duckdb"), "Did you mean 'charges'"),
        (("--source-table", "charges", "--dest-uri", "mysql://a/b"), "not known"),
        ((*CHARGES, "--interval-start", "yesterday"), "--interval-start is 'yesterday'"),
        ((*CHARGES, "--interval-start", "2026-02-01", "--interval-end", "2026-01-01"), "later than"),
        (("--source-table", "charges", "--dest-uri", "snowflake://u:hunter22@a/b"), "pip install 'dlt[snowflake]'"),
        (("--source-table", "charges", "--dest-uri", "postgresql://u:hunter22@127.0.0.1:1/b"), "cannot be reached"),
    ],
)
def test_what_cannot_work_ends_with_two_and_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    code, said = shell.run(*arguments)
    assert (code, word in said) == (exit_codes.REFUSED, True), said
    assert "Traceback" not in said
    assert "hunter22" not in said


def test_a_stream_that_cannot_be_read_ends_with_one_and_says_which(shell: Shell) -> None:
    limited = shell.server.sandbox.keys.issue(shell.server.sandbox.directory.platform, permissions={"charge", "event"})
    process = subprocess.run(
        shell.arguments("--source-table", "charges,customers", "--dest-uri", "duckdb:///stripe.duckdb"),
        cwd=shell.folder,
        env={**shell.environment, "STRIPE_API_KEY": limited},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert process.returncode == exit_codes.INCOMPLETE, process.stderr
    assert "Stream customers" in process.stderr
    assert shell.query("SELECT count(*) FROM stripe.stripe.charges") == [(SIZE,)]


def test_a_second_run_into_the_same_file_is_told_to_wait(shell: Shell) -> None:
    with duckdb.connect(str(shell.folder / "stripe.duckdb")):
        code, said = shell.run(*CHARGES)
    assert (code, "open in another process" in said) == (exit_codes.BUSY, True), said


def slow_server() -> Sandbox:
    return Sandbox(size=6_000, limits=Limits(per_endpoint=25), latency=0.05)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_keeps_what_it_has_and_is_gone_on_from(tmp_path: Path, by: signal.Signals) -> None:
    with serve(slow_server()) as server:
        shell = Shell(tmp_path, server)
        process = shell.start(*CHARGES)
        wait_for_requests(server, 10)
        process.send_signal(by)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == exit_codes.INTERRUPTED, said
        ((kept,),) = shell.query("SELECT count(*) FROM stripe.stripe.charges")
        assert 0 < int(str(kept)) < 6_000
        spent = server.sandbox.journal.by_endpoint["/v1/charges"]
        code, said = shell.run(*CHARGES)
        assert code == exit_codes.DONE, said
        assert shell.query("SELECT count(*), count(DISTINCT id) FROM stripe.stripe.charges") == [(6_000, 6_000)]
        again = server.sandbox.journal.by_endpoint["/v1/charges"] - spent
        # Ranges are read side by side, each with a page or so that no STATE was told of yet.
        assert again <= (6_000 - int(str(kept))) / 100 + 30, "what had been kept was read again"


@pytest.mark.timeout(300)
def test_a_run_that_is_killed_at_any_moment_is_gone_on_from(tmp_path: Path) -> None:
    # Its temporary folder, with dlt's working folder in it, goes as well: a lost machine.
    chance = random.Random(20261125)
    with serve(slow_server()) as server:
        shell = Shell(tmp_path, server)
        for _ in range(3):
            process = shell.start(*CHARGES)
            wait_for_requests(server, 2)
            time.sleep(chance.uniform(0, 3))
            process.kill()
            process.communicate(timeout=30)
            subprocess.run(["rm", "-rf", str(tmp_path / "tmp")], check=True)
        code, said = shell.run(*CHARGES)
        assert code == exit_codes.DONE, said
        assert shell.query("SELECT count(*), count(DISTINCT id) FROM stripe.stripe.charges") == [(6_000, 6_000)]


def wait_for_requests(server: Server, count: int) -> None:
    """Until so many more pages of charges have been asked for."""
    before = server.sandbox.journal.by_endpoint["/v1/charges"]
    deadline = time.monotonic() + 60
    while server.sandbox.journal.by_endpoint["/v1/charges"] < before + count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_verify_says_what_it_costs_what_differs_and_repairs_it(shell: Shell) -> None:
    assert shell.run(*CHARGES)[0] == exit_codes.DONE
    arguments = ("--dest-uri", "duckdb:///stripe.duckdb")
    code, said = shell.run(*arguments, command="verify")
    assert (code, "Comparing 3,000 rows of 1 tables takes about" in said) == (exit_codes.DONE, True), said
    with duckdb.connect(str(shell.folder / "stripe.duckdb")) as connection:
        ((identifier,),) = connection.execute("SELECT min(id) FROM stripe.stripe.charges").fetchall()
        connection.execute("DELETE FROM stripe.stripe.charges WHERE id = ?", [identifier])
    code, said = shell.run(*arguments, command="verify")
    assert (code, f"missing: {identifier}" in said) == (exit_codes.INCOMPLETE, True), said
    code, said = shell.run(*arguments, "--repair", command="verify")
    assert code == exit_codes.DONE, said
    assert shell.run(*arguments, command="verify")[0] == exit_codes.DONE


def test_the_protocols_commands_import_nothing_of_the_loader() -> None:
    program = (
        "import sys; import source_stripe.run; "
        "sys.exit(','.join(sorted({'dlt', 'duckdb', 'pyarrow', 'rich', 'psycopg2'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['dlt'] = None; sys.argv = ['source-stripe', 'ingest', '--help']; "
        "from source_stripe.run import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == exit_codes.REFUSED
    assert "pip install 'source-stripe[ingest]'" in done.stderr
    assert "Traceback" not in done.stderr
