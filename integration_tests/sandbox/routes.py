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
    nested view of another list, one object, one child of a parent, or the key's own account. What no list holds is
    there too, as the SDK has it: an object that does not exist, or what there is one of."""

    endpoint: str
    kind: Literal["list", "children", "alias", "retrieve", "retrieve_child", "own_account", "missing", "singleton"]
    of: Resource | Child | Alias | None
    parameters: dict[str, sdk.Parameter]
    names: dict[str, str]
    sdk_endpoint: sdk.Endpoint | None

    @property
    def permission(self) -> str | None:
        """What a restricted key needs; None where every key may read (its own account).

        For what is not declared here, the object's own name.
        """
        if self.kind == "own_account":
            return None
        if self.of is None:
            assert self.sdk_endpoint is not None
            item = self.sdk_endpoint.item
            return sdk.object_name(item, self.sdk_endpoint.modules.get(item)).replace(".", "_")
        return BY_PATH[self.of.of].right if isinstance(self.of, Alias) else self.of.right


_Row = tuple[re.Pattern[str], str, str, Resource | Child | Alias | None]


@cache
def _table() -> dict[int, list[_Row]]:
    """Rows by the number of slashes of their paths; of those that match a path the first counts."""
    table: list[_Row] = []

    def add(path: str, kind: str, of: Resource | Child | Alias | None) -> None:
        pattern = _PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path)
        table.append((re.compile(pattern + r"\Z"), path, kind, of))

    account = BY_PATH["/v1/accounts"]
    add("/v1/account", "own_account", account)
    for path, resource in BY_PATH.items():
        if resource.listed:
            add(path, "list", resource)
    for path, child in CHILD_BY_PATH.items():
        add(path, "children", child)
    for path, alias in ALIAS_BY_PATH.items():
        add(path, "alias", alias)
    views = {path: BY_PATH[alias.of] for path, alias in ALIAS_BY_PATH.items()}
    lists: dict[str, Resource | Child] = {**BY_PATH, **CHILD_BY_PATH, **views}
    for endpoint in sdk.endpoints():
        parent, _, last = endpoint.path.rpartition("/")
        if endpoint.method == "get" and not endpoint.is_list and _PLACEHOLDER.fullmatch(last):
            # Two children are retrieved by a path whose parent has another name than in their list's.
            of = lists.get(parent) or next((o for p, o in lists.items() if _anonymous(p) == _anonymous(parent)), None)
            if of is None:
                continue
            nested = isinstance(of, Child) and "{" in of.path
            add(endpoint.path, "retrieve_child" if nested else "retrieve", of)
    served = {path for _, path, _, _ in table}
    for endpoint in sdk.endpoints():
        if endpoint.method == "get" and endpoint.path not in served and endpoint.item in endpoint.modules:
            one = "missing" if _PLACEHOLDER.fullmatch(endpoint.path.rpartition("/")[2]) else "singleton"
            add(endpoint.path, one, None)
    by_length: dict[int, list[_Row]] = {}
    for row in table:
        by_length.setdefault(row[1].count("/"), []).append(row)
    return by_length


def _anonymous(path: str) -> str:
    return _PLACEHOLDER.sub("{}", path)


@cache
def _parameters(endpoint: str) -> dict[str, sdk.Parameter]:
    known = sdk.get_endpoint(endpoint)
    if known is not None:
        # Lists of /v2 go on at addresses that hold a token, which no parameter class names.
        page = {"page": sdk.Parameter("page", sdk.Shape("string"), required=False)}
        return known.parameters | page if known.is_list and endpoint.startswith("/v2/") else known.parameters
    alias = ALIAS_BY_PATH.get(endpoint)
    return _parameters(alias.of) if alias is not None else {}


def resolve(path: str) -> Route | None:
    """The route of a path, or None for one that is not served."""
    for pattern, endpoint, kind, of in _table().get(path.count("/"), ()):
        match = pattern.match(path)
        if match is not None:
            return Route(endpoint, kind, of, _parameters(endpoint), match.groupdict(), sdk.get_endpoint(endpoint))  # type: ignore[arg-type]
    return None
