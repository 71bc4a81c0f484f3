"""The generated business: it adds up, is the same every time, and costs nothing to be large."""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from itertools import islice
from typing import Any

import orjson
import pytest

from integration_tests.sandbox import Clock, Density, Sandbox
from integration_tests.sandbox.resources import CHILDREN, RESOURCES

DAY = 86_400


def still(**options: Any) -> Sandbox:
    return Sandbox(clock=Clock(running=False), **options)


def ask(sandbox: Sandbox, path: str, query: str = "") -> Any:
    answer = sandbox.answer("GET", path, query, {"Authorization": f"Bearer {sandbox.key}"})
    assert answer.status == 200, answer.body
    return answer.json()


@pytest.fixture(scope="module")
def business() -> Sandbox:
    return still(size=600, seed=11)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def bytes_of(seed: int) -> list[bytes]:
        sandbox = still(size=150, seed=seed)
        header = {"Authorization": f"Bearer {sandbox.key}"}
        return [sandbox.answer("GET", r.path, "limit=100", header).body for r in RESOURCES]

    first = bytes_of(1)
    assert first == bytes_of(1)
    assert all(a != b for a, b in zip(first[1:], bytes_of(2)[1:], strict=True))


def test_payouts_are_the_net_of_their_transactions(business: Sandbox) -> None:
    payouts = list(business.truth("/v1/payouts"))
    assert len(payouts) >= 3
    for payout in payouts:
        own: list[Any] = []
        query = f"payout={payout['id']}&limit=100"
        page = ask(business, "/v1/balance_transactions", query)
        own += page["data"]
        while page["has_more"]:
            page = ask(business, "/v1/balance_transactions", f"{query}&starting_after={own[-1]['id']}")
            own += page["data"]
        assert sum(t["net"] for t in own if t["type"] != "payout") == payout["amount"] > 0
        assert [t["net"] for t in own if t["type"] == "payout"] == [-payout["amount"]]
        assert all(t["created"] <= payout["created"] for t in own)


def test_every_movement_of_money_has_one_transaction(business: Sandbox) -> None:
    sources = Counter(t["source"] for t in business.truth("/v1/balance_transactions"))
    wanted = [c["id"] for c in business.truth("/v1/charges") if c["status"] == "succeeded"]
    for path in ("/v1/refunds", "/v1/disputes", "/v1/payouts"):
        wanted += [entry["id"] for entry in business.truth(path)]
    assert sources == Counter(wanted)


def test_charges_say_what_was_refunded_and_disputed(business: Sandbox) -> None:
    refunded = {refund["charge"]: refund["amount"] for refund in business.truth("/v1/refunds")}
    disputed = {dispute["charge"] for dispute in business.truth("/v1/disputes")}
    assert refunded
    assert disputed
    for charge in business.truth("/v1/charges"):
        assert charge["amount_refunded"] == refunded.get(charge["id"], 0)
        assert charge["disputed"] == (charge["id"] in disputed)


def test_invoices_are_the_sum_of_their_lines_and_the_amount_of_their_charge(business: Sandbox) -> None:
    lines = Counter[str]()
    for line in business.truth("/v1/invoices/{invoice}/lines"):
        lines[line["invoice"]] += line["amount"]
    amounts = Counter(charge["amount"] for charge in business.truth("/v1/charges"))
    for invoice in business.truth("/v1/invoices"):
        assert invoice["total"] == lines[invoice["id"]]
        assert amounts[invoice["total"]] > 0
        assert invoice["amount_paid"] + invoice["amount_remaining"] == invoice["total"]


def test_identifiers_inside_objects_lead_to_objects(business: Sandbox) -> None:
    prefixes = {p: r.path for r in RESOURCES for p in r.prefixes} | {p: c.path for c in CHILDREN for p in c.prefixes}
    prefixes["price_"] = "/v1/prices"
    checked = Counter[str]()

    def check(value: Any) -> None:
        if isinstance(value, dict):
            for name, entry in value.items():
                if name not in ("id", "type", "object"):
                    check(entry)
        elif isinstance(value, list):
            for entry in value:
                check(entry)
        elif isinstance(value, str) and " " not in value and "/" not in value and "_secret_" not in value:
            path = next((path for prefix, path in prefixes.items() if value.startswith(prefix)), None)
            if path is not None and "{" not in path:
                assert ask(business, f"{path}/{value}")["id"] == value
                checked[path] += 1

    for resource in RESOURCES:
        for entry in islice(business.truth(resource.path), 40):
            check(entry)
    assert len(checked) >= 12


def test_nothing_is_created_before_the_customer_it_belongs_to(business: Sandbox) -> None:
    born = {customer["id"]: customer["created"] for customer in business.truth("/v1/customers")}
    for path in ("/v1/charges", "/v1/invoices", "/v1/subscriptions", "/v1/refunds"):
        assert all(born[entry["customer"]] <= entry["created"] for entry in business.truth(path))


def test_history_ends_now_and_covers_years(business: Sandbox) -> None:
    created = [charge["created"] for charge in business.truth("/v1/charges")]
    assert business.now() - 30 * DAY < max(created) < business.now()
    assert max(created) - min(created) > 2 * 365 * DAY


def test_transactions_become_available_by_the_clock_alone() -> None:
    sandbox = still(size=4000)
    pending = [t["id"] for t in islice(sandbox.truth("/v1/balance_transactions"), 100) if t["status"] == "pending"]
    assert pending
    sandbox.clock.advance(3 * DAY)
    assert {ask(sandbox, f"/v1/balance_transactions/{i}")["status"] for i in pending} == {"available"}
    assert sandbox.account().feed.written == []


def test_a_charge_is_as_large_as_stripes_and_no_two_are_alike() -> None:
    sandbox = still(size=1000)
    charges = ask(sandbox, "/v1/charges", "limit=100")["data"]
    assert 3300 <= len(orjson.dumps(charges)) / 100 <= 3550
    assert len({str(sorted(charge["metadata"].items())) for charge in charges}) == 100


def test_ten_million_charges_cost_neither_time_nor_memory() -> None:
    tracemalloc.start()
    started = time.process_time()
    sandbox = still(size=10_000_000)
    newest = ask(sandbox, "/v1/charges", "limit=100")["data"]
    middle = sandbox.account().strands("/v1/charges")[0].id(5_000_000)
    page = ask(sandbox, "/v1/charges", f"limit=100&starting_after={middle}")["data"]
    day = page[0]["created"] // DAY * DAY
    ranged = ask(sandbox, "/v1/charges", f"limit=100&created[gte]={day}&created[lt]={day + DAY}")
    for resource in RESOURCES:
        ask(sandbox, resource.path, f"limit=100&created[lt]={day}" if resource.path in _BY_CREATED else "limit=100")
    used = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert newest[0]["created"] > page[0]["created"]
    assert ranged["has_more"]
    assert all(day <= charge["created"] < day + DAY for charge in ranged["data"])
    # A list of ten million of anything would take minutes and gigabytes.
    assert used < 20
    assert peak < 60_000_000


_BY_CREATED = {"/v1/charges", "/v1/invoices", "/v1/customers", "/v1/balance_transactions", "/v1/payment_intents"}


def test_all_history_can_lie_within_one_day() -> None:
    sandbox = still(size=500, density=Density(within=DAY))
    created = [charge["created"] for charge in sandbox.truth("/v1/charges")]
    assert max(created) - min(created) < DAY
    assert sandbox.now() - max(created) > 365 * DAY


def test_a_second_can_hold_thousands() -> None:
    sandbox = still(size=20_000, density=Density(per_second=5000))
    header = {"Authorization": f"Bearer {sandbox.key}"}
    last = sandbox.now() - 1
    seen: list[str] = []
    after = ""
    while True:
        body = sandbox.answer("GET", "/v1/charges", f"limit=100&created={last}{after}", header).json()
        seen += [charge["id"] for charge in body["data"]]
        if not body["has_more"]:
            break
        after = f"&starting_after={seen[-1]}"
    assert len(seen) == len(set(seen)) == 5000


@pytest.mark.parametrize("size", [0, 1, 7, 40])
def test_small_accounts_are_whole_too(size: int) -> None:
    sandbox = still(size=size)
    assert len(list(sandbox.truth("/v1/charges"))) == size
    for resource in RESOURCES:
        ask(sandbox, resource.path, "limit=100")
