"""`verify` finds what differs between a table and Stripe, and `--repair` reads just that again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from integration_tests.in_process import config, source
from integration_tests.ingested import SCHEMA, Unwatched, duckdb_in, ingest
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.test_ingest import wrong
from source_stripe.ingest import verification
from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import Target, stream_named
from source_stripe.ingest.verification import Plan, Verification
from source_stripe.ingest.warehouse import opened

DAY = 86_400


def sandbox_of(size: int = 300) -> Sandbox:
    return Sandbox(size=size, clock=Clock(running=False))


@contextmanager
def verifying(sandbox: Sandbox, folder: Path) -> Iterator[Verification]:
    with opened(duckdb_in(folder), SCHEMA) as warehouse:
        yield Verification(lambda: source(sandbox), source(sandbox).configure(config(sandbox), ""), warehouse)


def plan_of(verification: Verification, stream: str) -> Plan:
    return verification.plan(Target(stream_named(stream), stream))


def found(sandbox: Sandbox, folder: Path, stream: str) -> dict[str, dict[str, Any]]:
    """Where the table differs, by month."""
    with verifying(sandbox, folder) as verification:
        verdict = verification.verdict(plan_of(verification, stream))
    assert verdict.failed is None
    return {
        each.span.title: {
            kind: value
            for kind, value in (("missing", each.missing), ("extra", each.extra), ("stale", each.stale))
            if value
        }
        for each in verdict.differences
    }


def tampered(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(duckdb_in(folder).path)) as connection:
        connection.execute("USE stripe.stripe")
        for statement in statements:
            connection.execute(statement)


def month_of(row: dict[str, Any]) -> str:
    return datetime.fromtimestamp(row["created"], UTC).strftime("%Y-%m")


@pytest.fixture
def synced(tmp_path: Path) -> tuple[Sandbox, Path]:
    """A sandbox, an hour after its charges and tax ids were copied."""
    sandbox = sandbox_of()
    ingest(sandbox, duckdb_in(tmp_path), ["charges", "tax_ids", "invoices", "invoice_line_items"])
    sandbox.clock.advance(3600)
    return sandbox, tmp_path


def test_a_table_as_stripe_has_it_has_no_differences(synced: tuple[Sandbox, Path]) -> None:
    for stream in ("charges", "tax_ids", "invoices", "invoice_line_items"):
        assert found(*synced, stream) == {}, stream


def test_missing_extra_and_stale_rows_are_found_in_their_months(synced: tuple[Sandbox, Path]) -> None:
    sandbox, folder = synced
    charges = list(sandbox.truth("/v1/charges"))
    gone, old, extra = charges[10], charges[120], charges[250]
    tampered(
        folder,
        f"DELETE FROM charges WHERE id = '{gone['id']}'",
        f"UPDATE charges SET amount = amount + 1, metadata = '{{}}' WHERE id = '{old['id']}'",
        f"INSERT INTO charges BY NAME SELECT * REPLACE ('ch_extra' AS id) FROM charges WHERE id = '{extra['id']}'",
    )
    expected: dict[str, dict[str, Any]] = {}
    expected.setdefault(month_of(gone), {})["missing"] = [(gone["id"],)]
    expected.setdefault(month_of(old), {})["stale"] = {(old["id"],): ["amount", "metadata"]}
    expected.setdefault(month_of(extra), {})["extra"] = [("ch_extra",)]
    assert found(sandbox, folder, "charges") == expected


def test_months_are_read_in_groups_that_fit_into_memory(
    synced: tuple[Sandbox, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, folder = synced
    monkeypatch.setattr(verification, "ROWS_AT_A_TIME", 50)
    with verifying(sandbox, folder) as verifier:
        groups = plan_of(verifier, "charges").groups
    assert len(groups) >= 5
    spans = [span for group in groups for span in group]
    assert all(before.end == after.start for before, after in itertools.pairwise(spans))
    assert found(sandbox, folder, "charges") == {}


def test_the_cost_is_told_about_right_and_nothing_is_spent_on_telling_it(synced: tuple[Sandbox, Path]) -> None:
    sandbox, folder = synced
    sandbox.journal.reset()
    with verifying(sandbox, folder) as verifier:
        plan = plan_of(verifier, "charges")
        assert not dict(sandbox.journal.by_endpoint)
        verifier.verdict(plan)
    spent = sum(sandbox.journal.by_endpoint.values())
    assert plan.rows == 300
    assert spent / 3 <= plan.requests <= spent


def test_repair_brings_the_table_back_and_reads_only_the_months_that_differ(synced: tuple[Sandbox, Path]) -> None:
    sandbox, folder = synced
    charges = list(sandbox.truth("/v1/charges"))
    line = next(iter(sandbox.truth("/v1/invoices/{invoice}/lines")))
    tampered(
        folder,
        f"DELETE FROM charges WHERE id = '{charges[10]['id']}'",
        f"UPDATE charges SET amount = 1 WHERE id = '{charges[120]['id']}'",
        f"INSERT INTO charges BY NAME SELECT * REPLACE ('ch_extra' AS id) FROM charges WHERE id = '{charges[5]['id']}'",
        f"DELETE FROM invoice_line_items WHERE id = '{line['id']}'",
        "INSERT INTO tax_ids BY NAME SELECT * REPLACE ('txi_extra' AS id) FROM tax_ids LIMIT 1",
    )
    for stream in ("charges", "invoice_line_items", "tax_ids"):
        with verifying(sandbox, folder) as verifier:
            plan = plan_of(verifier, stream)
            verdict = verifier.verdict(plan)
            assert verdict.differences
            sandbox.journal.reset()
            verifier.repair(plan, verdict, Unwatched())
            if stream == "charges":
                assert sandbox.journal.by_endpoint["/v1/charges"] <= len(verdict.differences)
    assert wrong(sandbox, folder, ["charges", "tax_ids", "invoice_line_items"]) == {}


def test_a_table_that_was_never_synced_is_refused(synced: tuple[Sandbox, Path]) -> None:
    with verifying(*synced) as verifier, pytest.raises(Refused, match="run ingest first"):
        plan_of(verifier, "customers")


def test_a_later_sync_is_not_put_off_its_way_by_a_repair(synced: tuple[Sandbox, Path]) -> None:
    sandbox, folder = synced
    streams = ["charges", "tax_ids", "invoices", "invoice_line_items"]
    tampered(folder, "DELETE FROM invoice_line_items", "DELETE FROM charges")
    for stream in ("charges", "invoice_line_items"):
        with verifying(sandbox, folder) as verifier:
            plan = plan_of(verifier, stream)
            verifier.repair(plan, verifier.verdict(plan), Unwatched())
    invoice = next(iter(sandbox.truth("/v1/invoices")))
    sandbox.clock.advance(DAY)
    sandbox.update("/v1/invoices", invoice["id"], {"description": "changed"})
    sandbox.clock.advance(600)
    ingest(sandbox, duckdb_in(folder), streams)
    assert wrong(sandbox, folder, streams) == {}
