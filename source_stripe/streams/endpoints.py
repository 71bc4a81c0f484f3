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


@cache
def _lists() -> dict[str, Any]:
    inventory = json.loads(resources.files("source_stripe").joinpath("inventory.json").read_bytes())
    lists: dict[str, Any] = inventory["lists"]
    return lists
