"""Changes at run time and the events that Stripe would write about them."""

from __future__ import annotations

from typing import Any

import pytest

from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox import sdk as sdk_reader

DAY = 86_400
OLD = "2024-06-20"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=200, seed=5, clock=Clock(running=False))


def ask(sandbox: Sandbox, path: str, query: str = "", **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {sandbox.key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return sandbox.answer("GET", path, query, sent).json()


def events(sandbox: Sandbox, query: str = "limit=100") -> list[Any]:
    return list(ask(sandbox, "/v1/events", query)["data"])


def since(sandbox: Sandbox) -> list[str]:
    """Types of what was written at run time, in the order it happened."""
    return [written.event["type"] for written in sandbox.account().feed.written]


def test_a_life_from_creation_to_deletion_is_told_in_order(sandbox: Sandbox) -> None:
    customer = sandbox.create("/v1/customers", {"name": "Ada"})
    sandbox.clock.advance(1)
    sandbox.update("/v1/customers", customer["id"], {"name": "Ada Lund", "metadata": {"tier": "gold"}})
    sandbox.clock.advance(1)
    sandbox.delete("/v1/customers", customer["id"])
    deleted, updated, created = events(sandbox, "limit=3")
    assert [e["type"] for e in (created, updated, deleted)] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    assert updated["data"]["previous_attributes"] == {"name": "Ada", "metadata": customer["metadata"]}
    assert updated["data"]["object"]["metadata"] == customer["metadata"] | {"tier": "gold"}
    assert deleted["data"]["object"]["name"] == "Ada Lund"
    assert ask(sandbox, f"/v1/customers/{customer['id']}") == {
        "id": customer["id"],
        "object": "customer",
        "deleted": True,
    }
    assert customer["id"] not in {c["id"] for c in sandbox.truth("/v1/customers")}


def test_generated_objects_can_change_and_vanish_as_well(sandbox: Sandbox) -> None:
    first, second, third = ask(sandbox, "/v1/products", "limit=3")["data"]
    sandbox.update("/v1/products", second["id"], {"name": "Renamed"})
    sandbox.delete("/v1/products", first["id"])
    after = ask(sandbox, "/v1/products", "limit=2")["data"]
    assert [product["id"] for product in after] == [second["id"], third["id"]]
    assert after[0]["name"] == "Renamed"
    assert after[0]["updated"] == sandbox.now()


def test_a_deleted_cursor_is_refused_not_taken_for_the_end(sandbox: Sandbox) -> None:
    product = ask(sandbox, "/v1/products", "limit=1")["data"][0]
    sandbox.delete("/v1/products", product["id"])
    error = ask(sandbox, "/v1/products", f"starting_after={product['id']}")["error"]
    assert (error["code"], error["param"]) == ("resource_missing", "starting_after")


def test_an_identifier_can_be_used_again_after_deletion(sandbox: Sandbox) -> None:
    coupon = ask(sandbox, "/v1/coupons", "limit=1")["data"][0]
    with pytest.raises(ValueError, match="exists already"):
        sandbox.create("/v1/coupons", {"id": coupon["id"]})
    for name in ("second life", "third life"):
        sandbox.delete("/v1/coupons", coupon["id"])
        sandbox.create("/v1/coupons", {"id": coupon["id"], "name": name})
    assert ask(sandbox, f"/v1/coupons/{coupon['id']}")["name"] == "third life"
    assert [c["name"] for c in sandbox.truth("/v1/coupons") if c["id"] == coupon["id"]] == ["third life"]


def test_a_canceled_subscription_lives_on_as_canceled(sandbox: Sandbox) -> None:
    subscription = ask(sandbox, "/v1/subscriptions", "limit=1")["data"][0]
    sandbox.writer().cancel(subscription["id"])
    assert events(sandbox, "limit=1")[0]["type"] == "customer.subscription.deleted"
    assert ask(sandbox, f"/v1/subscriptions/{subscription['id']}")["status"] == "canceled"
    assert subscription["id"] not in {s["id"] for s in ask(sandbox, "/v1/subscriptions", "limit=100")["data"]}
    assert subscription["id"] in {s["id"] for s in ask(sandbox, "/v1/subscriptions", "limit=100&status=all")["data"]}


def test_a_refund_changes_its_charge_and_tells_both(sandbox: Sandbox) -> None:
    charge = next(c for c in sandbox.truth("/v1/charges") if c["paid"] and not c["amount_refunded"])
    refund = sandbox.writer().refund(charge["id"], 100)
    assert since(sandbox) == ["charge.refunded", "refund.created"]
    after = ask(sandbox, f"/v1/charges/{charge['id']}", "expand[]=refunds")
    assert (after["amount_refunded"], after["refunded"]) == (100, False)
    assert [entry["id"] for entry in after["refunds"]["data"]] == [refund["id"]]
    sandbox.writer().refund(charge["id"])
    assert ask(sandbox, f"/v1/charges/{charge['id']}")["refunded"] is True


def test_children_change_with_an_event_of_their_parent(sandbox: Sandbox) -> None:
    subscription = sandbox.create("/v1/subscriptions", {"items": [{"quantity": 1}, {"quantity": 2}]})
    first, second = subscription["items"]["data"]
    sandbox.create("/v1/subscription_items", {"subscription": subscription["id"], "quantity": 3})
    sandbox.update("/v1/subscription_items", second["id"], {"quantity": 20})
    sandbox.delete("/v1/subscription_items", first["id"])
    assert since(sandbox) == ["customer.subscription.created"] + ["customer.subscription.updated"] * 3
    items = ask(sandbox, "/v1/subscription_items", f"subscription={subscription['id']}")["data"]
    assert [item["quantity"] for item in items] == [20, 3]
    assert ask(sandbox, f"/v1/subscriptions/{subscription['id']}")["items"]["data"] == items


def test_a_generated_invoice_line_can_be_deleted(sandbox: Sandbox) -> None:
    path = "/v1/invoices/{invoice}/lines"
    line = next(line for line in sandbox.truth(path) if line["description"] == "Extra service 12")
    before = ask(sandbox, f"/v1/invoices/{line['invoice']}")["lines"]["total_count"]
    sandbox.delete(path, line["id"])
    assert ask(sandbox, f"/v1/invoices/{line['invoice']}")["lines"]["total_count"] == before - 1
    assert line["id"] not in {entry["id"] for entry in sandbox.truth(path)}


def test_a_new_invoice_adds_up(sandbox: Sandbox) -> None:
    invoice = sandbox.create("/v1/invoices", {"lines": [{"amount": n} for n in range(1, 14)]})
    assert invoice["total"] == 91
    assert (len(invoice["lines"]["data"]), invoice["lines"]["has_more"]) == (10, True)


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("/v1/invoiceitems", {"description": "changed"}, None),
        ("/v1/payment_intents", {"description": "changed"}, None),
        ("/v1/balance_transactions", {"status": "available"}, None),
        ("/v1/payment_intents", {"status": "canceled"}, "payment_intent.canceled"),
        ("/v1/payouts", {"status": "failed"}, "payout.failed"),
        ("/v1/invoices", {"status": "void"}, "invoice.voided"),
        ("/v1/charges", {"description": "changed"}, "charge.updated"),
    ],
)
def test_updates_write_stripes_own_event_or_none(
    sandbox: Sandbox, path: str, fields: dict[str, Any], expected: str | None
) -> None:
    entry = next(iter(sandbox.truth(path)))
    sandbox.update(path, entry["id"], fields)
    assert since(sandbox) == ([] if expected is None else [expected])


def test_a_detached_payment_method_loses_its_customer(sandbox: Sandbox) -> None:
    method = next(iter(sandbox.truth("/v1/payment_methods")))
    sandbox.delete("/v1/payment_methods", method["id"])
    assert since(sandbox) == ["payment_method.detached"]
    assert ask(sandbox, f"/v1/payment_methods/{method['id']}")["customer"] is None


def test_only_types_that_stripe_has_are_ever_written(sandbox: Sandbox) -> None:
    written = {event["type"] for event in Sandbox(size=5000, clock=Clock(running=False)).truth("/v1/events")}
    assert len(written) >= 12
    assert written <= sdk_reader.event_types()
    with pytest.raises(ValueError, match="no event type"):
        sandbox.writer().write_event("checkout.session.created", {"object": "checkout.session"})


def test_an_old_versions_payload_has_the_old_shape_and_the_list_the_new_one(sandbox: Sandbox) -> None:
    subscription = ask(sandbox, "/v1/subscriptions", "limit=1")["data"][0]
    sandbox.update("/v1/subscriptions", subscription["id"], {"description": "x"}, api_version=OLD)
    event = events(sandbox, "limit=1")[0]
    payload = event["data"]["object"]
    assert event["api_version"] == OLD
    assert payload["current_period_end"] == subscription["items"]["data"][0]["current_period_end"]
    assert "current_period_end" not in payload["items"]["data"][0]
    assert "current_period_end" not in ask(sandbox, f"/v1/subscriptions/{subscription['id']}")


def test_stripe_version_changes_answers_but_no_events() -> None:
    sandbox = Sandbox(size=3000, clock=Clock(running=False), account_version=OLD)
    path = "/v1/invoices"
    assert "subscription" in ask(sandbox, path)["data"][0]
    new = sdk_reader.api_version()
    assert "subscription" not in ask(sandbox, path, Stripe_Version=new)["data"][0]
    kinds = "limit=1&type=invoice.created"
    assert ask(sandbox, "/v1/events", kinds, Stripe_Version=new) == ask(sandbox, "/v1/events", kinds)
    assert "subscription" in ask(sandbox, "/v1/events", kinds, Stripe_Version=new)["data"][0]["data"]["object"]


def test_types_filter_exactly_and_with_a_wildcard(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.create("/v1/customers")
        sandbox.create("/v1/coupons")
    assert {e["type"] for e in events(sandbox, "types[]=customer.created")} == {"customer.created"}
    customers = {e["type"] for e in events(sandbox, "type=customer.*&limit=100")}
    assert "customer.created" in customers
    assert all(kind.startswith("customer.") for kind in customers)
    both = {e["type"] for e in events(sandbox, "types[]=customer.created&types[]=coupon.created&limit=100")}
    assert both == {"customer.created", "coupon.created"}


def test_events_are_kept_for_thirty_days(sandbox: Sandbox) -> None:
    sandbox.create("/v1/coupons")
    first = events(sandbox, "limit=1")[0]
    sandbox.clock.advance(30 * DAY)
    assert first["id"] in {e["id"] for e in events(sandbox)}
    sandbox.clock.advance(1)
    assert first["id"] not in {e["id"] for e in events(sandbox)}
    error = ask(sandbox, "/v1/events", f"starting_after={first['id']}")["error"]
    assert (error["code"], error["param"]) == ("resource_missing", "starting_after")


def test_generated_events_reach_back_thirty_days_and_carry_what_is_listed() -> None:
    sandbox = Sandbox(size=5000, clock=Clock(running=False))
    found = list(sandbox.truth("/v1/events"))
    created = [event["created"] for event in found]
    assert created == sorted(created, reverse=True)
    assert sandbox.now() - 30 * DAY <= created[-1] < sandbox.now() - 28 * DAY
    charge = next(event for event in found if event["type"] == "charge.succeeded")["data"]["object"]
    assert ask(sandbox, f"/v1/charges/{charge['id']}") == charge


def test_a_late_event_turns_up_later_under_its_own_date(sandbox: Sandbox) -> None:
    happened = sandbox.now()
    sandbox.create("/v1/coupons", visible_after=45)
    sandbox.clock.advance(44)
    assert "coupon.created" not in {e["type"] for e in events(sandbox, f"created[gte]={happened}")}
    sandbox.clock.advance(1)
    late = events(sandbox, f"created[gte]={happened}")
    assert [(e["type"], e["created"]) for e in late] == [("coupon.created", happened)]


def test_ties_within_a_second_keep_the_order_of_writing(sandbox: Sandbox) -> None:
    coupon = sandbox.create("/v1/coupons")
    for number in range(4):
        sandbox.update("/v1/coupons", coupon["id"], {"name": str(number)})
    found = events(sandbox, "limit=5&type=coupon.*")
    assert [e["data"]["object"]["name"] for e in found[:4]] == ["3", "2", "1", "0"]
    assert len({e["created"] for e in found}) == 1
    page = events(sandbox, f"limit=2&type=coupon.*&starting_after={found[1]['id']}")
    assert [e["id"] for e in page] == [e["id"] for e in found[2:4]]


def test_changes_in_one_account_are_not_seen_in_another() -> None:
    sandbox = Sandbox(size=20, connected=1, clock=Clock(running=False))
    account = sandbox.directory.identifiers()[1]
    customer = sandbox.writer(account).create("/v1/customers")
    assert ask(sandbox, f"/v1/customers/{customer['id']}")["error"]["code"] == "resource_missing"
    assert ask(sandbox, f"/v1/customers/{customer['id']}", Stripe_Account=account)["id"] == customer["id"]
    assert since(sandbox) == []


def test_created_objects_stand_where_their_time_puts_them(sandbox: Sandbox) -> None:
    third, fourth = [c["created"] for c in ask(sandbox, "/v1/charges", "limit=4")["data"]][2:]
    assert third > fourth + 1
    made = sandbox.create("/v1/charges", {"created": third - 1})
    found = [c["id"] for c in ask(sandbox, "/v1/charges", "limit=5")["data"]]
    assert found[3] == made["id"]
    assert ask(sandbox, "/v1/charges", f"limit=1&starting_after={made['id']}")["data"][0]["created"] == fourth
    assert ask(sandbox, "/v1/charges", f"limit=1&ending_before={made['id']}")["data"][0]["created"] == third
