"""From a path to what it stands for, as the SDK's services spell it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from integration_tests.sandbox import sdk
from integration_tests.sandbox.resources import ALIAS_BY_PATH, BY_PATH, CHILD_BY_PATH, Alias, Child, Resource

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """`endpoint` is the path with placeholders, `kind` what is asked: a list of a resource, of a parent's children, a
    nested view of another list, one object, one child of a parent, the key's own account, or a list of the SDK that this
    business has nothing in."""

    endpoint: str
    kind: Literal["list", "children", "alias", "retrieve", "retrieve_child", "own_account", "empty"]
    of: Resource | Child | Alias | None
    parameters: dict[str, sdk.Parameter]
    names: dict[str, str]

    @property
    def permission(self) -> str | None:
        """What a restricted key needs; None where every key may read (its own account)."""
        if self.kind == "own_account" or self.of is None:
            return None
        return BY_PATH[self.of.of].permission if isinstance(self.of, Alias) else self.of.permission


@cache
def _table() -> list[tuple[re.Pattern[str], str, str, Resource | Child | Alias | None]]:
    table: list[tuple[re.Pattern[str], str, str, Resource | Child | Alias | None]] = []

    def add(path: str, kind: str, of: Resource | Child | Alias | None) -> None:
        pattern = _PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path)
        table.append((re.compile(pattern + r"\Z"), path, kind, of))

    account = BY_PATH["/v1/accounts"]
    add("/v1/account", "own_account", account)
    for path, resource in BY_PATH.items():
        add(path, "list", resource)
    for path, child in CHILD_BY_PATH.items():
        add(path, "children", child)
    for path, alias in ALIAS_BY_PATH.items():
        add(path, "alias", alias)
    lists: dict[str, Resource | Child] = {**BY_PATH, **CHILD_BY_PATH}
    for endpoint in sdk.endpoints():
        parent, _, last = endpoint.path.rpartition("/")
        if endpoint.method == "get" and not endpoint.is_list and _PLACEHOLDER.fullmatch(last) and parent in lists:
            of = lists[parent]
            nested = isinstance(of, Child) and "{" in parent
            add(endpoint.path, "retrieve_child" if nested else "retrieve", of)
    for path in sdk.list_endpoints():
        if path not in lists and path not in ALIAS_BY_PATH:
            add(path, "empty", None)
    return table


@cache
def _parameters(endpoint: str) -> dict[str, sdk.Parameter]:
    known = sdk.get_endpoint(endpoint)
    if known is not None:
        return known.parameters
    alias = ALIAS_BY_PATH.get(endpoint)
    return _parameters(alias.of) if alias is not None else {}


def resolve(path: str) -> Route | None:
    """The route of a path, or None for one that is not served."""
    for pattern, endpoint, kind, of in _table():
        match = pattern.match(path)
        if match is not None:
            return Route(endpoint, kind, of, _parameters(endpoint), match.groupdict())  # type: ignore[arg-type]
    return None
