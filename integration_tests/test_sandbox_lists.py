"""Lists of the sandbox as the official client walks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from integration_tests.sandbox import Clock, Sandbox, Server, serve
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.blanks import INCLUDABLE
from integration_tests.sandbox.resources import RESOURCES

SIZE = 300


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=SIZE, seed=7, connected=3, clock=Clock(running=False))) as running:
        yield running


@pytest.fixture
def client(server: Server) -> stripe.StripeClient:
    return stripe.StripeClient(server.key, base_addresses={"api": server.base_url}, max_network_retries=0)


def get(server: Server, path: str, query: str = "") -> Any:
    answer = server.sandbox.answer("GET", path, query, {"Authorization": f"Bearer {server.key}"})
    return answer.json()


def test_auto_pagination_yields_every_charge_once_newest_first(client: stripe.StripeClient) -> None:
    charges = list(client.v1.charges.list({"limit": 37}).auto_paging_iter())
    assert len(charges) == SIZE == len({charge.id for charge in charges})
    created = [charge.created for charge in charges]
    assert created == sorted(created, reverse=True)


def test_pages_before_an_object_are_the_pages_after_it_in_reverse(client: stripe.StripeClient) -> None:
    forward = [charge.id for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    last = forward[-1]
    backward = [c.id for c in client.v1.charges.list({"limit": 23, "ending_before": last}).auto_paging_iter()]
    assert backward == forward[-2::-1]


def test_balance_transactions_of_all_sources_come_in_one_stable_order(client: stripe.StripeClient) -> None:
    found = list(client.v1.balance_transactions.list({"limit": 11}).auto_paging_iter())
    created = [transaction.created for transaction in found]
    assert created == sorted(created, reverse=True)
    assert {transaction.type for transaction in found} == {"charge", "refund", "adjustment", "payout"}
    one_page = [t.id for t in client.v1.balance_transactions.list({"limit": 100}).data]
    assert [t.id for t in found[:100]] == one_page


@pytest.mark.parametrize(("given", "expected"), [("gte", "ge"), ("gt", "gt"), ("lte", "le"), ("lt", "lt")])
def test_created_bounds_are_inclusive_or_not_as_named(client: stripe.StripeClient, given: str, expected: str) -> None:
    every = list(client.v1.charges.list({"limit": 100}).auto_paging_iter())
    pivot = every[40].created
    keep = {"ge": int.__ge__, "gt": int.__gt__, "le": int.__le__, "lt": int.__lt__}[expected]
    wanted = [charge.id for charge in every if keep(charge.created, pivot)]
    params: Any = {"limit": 100, "created": {given: pivot}}
    assert [charge.id for charge in client.v1.charges.list(params).auto_paging_iter()] == wanted


def test_created_as_a_number_means_that_second(client: stripe.StripeClient) -> None:
    charge = client.v1.charges.list({"limit": 1}).data[0]
    assert {c.created for c in client.v1.charges.list({"created": charge.created}).data} == {charge.created}


def test_some_charges_share_a_second(client: stripe.StripeClient) -> None:
    created = [charge.created for charge in client.v1.charges.list({"limit": 100}).auto_paging_iter()]
    assert len(set(created)) < len(created)


def test_limit_is_ten_by_default(client: stripe.StripeClient) -> None:
    page = client.v1.customers.list()
    assert len(page.data) == 10
    assert page.has_more


def test_the_last_page_says_so(client: stripe.StripeClient) -> None:
    oldest = list(client.v1.charges.list({"limit": 100}).auto_paging_iter())[-5:]
    page = client.v1.charges.list({"limit": 4, "starting_after": oldest[0].id})
    assert [charge.id for charge in page.data] == [charge.id for charge in oldest[1:]]
    assert not page.has_more


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_whatever_is_listed_can_be_retrieved_alike(server: Server, resource: Any) -> None:
    for listed in get(server, resource.path, "limit=25")["data"]:
        assert listed["object"] == resource.object
        assert get(server, f"{resource.path}/{listed['id']}") == listed


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_objects_carry_the_fields_of_the_sdk_and_no_others(server: Server, resource: Any) -> None:
    known = sdk_reader.resource_shape(resource.type).fields
    # A tombstone's field, a sub-list that may be null, what comes by `expand` alone: all else is there, null or not.
    left_out = {"deleted"} | {field for owner, field in INCLUDABLE if owner == resource.object}
    needed = {
        name
        for name, shape in known.items()
        if name not in left_out and not (shape.kind == "sublist" and shape.nullable)
    }
    for listed in get(server, resource.path, "limit=25")["data"]:
        assert listed.keys() <= known.keys()
        assert needed <= listed.keys()
        for name, shape in known.items():
            assert listed.get(name) is not None or shape.nullable or name not in needed, name


def test_a_customer_filter_finds_exactly_that_customers_charges(client: stripe.StripeClient) -> None:
    every = list(client.v1.charges.list({"limit": 100}).auto_paging_iter())
    customer = every[10].customer
    assert isinstance(customer, str)
    found = [charge.id for charge in client.v1.charges.list({"customer": customer, "limit": 100}).auto_paging_iter()]
    assert found == [charge.id for charge in every if charge.customer == customer]


def test_canceled_subscriptions_are_hidden_unless_asked_for(client: stripe.StripeClient) -> None:
    def ids(params: Any) -> set[str]:
        return {s.id for s in client.v1.subscriptions.list(params | {"limit": 100}).auto_paging_iter()}

    everything, canceled, usual = ids({"status": "all"}), ids({"status": "canceled"}), ids({})
    assert canceled
    assert usual
    assert everything == canceled | usual
    assert not canceled & usual
    assert ids({"status": "ended"}) == canceled


def test_inactive_prices_are_hidden_unless_asked_for(client: stripe.StripeClient) -> None:
    def ids(params: Any) -> set[str]:
        return {price.id for price in client.v1.prices.list(params | {"limit": 100}).auto_paging_iter()}

    assert ids({"active": False})
    assert ids({}) == ids({"active": True})
    assert not ids({"active": True}) & ids({"active": False})


def test_expand_replaces_identifiers_at_any_depth(client: stripe.StripeClient) -> None:
    page = client.v1.charges.list({"limit": 3, "expand": ["data.customer", "data.payment_intent.latest_charge"]})
    for charge in page.data:
        assert isinstance(charge.customer, stripe.Customer)
        intent = charge.payment_intent
        assert isinstance(intent, stripe.PaymentIntent)
        assert isinstance(intent.latest_charge, stripe.Charge)
        assert intent.latest_charge.id == charge.id


def test_expand_brings_sublists_that_are_absent_otherwise(client: stripe.StripeClient) -> None:
    refund = client.v1.refunds.list({"limit": 1}).data[0]
    assert isinstance(refund.charge, str)
    plain = client.v1.charges.retrieve(refund.charge)
    full = client.v1.charges.retrieve(refund.charge, {"expand": ["refunds"]})
    assert "refunds" not in plain
    assert full.refunds is not None
    assert [r.id for r in full.refunds.data] == [refund.id]


@pytest.mark.parametrize("path", ["data.a.b.c.d", "data.nothing", "customer", "data.amount", "data"])
def test_what_cannot_be_expanded_is_refused(client: stripe.StripeClient, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        client.v1.charges.list({"expand": [path]})


def test_sublists_hold_ten_and_lead_to_the_rest(client: stripe.StripeClient) -> None:
    counts = set()
    for invoice in client.v1.invoices.list({"limit": 100}).auto_paging_iter():
        lines = list(client.v1.invoices.line_items.list(invoice.id, {"limit": 100}).auto_paging_iter())
        counts.add(len(lines))
        assert len(invoice.lines.data) == min(10, len(lines))
        assert invoice.lines.has_more == (len(lines) > 10)
        assert [line.id for line in invoice.lines.auto_paging_iter()] == [line.id for line in lines]
        assert sum(line.amount for line in lines) == invoice.total
    assert {1, 10, 11, 12, 101, 250} <= counts


def test_subscription_items_beyond_ten_are_reached_by_their_list(client: stripe.StripeClient) -> None:
    subscriptions = client.v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter()
    long = next(s for s in subscriptions if s["items"]["has_more"])
    items = list(client.v1.subscription_items.list({"subscription": long.id, "limit": 5}).auto_paging_iter())
    assert len(items) == 12
    assert client.v1.subscription_items.retrieve(items[-1].id).subscription == long.id


def test_connected_accounts_hold_data_of_their_own(client: stripe.StripeClient) -> None:
    accounts = [account.id for account in client.v1.accounts.list().data]
    assert len(accounts) == 3
    seen = [{c.id for c in client.v1.charges.list({"limit": 100}, {"stripe_account": a}).data} for a in accounts]
    assert all(len(ids) == 50 for ids in seen)
    assert not set.intersection(*seen)
    assert client.v1.accounts.list({}, {"stripe_account": accounts[0]}).data == []
    assert client.v1.accounts.retrieve_current(None, {"stripe_account": accounts[1]}).id == accounts[1]
