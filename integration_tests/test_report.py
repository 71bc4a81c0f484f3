"""The numbers of the report, against rows whose sums are known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from integration_tests.tables import write_tables
from source_stripe.report.billings import Billings
from source_stripe.report.content import Panel
from source_stripe.report.database import Answer, Database
from source_stripe.report.disputes import Disputes
from source_stripe.report.failures import CODES, Failures
from source_stripe.report.fees import Fees
from source_stripe.report.months import Months
from source_stripe.report.page import TOPICS
from source_stripe.report.payouts import NAMED, Payouts
from source_stripe.report.refunds import Refunds
from source_stripe.report.subscriptions import PRODUCTS, Subscriptions
from source_stripe.report.tables import Tables
from source_stripe.report.topic import Topic
from source_stripe.report.volume import Volume

Row = dict[str, Any]
_NUMBERS = count(1)


def at(text: str) -> int:
    """Unix seconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


MARCH, APRIL = at("2026-03-10"), at("2026-04-10")


def row(prefix: str, **fields: Any) -> Row:
    return {"id": f"{prefix}_{next(_NUMBERS)}", "created": MARCH, "currency": "usd", "is_deleted": False, **fields}


def charge(amount: int, **fields: Any) -> Row:
    captured = {"captured": True, "amount_captured": amount, "status": "succeeded"}
    return row("ch", **{"amount": amount, **captured, **fields})


def transaction(kind: str, amount: int, fee: int = 0, **fields: Any) -> Row:
    plain = {"type": kind, "amount": amount, "fee": fee, "net": amount - fee, "balance_type": "payments"}
    return row("txn", **{**plain, **fields})


def read(
    path: Path, topic: type[Topic], currency: str = "usd", **streams: list[Row]
) -> tuple[Panel, dict[str, dict[str, tuple[str, ...]]]]:
    """A topic's panel, and its tables by title, each a row's cells by its first."""
    write_tables(path / "stripe.duckdb", streams)
    with Database(path / "stripe.duckdb") as database:
        told = topic(database)
    assert not told.lacks
    panel = told.panel(currency, Months.of(told.months()))
    assert panel is not None
    tables = {
        figures.title: {line[0]: line[1:] for line in (*figures.rows, figures.total) if line}
        for figures in (*panel.open, *panel.figures)
    }
    return panel, tables


def test_gross_is_what_was_captured_of_succeeded_charges(tmp_path: Path) -> None:
    charges = [
        charge(10_00),
        charge(20_00, amount_captured=15_00),
        charge(1_000_00, captured=False, amount_captured=0),
        charge(2_000_00, status="failed", captured=False, amount_captured=0),
        charge(3_000_00, status="pending"),
        charge(4_000_00, is_deleted=True),
        charge(7_00, created=APRIL),
    ]
    _, tables = read(tmp_path, Volume, charges=charges, balance_transactions=[])
    assert tables["Month by month"]["Mar 2026"] == ("2", "25.00", "–")
    assert tables["Month by month"]["Apr 2026"] == ("1", "7.00", "–")
    assert tables["Month by month"]["Total"] == ("3", "32.00", "–")


def test_currencies_stay_apart_each_with_its_decimals(tmp_path: Path) -> None:
    charges = [charge(1_234, currency=currency) for currency in ("usd", "jpy", "kwd", "jpy")]
    write_tables(tmp_path / "stripe.duckdb", {"charges": charges, "balance_transactions": []})
    with Database(tmp_path / "stripe.duckdb") as database:
        volume = Volume(database)
    months = Months.of(volume.months())
    assert {each: volume.headlines(each, months)[0].value for each in volume.currencies()} == {
        "usd": "12.34",
        "jpy": "2,468",
        "kwd": "1.234",
    }


def test_months_are_those_of_utc(tmp_path: Path) -> None:
    charges = [
        charge(1_00, created=at("2026-03-31T23:59:59")),
        charge(2_00, created=at("2026-04-01T00:00:00")),
    ]
    _, tables = read(tmp_path, Volume, charges=charges, balance_transactions=[])
    assert tables["Month by month"]["Mar 2026"][1] == "1.00"
    assert tables["Month by month"]["Apr 2026"][1] == "2.00"


def test_net_is_what_is_left_on_the_balance_whoever_moves_it_to_a_bank(tmp_path: Path) -> None:
    transactions = [
        transaction("charge", 100_00, 3_20),
        transaction("refund", -40_00),
        transaction("adjustment", -10_00, 15_00),
        transaction("stripe_fee", -2_00),
        transaction("payout", -29_80),
        transaction("payout_failure", 29_80),
        transaction("topup", 500_00),
        transaction("reserve_transaction", -5_00),
        transaction("issuing_transaction", -7_00, balance_type="issuing"),
    ]
    panel, tables = read(tmp_path, Volume, charges=[charge(100_00)], balance_transactions=transactions)
    assert tables["Month by month"]["Mar 2026"] == ("1", "100.00", "29.80")
    assert tables["Balance transactions by type"]["charge"] == ("yes", "1", "100.00", "3.20", "96.80")
    assert tables["Balance transactions by type"]["topup"][0] == "no"
    assert tables["Balance transactions by type"]["issuing_transaction"][0] == "no"
    assert panel.remarks == ()


def test_a_currency_that_settles_in_another_one_says_so(tmp_path: Path) -> None:
    streams = {"charges": [charge(10_00, currency="eur")], "balance_transactions": [transaction("charge", 11_00)]}
    euros, tables = read(tmp_path, Volume, "eur", **streams)
    assert "Balance transactions by type" not in tables
    assert "settle in another currency" in euros.remarks[0]
    with Database(tmp_path / "stripe.duckdb") as database:
        volume = Volume(database)
    dollars = volume.panel("usd", Months.of(volume.months()))
    assert dollars
    assert "No charge was made in USD" in dollars.remarks[0]


def test_a_currency_whose_transactions_all_move_money_to_and_fro_has_them_shown(tmp_path: Path) -> None:
    panel, tables = read(
        tmp_path,
        Volume,
        charges=[charge(10_00)],
        balance_transactions=[transaction("issuing_hold", 1, balance_type="issuing")],
    )
    assert tables["Balance transactions by type"]["issuing_hold"][0] == "no"
    assert panel.remarks == ()


def test_refunds_that_failed_or_took_nothing_off_the_balance_are_not_counted_and_said(tmp_path: Path) -> None:
    refunds = [
        row("re", amount=5_00, status="succeeded", balance_transaction="txn_1"),
        row("re", amount=2_50, status="pending", balance_transaction="txn_2"),
        row("re", amount=30_00, status="failed", balance_transaction="txn_3"),
        row("re", amount=40_00, status="canceled", balance_transaction="txn_4"),
        row("re", amount=60_00, status="succeeded", balance_transaction=None),
        row("re", amount=90_00, status="succeeded", balance_transaction="txn_5", is_deleted=True),
    ]
    panel, tables = read(tmp_path, Refunds, refunds=refunds)
    assert tables["Month by month"]["Total"] == ("2", "7.50")
    assert panel.remarks[0].startswith("2 failed or canceled, of 70.00 USD,")
    assert panel.remarks[1].startswith("1 without a balance transaction, of 60.00 USD,")


def test_inquiries_are_no_disputes_but_are_shown(tmp_path: Path) -> None:
    statuses = ("won", "lost", "lost", "needs_response", "warning_closed", "prevented")
    disputes = [row("dp", amount=10_00, status=status) for status in statuses]
    _, tables = read(tmp_path, Disputes, disputes=disputes)
    assert tables["Month by month"]["Total"] == ("4", "40.00", "1", "2")
    assert tables["By status"]["warning_closed"] == ("1", "10.00")


def test_fees_are_those_of_transactions_and_those_that_are_transactions(tmp_path: Path) -> None:
    transactions = [
        transaction("charge", 100_00, 3_00),
        transaction("payment", 100_00, 1_00),
        transaction("refund", -50_00),
        transaction("payout", -10_00, 50),
        transaction("stripe_fee", -2_00),
        transaction("tax_fee", -25),
    ]
    _, tables = read(tmp_path, Fees, balance_transactions=transactions)
    assert tables["Month by month"]["Total"] == ("4.50", "2.25", "6.75", "2.0%")


def test_failed_payments_are_a_share_of_the_attempts_that_ended(tmp_path: Path) -> None:
    charges = [
        *(charge(1_00) for _ in range(6)),
        charge(5_00, status="failed", failure_code="card_declined"),
        charge(6_00, status="failed", failure_code="card_declined"),
        charge(7_00, status="failed", failure_code=None),
        charge(9_00, status="pending"),
    ]
    _, tables = read(tmp_path, Failures, charges=charges)
    assert tables["Month by month"]["Total"] == ("3", "33.3%", "18.00")
    reasons = tables[f"By reason (failure_code), {CODES} at most"]
    assert reasons == {"card_declined": ("2", "11.00"), "without a code": ("1", "7.00")}


def test_reasons_of_failures_are_cut_off_at_the_rarest(tmp_path: Path) -> None:
    charges = [
        charge(1_00, status="failed", failure_code=f"code_{code:02}")
        for code in range(CODES + 5)
        for _ in range(code + 1)
    ]
    _, tables = read(tmp_path, Failures, charges=charges)
    reasons = tables[f"By reason (failure_code), {CODES} at most"]
    assert len(reasons) == CODES
    assert next(iter(reasons)) == f"code_{CODES + 4:02}"


# --- subscriptions


def price(amount: str | None, every: str = "month", times: int = 1, **fields: Any) -> Row:
    recurring = {"interval": every, "interval_count": times, "usage_type": fields.pop("usage_type", "licensed")}
    return {
        "id": "price_1",
        "currency": "usd",
        "product": "prod_1",
        "billing_scheme": "per_unit",
        "unit_amount_decimal": amount,
        "recurring": recurring,
        "transform_quantity": None,
        **fields,
    }


def subscription(status: str = "active", **fields: Any) -> Row:
    return row("sub", **{"status": status, "updated": MARCH, "discounts": [], "cancel_at_period_end": False, **fields})


def item(of: Row, price: Row, quantity: int | None = 1, **fields: Any) -> Row:
    hung = {"subscription_id": of["id"], "subscription_updated": of["updated"], "discounts": []}
    return row("si", **{**hung, "quantity": quantity, "price": price, **fields})


def read_subscriptions(
    path: Path, subscriptions: list[Row], items: list[Row], **streams: list[Row]
) -> tuple[Panel, dict[str, dict[str, tuple[str, ...]]], str]:
    panel, tables = read(path, Subscriptions, subscriptions=subscriptions, subscription_items=items, **streams)
    mrr = [fact.value for fact in panel.facts if fact.label == "MRR now"]
    return panel, tables, mrr[0] if mrr else ""


@pytest.mark.parametrize(
    ("every", "times", "mrr"),
    [
        ("month", 1, "1,200.00"),
        ("month", 3, "400.00"),
        ("year", 1, "100.00"),
        ("year", 2, "50.00"),
        ("week", 1, "5,200.00"),
        ("week", 4, "1,300.00"),
        ("day", 1, "36,500.00"),
    ],
)
def test_a_price_of_any_interval_counts_as_what_it_costs_a_month(
    tmp_path: Path, every: str, times: int, mrr: str
) -> None:
    one = subscription()
    assert read_subscriptions(tmp_path, [one], [item(one, price("120000", every, times))])[2] == mrr


def test_quantities_packages_and_fractions_of_a_cent_count(tmp_path: Path) -> None:
    one = subscription()
    packages = {"divide_by": 10}
    items = [
        item(one, price("1000"), quantity=3),
        item(one, price("1000"), quantity=None),
        item(one, price("100", transform_quantity={**packages, "round": "up"}), quantity=21),
        item(one, price("100", transform_quantity={**packages, "round": "down"}), quantity=29),
        item(one, price("0.000000000001"), quantity=1_000_000_000_000),
        item(one, price(None, unit_amount=7)),
    ]
    assert read_subscriptions(tmp_path, [one], items)[2] == "45.08"


def test_active_and_past_due_subscriptions_count_and_no_others(tmp_path: Path) -> None:
    statuses = "active past_due trialing unpaid paused canceled incomplete incomplete_expired".split()
    subscriptions = [subscription(status) for status in statuses]
    subscriptions += [subscription(is_deleted=True), subscription(pause_collection={"behavior": "void"})]
    items = [item(one, price(str(100 * 2**place))) for place, one in enumerate(subscriptions)]
    panel, tables, mrr = read_subscriptions(tmp_path, subscriptions, items)
    assert mrr == "3.00"
    assert {fact.label: fact.value for fact in panel.facts}["of it past due"] == "2.00"
    assert tables["Subscriptions by status"]["active"] == ("2", "0", "1", "0")
    assert "1 whose collection is paused" in panel.remarks[-1]


def test_metered_and_tiered_prices_are_left_out_and_said(tmp_path: Path) -> None:
    one = subscription()
    items = [
        item(one, price("500")),
        item(one, price("900", usage_type="metered"), quantity=None),
        item(one, price(None, billing_scheme="tiered")),
        item(one, price(None, billing_scheme="tiered")),
    ]
    panel, _, mrr = read_subscriptions(tmp_path, [one], items)
    assert mrr == "5.00"
    assert "1 items with a metered price" in panel.remarks[0]
    assert "2 items with a tiered price" in panel.remarks[0]


def test_items_that_are_gone_do_not_count(tmp_path: Path) -> None:
    one = subscription(updated=APRIL)
    items = [item(one, price("500")), item(one, price("7000"), subscription_updated=MARCH)]
    assert read_subscriptions(tmp_path, [one], items)[2] == "5.00"


def test_a_price_of_several_currencies_counts_in_that_of_the_subscription(tmp_path: Path) -> None:
    one, other = subscription(currency="eur"), subscription(currency="gbp")
    prices = [row("price", id="price_1", currency_options={"eur": {"unit_amount_decimal": "450"}})]
    _, tables = read(
        tmp_path,
        Subscriptions,
        "eur",
        subscriptions=[one, other],
        subscription_items=[item(one, price("500")), item(other, price("500"))],
        prices=prices,
    )
    assert tables["MRR by billing interval"]["Total"][-1] == "4.50"
    with Database(tmp_path / "stripe.duckdb") as database:
        pounds = Subscriptions(database).panel("gbp", Months.of([]))
    assert pounds
    assert pounds.facts == ()
    assert "without an amount in the currency of their subscription" in pounds.remarks[0]


def test_discounts_are_noted_and_endings_are_told(tmp_path: Path) -> None:
    plain, discounted, ending = subscription(), subscription(discounts=[{"id": "di_1"}]), subscription()
    ending["cancel_at_period_end"] = True
    items = [
        item(plain, price("100"), discounts=[{"id": "di_2"}]),
        item(discounted, price("200")),
        item(ending, price("400")),
    ]
    panel, tables, mrr = read_subscriptions(tmp_path, [plain, discounted, ending], items)
    assert mrr == "7.00"
    assert {fact.label: fact.value for fact in panel.facts}["of it ending with its period"] == "4.00"
    assert panel.remarks == ("2 of the subscriptions counted have a discount, which is not taken off.",)
    assert tables["Subscriptions by status"]["active"] == ("3", "1", "0", "1")


def test_products_have_their_names_and_the_small_ones_are_one_bar(tmp_path: Path) -> None:
    one = subscription()
    items = [item(one, price(str(100 * place), product=f"prod_{place}")) for place in range(1, PRODUCTS + 3)]
    products = [row("prod", id=f"prod_{PRODUCTS + 2}", name="Gold")]
    panel, _, _ = read_subscriptions(tmp_path, [one], items, products=products)
    bars = panel.chart.bars  # type: ignore[union-attr]
    assert len(bars) == PRODUCTS + 1
    assert (bars[0].label, bars[0].written) == ("Gold", f"{PRODUCTS + 2}.00 USD")
    assert bars[1].label == f"prod_{PRODUCTS + 1}"
    assert (bars[-1].label, bars[-1].written) == ("All others", "3.00 USD")


# --- billings


def line(of: Row, amount: int, kind: str = "subscription_item_details", **fields: Any) -> Row:
    hung = {"invoice_id": of["id"], "invoice_updated": of["updated"], "parent": {"type": kind}}
    return row("il", **{**hung, "amount": amount, "discount_amounts": [], **fields})


def invoice(status: str = "paid", finalized: int | None = None, **fields: Any) -> Row:
    transitions = {"finalized_at": finalized}
    return row("in", **{"status": status, "updated": MARCH, "status_transitions": transitions, **fields})


def test_billings_are_what_was_billed_for_subscriptions_less_discounts(tmp_path: Path) -> None:
    paid, changed = invoice(), invoice("open", updated=APRIL)
    proration = {"type": "invoice_item_details", "invoice_item_details": {"proration": True}}
    lines = [
        line(paid, 100_00, discount_amounts=[{"amount": 10_00}, {"amount": 5_00}]),
        line(paid, -20_00, parent=proration),
        line(paid, 500_00, "invoice_item_details"),
        line(changed, 30_00),
        line(changed, 600_00, invoice_updated=MARCH),
        *(line(of, 700_00) for of in (invoice("void"), invoice("draft"))),
    ]
    invoices = [
        paid,
        changed,
        invoice("void", id=lines[-2]["invoice_id"]),
        invoice("draft", id=lines[-1]["invoice_id"]),
    ]
    _, tables = read(tmp_path, Billings, invoices=invoices, invoice_line_items=lines)
    assert tables["Month by month"]["Total"] == ("2", "3", "110.00", "15.00", "95.00")


def test_billings_belong_to_the_month_the_invoice_was_finalised(tmp_path: Path) -> None:
    late, unsaid = invoice(finalized=APRIL), invoice(finalized=None)
    lines = [line(late, 1_00), line(unsaid, 2_00)]
    _, tables = read(tmp_path, Billings, invoices=[late, unsaid], invoice_line_items=lines)
    assert tables["Month by month"]["Apr 2026"][-1] == "1.00"
    assert tables["Month by month"]["Mar 2026"][-1] == "2.00"


# --- payouts


def payout(amount: int, status: str = "paid", **fields: Any) -> Row:
    return row("po", **{"amount": amount, "status": status, "balance_transaction": None, **fields})


def test_payouts_and_their_transactions_agree_also_where_one_failed(tmp_path: Path) -> None:
    forth, failed = transaction("payout", -90_00), transaction("payout", -70_00)
    back = transaction("payout_failure", 70_00, created=APRIL)
    payouts = [
        payout(90_00, balance_transaction=forth["id"]),
        payout(70_00, "failed", balance_transaction=failed["id"], failure_balance_transaction=back["id"]),
    ]
    panel, tables = read(tmp_path, Payouts, payouts=payouts, balance_transactions=[forth, failed, back])
    assert tables["Month by month"]["Total"] == ("1", "90.00", "0.00", "70.00")
    assert tables["Against balance transactions"]["Mar 2026"] == ("90.00", "90.00", "0.00")
    assert [fact.note for fact in panel.facts][-1] == "each one agrees"
    assert panel.open == ()


def test_payouts_that_differ_are_named_even_if_the_sums_agree(tmp_path: Path) -> None:
    less, stranger = transaction("payout", -40_00), transaction("payout", -10_00)
    payouts = [payout(50_00, "in_transit", balance_transaction=less["id"])]
    panel, tables = read(
        tmp_path, Payouts, payouts=payouts, balance_transactions=[less, stranger, transaction("charge", 9)]
    )
    assert tables["Against balance transactions"]["Total"] == ("50.00", "50.00", "0.00")
    assert [fact.note for fact in panel.facts][-1] == "2 differ"
    different = tables[f"Payouts that differ, the newest, {NAMED} at most"]
    assert different[payouts[0]["id"]][-2:] == ("50.00", "40.00")
    assert different[stranger["id"]][1:] == ("no such payout", "0.00", "10.00")


def test_without_balance_transactions_payouts_are_shown_and_the_check_says_what_it_needs(tmp_path: Path) -> None:
    write_tables(tmp_path / "stripe.duckdb", {"payouts": [payout(50_00)]})
    with Database(tmp_path / "stripe.duckdb") as database:
        payouts = Payouts(database)
    assert [lack.stream for lack in payouts.lacks] == ["balance_transactions"]
    assert payouts.panel("usd", Months.of(payouts.months()))


# --- tables


def test_tables_are_counted_with_what_is_deleted_and_how_new_they_are(tmp_path: Path) -> None:
    path = write_tables(
        tmp_path / "stripe.duckdb",
        {
            "charges": [charge(1, updated=APRIL), charge(2, is_deleted=True), charge(3, created=at("2026-03-11"))],
            "subscription_items": [item(subscription(), price("1"))],
        },
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table stripe.stripe.charges add column _dlt_load_id varchar default '1700000000.5'")
        connection.execute(
            "create table stripe.stripe._dlt_loads (load_id varchar, status bigint, inserted_at timestamptz)"
        )
        connection.execute("insert into stripe.stripe._dlt_loads values ('1700000000.5', 0, '2026-04-11 08:00:00+00')")
        connection.execute("insert into stripe.stripe._dlt_loads values ('1700000001.5', 0, '2026-04-12 08:00:00+00')")
        connection.execute("alter table stripe.stripe.subscription_items add column _synced_at timestamptz")
        connection.execute("update stripe.stripe.subscription_items set _synced_at = '2026-04-13 10:00:00+02'")
    with Database(path) as database:
        tables = Tables.of(database)
    assert tables.figures.rows == (
        ("charges", "2", "1", "2026-03-11 00:00", "2026-04-10 00:00", "2026-04-11 08:00"),
        ("subscription_items", "1", "–", "2026-03-10 00:00", "2026-03-10 00:00", "2026-04-13 08:00"),
    )
    assert f"{tables.loaded}" == "2026-04-12 08:00:00"


# --- whatever the loader


def test_columns_of_other_types_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "stripe.duckdb"
    balance = json.dumps({"id": "txn_1", "object": "balance_transaction"})
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.refunds "
            "(created bigint, currency varchar, amount hugeint, status varchar, balance_transaction json)"
        )
        connection.execute("insert into raw.refunds values (?, 'usd', 250, 'succeeded', ?)", [MARCH, balance])
        connection.execute(
            "create table raw.subscriptions (id varchar, currency varchar, status varchar, created varchar)"
        )
        connection.execute("insert into raw.subscriptions values ('sub_1', 'usd', 'active', '2026-03-10T00:00:00Z')")
        connection.execute(
            "create table raw.subscription_items (subscription_id varchar, quantity varchar, price varchar)"
        )
        connection.execute("insert into raw.subscription_items values ('sub_1', '2', ?)", [json.dumps(price("150"))])
    with Database(path) as database:
        refunds, subscriptions = Refunds(database), Subscriptions(database)
    months = Months.of(refunds.months())
    assert refunds.headlines("usd", months)[0].value == "2.50"
    assert [fact.value for fact in subscriptions.headlines("usd", months)] == ["3.00", "1"]


def test_every_statement_runs_as_it_stands_and_in_any_time_zone(tmp_path: Path) -> None:
    one, forth = subscription(), transaction("payout", -90_00)
    paid = invoice()
    path = write_tables(
        tmp_path / "stripe.duckdb",
        {
            "charges": [
                charge(1_00, created=at("2026-03-31T23:59:59")),
                charge(2_00, status="failed", failure_code="x"),
            ],
            "refunds": [row("re", amount=5_00, status="succeeded", balance_transaction="txn_1")],
            "balance_transactions": [transaction("charge", 100_00, 3_00), forth],
            "disputes": [row("dp", amount=10_00, status="won")],
            "subscriptions": [one],
            "subscription_items": [item(one, price("100"))],
            "invoices": [paid],
            "invoice_line_items": [line(paid, 5_00)],
            "payouts": [payout(80_00, balance_transaction=forth["id"])],
        },
    )
    with Database(path) as database:
        topics = [topic(database) for topic in TOPICS]
        answers = [answer for topic in topics for answer in topic.answered] + [Tables.of(database).answer]
    assert len(answers) == sum(len(topic.questions) for topic in TOPICS) + 1
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'America/New_York'")
        for answer in answers:
            assert connection.execute(answer.sql).fetchall() == [tuple(found.values()) for found in answer.rows]
            assert isinstance(answer, Answer)
            assert answer.rows
