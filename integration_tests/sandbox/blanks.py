"""Objects with every field that the SDK's types name, before a business fills them in."""

from __future__ import annotations

from functools import cache
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.sdk import Shape

# Fields that no object carries unless asked for (`expand`) or gone: Stripe leaves them out rather than null.
_ABSENT = {"deleted"}


@cache
def blank(resource: str) -> dict[str, Any]:
    """A blank object of a resource class: null where the SDK allows it, else the simplest value of the type.

    Shared between callers: copy the level that you change.
    """
    return _object(sdk.resource_shape(resource), 0)


def _object(shape: Shape, depth: int) -> dict[str, Any]:
    return {
        name: _value(name, inner, depth)
        for name, inner in shape.fields.items()
        if name not in _ABSENT and not (inner.kind == "sublist" and inner.nullable)
    }


def _value(name: str, shape: Shape, depth: int) -> Any:
    if shape.nullable:
        return None
    match shape.kind:
        case "literal":
            return shape.values[0]
        case "integer":
            return 0
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
            return _object(sdk.resource_shape(shape.resource), depth + 1)
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
