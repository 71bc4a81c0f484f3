"""What comes from Stripe is data: it starts no program, names no file, and no terminal or browser obeys it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from integration_tests.command import ROOT, configured
from integration_tests.fuzzing import command, said
from integration_tests.in_process import config, read
from integration_tests.sandbox import Clock, Fault, Sandbox, serve
from integration_tests.stranger import Reply, stranger
from integration_tests.test_strangers import read as read_of

HOSTILE = 'a\nb\r\n\x1b[2J\x1b]0;title\x07\x00\x85\u2028\u202e\x7f</script><script>x()</script>{"type":"STATE"}'


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=3, synthesized=5, clock=Clock(running=False))


def told(message: str) -> Fault:
    """Stripe's refusal of charges, in these words."""
    error = {"message": message, "code": message, "type": message, "param": message}
    headers = {"Request-Id": "req_1"}
    return Fault("status", "/v1/charges", status=400, body=json.dumps({"error": error}), headers=headers, count=99)


def test_an_object_with_line_breaks_and_control_characters_stays_one_line(sandbox: Sandbox, tmp_path: Path) -> None:
    made = sandbox.create("/v1/customers", {"name": HOSTILE, "metadata": {HOSTILE: HOSTILE}})
    done = command(sandbox, tmp_path, "read", config=config(sandbox), catalog=configured({"customers": "full_refresh"}))
    assert done.code == 0
    assert not set(done.stdout) & set("\r\x1b\x07\x00")
    rows = {m["record"]["data"]["id"]: m["record"]["data"] for m in done.messages if m["type"] == "RECORD"}
    assert rows[made["id"]]["name"] == HOSTILE
    assert rows[made["id"]]["metadata"] == {HOSTILE: HOSTILE}


def test_a_refusal_with_line_breaks_and_control_characters_stays_one_line(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.order(told(HOSTILE))
    done = command(sandbox, tmp_path, "read", config=config(sandbox), catalog=configured({"charges": "full_refresh"}))
    assert done.code == 1
    assert not set(done.stdout) & set("\r\x1b\x07\x00")
    assert {"TRACE"} <= {m["type"] for m in done.messages} <= {"LOG", "TRACE"}
    (error,) = [each for each in done.errors() if each.get("stream_descriptor")]
    assert HOSTILE in error["message"]


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["copied", "estimated"])
def test_no_terminal_obeys_what_stripe_says(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry: list[str]
) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", sandbox.key)
    monkeypatch.setenv("COLUMNS", "4000")
    sandbox.faults.order(told(f"[red]{HOSTILE}[/nothing]"))
    words = ["--source-table", "charges,coupons", "--dest-uri", f"duckdb:///{tmp_path}/stripe.duckdb", *dry]
    with serve(sandbox) as server:
        done = said(sandbox, ["ingest", "--source-uri", f"stripe://?api_base={server.base_url}", *words])
    assert r"\x1b[2J" in done.stderr, "it is shown"
    assert not set(done.stderr) & set("\r\x1b\x07\x00\x85\u2028\u202e\x7f")
    assert done.stdout == ""
    assert done.code == (0 if dry else 1)


def test_an_id_stays_within_its_part_of_a_path() -> None:
    invoice = "in_1/../../v1/account?a=1#b\r\nX-More: yes é"

    def answering(path: str) -> Reply:
        if path == "/v1/account":
            return Reply(200, {"id": "acct_1"})
        if path.startswith("/v1/invoices?"):
            return Reply(200, {"data": [{"id": invoice, "object": "invoice", "lines": None}], "has_more": False})
        return Reply(200, {"data": [], "has_more": False})

    with stranger(answering) as server:
        assert read_of(server.origin, "invoice_line_items") == []
        (asked,) = [line for line in server.lines if "in_1" in line]
    assert asked.startswith(
        "GET /v1/invoices/in_1%2F..%2F..%2Fv1%2Faccount%3Fa%3D1%23b%0D%0AX-More%3A%20yes%20%C3%A9/lines?"
    )


def test_what_is_not_enabled_is_named_without_a_line_break(sandbox: Sandbox) -> None:
    sandbox.faults.order(told("Your account is not set up to use Issuing\x1b[2J. Please."))
    run = read(sandbox, ["charges"])
    assert run.error is not None, "a sentence that is not Stripe's own is no reason to skip a stream"


def test_nothing_in_the_package_starts_a_program_or_runs_text() -> None:
    banned = {"subprocess", "pty", "popen", "system", "exec", "eval", "pickle", "marshal"}
    looked_at = 0
    for path in (ROOT / "source_stripe").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            elif isinstance(node, ast.Call):
                names = [getattr(node.func, "id", "") or getattr(node.func, "attr", "")]
            looked_at += len(names)
            assert not banned & set(names), f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
    assert looked_at > 1_000
