"""What the inventory knows of Stripe's endpoints; see `tools.generate`, which writes it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


def takes(path: str, parameter: str) -> bool:
    """Whether the list at `path` takes a query parameter; False for what is no list.

    `created` counts only where it filters by ranges.
    """
    facts = _lists().get(path)
    if facts is None:
        return False
    if parameter == "created":
        return bool(facts["created_filter"])
    if parameter == "limit":
        return bool(facts["limit"])
    return parameter in facts["parameters"]


def list_facts(path: str) -> dict[str, Any] | None:
    """What the inventory has on the list at `path`; None for what is no list."""
    facts: dict[str, Any] | None = _lists().get(path)
    return facts


def event_objects(kind: str) -> list[str]:
    """The `object` values that events of a type carry."""
    objects: list[str] = _inventory()["events"][kind]
    return objects


def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = _inventory()["lists"]
    return lists


@cache
def _inventory() -> dict[str, Any]:
    inventory: dict[str, Any] = json.loads(resources.files("source_stripe").joinpath("inventory.json").read_bytes())
    return inventory
