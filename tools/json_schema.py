"""JSON schemas, draft 7 as Airbyte reads it, of the package's types.

Stripe may leave out or null any field, and adds fields without a new version: everything is nullable and
every object open. Airbyte's acceptance tests take `additionalProperties: true` only, never a schema in its
place (TestDiscovery.test_additional_properties_is_true), and refuse `$ref` and `allOf`, so maps are plain open
objects, schemas are written out in full and unions are merged into one schema.

Three cuts keep them finite and small: a field that Stripe can expand is a string or an open object; a class
that is already being described higher up is an open object; and so is a resource inside an error, which
repeats objects that have streams of their own (they would make an invoice's schema nineteen times as large).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tools.sdk_types import ArrayOf, MapOf, Null, ObjectOf, OneOf, PageOf, Scalar, SdkType, fields_of, is_v2

JsonSchema = dict[str, Any]

# The order in which types are written: null first, as Airbyte's own schemas have it.
_TYPE_ORDER = ("null", "string", "integer", "number", "boolean", "object", "array")

_Path = tuple[type, ...]


def stream_schema(
    classes: Iterable[type], extra_properties: Mapping[str, Mapping[str, Any]] | None = None
) -> JsonSchema:
    """The schema of a stream's rows.

    `classes` are the package's classes whose objects the stream mixes, usually one; `extra_properties` are
    the schemas of the fields that the connector adds to each row. `deleted` is among the package's own fields
    wherever Stripe marks an object with it.
    """
    schema = _merged([_object(cls, ()) for cls in classes])
    properties = schema["properties"] | {name: dict(extra) for name, extra in (extra_properties or {}).items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": dict(sorted(properties.items())),
    }


def _object(cls: type, path: _Path) -> JsonSchema:
    if cls in path or (path and _is_resource(cls) and _is_error(path[-1])):
        return _open_object()
    properties = {name: _schema(field, (*path, cls)) for name, field in sorted(fields_of(cls).items())}
    return _open_object() | ({"properties": properties} if properties else {})


def _is_resource(cls: type) -> bool:
    return ObjectOf(cls).object_name is not None


def _is_error(cls: type) -> bool:
    # The package has a class an error field: LastPaymentError, LastSetupError, SetupError, ApiError …
    return cls.__name__.endswith("Error")


def _schema(field: SdkType, path: _Path) -> JsonSchema:
    match field:
        case Scalar(kind="any"):
            return {"type": list(_TYPE_ORDER)}
        case Scalar(instant=True):
            return _nullable("string") | {"format": "date-time"}
        case Scalar(kind=kind):
            return _nullable(kind)
        case ArrayOf(items=items):
            return _nullable("array") | {"items": _schema(items, path)}
        case MapOf():
            return _open_object()
        case PageOf(items=items):
            return _page(items, path)
        case ObjectOf(cls=cls):
            return _object(cls, path)
        case OneOf(members=members):
            return _union(members, path)
        case Null():
            return {"type": ["null"]}


def _union(members: tuple[SdkType, ...], path: _Path) -> JsonSchema:
    expandable = any(isinstance(member, Scalar) and member.kind == "string" for member in members)
    return _merged(
        [_open_object() if expandable and isinstance(member, ObjectOf) else _schema(member, path) for member in members]
    )


def _page(items: SdkType, path: _Path) -> JsonSchema:
    data = _nullable("array") | {"items": _schema(items, path)}
    if isinstance(items, ObjectOf) and is_v2(items.cls):
        return _open_object() | {"properties": {"data": data, "next_page_url": _nullable("string")}}
    properties = {
        "data": data,
        "has_more": _nullable("boolean"),
        "object": _nullable("string"),
        "url": _nullable("string"),
    }
    return _open_object() | {"properties": properties}


def _merged(schemas: list[JsonSchema]) -> JsonSchema:
    """One schema that allows what any of the schemas allows."""
    if len(schemas) == 1:
        return schemas[0]
    kinds = {kind for schema in schemas for kind in _types(schema)}
    if "number" in kinds:
        kinds.discard("integer")
    merged: JsonSchema = {"type": [kind for kind in _TYPE_ORDER if kind in kinds]}
    if "object" in kinds:
        merged["additionalProperties"] = True
    strings = [schema for schema in schemas if "string" in _types(schema)]
    formats = {schema.get("format") for schema in strings}
    if len(formats) == 1 and formats != {None}:
        merged["format"] = formats.pop()
    properties = [schema["properties"] for schema in schemas if "properties" in schema]
    if properties:
        names = sorted({name for group in properties for name in group})
        merged["properties"] = {name: _merged([group[name] for group in properties if name in group]) for name in names}
    items = [schema["items"] for schema in schemas if "items" in schema]
    if items:
        merged["items"] = _merged(items)
    return merged


def _types(schema: JsonSchema) -> list[str]:
    types = schema["type"]
    return [types] if isinstance(types, str) else types


def _nullable(kind: str) -> JsonSchema:
    return {"type": ["null", kind]}


def _open_object() -> JsonSchema:
    return _nullable("object") | {"additionalProperties": True}
