"""What an incremental sync brings, and what it costs: the sandbox counts the requests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from integration_tests.in_process import Run, read, stream_state
from integration_tests.sandbox import Clock, Limits, Sandbox
from integration_tests.sandbox.faults import Fault
from source_stripe.streams import STREAMS

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
    asked = endpoints(sandbox)
    assert asked.pop("/v1/events") <= 1.05 * 2 + 20, (
        "two pages, and what cuts may cost while there are requests to spare"
    )
    assert asked == {}


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


def test_a_state_older_than_the_feed_reads_all_again_says_why_and_tells_the_deletions_that_can_be_known() -> None:
    sandbox = sandbox_of(size=100)
    streams = ["customers", "customer_tax_ids"]
    first = synced(sandbox, streams)
    unknown, known, again = list(sandbox.truth("/v1/customers"))[:3]
    tax_id = next(row for row in first.records("customer_tax_ids") if row["customer_id"] not in (unknown["id"],))
    sandbox.delete("/v1/customers", unknown["id"])
    sandbox.clock.advance(12 * DAY)
    sandbox.delete("/v1/customers", known["id"])
    sandbox.delete("/v1/customers", again["id"])
    sandbox.delete(TAX_IDS, tax_id["id"])
    deleted_at = sandbox.now()
    sandbox.clock.advance(28 * DAY)
    sandbox.create("/v1/customers", {"id": again["id"]})
    sandbox.journal.reset()
    second = read(sandbox, streams, first.state())
    rows = second.records("customers")
    living = {row["id"] for row in rows if not row["is_deleted"]}
    assert living == {row["id"] for row in sandbox.truth("/v1/customers")}
    assert {row["updated"] for row in rows if not row["is_deleted"]} == {sandbox.now() - 1, sandbox.now()}
    gone = {row["id"]: row["updated"] for row in rows if row["is_deleted"]}
    assert gone == {known["id"]: deleted_at, again["id"]: deleted_at}, "what was made again is newer than this"
    tax_ids = [row for row in second.records("customer_tax_ids") if row["is_deleted"]]
    assert [(row["id"], row["updated"]) for row in tax_ids] == [(tax_id["id"], deleted_at)]
    assert any("customers is read again in full: the last sync was 40 days ago" in text for _, text in second.logs)
    assert endpoints(sandbox)["/v1/customers/{customer}"] == 1, (
        "the one that was made since: the gone are not asked for"
    )


def test_reading_again_that_was_cut_goes_on_although_its_deletions_have_aged() -> None:
    sandbox = sandbox_of(size=300)
    first = synced(sandbox, ["customers"])
    sandbox.clock.advance(40 * DAY)
    second = read(sandbox, ["customers"], first.state())
    cut = next(at for at, message in enumerate(second.messages) if message.state) + 1
    sandbox.clock.advance(DAY)
    third = read(sandbox, ["customers"], second.state(cut))
    assert not any("read again in full" in text for _, text in third.logs)
    assert third.error is None


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


ITEMS_STATE = {
    "use_global_cursor": False,
    "states": [{"partition": {"parent_slice": {}}, "cursor": {"subscription_updated": "SINCE"}}],
    "parent_state": {"subscriptions": {"updated": "SINCE"}},
}


@pytest.mark.parametrize(
    ("stream", "state"),
    [
        ("subscriptions", {"updated": "SINCE"}),
        ("subscriptions", {"slices": [{"start": "1262304000", "end": "SINCE"}], "state_type": "date-range"}),
        ("subscription_items", ITEMS_STATE),
        ("subscription_items", {**ITEMS_STATE, "use_global_cursor": True, "state": {"subscription_updated": "SINCE"}}),
        ("balance_transactions", {"created": "SINCE"}),
    ],
)
def test_every_form_of_airbytes_state_is_gone_on_from(stream: str, state: dict[str, Any]) -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, [stream])
    since = sandbox.now() - 600
    sandbox.create({"balance_transactions": "/v1/balance_transactions"}.get(stream, "/v1/subscriptions"))
    written = json.loads(json.dumps(state).replace("SINCE", str(since)))
    second = read(sandbox, [stream], [stream_state(stream, written)])
    assert 0 < len(second.records(stream)) < len(first.records(stream))
    assert {row["id"] for row in second.records(stream)}.isdisjoint(row["id"] for row in first.records(stream))


def test_events_are_rows_of_what_they_carry_and_not_of_what_they_are_called() -> None:
    sandbox = sandbox_of(size=200, connected=2)
    streams = ["charges", "refunds", "disputes", "invoices", "customers", "customer_cards", "external_account_cards"]
    first = synced(sandbox, streams)
    refund, dispute = first.records("refunds")[0]["id"], first.records("disputes")[0]["id"]
    sandbox.update("/v1/refunds", refund, {"metadata": {"n": "1"}}, event="charge.refund.updated")
    sandbox.update("/v1/disputes", dispute, {"metadata": {"n": "1"}}, event="charge.dispute.funds_withdrawn")
    sandbox.writer().write_event("invoice.upcoming", {"object": "invoice", "created": sandbox.now()})
    second = read(sandbox, streams, first.state())
    assert {name: [row["id"] for row in second.records(name)] for name in streams if second.records(name)} == {
        "refunds": [refund],
        "disputes": [dispute],
    }


def test_a_place_on_the_feed_that_has_aged_out_is_found_again() -> None:
    sandbox = sandbox_of(size=300)
    first = synced(sandbox, ["customers"])
    for found in list(sandbox.truth("/v1/customers")):
        for number in range(8):
            sandbox.update("/v1/customers", found["id"], {"metadata": {"n": str(number)}})
    sandbox.faults.order(Fault("vanished_cursor", "/v1/events", query="starting_after", count=2))
    second = read(sandbox, ["customers"], first.state())
    assert second.error is None
    assert len([logged for logged in sandbox.journal.log if logged.status == 400]) == 2
    rows = {row["id"]: row["metadata"]["n"] for row in second.records("customers")}
    assert set(rows.values()) == {"7"}
    assert len(rows) == len(first.records("customers"))


def test_a_state_of_another_api_version_is_gone_on_from_and_one_line_names_the_cure() -> None:
    sandbox = sandbox_of()
    first = synced(sandbox, ["customers", "charges"])
    states = {name: {**first.states(name)[-1], "api_version": OLD_VERSION} for name in ("customers", "charges")}
    new = sandbox.create("/v1/customers")
    second = read(sandbox, list(states), [stream_state(name, state) for name, state in states.items()])
    assert [row["id"] for row in second.records("customers")] == [new["id"]]
    (line,) = [text for _, text in second.logs if OLD_VERSION in text]
    assert "Reset the streams" in line
    assert second.states("customers")[-1]["api_version"] != OLD_VERSION


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


TAX_IDS = "/v1/customers/{customer}/tax_ids"
PERSONS = "/v1/accounts/{account}/persons"


@pytest.mark.parametrize(
    ("stream", "path", "kind"),
    [
        ("customer_tax_ids", TAX_IDS, "tax_id"),
        ("customer_cards", "/v1/customers/{customer}/sources", "card"),
        ("bank_accounts", "/v1/customers/{customer}/sources", "bank_account"),
        ("customer_sources", "/v1/customers/{customer}/sources", "source"),
        ("external_account_cards", "/v1/accounts/{account}/external_accounts", "card"),
        ("external_account_bank_accounts", "/v1/accounts/{account}/external_accounts", "bank_account"),
        ("persons", PERSONS, "person"),
    ],
)
def test_what_is_taken_off_its_parent_comes_once_more_as_deleted(stream: str, path: str, kind: str) -> None:
    sandbox = sandbox_of(size=100, connected=4)
    first = synced(sandbox, [stream])
    rows = {row["id"]: row for row in first.records(stream)}
    assert {row["is_deleted"] for row in rows.values()} == {False}
    ours, theirs = list(rows.values())[:2]
    sandbox.delete(path, ours["id"])
    sandbox.clock.advance(1)
    sandbox.delete(path, theirs["id"], api_version=OLD_VERSION)
    second = read(sandbox, [stream], first.state())
    gone = {row["id"]: row for row in second.records(stream) if row["is_deleted"]}
    assert gone[ours["id"]] == {**ours, "is_deleted": True, "updated": sandbox.now() - 1}
    bare = {name: theirs[name] for name in ("id", "object", "created") if name in theirs}
    (parent_key,) = {"customer_id", "account_id"} & theirs.keys()
    flags = {parent_key: theirs[parent_key], "is_deleted": True, "updated": sandbox.now()}
    assert gone == {ours["id"]: gone[ours["id"]], theirs["id"]: {**bare, **flags}}
    assert theirs["object"] == kind
    living = [row["id"] for row in second.records(stream) if not row["is_deleted"]]
    assert not {ours["id"], theirs["id"]} & set(living)


def test_what_was_taken_off_and_is_there_again_ends_as_existing() -> None:
    sandbox = sandbox_of(size=100)
    first = synced(sandbox, ["customer_tax_ids"])
    found = first.records("customer_tax_ids")[0]
    sandbox.delete(TAX_IDS, found["id"])
    sandbox.create(TAX_IDS, {"id": found["id"], "customer": found["customer_id"]})
    second = read(sandbox, ["customer_tax_ids"], first.state())
    last = [row for row in second.records("customer_tax_ids") if row["id"] == found["id"]]
    assert [(row["is_deleted"], row["updated"]) for row in last] == [(False, sandbox.now())]


def test_what_was_taken_off_a_customer_that_is_gone_by_now_is_told_too() -> None:
    sandbox = sandbox_of(size=100)
    streams = ["customers", "customer_tax_ids"]
    first = synced(sandbox, streams)
    found = first.records("customer_tax_ids")[0]
    sandbox.delete(TAX_IDS, found["id"])
    sandbox.delete("/v1/customers", found["customer_id"])
    second = read(sandbox, streams, first.state())
    (customer,) = second.records("customers")
    assert (customer["id"], customer["is_deleted"]) == (found["customer_id"], True)
    assert customer["created"], "the last content, as the customer's own event has it"
    assert second.records("customer_tax_ids") == [{**found, "is_deleted": True, "updated": sandbox.now()}]


def test_a_parent_that_only_what_it_lost_told_of_is_named_by_what_it_was_before() -> None:
    sandbox = sandbox_of(size=100)
    first = synced(sandbox, ["customer_tax_ids"])
    found = first.records("customer_tax_ids")[0]
    sandbox.delete(TAX_IDS, found["id"], event=None)
    event = sandbox.writer().write_event(
        "customer.tax_id.deleted", {"id": found["id"], "object": "tax_id", "customer": None}
    )
    event["data"]["previous_attributes"] = {"customer": found["customer_id"]}
    second = read(sandbox, ["customer_tax_ids"], first.state())
    assert [row["id"] for row in second.records("customer_tax_ids") if row["is_deleted"]] == [found["id"]]


def test_the_account_that_is_read_is_not_among_the_accounts_it_has() -> None:
    sandbox = sandbox_of(connected=2)
    streams = ["accounts", "persons"]
    first = synced(sandbox, streams)
    own = {"id": sandbox.directory.platform, "object": "account", "created": sandbox.now()}
    sandbox.writer().write_event("account.updated", own)
    sandbox.writer().write_event("person.updated", {"id": "person_1", "object": "person", "account": own["id"]})
    second = read(sandbox, streams, first.state())
    assert second.records("accounts") == second.records("persons") == []


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
    streams = ["accounts", "persons", "external_account_cards"]
    run = synced(sandbox, streams)
    state, people = run.state(), len(run.records("persons"))
    assert people > 0
    read_in_full: dict[str, list[int]] = {stream: [] for stream in streams}
    for half_day in range(29):
        again = read(sandbox, streams, state)
        for stream in streams:
            if again.records(stream):
                read_in_full[stream].append(half_day)
                assert len(again.records(stream)) == len(run.records(stream))
                assert {row["updated"] for row in again.records(stream)} == {sandbox.now() - 1}
        state = again.state()
        sandbox.clock.advance(DAY // 2)
    weekly = [14, 28]
    assert read_in_full == {"accounts": list(range(2, 29, 2)), "persons": weekly, "external_account_cards": weekly}


def test_an_interval_of_the_users_own_stands_before_the_streams() -> None:
    sandbox = sandbox_of(connected=3)
    streams = ["accounts", "persons", "tax_codes", "country_specs"]
    hours = {"accounts": 72, "persons": 1, "tax_codes": 0}
    options = {"reread_hours": [{"stream": stream, "hours": number} for stream, number in hours.items()]}
    first = synced(sandbox, streams, **options)
    second = read(sandbox, streams, first.state(), **options)
    assert {stream for stream in streams if second.records(stream)} == {"persons", "tax_codes"}
    sandbox.clock.advance(3 * DAY)
    third = read(sandbox, streams, second.state(), **options)
    assert {stream for stream in streams if third.records(stream)} == {"accounts", "persons", "tax_codes"}


WHOLE = ["apple_pay_domains", "product_features", "radar_value_list_items", "v2_core_event_destinations"]


def test_what_nothing_tells_of_is_read_once_a_day_and_no_row_of_it_keeps_an_older_date() -> None:
    sandbox = sandbox_of(size=40, synthesized=10)
    first = synced(sandbox, WHOLE)
    assert all(first.records(stream) for stream in WHOLE)
    assert {row["read_at"] for stream in WHOLE for row in first.records(stream)} == {sandbox.now() - 3600}
    second = read(sandbox, WHOLE, first.state())
    assert endpoints(sandbox) == {}
    assert not any(second.records(stream) for stream in WHOLE)
    gone = first.records("product_features")[0]
    sandbox.delete("/v1/products/{product}/features", gone["id"], event=None)
    sandbox.clock.advance(DAY - 3600)
    third = read(sandbox, WHOLE, second.state())
    assert {row["read_at"] for stream in WHOLE for row in third.records(stream)} == {sandbox.now()}
    kept = {row["id"] for row in third.records("product_features")}
    assert kept == {row["id"] for row in first.records("product_features")} - {gone["id"]}


def test_a_whole_reading_that_was_cut_goes_on_under_its_own_date() -> None:
    sandbox = sandbox_of(size=400, synthesized=300)
    first = read(sandbox, ["payment_method_domains"])
    everything = {row["id"] for row in first.records("payment_method_domains")}
    state = [stream_state("payment_method_domains", _half_way(first, everything, sandbox))]
    sandbox.clock.advance(3 * DAY)
    second = read(sandbox, ["payment_method_domains"], state)
    assert 0 < len(second.records("payment_method_domains")) < len(everything)
    assert {row["read_at"] for row in second.records("payment_method_domains")} == {sandbox.now() - 3 * DAY}
    third = read(sandbox, ["payment_method_domains"], second.state())
    assert {row["id"] for row in third.records("payment_method_domains")} == everything, (
        "days have passed since it began"
    )


def _half_way(first: Run, everything: set[str], sandbox: Sandbox) -> dict[str, Any]:
    """The state that a sync leaves that was cut after its first hundred rows."""
    state = first.states("payment_method_domains")[-1]
    after = first.records("payment_method_domains")[99]["id"]
    return {**state, "until": sandbox.now(), "reread_at": sandbox.now(), "unread": [{"after": after}]}


def test_an_object_whose_birth_no_event_tells_is_followed_all_the_same() -> None:
    sandbox = sandbox_of(size=40, synthesized=10)
    first = synced(sandbox, ["terminal_readers"])
    reader = first.records("terminal_readers")[0]
    sandbox.update("/v1/terminal/readers", reader["id"], {"label": "till"}, event="terminal.reader.action_updated")
    second = read(sandbox, ["terminal_readers"], first.state())
    assert [(row["id"], row["label"]) for row in second.records("terminal_readers")] == [(reader["id"], "till")]
    new = sandbox.create("/v1/terminal/readers", {}, event=None)
    sandbox.clock.advance(DAY)
    third = read(sandbox, ["terminal_readers"], second.state())
    assert new["id"] in {row["id"] for row in third.records("terminal_readers")}


def test_an_idle_sync_of_all_streams_costs_what_is_promised_and_brings_the_single_records_alone() -> None:
    sandbox = sandbox_of(size=60, connected=2, synthesized=20, limits=Limits(per_account=1e9, per_endpoint=1e9))
    names = [stream.name for stream in STREAMS]
    first = read(sandbox, names, requests_per_second=100_000)
    assert first.error is None
    sandbox.clock.advance(600)
    sandbox.journal.reset()
    second = read(sandbox, names, first.state(), requests_per_second=100_000)
    assert second.error is None
    assert {name for name in names if second.records(name)} == {stream.name for stream in STREAMS if stream.single}
    by_creation = [s for s in STREAMS if not s.parent and not s.whole() and not s.interest()]
    types = {kind for s in STREAMS for kind in s.event_types()}
    types |= {kind for s in STREAMS if (through := s.through()) for kind in through.types}
    assert sandbox.journal.requests <= len(by_creation) + -(-len(types) // 20) + 2
    assert not [path for path in sandbox.journal.by_endpoint if "{" in path], "no children where no parent changed"
