"""What users call tables, in our words and in ingestr's."""

import pytest

from source_stripe.ingest.refusal import Refused
from source_stripe.ingest.tables import stream_named, targets
from source_stripe.streams import STREAMS


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("subscription", "subscriptions"),
        ("account", "account"),
        ("coupon", "coupons"),
        ("customer", "customers"),
        ("product", "products"),
        ("price", "prices"),
        ("balancetransaction", "balance_transactions"),
        ("balance_transaction", "balance_transactions"),
        ("invoice", "invoices"),
        ("event", "events"),
        ("charge", "charges"),
        ("charges", "charges"),
        ("charge:sync", "charges"),
        ("charges:sync:incremental", "charges"),
        ("invoicelineitem", "invoice_line_items"),
        ("InvoiceItem", "invoice_items"),
        ("capability", "capabilities"),
        ("topup", "top_ups"),
        ("tax-rates", "tax_rates"),
        ("subscription_schedules", "subscription_schedule"),
    ],
)
def test_a_name_means_the_stream(name: str, stream: str) -> None:
    assert stream_named(name).name == stream


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_streams_own_name_means_itself(stream: type) -> None:
    assert stream_named(stream.name) is stream  # type: ignore[attr-defined]


def test_a_name_that_is_none_suggests_the_nearest() -> None:
    with pytest.raises(Refused, match="Did you mean 'charges'"):
        stream_named("chrages")
    with pytest.raises(Refused, match="all reads every one"):
        stream_named("zzzzzz")


def test_a_table_that_stripe_has_no_more_says_why() -> None:
    with pytest.raises(Refused, match="billing_meters"):
        stream_named("usage_records")


def test_one_table_goes_where_it_is_told() -> None:
    schema, (target,) = targets("charge", "stripe.payments")
    assert (schema, target.stream.name, target.table) == ("stripe", "charges", "payments")


def test_several_tables_go_by_their_streams_names_each_once() -> None:
    schema, copied = targets("charges, customer,charge", "raw")
    assert schema == "raw"
    assert [target.table for target in copied] == ["charges", "customers"]


def test_all_is_every_stream_into_the_schema_stripe() -> None:
    schema, copied = targets("all", None)
    assert schema == "stripe"
    assert [target.table for target in copied] == [stream.name for stream in STREAMS]


@pytest.mark.parametrize(
    ("names", "table", "word"),
    [
        ("charges,customers", "stripe.charges", "the schema alone"),
        ("all", "stripe.charges", "the schema alone"),
        ("charges", "charges", "schema.table"),
        ("charges", 'stripe.cha"rges', "no name"),
        ("charges", "stripe.", "no name"),
        (" , ", None, "empty"),
    ],
)
def test_a_destination_that_does_not_fit_is_refused(names: str, table: str | None, word: str) -> None:
    with pytest.raises(Refused, match=word):
        targets(names, table)
