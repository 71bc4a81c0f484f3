"""`expand[]`: identifiers replaced by what they name, and fields that are there only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from integration_tests.sandbox import sdk
from integration_tests.sandbox.blanks import INCLUDABLE, comes_by_expansion
from integration_tests.sandbox.errors import StripeFault
from integration_tests.sandbox.sdk import Shape
from integration_tests.sandbox.strand import Json
from integration_tests.sandbox.synthesis import class_of, resources_of

# https://docs.stripe.com/api/expanding_objects
MAX_DEPTH = 4

# The classes (module, name) that an identifier may be of, and it, to the object, or None.
Retrieve = Callable[[list[tuple[str, str]], str], Json | None]


@dataclass(frozen=True)
class Owner:
    """The object that a field which comes by expansion belongs to, and the way to the field in it."""

    shape: Shape
    value: Json
    path: tuple[str, ...] = ()


# A field's owner (its way ends with the field), the field's shape and present value to what it then holds.
Include = Callable[[Owner, Shape, Any], Any]


def check(path: str, shape: Shape, is_list: bool) -> list[str]:
    """The fields of one `expand[]` value, below `data` for a list. Raises StripeFault 400 where Stripe would."""
    parts = path.split(".")
    if len(parts) > MAX_DEPTH:
        message = f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
        raise StripeFault(400, message, param="expand")
    if is_list:
        if parts[0] != "data" or len(parts) == 1:
            hint = f" You may want to try expanding 'data.{path}' instead."
            raise _refused(path, hint)
        parts = parts[1:]
    for at, name in enumerate(parts):
        inner = shape.fields.get(name) if shape.kind in ("object", "resource") else None
        if shape.kind == "sublist" and name == "data":
            inner = shape.of[0]
        if inner is None or (at == len(parts) - 1 and not _expandable(shape, name, inner)):
            raise _refused(path, "")
        shape = _entered(inner)
    return parts


def expand(value: Any, shape: Shape, parts: list[str], retrieve: Retrieve, include: Include) -> Any:
    """`value` with what `parts` leads to expanded; what is not on the way is shared, not copied."""
    return _expand(value, shape, parts, retrieve, include, None)


def _expand(
    value: Any, shape: Shape, parts: list[str], retrieve: Retrieve, include: Include, owner: Owner | None
) -> Any:
    if isinstance(value, list):
        inner = shape.of[0] if shape.of else shape
        return [_expand(entry, _entered(inner), parts, retrieve, include, owner) for entry in value]
    if not parts or not isinstance(value, dict):
        return value
    name, rest = parts[0], parts[1:]
    if shape.kind == "sublist":
        inner = _entered(shape.of[0])
        entries = [_expand(entry, inner, rest, retrieve, include, None) for entry in value.get("data", [])]
        return {**value, "data": entries}
    field = shape.fields.get(name)
    if field is None:
        return value
    owner = Owner(shape, value) if shape.resource is not None or owner is None else owner
    way = Owner(owner.shape, owner.value, (*owner.path, name))
    current = value.get(name)
    if name not in value:
        current = include(way, field, current)
    elif isinstance(current, str):
        current = _retrieved(current, field, retrieve)
    elif isinstance(current, list) and field.kind == "list":
        current = [_retrieved(e, field.of[0], retrieve) if isinstance(e, str) else e for e in current]
    return {
        **value,
        name: _expand(current, field if isinstance(current, list) else _entered(field), rest, retrieve, include, way),
    }


def _retrieved(identifier: str, shape: Shape, retrieve: Retrieve) -> Any:
    found = retrieve([class_of(part) for part in resources_of(shape)], identifier)
    return identifier if found is None else found


def _entered(shape: Shape) -> Shape:
    """The shape one is in after going through a field: the fields of the class that it names."""
    if shape.kind in ("resource", "object") and shape.resource is not None and not shape.fields:
        return sdk.resource_shape(shape.resource, shape.module)
    if shape.kind in ("expandable", "list", "union") and shape.of:
        resources = [part for part in shape.of if resources_of(part)]
        return _entered(resources[0]) if resources else shape.of[0]
    return shape


def _expandable(owner: Shape, name: str, field: Shape) -> bool:
    if field.kind in ("expandable", "sublist") or comes_by_expansion(field):
        return True
    if field.kind == "list" and field.of[0].kind == "expandable":
        return True
    if field.kind == "union" and any(part.kind in ("expandable", "resource") for part in field.of):
        return True
    return owner.resource is not None and (sdk.object_name(owner.resource, owner.module), name) in INCLUDABLE


def _refused(path: str, hint: str) -> StripeFault:
    return StripeFault(400, f"This property cannot be expanded ({path}).{hint}", param="expand")
