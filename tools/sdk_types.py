"""The types of the installed `stripe` package, read from its annotations.

The package writes most annotations as forward references to names that it imports only while type
checking, so a name is looked up in the module's own imports, executed or not.
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar, ForwardRef, Literal, Union

import typing_extensions
from stripe._list_object import ListObject
from stripe._search_result_object import SearchResultObject
from stripe._stripe_object import StripeObject, UntypedStripeObject
from stripe.v2._list_object import ListObject as ListObjectV2

ScalarKind = Literal["any", "boolean", "integer", "number", "string"]


@dataclass(frozen=True)
class Scalar:
    """A JSON scalar, or `any` where the package promises nothing.

    `choices` holds the values that the package enumerates, `instant` marks an RFC 3339 time.
    """

    kind: ScalarKind
    choices: tuple[str, ...] = ()
    instant: bool = False


@dataclass(frozen=True)
class ArrayOf:
    items: SdkType


@dataclass(frozen=True)
class MapOf:
    """An object with keys of the user's choice (metadata) or of an open set (currencies)."""

    values: SdkType


@dataclass(frozen=True)
class PageOf:
    """A list object: `data`, `has_more` and `url` under /v1, `data` and `next_page_url` under /v2.

    `searched` marks the result of a search, which pages in its own way.
    """

    items: SdkType
    searched: bool = False


@dataclass(frozen=True)
class ObjectOf:
    """An object described by a class: a resource, a part of one, or the dictionary of a parameter."""

    cls: type

    @property
    def object_name(self) -> str | None:
        """Stripe's `object` value, or None for a part that has none."""
        name = getattr(self.cls, "OBJECT_NAME", None)
        return name if isinstance(name, str) else None


@dataclass(frozen=True)
class OneOf:
    members: tuple[SdkType, ...]


@dataclass(frozen=True)
class Null:
    pass


SdkType = Scalar | ArrayOf | MapOf | PageOf | ObjectOf | OneOf | Null

_SCALARS: Mapping[Any, Scalar] = {
    Any: Scalar("any"),
    object: Scalar("any"),
    bool: Scalar("boolean"),
    int: Scalar("integer"),
    float: Scalar("number"),
    str: Scalar("string"),
    # The client turns these into numbers; on the wire they are strings, so that no digit is lost.
    Decimal: Scalar("string"),
}


class UnreadableAnnotationError(TypeError):
    """An annotation of a form that this reader does not know: a new release of the package has grown one."""


@functools.cache
def namespace(module_name: str) -> Mapping[str, Any]:
    """Every name that annotations of the module may use, those imported under TYPE_CHECKING included."""
    module = import_module(module_name)
    names: dict[str, Any] = dict(vars(module))
    for block in ast.parse(inspect.getsource(module)).body:
        if not (isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")):
            continue
        for statement in block.body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                source = import_module(statement.module)
                for alias in statement.names:
                    names[alias.asname or alias.name] = getattr(source, alias.name)
    return names


def read_annotation(annotation: Any, module_name: str) -> SdkType:
    """The type an annotation means, its names looked up in `module_name`.

    Raises UnreadableAnnotationError for a form that is not known here.
    """
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        # The text comes from the pinned package's own source.
        return read_annotation(eval(annotation, dict(namespace(module_name))), module_name)  # noqa: S307
    if annotation is None or annotation is type(None):
        return Null()
    if annotation in _SCALARS:
        return _SCALARS[annotation]

    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing_extensions.NotRequired, typing_extensions.Required):
        return read_annotation(arguments[0], module_name)
    if origin in (Literal, typing_extensions.Literal):
        return _literal(arguments)
    if origin in (Union, types.UnionType):
        return _one_of(tuple(read_annotation(argument, module_name) for argument in arguments))
    if origin in (list, typing.Sequence):
        return ArrayOf(read_annotation(arguments[0], module_name))
    if origin is UntypedStripeObject:
        return MapOf(read_annotation(arguments[0], module_name))
    if origin in (dict, Mapping):
        return MapOf(read_annotation(arguments[1], module_name))
    if origin in (ListObject, ListObjectV2):
        return PageOf(read_annotation(arguments[0], module_name))
    if origin is SearchResultObject:
        return PageOf(read_annotation(arguments[0], module_name), searched=True)
    if inspect.isclass(annotation) and (
        issubclass(annotation, StripeObject) or typing_extensions.is_typeddict(annotation)
    ):
        return ObjectOf(annotation)
    raise UnreadableAnnotationError(f"{annotation!r} in {module_name}")


def _literal(values: tuple[Any, ...]) -> SdkType:
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return Scalar("string", choices=tuple(sorted(values)))
    return _one_of(tuple(_SCALARS[kind] for kind in sorted(kinds, key=lambda kind: kind.__name__)))


def _one_of(members: tuple[SdkType, ...]) -> SdkType:
    """A flat union without Null: Stripe may send null anywhere, so it tells nothing."""
    flat: list[SdkType] = []
    for member in members:
        for part in member.members if isinstance(member, OneOf) else (member,):
            if not isinstance(part, Null) and part not in flat:
                flat.append(part)
    # An enumeration that the package leaves open reads Union[Literal[...], str]: still one string.
    strings = [part for part in flat if isinstance(part, Scalar) and part.kind == "string"]
    if len(strings) > 1:
        choices = tuple(sorted({choice for part in strings for choice in part.choices}))
        flat = [part for part in flat if part not in strings] + [Scalar("string", choices=choices)]
    if not flat:
        return Null()
    return flat[0] if len(flat) == 1 else OneOf(tuple(flat))


def is_v2(cls: type) -> bool:
    """Whether the class belongs to /v2, whose times are RFC 3339 strings."""
    return cls.__module__.startswith("stripe.v2.")


@functools.cache
def fields_of(cls: type) -> Mapping[str, SdkType]:
    """The JSON fields of a class of the package, by their names on the wire."""
    fields: dict[str, SdkType] = {}
    for base in reversed(inspect.getmro(cls)):
        if not issubclass(base, StripeObject) or base is StripeObject:
            continue
        remappings: Mapping[str, str] = vars(base).get("_field_remappings", {})
        encodings: Mapping[str, str] = vars(base).get("_field_encodings", {})
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if name.startswith("_") or typing.get_origin(annotation) is ClassVar or annotation is ClassVar:
                continue
            wire_name = remappings.get(name, name)
            field = read_annotation(annotation, base.__module__)
            if name in encodings or wire_name in encodings:
                # Both encodings (int64_string, decimal_string) are strings on the wire.
                field = _as_string(field)
            if is_v2(base) and _names_an_instant(wire_name):
                field = _as_instant(field)
            fields[wire_name] = field
    return fields


def _as_string(field: SdkType) -> SdkType:
    if isinstance(field, ArrayOf):
        return ArrayOf(_as_string(field.items))
    return Scalar("string")


def _names_an_instant(name: str) -> bool:
    # The package types /v2 times as plain strings; its naming is regular, except for a few calendar
    # dates and times of day (`..._date`, `date`, `end_time`), which stay plain strings here too.
    return name in ("created", "updated") or name.endswith("_at")


def _as_instant(field: SdkType) -> SdkType:
    return Scalar("string", instant=True) if isinstance(field, Scalar) and field.kind == "string" else field


@dataclass(frozen=True)
class Parameter:
    name: str
    type: SdkType
    required: bool


def parameters_of(cls: type) -> tuple[Parameter, ...]:
    """The request parameters that a TypedDict of the package describes, sorted by name.

    The options of a single request (key, version, account …) that the package mixes into the same
    dictionary are no parameters of Stripe's and are left out.
    """
    options = namespace("stripe._request_options")["RequestOptions"].__annotations__
    required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
    module_name = cls.__module__
    return tuple(
        Parameter(name, read_annotation(annotation, module_name), name in required)
        for name, annotation in sorted(cls.__annotations__.items())
        if name not in options
    )
