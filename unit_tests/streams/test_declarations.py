"""Streams are declared so that they can be read: of what Stripe has, and with what Stripe takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import pytest

from source_stripe.source import SourceStripe
from source_stripe.streams import GONE, LEFT_OUT, STREAMS, StripeStream
from source_stripe.streams.stream import DAY
from tools import sdk
from tools.sdk_types import ArrayOf, MapOf, ObjectOf, OneOf, PageOf, Scalar, SdkType, fields_of

AIRBYTE_NAMES = """
    accounts application_fees application_fees_refunds authorizations balance_transactions bank_accounts cardholders
    cards charges checkout_sessions checkout_sessions_line_items coupons credit_notes customer_balance_transactions
    customers disputes early_fraud_warnings events external_account_bank_accounts external_account_cards file_links
    files invoice_items invoice_line_items invoice_payments invoices payment_intents payment_methods
    payout_balance_transactions payouts persons plans prices products promotion_codes refunds reviews setup_attempts
    setup_intents shipping_rates subscription_items subscription_schedule subscriptions top_ups transactions
    transfer_reversals transfers usage_records
""".split()

# Parameters that the stripe package calls required because it looks at a dictionary by itself: without the
# dictionary, which nobody has to send, none of its entries has to be there.
OPTIONAL = frozenset(
    {
        ("/v1/checkout/sessions", "customer_details[email]"),
        ("/v1/financial_connections/transactions", "transaction_refresh[after]"),
        ("/v1/invoice_payments", "payment[type]"),
        ("/v1/subscriptions", "automatic_tax[enabled]"),
        ("/v1/tax_ids", "owner[type]"),
        ("/v1/treasury/received_credits", "linked_flows[source_flow_type]"),
    }
)

INVENTORY: dict[str, Any] = json.loads(resources.files("source_stripe").joinpath("inventory.json").read_bytes())
LISTS: dict[str, Any] = INVENTORY["lists"]

each_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
each_child = pytest.mark.parametrize(
    "stream", [stream for stream in STREAMS if stream.parent], ids=lambda stream: stream.name
)


def properties(stream: type[StripeStream]) -> Mapping[str, Any]:
    schema = resources.files("source_stripe").joinpath(f"schemas/{stream.name}.json").read_bytes()
    found: dict[str, Any] = json.loads(schema)["properties"]
    return found


def field_at(resource: str, path: str) -> SdkType:
    """The type of a field, on the way to which pages are entered through `data`; KeyError for none of that name."""
    field: SdkType = ObjectOf(sdk.resource_classes()[resource])
    for name in path.split("."):
        field = _entered(field)
        if isinstance(field, PageOf):
            if name != "data":
                raise KeyError(f"{path}: a page is entered through `data`")
            field = field.items
        elif isinstance(field, ObjectOf):
            field = fields_of(field.cls)[name]
        else:
            raise KeyError(path)
    return field


def _entered(field: SdkType) -> SdkType:
    if isinstance(field, ArrayOf):
        return _entered(field.items)
    if isinstance(field, OneOf):
        return next(_entered(member) for member in field.members if not isinstance(member, Scalar))
    return field


def test_no_two_streams_have_one_name() -> None:
    names = [stream.name for stream in STREAMS]
    assert sorted(set(names)) == names


def test_names_are_words_of_lower_case() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", stream.name) for stream in STREAMS)


def test_all_streams_of_airbytes_own_source_are_there_or_said_to_be_gone() -> None:
    assert set(AIRBYTE_NAMES) <= {stream.name for stream in STREAMS} | GONE.keys()
    assert not GONE.keys() & {stream.name for stream in STREAMS}


def test_every_list_of_stripes_is_read_or_left_out_for_a_reason() -> None:
    read = {stream.endpoint for stream in STREAMS if not stream.single}
    assert read | LEFT_OUT.keys() == LISTS.keys()
    assert not read & LEFT_OUT.keys()
    assert all(LEFT_OUT.values())


def test_streams_of_one_record_have_an_address_of_their_own() -> None:
    alone = {stream.endpoint for stream in STREAMS if stream.single}
    assert alone == {"/v1/account", "/v1/balance", "/v1/balance_settings", "/v1/tax/settings"}
    assert alone <= INVENTORY["retrieves"].keys()


def test_a_stream_of_v2_is_named_by_its_object_in_the_plural() -> None:
    for stream in STREAMS:
        if stream.endpoint.startswith("/v2/"):
            (name,) = stream.kinds()
            one = name.replace(".", "_")
            assert stream.name in (f"{one}s", f"{one}es", f"{one.removesuffix('y')}ies")


@each_stream
def test_its_endpoint_lists_its_objects(stream: type[StripeStream]) -> None:
    listed = LISTS[stream.endpoint]["objects"] if not stream.single else INVENTORY["retrieves"][stream.endpoint]
    assert set(stream.kinds()) <= set(listed)


@each_stream
def test_its_rows_have_its_cursor_and_its_primary_key(stream: type[StripeStream]) -> None:
    assert set(stream.key_fields()) <= properties(stream).keys()
    if stream.cursor_field:
        assert stream.cursor_field in properties(stream)


@each_stream
def test_it_has_a_cursor_that_stripe_can_be_followed_by(stream: type[StripeStream]) -> None:
    """`updated` needs events of /v1, `created` a filter, unless the rows hang on others and go by theirs."""
    assert stream.cursor_field
    if stream.whole() or stream.parent:
        return
    facts = LISTS[stream.endpoint]
    assert stream.cursor_field in ("updated", "created")
    if stream.cursor_field == "updated":
        assert facts["events"]
        assert facts["version"] == "v1"
    else:
        assert facts["created_filter"]


@each_stream
def test_what_is_read_as_a_whole_says_after_how_long(stream: type[StripeStream]) -> None:
    """Once a day or more seldom; a single record costs one request, and may be read in every sync."""
    if stream.single:
        assert stream.whole()
        assert stream.reread_seconds == 0
    elif stream.whole() or stream.reread_seconds:
        assert stream.reread_seconds >= DAY


@each_stream
def test_the_time_that_its_list_filters_by_is_on_its_rows(stream: type[StripeStream]) -> None:
    if not stream.whole() and stream.listing().created_filter:
        assert stream.created_field in properties(stream)


@each_stream
def test_it_asks_with_nothing_that_its_list_does_not_take(stream: type[StripeStream]) -> None:
    asked = {name for parameters in stream.parameter_sets for name in parameters}
    if stream.parent_parameter:
        asked.add(stream.parent_parameter)
    if stream.single:
        assert not asked
        return
    facts = LISTS[stream.endpoint]
    # An array's elements go by number: `statuses[0]`.
    assert {re.sub(r"\[\d+\]$", "", name) for name in asked} <= facts["parameters"].keys()
    for parameters in stream.parameter_sets:
        for name, value in parameters.items():
            choices = facts["choices"].get(re.sub(r"\[\d+\]$", "", name))
            assert not choices or value in choices


@each_stream
def test_it_asks_with_all_that_its_list_requires(stream: type[StripeStream]) -> None:
    if stream.single:
        return
    required = {name for name in LISTS[stream.endpoint]["required"] if (stream.endpoint, name) not in OPTIONAL}
    for parameters in stream.parameter_sets:
        named = {*parameters, stream.parent_parameter}
        # `scope[type]` is `scope` too.
        assert required <= named | {name.partition("[")[0] for name in named}


@each_stream
def test_a_place_in_its_path_is_held_for_a_parent(stream: type[StripeStream]) -> None:
    by_path = "{" in stream.endpoint
    assert (stream.parent is not None) == (by_path or bool(stream.parent_parameter))
    assert not (by_path and stream.parent_parameter)
    assert (stream.parent is not None) == bool(stream.parent_key)
    if stream.parent is None:
        assert not stream.embedded
        assert not stream.of_parents


@each_child
def test_its_parent_is_a_stream_of_a_list(stream: type[StripeStream]) -> None:
    assert stream.parent in STREAMS
    assert stream.parent
    assert not stream.parent.single
    assert stream.parent.parent is None


@each_child
def test_its_parent_holds_what_the_declaration_says(stream: type[StripeStream]) -> None:
    assert stream.parent
    assert set(stream.of_parents) <= properties(stream.parent).keys()
    assert stream.embedded or not stream.embedded_on_demand
    if stream.embedded:
        (resource,) = stream.parent.kinds()
        page = field_at(resource, stream.embedded)
        assert isinstance(page, PageOf)
        assert set(stream.kinds()) <= set(sdk.object_names(page.items))


@each_stream
def test_what_it_expands_is_there_to_be_expanded(stream: type[StripeStream]) -> None:
    """An id in place of an object, or what Stripe shows only on demand, which is never a plain value."""
    for path in stream.expand:
        for resource in stream.kinds():
            field = field_at(resource, path)
            while isinstance(field, ArrayOf):
                field = field.items
            assert isinstance(field, OneOf | ObjectOf | MapOf)


@each_stream
def test_it_expands_no_deeper_than_stripe_goes(stream: type[StripeStream]) -> None:
    """Four levels, the page's own `data` included (https://docs.stripe.com/api/expanding_objects)."""
    rows = 0 if stream.single else 1
    on_parent: list[str] = []
    if stream.embedded and stream.embedded_on_demand:
        on_parent = [stream.embedded, *(f"{stream.embedded}.data.{path}" for path in stream.expand)]
    for path in (*stream.expand, *on_parent):
        assert rows + len(path.split(".")) <= 4


@each_child
def test_it_is_expanded_alike_on_its_parent_and_on_its_own_list(stream: type[StripeStream]) -> None:
    """Where the parent always carries the rows, the parent's own reading has to expand them too."""
    assert stream.parent
    if stream.embedded and not stream.embedded_on_demand:
        assert {f"{stream.embedded}.data.{path}" for path in stream.expand} <= set(stream.parent.expand)


@each_stream
def test_it_says_which_permission_it_takes(stream: type[StripeStream]) -> None:
    assert stream.permission


@each_stream
def test_asking_beyond_the_default_is_explained(stream: type[StripeStream]) -> None:
    """A parameter that widens what is shown says so; one that Stripe requires, or that picks a kind, need not."""
    required = {*LISTS.get(stream.endpoint, {"required": []})["required"], "object"}
    widening = {name for parameters in stream.parameter_sets for name in parameters} - required
    assert stream.hidden or not widening


def test_silent_default_filters_are_switched_off() -> None:
    sets = {stream.name: stream.parameter_sets for stream in STREAMS}
    assert sets["subscriptions"] == ({"status": "all"},)
    assert sets["prices"] == ({"active": "true"}, {"active": "false"})


def test_every_stream_is_offered_as_it_is_declared() -> None:
    config = {"api_key": "sk_test_sandbox"}
    offered = {stream.name: stream.as_airbyte_stream() for stream in SourceStripe().streams(config)}
    assert list(offered) == [stream.name for stream in STREAMS]
    for declared in STREAMS:
        stream = offered[declared.name]
        assert {mode.value for mode in stream.supported_sync_modes} == {"full_refresh", "incremental"}
        assert stream.default_cursor_field == [declared.cursor_field]
        assert (stream.source_defined_primary_key or []) == [[field] for field in declared.key_fields()]


def test_what_discover_prints_stays_far_below_what_airbyte_refuses() -> None:
    assert len(json.dumps([stream().get_json_schema() for stream in STREAMS])) < 3_000_000
