"""The inventory: what Stripe's API of one version offers to a reader, as plain data.

Whoever raises the pin of the `stripe` package reads its difference: which lists are new or gone, what a list
now accepts, whether it filters by `created`, which events tell of its objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typing_extensions

from tools import sdk
from tools.sdk_types import ArrayOf, MapOf, ObjectOf, OneOf, Parameter, Scalar, SdkType, parameters_of

_RANGE = frozenset({"gt", "gte", "lt", "lte"})


def inventory() -> dict[str, Any]:
    """Lists, retrieves and events of the installed package.

    `lists`: by path, with
        objects         `object` values of the rows
        parents         placeholders of the path
        parameters      name on the wire → kind; `range of integer` stands for [gt], [gte], [lt] and [lte]
        choices         the values of those parameters that Stripe enumerates
        required        parameters without which the request is refused
        created_filter  whether `created` takes a range
        limit           whether `limit` is
        retrieve        path of one row, or null
        deletable       whether a row can be deleted
        events          types of events that carry a row
    `retrieves`: by path, the `object` values of the answer.
    `events`: by type, the `object` values that the event can carry.
    """
    lists = sdk.list_operations()
    versions = [_version(operation) for operation in lists]
    return {
        "api_version": sdk.API_VERSION,
        "counts": {
            "v1_lists": versions.count("v1"),
            "v2_lists": versions.count("v2"),
            "events": len(sdk.event_types()),
        },
        "lists": {operation.path: _list_entry(operation) for operation in lists},
        "retrieves": {
            operation.path: list(operation.objects) for operation in sdk.operations() if operation.is_retrieve
        },
        "events": {event.name: list(event.objects) for event in sdk.event_types()},
    }


def _list_entry(operation: sdk.Operation) -> dict[str, Any]:
    parameters = [flat for parameter in operation.parameters for flat in _flattened(parameter)]
    kinds = {parameter.name: _kind(parameter.type) for parameter in parameters}
    choices = {parameter.name: list(_choices(parameter.type)) for parameter in parameters}
    return {
        "version": _version(operation),
        "objects": list(operation.objects),
        "parents": list(operation.parents),
        "parameters": kinds,
        "choices": {name: values for name, values in choices.items() if values},
        "required": [parameter.name for parameter in parameters if parameter.required],
        "created_filter": "range" in kinds.get("created", ""),
        "limit": "limit" in kinds,
        "retrieve": _row_path(operation, method="get", name="retrieve"),
        "deletable": _row_path(operation, method="delete", name="delete") is not None,
        "events": [event.name for event in sdk.event_types() if set(event.objects) & set(operation.objects)],
    }


def _version(operation: sdk.Operation) -> str:
    return operation.path.split("/")[1]


def _row_path(operation: sdk.Operation, *, method: str, name: str) -> str | None:
    """The path of one row of a list under the named request, or None if there is none."""
    wanted = _anonymous(operation.path) + "/{}"
    for other in sdk.operations():
        if other.method == method and other.name == name and _anonymous(other.path) == wanted:
            return other.path
    return None


def _anonymous(path: str) -> str:
    """The path without its placeholders' names, which differ from request to request."""
    return re.sub(r"{\w+}", "{}", path)


def _flattened(parameter: Parameter) -> Iterator[Parameter]:
    """A parameter and, for a dictionary, its entries by the names they have on the wire: `scope[type]`."""
    yield parameter
    for cls in _dictionaries(parameter.type):
        for entry in parameters_of(cls):
            yield from _flattened(Parameter(f"{parameter.name}[{entry.name}]", entry.type, entry.required))


def _dictionaries(field: SdkType) -> Iterator[type]:
    for member in field.members if isinstance(field, OneOf) else (field,):
        if isinstance(member, ObjectOf) and not _is_range(member.cls):
            yield member.cls


def _is_range(cls: type) -> bool:
    return typing_extensions.is_typeddict(cls) and set(cls.__annotations__) <= _RANGE


def _kind(field: SdkType) -> str:
    match field:
        case Scalar(kind=kind):
            return kind
        case ArrayOf(items=items):
            return f"array of {_kind(items)}"
        case ObjectOf(cls=cls) if _is_range(cls):
            return f"range of {_kind(parameters_of(cls)[0].type)}"
        case ObjectOf() | MapOf():
            return "object"
        case OneOf(members=members):
            return " or ".join(sorted({_kind(member) for member in members}))
    raise ValueError(f"no kind of parameter: {field}")


def _choices(field: SdkType) -> tuple[str, ...]:
    match field:
        case Scalar(choices=choices):
            return choices
        case ArrayOf(items=items):
            return _choices(items)
        case OneOf(members=members):
            return tuple(sorted({choice for member in members for choice in _choices(member)}))
    return ()
