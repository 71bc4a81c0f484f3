"""What the installed `stripe` package knows of Stripe's API: resources, requests, lists and events.

The package is generated from Stripe's OpenAPI document, so its classes and services are a machine-readable
description of one API version. Requests are read from the source of the services, types from annotations.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import stripe
from stripe._object_classes import OBJECT_CLASSES, V2_OBJECT_CLASSES

from tools.sdk_types import (
    ObjectOf,
    OneOf,
    PageOf,
    Parameter,
    Scalar,
    SdkType,
    fields_of,
    parameters_of,
    read_annotation,
)

API_VERSION: str = stripe.api_version

_PLACEHOLDER = re.compile(r"{(\w+)}")

# Events whose object neither a class of the package nor their own name tells, with what Stripe's list of
# event types says they carry (https://docs.stripe.com/api/events/types).
_UNTYPED_EVENTS = {
    "account.application": ("application",),
    "account.external_account": ("bank_account", "card"),
    "customer.source": ("bank_account", "card", "source"),
    "source.transaction": ("source_transaction",),
}


@dataclass(frozen=True)
class Operation:
    """One request that a service of the package can make."""

    service: str
    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    answer: SdkType

    @property
    def is_list(self) -> bool:
        return self.method == "get" and isinstance(self.answer, PageOf) and not self.answer.searched

    @property
    def is_retrieve(self) -> bool:
        # `retrieve_current` is the account that the key belongs to.
        return self.method == "get" and self.name in ("retrieve", "retrieve_current")

    @property
    def parents(self) -> tuple[str, ...]:
        """The placeholders of the path: for a list, the objects that it is a list of."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def objects(self) -> tuple[str, ...]:
        """Stripe's `object` values of what is answered: of the rows, for a list."""
        answer = self.answer.items if isinstance(self.answer, PageOf) else self.answer
        return object_names(answer)


@dataclass(frozen=True)
class EventType:
    """A type of event and the `object` values it can carry; none where the package does not tell."""

    name: str
    objects: tuple[str, ...]
    v2: bool


def object_names(answer: SdkType) -> tuple[str, ...]:
    """The `object` values among the members of a type, sorted."""
    members = answer.members if isinstance(answer, OneOf) else (answer,)
    names = {member.object_name for member in members if isinstance(member, ObjectOf)}
    return tuple(sorted(name for name in names if name is not None))


@functools.cache
def resource_classes() -> Mapping[str, type]:
    """Every class of the package that Stripe names by an `object` value."""
    containers = ("list", "search_result", "v2.search_result", "file_upload")
    return {
        name: getattr(import_module(module_name), class_name)
        for registry in (OBJECT_CLASSES, V2_OBJECT_CLASSES)
        for name, (module_name, class_name) in registry.items()
        if name not in containers
    }


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Every request of every service, each once, sorted by path and method."""
    found = [operation for module in _service_modules() for operation in _operations_of(module)]
    return tuple(sorted(found, key=lambda operation: (operation.path, operation.method, operation.name)))


def list_operations() -> tuple[Operation, ...]:
    """Every list endpoint of the API, under /v1 and /v2, sorted by path."""
    return tuple(operation for operation in operations() if operation.is_list)


def _package_folder() -> Path:
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the stripe package is not installed")
    return Path(spec.origin).parent


def _modules(pattern: str) -> Iterator[str]:
    folder = _package_folder()
    for path in sorted(folder.rglob(pattern)):
        yield ".".join(("stripe", *path.relative_to(folder).with_suffix("").parts))


def _service_modules() -> Iterator[str]:
    return (name for name in _modules("_*_service.py") if name != "stripe._stripe_service")


def _operations_of(module_name: str) -> Iterator[Operation]:
    for definition in _syntax(module_name).body:
        if not isinstance(definition, ast.ClassDef):
            continue
        for function in definition.body:
            if not isinstance(function, ast.FunctionDef) or function.returns is None:
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "self._request":
                    yield Operation(
                        service=definition.name,
                        name=function.name,
                        method=_text(call.args[0]),
                        path=_text(call.args[1]),
                        parameters=_parameters(function, module_name),
                        answer=read_annotation(_annotation(function.returns), module_name),
                    )


def _syntax(module_name: str) -> ast.Module:
    spec = importlib.util.find_spec(module_name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module_name)
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _text(node: ast.expr) -> str:
    """The text of a literal, or of a literal template that is about to be filled: `"…{id}".format(…)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        node = node.func.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(f"not a literal: {ast.unparse(node)}")


def _annotation(node: ast.expr) -> str:
    """An annotation's text without the quotes that may surround it."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _parameters(function: ast.FunctionDef, module_name: str) -> tuple[Parameter, ...]:
    for argument in function.args.args + function.args.kwonlyargs:
        if argument.arg == "params" and argument.annotation is not None:
            annotation = read_annotation(_annotation(argument.annotation), module_name)
            if isinstance(annotation, ObjectOf):
                return parameters_of(annotation.cls)
    return ()


@functools.cache
def event_types() -> tuple[EventType, ...]:
    """Every type of event that /v1/events and /v2/core/events can hold, sorted by name."""
    named = fields_of(resource_classes()["event"])["type"]
    if not isinstance(named, Scalar) or not named.choices:
        raise ValueError("the stripe package no longer enumerates the types of events")
    related = _related_objects()
    v1 = [EventType(name, related.get(f"v1.{name}") or _objects_by_name(name), v2=False) for name in named.choices]
    v2 = [
        EventType(name, objects or _objects_by_name(name), v2=True)
        for name, objects in related.items()
        if name.startswith("v2.")
    ]
    return tuple(sorted([*v1, *v2], key=lambda event: event.name))


def _related_objects() -> dict[str, tuple[str, ...]]:
    """The object that each event notification class can fetch, by type of event."""
    related: dict[str, tuple[str, ...]] = {}
    for module_name in _modules("events/_v*_event.py"):
        for cls in vars(import_module(module_name)).values():
            if not (isinstance(cls, type) and cls.__module__ == module_name and hasattr(cls, "LOOKUP_TYPE")):
                continue
            fetch = getattr(cls, "fetch_related_object", None)
            if fetch is not None:
                answer = read_annotation(fetch.__annotations__["return"], module_name)
                related[cls.LOOKUP_TYPE] = object_names(answer)
            else:
                related.setdefault(cls.LOOKUP_TYPE, ())
    return related


def _objects_by_name(event: str) -> tuple[str, ...]:
    """The object an event's own name tells: the longest resource name that it begins with."""
    for prefix, objects in _UNTYPED_EVENTS.items():
        if event.startswith(f"{prefix}."):
            return objects
    names = [name for name in resource_classes() if event.startswith(f"{name}.")]
    return (max(names, key=len),) if names else ()
