"""Schemas say what Stripe sends, in the form that Airbyte reads."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar, List, Optional  # noqa: UP035

import jsonschema
import pytest
from stripe._stripe_object import StripeObject

from tools import sdk
from tools.json_schema import stream_schema

Schema = dict[str, Any]

RESOURCES = sorted(sdk.resource_classes())


def schema_of(*resources: str, extra: dict[str, Schema] | None = None) -> Schema:
    return stream_schema([sdk.resource_classes()[resource] for resource in resources], extra)


def at(schema: Schema, path: str) -> Schema:
    """The schema under a dotted path of properties; `[]` goes into the items of an array."""
    for step in path.split("."):
        schema = schema["items"] if step == "[]" else schema["properties"][step]
    return schema


def nodes(schema: Schema) -> Iterator[Schema]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from nodes(child)
    if "items" in schema:
        yield from nodes(schema["items"])


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_has_a_valid_draft_7_schema(resource: str) -> None:
    schema = schema_of(resource)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["properties"], "a resource without a property tells nothing"


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_field_at_every_depth_may_be_null(resource: str) -> None:
    _, *fields = nodes(schema_of(resource))
    assert all("null" in field["type"] for field in fields)


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_object_is_open_and_every_array_says_what_it_holds(resource: str) -> None:
    for node in nodes(schema_of(resource)):
        assert ("object" in node["type"]) == (node.get("additionalProperties") is True)
        if "array" in node["type"]:
            assert "items" in node


@pytest.mark.parametrize("resource", RESOURCES)
def test_no_schema_uses_a_word_that_airbyte_does_not_read(resource: str) -> None:
    known = {"$schema", "type", "additionalProperties", "properties", "items", "format"}
    assert all(set(node) <= known for node in nodes(schema_of(resource)))


@pytest.mark.parametrize(
    ("resource", "path", "types"),
    [
        ("charge", "amount", ["null", "integer"]),
        ("charge", "created", ["null", "integer"]),
        ("charge", "captured", ["null", "boolean"]),
        ("charge", "billing_details.address.city", ["null", "string"]),
        ("charge", "payment_method_details.card.checks.cvc_check", ["null", "string"]),
        ("charge", "customer", ["null", "string", "object"]),
        ("charge", "object", ["null", "string"]),
        ("coupon", "percent_off", ["null", "number"]),
        ("coupon", "applies_to.products", ["null", "array"]),
        ("coupon", "applies_to.products.[]", ["null", "string"]),
        ("customer", "invoice_settings.custom_fields.[].name", ["null", "string"]),
        ("invoice", "discounts.[]", ["null", "string", "object"]),
        ("invoice", "lines.data", ["null", "array"]),
        ("invoice", "lines.data.[]", ["null", "object"]),
        ("invoice", "lines.data.[].amount", ["null", "integer"]),
        ("invoice", "lines.has_more", ["null", "boolean"]),
        ("invoice", "status_transitions.paid_at", ["null", "integer"]),
        ("plan", "amount_decimal", ["null", "string"]),
        ("price", "recurring.interval_count", ["null", "integer"]),
        ("price", "tiers", ["null", "array"]),
        ("price", "tiers.[].unit_amount_decimal", ["null", "string"]),
        ("subscription", "items.data.[].price.recurring.interval", ["null", "string"]),
        ("subscription", "items.data.[].current_period_end", ["null", "integer"]),
        ("payment_intent", "charges", None),
        ("event", "data.object", ["null", "object"]),
        ("event", "data.object.amount", None),
        # Amounts of 64 bits travel as text, whatever the package makes of them.
        ("v2.commerce.product_catalog_import", "status_details.succeeded.success_count", ["null", "string"]),
        # Names that Python reserves stand under the names Stripe sends.
        ("tax.registration", "country_options.in.type", ["null", "string"]),
        ("v2.money_management.outbound_payment", "from.financial_account", ["null", "string"]),
    ],
)
def test_a_field_has_the_type_that_stripe_sends(resource: str, path: str, types: list[str] | None) -> None:
    if types is None:
        with pytest.raises(KeyError):
            at(schema_of(resource), path)
    else:
        assert at(schema_of(resource), path)["type"] == types


def test_metadata_takes_any_key() -> None:
    assert at(schema_of("customer"), "metadata") == {"type": ["null", "object"], "additionalProperties": True}


def test_times_of_v2_are_date_times_and_times_of_v1_are_seconds() -> None:
    assert at(schema_of("v2.core.event"), "created") == {"type": ["null", "string"], "format": "date-time"}
    assert "format" not in at(schema_of("event"), "created")


def test_text_of_v1_is_no_date_time_whatever_its_name() -> None:
    assert at(stream_schema([Folder]), "renamed_at") == {"type": ["null", "string"]}


def test_calendar_dates_of_v2_are_no_date_times() -> None:
    identity = at(schema_of("v2.core.account"), "identity.business_details.annual_revenue.fiscal_year_end")
    assert identity == {"type": ["null", "string"]}


def test_an_expandable_field_is_not_described_further() -> None:
    assert "properties" not in at(schema_of("charge"), "balance_transaction")


class Folder(StripeObject):
    """A resource that holds others of its kind, in the package's own style."""

    OBJECT_NAME: ClassVar[str] = "folder"
    title: str
    renamed_at: str
    folders: Optional[List["Folder"]]  # noqa: UP006, UP045


def test_an_object_inside_its_own_kind_is_an_open_object() -> None:
    schema = stream_schema([Folder])
    assert at(schema, "title") == {"type": ["null", "string"]}
    assert at(schema, "folders.[]") == {"type": ["null", "object"], "additionalProperties": True}


def test_a_resource_inside_an_error_is_an_open_object() -> None:
    error = at(schema_of("setup_intent"), "last_setup_error")
    assert error["properties"]["payment_intent"] == {"type": ["null", "object"], "additionalProperties": True}
    assert error["properties"]["code"] == {"type": ["null", "string"]}


def test_one_field_for_several_kinds_of_object_allows_the_fields_of_each() -> None:
    row = at(schema_of("account"), "external_accounts.data.[]")
    assert row["properties"]["routing_number"] == {"type": ["null", "string"]}  # of bank accounts
    assert row["properties"]["exp_year"] == {"type": ["null", "integer"]}  # of cards


def test_a_stream_of_mixed_rows_allows_the_fields_of_each_kind() -> None:
    properties = schema_of("bank_account", "card")["properties"]
    assert {"routing_number", "exp_year"} <= properties.keys()


def test_deleted_objects_can_say_so() -> None:
    assert schema_of("customer")["properties"]["deleted"] == {"type": ["null", "boolean"]}
    assert "deleted" not in schema_of("charge")["properties"]


def test_fields_that_the_connector_adds_stand_beside_stripes_own() -> None:
    properties = schema_of("charge", extra={"updated": {"type": ["null", "integer"]}})["properties"]
    assert properties["updated"] == {"type": ["null", "integer"]}
    assert "amount" in properties


def test_schemas_of_all_resources_together_stay_far_below_airbytes_limit_on_catalogs() -> None:
    size = sum(len(json.dumps(schema_of(resource))) for resource in RESOURCES)
    assert size < 2_000_000


def test_a_schema_accepts_a_row_and_refuses_a_wrong_one() -> None:
    schema = schema_of("charge")
    row = {
        "id": "ch_1",
        "amount": 100,
        "customer": None,
        "metadata": {"order": "7"},
        "field_of_tomorrow": [1],
    }
    jsonschema.validate(row, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(row | {"amount": "100"}, schema)
