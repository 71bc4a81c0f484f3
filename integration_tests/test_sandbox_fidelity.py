"""The sandbox is a referee: it is built on the SDK alone, and its objects are what the SDK's types say."""

from __future__ import annotations

import ast
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from integration_tests.sandbox import Clock, Sandbox, departures
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.resources import (
    ALIASES,
    BY_PATH,
    CHILD_BY_PATH,
    CHILDREN,
    RESOURCES,
    Child,
    Resource,
)
from integration_tests.sandbox.sdk import Shape
from integration_tests.sandbox.synthetic import SYNTHETIC

DECLARED = (*BY_PATH.values(), *CHILD_BY_PATH.values())
PACKAGE = Path(__file__).parent / "sandbox"


def test_the_sandbox_never_imports_the_connector() -> None:
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 20
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("source_stripe") for name in names), file


def test_every_list_of_the_sdk_is_declared_and_no_other() -> None:
    known = sdk_reader.list_endpoints()
    assert (len([p for p in known if p.startswith("/v1/")]), len([p for p in known if p.startswith("/v2/")])) == (
        120,
        18,
    )
    listed = {path for path, resource in BY_PATH.items() if resource.listed}
    # No service of the SDK lists these (any more), but the sub-lists that `expand` brings point to them.
    only_expanded = {
        "/v1/charges/{charge}/refunds",
        "/v1/customers/{customer}/subscriptions",
        "/v1/files/{file}/links",
        "/v1/invoices/{invoice}/payments",
    }
    assert listed | CHILD_BY_PATH.keys() | {alias.path for alias in ALIASES} == known.keys() | only_expanded
    for declared in DECLARED:
        if declared.path in known:
            assert set(declared.type_names) <= set(known[declared.path].items)


def test_the_sdk_knows_every_event_type_that_is_declared() -> None:
    declared = [kind for r in BY_PATH.values() for kind in (*r.born, r.changed, r.gone) if kind and "{" not in kind]
    declared += [kind for c in CHILD_BY_PATH.values() for kind in (c.born, c.changed, c.gone) if kind]
    slots = [kind for slot in Sandbox(size=10).account().feed.slots for kind in slot.types]
    assert set(declared + slots) <= sdk_reader.event_types()


@pytest.fixture(scope="module")
def world() -> Sandbox:
    return Sandbox(size=300, seed=13, connected=3, clock=Clock(running=False))


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.path)
def test_objects_fit_the_types_of_the_sdk_to_full_depth(world: Sandbox, declared: Resource | Child) -> None:
    shapes = [sdk_reader.resource_shape(name, module) for module, name in declared.classes]
    found = list(islice(world.truth(declared.path), 60))
    assert found
    for entry in found:
        misses = [misfits(entry, shape, declared.path) for shape in shapes]
        assert [] in misses, misses


# Stripe's own lists, what it allows few of, what is bound to the size of the business or the number of accounts.
FEW = {
    "/v1/accounts",
    "/v1/accounts/{account}/capabilities",
    "/v1/accounts/{account}/external_accounts",
    "/v1/accounts/{account}/persons",
    "/v1/apple_pay/domains",
    "/v1/climate/products",
    "/v1/climate/suppliers",
    "/v1/country_specs",
    "/v1/exchange_rates",
    "/v1/issuing/physical_bundles",
    "/v1/reporting/report_types",
    "/v1/webhook_endpoints",
}
BUSINESS = {declared.path for declared in (*RESOURCES, *CHILDREN)}


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.path)
def test_synthesized_lists_hold_250_objects_whose_identifiers_differ(world: Sandbox, declared: Any) -> None:
    ids = [entry.get("id") for entry in world.truth(declared.path)]
    if declared.path not in FEW | BUSINESS:
        assert len(ids) >= 250
    # Capabilities have the same identifiers in every account, exchange rates one a currency.
    assert len(ids) == len(set(ids)) or declared.names


@pytest.mark.parametrize("declared", SYNTHETIC, ids=lambda declared: declared.path)
def test_synthesized_objects_vary(world: Sandbox, declared: Resource) -> None:
    found = list(islice(world.truth(declared.path), 100))
    plain = {name for name, shape in declared.shape.fields.items() if shape.kind in ("literal", "boolean")}
    for name in plain - {"livemode", "object", "deleted", *declared.fixed}:
        values = {str(entry.get(name)) for entry in found}
        assert len(values) > 1 or len(found) < 30 or len(declared.shape.fields[name].values) == 1, name


def test_every_departure_names_its_source() -> None:
    rows: list[Any] = [
        *departures.DEFAULT_FILTERS,
        *departures.NEEDS_PARENT,
        *departures.PLATFORM_ONLY,
        *departures.PRODUCTS,
        departures.MANUAL_PAYOUT,
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
    "integer_text": str,
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
