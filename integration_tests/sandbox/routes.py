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
    nested view of another list, one object, one child of a parent, or the key's own account. What this business does
    not use is there too, as the SDK has it: an empty list, a missing object, a singleton with its defaults."""

    endpoint: str
    kind: Literal[
        "list", "children", "alias", "retrieve", "retrieve_child", "own_account", "empty", "missing", "singleton"
    ]
    of: Resource | Child | Alias | None
    parameters: dict[str, sdk.Parameter]
    names: dict[str, str]
    sdk_endpoint: sdk.Endpoint | None

    @property
    def permission(self) -> str | None:
        """What a restricted key needs; None where every key may read (its own account).

        For what is not declared here, the object's own name: close to Stripe's words, which no document lists.
        """
        if self.kind == "own_account":
            return None
        if self.of is None:
            assert self.sdk_endpoint is not None
            item = self.sdk_endpoint.item
            return sdk.object_name(item, self.sdk_endpoint.modules.get(item)).replace(".", "_")
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
    served = {path for _, path, _, _ in table}
    for endpoint in sdk.endpoints():
        if endpoint.method == "get" and endpoint.path not in served and endpoint.item in endpoint.modules:
            one = "missing" if endpoint.placeholders else "singleton"
            add(endpoint.path, "empty" if endpoint.is_list else one, None)
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
            return Route(endpoint, kind, of, _parameters(endpoint), match.groupdict(), sdk.get_endpoint(endpoint))  # type: ignore[arg-type]
    return None
