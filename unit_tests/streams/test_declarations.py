"""What each stream declares fits together, and fits its schema."""

import json
import re
from typing import Any

import pytest

from source_stripe.source import SourceStripe
from source_stripe.streams import STREAMS, StripeStream

OF_THIS_RELEASE = (
    "accounts balance_transactions charges coupons customers disputes events invoice_items invoices payment_intents "
    "payouts plans prices products refunds subscriptions"
).split()


def schema(stream: type[StripeStream]) -> dict[str, Any]:
    return dict(stream().get_json_schema())


def test_the_streams_that_were_promised_are_there() -> None:
    assert set(OF_THIS_RELEASE) <= {stream.name for stream in STREAMS}


def test_names_are_unique_and_in_order() -> None:
    names = [stream.name for stream in STREAMS]
    assert names == sorted(set(names))


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_fits_its_schema(stream: type[StripeStream]) -> None:
    properties = schema(stream)["properties"]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", stream.name)
    assert stream.endpoint.startswith("/v1/")
    assert {stream.cursor_field, stream.primary_key, stream.created_field} <= properties.keys()
    assert "integer" in properties[stream.cursor_field]["type"]


def test_streams_without_events_go_by_created_and_the_others_by_updated() -> None:
    by_created = {stream.name for stream in STREAMS if stream.cursor_field == "created"}
    assert {"balance_transactions", "events"} <= by_created
    assert by_created.isdisjoint({"charges", "customers", "invoices", "products", "subscriptions"})


def test_silent_default_filters_are_switched_off() -> None:
    sets = {stream.name: stream.parameter_sets for stream in STREAMS}
    assert sets["subscriptions"] == ({"status": "all"},)
    assert sets["prices"] == ({"active": "true"}, {"active": "false"})


def test_every_stream_is_offered_for_full_refresh_and_incremental_with_its_cursor() -> None:
    config = {"api_key": "sk_test_sandbox"}
    offered = {stream.name: stream.as_airbyte_stream() for stream in SourceStripe().streams(config)}
    assert list(offered) == [stream.name for stream in STREAMS]
    for declared in STREAMS:
        stream = offered[declared.name]
        assert {mode.value for mode in stream.supported_sync_modes} == {"full_refresh", "incremental"}
        assert stream.source_defined_cursor
        assert stream.default_cursor_field == [declared.cursor_field]
        assert stream.source_defined_primary_key == [[declared.primary_key]]


def test_discover_stays_far_below_what_airbyte_refuses() -> None:
    assert len(json.dumps([schema(stream) for stream in STREAMS])) < 3_000_000
