"""Objects as Stripe's API reference shows them, written by hand, fit the schemas made from the stripe package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)


def schema_of(stream: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resources.files("source_stripe").joinpath(f"schemas/{stream}.json").read_bytes())
    return found


def unknown_fields(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Fields of an example that the schema does not name, where it names any."""
    if isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from unknown_fields(inner, schema["properties"][name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(value, list) and "items" in schema:
        for inner in value:
            yield from unknown_fields(inner, schema["items"], f"{path}[]")


def test_the_most_used_resources_have_an_example() -> None:
    assert len(EXAMPLES) >= 30


@each_example
def test_an_example_is_valid(example: Path) -> None:
    jsonschema.validate(json.loads(example.read_text()), schema_of(example.stem))


@each_example
def test_an_example_has_no_field_that_the_schema_does_not_know(example: Path) -> None:
    """Schemas are open, so that a row is valid with a field of any name: the names are compared here."""
    assert list(unknown_fields(json.loads(example.read_text()), schema_of(example.stem))) == []


@each_example
def test_an_example_of_a_wrong_type_is_not_valid(example: Path) -> None:
    row = json.loads(example.read_text()) | {"id": 7, "livemode": "yes"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(row, schema_of(example.stem))
