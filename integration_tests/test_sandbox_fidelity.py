"""The sandbox is a referee: it is built on the SDK alone, and its objects are what the SDK's types say."""

from __future__ import annotations

import ast
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from integration_tests.sandbox import Clock, Sandbox, departures
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.resources import ALIASES, CHILDREN, RESOURCES, Child, Resource
from integration_tests.sandbox.sdk import Shape

PACKAGE = Path(__file__).parent / "sandbox"


def test_the_sandbox_never_imports_the_connector() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 20
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("source_stripe") for name in names), file


def test_the_sdk_offers_the_lists_that_are_declared() -> None:
    known = sdk_reader.list_endpoints()
    assert len(known) > 100
    for declared in (*RESOURCES, *CHILDREN):
        assert known[declared.path].item == declared.type
    # No service of the SDK lists these two (any more), but the sub-lists that `expand` brings point to them.
    assert [alias.path for alias in ALIASES if alias.path not in known] == [
        "/v1/charges/{charge}/refunds",
        "/v1/customers/{customer}/subscriptions",
    ]


def test_the_sdk_knows_every_event_type_that_is_declared() -> None:
    declared = [kind for r in RESOURCES for kind in (*r.born, r.changed, r.gone) if kind and "{" not in kind]
    slots = [kind for slot in Sandbox(size=10).account().feed.slots for kind in slot.types]
    assert set(declared + slots) <= sdk_reader.event_types()


@pytest.mark.parametrize("declared", [*RESOURCES, *CHILDREN], ids=lambda declared: declared.path)
def test_objects_fit_the_types_of_the_sdk_to_full_depth(declared: Resource | Child) -> None:
    sandbox = Sandbox(size=300, seed=13, connected=2, clock=Clock(running=False))
    module = sdk_reader.list_endpoints()[declared.path].modules.get(declared.type)
    shape = sdk_reader.resource_shape(declared.type, module)
    found = list(islice(sandbox.truth(declared.path), 60))
    assert found
    for entry in found:
        assert misfits(entry, shape, declared.path) == []


def test_every_departure_names_its_source() -> None:
    rows: list[Any] = [
        *departures.DEFAULT_FILTERS,
        *departures.NEEDS_PARENT,
        *departures.PLATFORM_ONLY,
        *departures.PRODUCTS,
    ]
    assert all(row.source for row in rows)
    known = sdk_reader.list_endpoints()
    assert {row.path for row in rows if hasattr(row, "path")} <= known.keys()
    for product in departures.PRODUCTS:
        assert any(path.startswith(product.prefixes) for path in known)


_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "decimal": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def misfits(value: Any, shape: Shape, where: str) -> list[str]:
    """Where a value is not what the SDK says; empty where all fits."""
    if value is None:
        return [] if shape.nullable else [f"{where} is null"]
    if shape.kind in _KINDS:
        fits = isinstance(value, _KINDS[shape.kind]) and (shape.kind == "boolean" or not isinstance(value, bool))
        return [] if fits else [f"{where} is {value!r}, not {shape.kind}"]
    if shape.kind == "literal":
        return [] if value in shape.values else [f"{where} is {value!r}, none of {shape.values}"]
    if shape.kind in ("expandable", "union"):
        if shape.kind == "expandable" and isinstance(value, str):
            return []
        found = [misfits(value, part, where) for part in shape.of]
        return [] if [] in found else found[0]
    if shape.kind == "resource":
        return misfits(value, sdk_reader.resource_shape(shape.resource or "", shape.module), where)
    if shape.kind == "list":
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [m for entry in value for m in misfits(entry, shape.of[0], f"{where}[]")]
    if shape.kind == "sublist":
        if not isinstance(value, dict) or value.get("object") != "list":
            return [f"{where} is no list object"]
        return [m for entry in value["data"] for m in misfits(entry, shape.of[0], f"{where}.data")]
    if shape.kind == "object":
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        unknown = [f"{where}.{name} is unknown" for name in value if name not in shape.fields]
        inner = [m for n, v in value.items() if n in shape.fields for m in misfits(v, shape.fields[n], f"{where}.{n}")]
        return unknown + inner
    return []
