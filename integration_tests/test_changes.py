"""What an incremental sync brings, and what it costs: the sandbox counts the requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integration_tests.in_process import Run, read, stream_state
from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox.faults import Fault

OLD_VERSION = "2024-06-20"
DAY = 86_400
EVERYTHING = (
    "charges coupons customers disputes invoices invoice_line_items payment_intents payouts plans prices products "
    "refunds subscriptions subscription_items"
).split()


def sandbox_of(size: int = 20, **options: Any) -> Sandbox:
    return Sandbox(size=size, clock=Clock(running=False), **options)


def synced(sandbox: Sandbox, streams: Iterable[str], **options: Any) -> Run:
    """A first sync, an hour after which nothing has happened."""
    run = read(sandbox, streams, **options)
    assert run.error is None
    sandbox.clock.advance(3600)
    sandbox.journal.reset()
    return run


def endpoints(sandbox: Sandbox) -> dict[str, int]:
    return {path: count for path, count in sandbox.journal.by_endpoint.items() if path != "/v1/account"}


def test_an_idle_sync_of_many_streams_costs_two_requests() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, EVERYTHING)
    second = read(sandbox, EVERYTHING, first.state())
    assert not any(second.records(stream) for stream in EVERYTHING)
    assert dict(sandbox.journal.by_endpoint) == {"/v1/account": 1, "/v1/events": 1}


def test_a_feed_full_of_other_events_is_asked_for_twenty_types_at_a_time() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, EVERYTHING)
    for _ in range(2000):
        sandbox.writer().write_event("balance.available", {"object": "balance"})
        sandbox.clock.advance(1)
    second = read(sandbox, EVERYTHING, first.state())
    assert second.error is None
    assert endpoints(sandbox)["/v1/events"] <= 1 + -(-90 // 20)


def test_one_reading_of_the_feed_serves_all_streams() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, EVERYTHING)
    customer = next(sandbox.truth("/v1/customers"))
    for number in range(150):
        sandbox.update("/v1/customers", customer["id"], {"metadata": {"n": str(number)}})
        sandbox.clock.advance(24)
    sandbox.create("/v1/refunds")
    second = read(sandbox, EVERYTHING, first.state())
    assert [row["metadata"]["n"] for row in second.records("customers")] == ["149"]
    assert len(second.records("refunds")) == 1
    assert endpoints(sandbox) == {"/v1/events": 2}


def test_many_changed_objects_are_read_a_hundred_at_a_time_and_stragglers_alone() -> None:
    sandbox = sandbox_of(size=1000)
    first = synced(sandbox, ["charges"])
    charges = list(sandbox.truth("/v1/charges"))
    for charge in [*charges[:150], charges[500], charges[900]]:
        sandbox.update("/v1/charges", charge["id"], {"metadata": {"n": "1"}}, api_version=OLD_VERSION)
        sandbox.clock.advance(1)
    second = read(sandbox, ["charges"], first.state())
    assert len(second.records("charges")) == 152
    asked = endpoints(sandbox)
    assert asked["/v1/charges"] + asked["/v1/charges/{charge}"] <= 6
    # Two pages, and one where the hour without events was looked at on its own.
    assert asked["/v1/events"] <= 3


def test_a_row_that_came_by_change_is_the_row_that_comes_by_backfill() -> None:
    sandbox = sandbox_of(account_version=OLD_VERSION)
    streams = ["invoices", "invoice_line_items", "subscriptions", "subscription_items"]
    first = synced(sandbox, streams)
    for path in ("/v1/invoices", "/v1/subscriptions"):
        for found in list(sandbox.truth(path)):
            sandbox.update(path, found["id"], {"metadata": {"n": "1"}})
    changed, anew = read(sandbox, streams, first.state()), read(sandbox, streams)
    for stream in streams:
        cursor = "updated" if "_" not in stream else f"{stream.split('_')[0]}_updated"
        rows = [{row["id"]: {**row, cursor: 0} for row in run.records(stream)} for run in (changed, anew)]
        assert rows[0] == rows[1]
        assert rows[0]
        assert {row[cursor] for row in changed.records(stream)} == {sandbox.now()}


def test_a_deletion_brings_the_last_content_of_our_version_and_no_other() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["coupons"])
    ours, theirs = list(sandbox.truth("/v1/coupons"))[:2]
    sandbox.delete("/v1/coupons", ours["id"])
    sandbox.delete("/v1/coupons", theirs["id"], api_version=OLD_VERSION)
    rows = {row["id"]: row for row in read(sandbox, ["coupons"], first.state()).records("coupons")}
    flags = {"updated": sandbox.now(), "is_deleted": True}
    assert rows[ours["id"]] == {**ours, **flags}
    bare = {"id": theirs["id"], "object": "coupon", "created": theirs["created"]}
    assert rows[theirs["id"]] == {**bare, **flags}


def test_a_canceled_subscription_lives_on() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["subscriptions"])
    found = next(each for each in sandbox.truth("/v1/subscriptions") if each["status"] == "active")
    sandbox.writer().cancel(found["id"])
    (row,) = read(sandbox, ["subscriptions"], first.state()).records("subscriptions")
    assert (row["status"], row["is_deleted"]) == ("canceled", False)


def test_what_vanished_during_a_backfill_is_told_even_if_it_was_cut_and_resumed_a_week_later() -> None:
    sandbox = sandbox_of(size=300)
    customers = list(sandbox.truth("/v1/customers"))
    gone, changed = customers[0]["id"], customers[1]["id"]
    first = read(sandbox, ["customers"])
    cut = next(at for at, message in enumerate(first.messages) if message.state) + 1
    sandbox.clock.advance(5)
    sandbox.delete("/v1/customers", gone)
    sandbox.update("/v1/customers", changed, {"metadata": {"n": "1"}})
    sandbox.clock.advance(7 * DAY)
    second = read(sandbox, ["customers"], first.state(cut))
    last = {row["id"]: row for row in second.records("customers")}
    assert last[gone]["is_deleted"] is True
    assert last[changed]["metadata"]["n"] == "1"
    assert last[changed]["updated"] == sandbox.now() - 7 * DAY


def test_a_state_older_than_the_feed_reads_all_again_says_why_and_invents_no_deletions() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["customers"])
    sandbox.delete("/v1/customers", next(sandbox.truth("/v1/customers"))["id"])
    sandbox.clock.advance(40 * DAY)
    second = read(sandbox, ["customers"], first.state())
    rows = second.records("customers")
    assert {row["id"] for row in rows} == {row["id"] for row in sandbox.truth("/v1/customers")}
    assert {row["updated"] for row in rows} == {sandbox.now() - 1}
    assert not any(row["is_deleted"] for row in rows)
    assert any("customers is read again in full: the last sync was 40 days ago" in text for _, text in second.logs)


def test_a_key_that_may_not_read_events_reads_new_records_and_is_warned_once() -> None:
    sandbox = sandbox_of()
    key = sandbox.keys.issue(sandbox.directory.platform, permissions={"customer", "charge"})
    streams = ["customers", "charges"]
    first = synced(sandbox, streams, api_key=key)
    new = sandbox.create("/v1/customers")
    second = read(sandbox, streams, first.state(), api_key=key)
    assert [row["id"] for row in second.records("customers")] == [new["id"]]
    assert second.error is None
    (warning,) = [text for text in second.warnings() if "events" in text]
    assert "customers, charges" in warning
    assert "rak_event_read" in warning


def test_streams_that_were_read_without_events_are_read_again_once_events_may_be_read() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["customers"], incremental="created")
    assert "/v1/events" not in sandbox.journal.by_endpoint
    sandbox.update("/v1/customers", next(sandbox.truth("/v1/customers"))["id"], {"metadata": {"n": "1"}})
    sandbox.clock.advance(100)
    second = read(sandbox, ["customers"], first.state())
    assert len(second.records("customers")) == len(list(sandbox.truth("/v1/customers")))
    assert {row["updated"] for row in second.records("customers")} == {sandbox.now() - 1}


def test_incremental_created_brings_new_records_only_and_reads_no_events() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["customers"], incremental="created")
    sandbox.update("/v1/customers", next(sandbox.truth("/v1/customers"))["id"], {"metadata": {"n": "1"}})
    new = sandbox.create("/v1/customers")
    second = read(sandbox, ["customers"], first.state(), incremental="created")
    assert [row["id"] for row in second.records("customers")] == [new["id"]]
    assert endpoints(sandbox) == {"/v1/customers": 1}


def test_a_state_of_airbytes_own_source_is_gone_on_from() -> None:
    sandbox = sandbox_of()
    synced(sandbox, ["customers"])
    changed = next(sandbox.truth("/v1/customers"))["id"]
    sandbox.update("/v1/customers", changed, {"metadata": {"n": "1"}})
    state = [stream_state("customers", {"updated": str(sandbox.now() - 600)})]
    run = read(sandbox, ["customers"], state)
    assert [row["id"] for row in run.records("customers")] == [changed]
    assert "/v1/customers" not in sandbox.journal.by_endpoint


def test_a_feed_that_fails_fails_every_stream_that_needs_it_and_no_other() -> None:
    sandbox = sandbox_of()
    streams = ["customers", "charges", "balance_transactions"]
    first = synced(sandbox, streams)
    sandbox.faults.order(Fault("status", "/v1/events", status=400, count=100))
    second = read(sandbox, streams, first.state())
    assert set(second.errors()) == {"customers", "charges"}
    assert second.statuses("balance_transactions")[-1] == "COMPLETE"
    assert not second.states("customers")


def test_a_child_that_is_selected_later_is_read_in_full_and_its_parent_goes_on() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["invoices"])
    second = read(sandbox, ["invoices", "invoice_line_items"], first.state())
    assert second.records("invoices") == []
    lines = second.records("invoice_line_items")
    assert {row["id"] for row in lines} == {row["id"] for row in sandbox.truth("/v1/invoices/{invoice}/lines")}
    sandbox.clock.advance(100)
    third = read(sandbox, ["invoices", "invoice_line_items"], second.state())
    assert third.records("invoice_line_items") == []


def test_a_change_that_is_told_late_is_seen_by_the_next_sync() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["customers"])
    changed = next(sandbox.truth("/v1/customers"))["id"]
    sandbox.update("/v1/customers", changed, {"metadata": {"n": "1"}}, visible_after=50)
    second = read(sandbox, ["customers"], first.state())
    assert second.records("customers") == []
    sandbox.clock.advance(50)
    third = read(sandbox, ["customers"], second.state())
    assert [row["id"] for row in third.records("customers")] == [changed]


def test_an_event_of_a_child_brings_its_parent_and_all_that_hangs_on_it() -> None:
    sandbox = sandbox_of()
    streams = ["customers", "customer_cards", "customer_tax_ids"]
    first = synced(sandbox, streams)
    owner, other = (row["id"] for row in list(sandbox.truth("/v1/customers"))[:2])
    card = {"id": "card_sandbox", "object": "card", "customer": owner, "account": None}
    sandbox.writer().write_event("customer.source.created", card)
    sandbox.writer().write_event("account.external_account.created", {**card, "customer": None, "account": "acct_1"})
    sandbox.writer().write_event("customer.tax_id.created", {"id": "txi_1", "object": "tax_id", "customer": other})
    second = read(sandbox, streams, first.state())
    assert {row["id"] for row in second.records("customers")} == {owner, other}
    for stream in streams:
        assert {row["updated"] for row in second.records(stream)} <= {sandbox.now()}
    for stream in streams[1:]:
        expected = {row["id"] for row in first.records(stream) if row["customer_id"] in (owner, other)}
        assert {row["id"] for row in second.records(stream)} == expected


def test_a_pending_balance_transaction_is_read_again_until_it_is_available() -> None:
    sandbox = sandbox_of()
    new = sandbox.create("/v1/balance_transactions", {"status": "pending"})
    first = synced(sandbox, ["balance_transactions"])
    assert first.states("balance_transactions")[-1]["pending_since"] <= new["created"]
    sandbox.clock.advance(30 * DAY)
    pending = [row["id"] for row in sandbox.truth("/v1/balance_transactions") if row["status"] == "pending"]
    assert new["id"] in pending
    for identifier in pending:
        sandbox.update("/v1/balance_transactions", identifier, {"status": "available"}, event=None)
    second = read(sandbox, ["balance_transactions"], first.state())
    rows = {row["id"]: row["status"] for row in second.records("balance_transactions")}
    assert {rows[identifier] for identifier in pending} == {"available"}
    assert "pending_since" not in second.states("balance_transactions")[-1]


def test_accounts_are_read_in_full_once_a_day_and_what_hangs_on_them_once_a_week() -> None:
    sandbox = sandbox_of(connected=3)
    first = synced(sandbox, ["accounts"])
    second = read(sandbox, ["accounts"], first.state())
    assert second.records("accounts") == []
    sandbox.clock.advance(DAY)
    third = read(sandbox, ["accounts"], second.state())
    assert len(third.records("accounts")) == 3
    assert {row["updated"] for row in third.records("accounts")} == {sandbox.now() - 1}
    streams = ["accounts", "persons"]
    fourth = read(sandbox, streams)
    sandbox.clock.advance(2 * DAY)
    assert read(sandbox, streams, fourth.state()).records("persons") == []
    sandbox.clock.advance(6 * DAY)
    fifth = read(sandbox, streams, fourth.state())
    assert len(fifth.records("persons")) == len(fourth.records("persons")) > 0
