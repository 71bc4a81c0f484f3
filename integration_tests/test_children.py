"""Streams whose rows hang on other streams' rows: complete, no more than is new, and no burden to their brothers."""

from __future__ import annotations

import json

import pytest

from integration_tests.in_process import Json, read
from integration_tests.sandbox import Clock, Fault, Sandbox

FAMILY = ["invoices", "invoice_line_items"]
LINES = "/v1/invoices/*/lines*"
UNLIMITED = {"requests_per_second": 100_000}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=300, synthesized=20, connected=2, clock=Clock(running=False))


def lines_of(sandbox: Sandbox) -> set[str]:
    return {row["id"] for row in sandbox.truth("/v1/invoices/{invoice}/lines")}


def ids(rows: list[Json]) -> set[str]:
    return {row["id"] for row in rows}


def test_children_are_complete_without_their_parents_being_selected(sandbox: Sandbox) -> None:
    run = read(sandbox, ["invoice_line_items"], **UNLIMITED)
    assert ids(run.records("invoice_line_items")) == lines_of(sandbox)
    assert run.records("invoices") == []


def test_a_child_names_its_parent_and_goes_by_its_cursor(sandbox: Sandbox) -> None:
    run = read(sandbox, FAMILY, **UNLIMITED)
    created = {invoice["id"]: invoice["created"] for invoice in run.records("invoices")}
    for line in run.records("invoice_line_items"):
        assert line["invoice_updated"] == created[line["invoice_id"]]


def test_what_is_expanded_for_a_child_does_not_show_on_its_parent(sandbox: Sandbox) -> None:
    alone = read(sandbox, ["customers"], **UNLIMITED).records("customers")
    together = read(sandbox, ["customers", "bank_accounts", "customer_tax_ids"], **UNLIMITED).records("customers")
    by_id = {customer["id"]: customer for customer in alone}
    assert {customer["id"]: customer for customer in together} == by_id
    assert not any("sources" in customer for customer in together)


def test_a_child_that_may_not_be_read_fails_alone(sandbox: Sandbox) -> None:
    refusal = {"error": {"message": "No permissions for this.", "code": "more_permissions_required"}}
    sandbox.faults.order(Fault("status", LINES, status=403, body=json.dumps(refusal), count=1_000))
    run = read(sandbox, FAMILY, **UNLIMITED)
    assert run.error is not None
    assert run.statuses("invoices")[-1] == "COMPLETE"
    assert ids(run.records("invoices")) == {row["id"] for row in sandbox.truth("/v1/invoices")}
    assert run.statuses("invoice_line_items")[-1] == "INCOMPLETE"
    assert "invoice_line_items" in run.errors()["invoice_line_items"].message
    sandbox.faults.clear()
    again = read(sandbox, FAMILY, run.state(), **UNLIMITED)
    assert ids(run.records("invoice_line_items")) | ids(again.records("invoice_line_items")) == lines_of(sandbox)
    assert again.error is None


def test_a_parent_that_vanishes_while_its_children_are_read_is_no_failure(sandbox: Sandbox) -> None:
    gone: list[str] = []

    def before(path: str, query: str) -> None:
        if path.endswith("/lines") and not gone:
            gone.append(path.split("/")[3])
            sandbox.delete("/v1/invoices", gone[0])

    run = read(sandbox, FAMILY, before=before, **UNLIMITED)
    assert gone
    assert run.error is None
    assert ids(run.records("invoice_line_items")) >= lines_of(sandbox)


def test_the_next_sync_asks_for_the_children_of_new_parents_only(sandbox: Sandbox) -> None:
    streams = ["setup_intents", "setup_attempts"]
    first = read(sandbox, streams, **UNLIMITED)
    sandbox.clock.advance(3_600)
    new = sandbox.create("/v1/setup_intents", {})
    sandbox.journal.reset()
    second = read(sandbox, streams, first.state(), **UNLIMITED)
    assert ids(second.records("setup_intents")) == {new["id"]}
    assert sandbox.journal.by_endpoint["/v1/setup_attempts"] == 1


def test_a_child_that_is_selected_later_is_read_from_the_beginning(sandbox: Sandbox) -> None:
    first = read(sandbox, FAMILY[:1], **UNLIMITED)
    second = read(sandbox, FAMILY, first.state(), **UNLIMITED)
    assert second.records("invoices") == []
    assert ids(second.records("invoice_line_items")) == lines_of(sandbox)
    sandbox.journal.reset()
    third = read(sandbox, FAMILY, second.state(), **UNLIMITED)
    assert third.records("invoice_line_items") == []
    assert sandbox.journal.by_endpoint["/v1/invoices"] == 0, "from then on they follow the events together"


def test_a_family_that_is_stopped_after_any_state_misses_nothing(sandbox: Sandbox) -> None:
    run = read(sandbox, FAMILY, **UNLIMITED)
    stops = [place for place, message in enumerate(run.messages) if message.state]
    for stop in stops:
        found: dict[str, set[str]] = {name: set() for name in FAMILY}
        for message in run.messages[: stop + 1]:
            if message.record:
                found[message.record.stream].add(message.record.data["id"])
        again = read(sandbox, FAMILY, run.state(stop + 1), **UNLIMITED)
        assert found["invoices"] | ids(again.records("invoices")) == {
            row["id"] for row in sandbox.truth("/v1/invoices")
        }
        assert found["invoice_line_items"] | ids(again.records("invoice_line_items")) == lines_of(sandbox)


def test_asking_once_a_parent_is_announced(sandbox: Sandbox) -> None:
    big = Sandbox(size=3_000, synthesized=20, clock=Clock(running=False))
    said = [text for _, text in read(big, ["customer_balance_transactions"], **UNLIMITED).logs]
    assert any("customer_balance_transactions asks once for each row of /v1/customers" in text for text in said)


def test_a_stream_that_stripe_has_no_more_is_empty_and_complete(sandbox: Sandbox) -> None:
    run = read(sandbox, ["charges", "usage_records"], **UNLIMITED)
    assert run.error is None
    assert run.records("charges")
    assert run.statuses("usage_records") == ["STARTED", "COMPLETE"]
    (warning,) = run.warnings()
    assert "usage_records" in warning
    assert "2025-03-31.basil" in warning
