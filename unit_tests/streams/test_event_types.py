"""No event of the feed is without a use that is known."""

from __future__ import annotations

from importlib import resources

import orjson

from source_stripe.streams import STREAMS
from source_stripe.streams.event_types import NOT_ROWS, events_of

INVENTORY = orjson.loads(resources.files("source_stripe").joinpath("inventory.json").read_bytes())


def test_every_type_of_the_feed_carries_rows_of_a_list_or_is_said_not_to() -> None:
    of_the_feed = {kind for kind in INVENTORY["events"] if not kind.startswith("v2.")}
    used = {kind for path in INVENTORY["lists"] for kind in events_of(path)}
    assert used.isdisjoint(NOT_ROWS)
    assert used | NOT_ROWS.keys() == of_the_feed


def test_every_stream_with_a_cursor_that_tells_of_changes_has_events_to_follow() -> None:
    own = [stream for stream in STREAMS if stream.parent is None and stream.cursor_field == "updated"]
    followed = {stream.name for stream in own if stream.event_types()}
    assert {"charges", "refunds", "disputes", "subscriptions"} <= followed


def test_events_are_told_apart_by_more_than_their_names() -> None:
    declared = {stream.name: stream.event_types() for stream in STREAMS}
    assert "charge.refund.updated" in declared["refunds"]
    assert not {kind for kind in declared["charges"] if kind.startswith(("charge.refund.", "charge.dispute."))}
    assert "charge.dispute.closed" in declared["disputes"]
    assert "invoice.upcoming" not in declared["invoices"]


def test_the_end_of_a_subscription_is_no_deletion() -> None:
    interests = {stream.name: stream.interest() for stream in STREAMS}
    assert interests["subscriptions"]
    assert interests["subscriptions"].deletions == frozenset()
    assert interests["customers"]
    assert interests["customers"].deletions == {"customer.deleted"}


def test_what_hangs_on_another_row_is_told_by_the_field_that_names_it() -> None:
    through = {stream.name: stream.through() for stream in STREAMS}
    card = {"id": "card_1", "object": "card", "customer": "cus_1", "account": None}
    customers, accounts = through["customer_cards"], through["external_account_cards"]
    assert customers
    assert accounts
    assert customers.parent_in("customer.source.updated", {"object": card}) == "cus_1"
    assert accounts.parent_in("customer.source.updated", {"object": card}) is None
    assert customers.parent_in("customer.source.updated", {"object": {**card, "object": "bank_account"}}) is None
    refunds = through["application_fees_refunds"]
    assert refunds
    assert refunds.parent_field == "fee"
    assert "id" not in {each.parent_field for each in through.values() if each}


def test_every_type_is_used_by_a_stream_or_said_not_to_carry_a_row() -> None:
    used = {kind for stream in STREAMS for kind in stream.event_types()}
    used |= {kind for stream in STREAMS if (through := stream.through()) for kind in through.types}
    # Files never change once they are created.
    used |= {kind for stream in STREAMS if stream.cursor_field == "created" for kind in events_of(stream.endpoint)}
    assert {kind for kind in INVENTORY["events"] if not kind.startswith("v2.")} - used - NOT_ROWS.keys() == set()
