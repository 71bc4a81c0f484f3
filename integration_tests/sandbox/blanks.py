"""Objects with every field that the SDK's types name, before a business fills them in."""

from __future__ import annotations

from functools import cache
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.sdk import Shape

# What only a tombstone carries.
_ABSENT = {"deleted"}

# Object and field: what Stripe leaves out, rather than null, unless it is expanded. The SDK's types do not tell them
# from plain nullable fields; most say so in their descriptions. Sub-lists that may be null are such fields too.
INCLUDABLE = {
    ("price", "tiers"),
    ("price", "currency_options"),
    ("plan", "tiers"),
    ("coupon", "applies_to"),
    ("coupon", "currency_options"),
    ("customer", "cash_balance"),
    ("customer", "invoice_credit_balance"),
    ("customer", "tax"),
    ("invoice", "confirmation_secret"),
    # https://docs.stripe.com/changelog/dahlia/2026-05-27/subscription-item-billed-until-includable
    ("subscription_item", "billed_until"),
    # Marked as expandable on https://docs.stripe.com/api/checkout/sessions/line_items
    ("item", "discounts"),
    ("item", "taxes"),
    # Marked as expandable on https://docs.stripe.com/api/issuing/transactions/object
    ("issuing.transaction", "purchase_details"),
}


@cache
def blank(resource: str, module: str | None = None) -> dict[str, Any]:
    """A blank object of a resource class: null where the SDK allows it, else the simplest value of the type.

    `module` tells namesakes apart. Shared between callers: copy the level that you change.
    """
    return _object(sdk.resource_shape(resource, module), 0)


def _object(shape: Shape, depth: int) -> dict[str, Any]:
    absent = left_out(shape)
    return {name: _value(name, inner, depth) for name, inner in shape.fields.items() if name not in absent}


def left_out(shape: Shape) -> set[str]:
    """The fields that an object does not have unless they are expanded."""
    kind = shape.fields["object"].values[:1] if "object" in shape.fields else ()
    derived = {name for name, inner in shape.fields.items() if comes_by_expansion(inner)}
    return _ABSENT | {field for owner, field in INCLUDABLE if owner in kind} | derived


def comes_by_expansion(field: Shape) -> bool:
    """Whether a field's type alone says that it is there only when expanded: sub-lists that may be null, and maps of
    objects that may be (all of them `currency_options`; the official client cannot even read a null there)."""
    return field.nullable and (field.kind == "sublist" or (field.kind == "map" and field.of[0].kind == "object"))


def _value(name: str, shape: Shape, depth: int) -> Any:
    if shape.nullable:
        return None
    match shape.kind:
        case "literal":
            return shape.values[0]
        case "integer":
            return 0
        case "integer_text":
            return "0"
        case "number":
            return 0.0
        case "decimal":
            return "0"
        case "boolean":
            return False
        case "list":
            return []
        case "map":
            return {}
        case "sublist":
            return {"object": "list", "data": [], "has_more": False, "url": ""}
        case "object":
            return _object(shape, depth + 1)
        case "resource" if shape.resource and depth < 2:
            return _object(sdk.resource_shape(shape.resource, shape.module), depth + 1)
        case "union":
            return _value(name, shape.of[0], depth)
        case _:
            return "usd" if name == "currency" else ""


@cache
def blank_part(resource: str, *fields: str) -> dict[str, Any]:
    """A blank of an object inside another one, also where it may be null: `blank_part("Charge", "outcome")`."""
    shape = sdk.resource_shape(resource)
    for name in fields:
        shape = shape.fields[name]
    return _object(shape, 0)
