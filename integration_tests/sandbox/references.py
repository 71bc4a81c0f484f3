"""What `expand[]` brings: the object that an identifier names, what is there only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integration_tests.sandbox import departures, expansion, sdk
from integration_tests.sandbox.account import AccountData, Deleted
from integration_tests.sandbox.expansion import Owner
from integration_tests.sandbox.filters import predicate
from integration_tests.sandbox.identity import seed_of
from integration_tests.sandbox.listing import Window
from integration_tests.sandbox.resources import ALIAS_BY_PATH, CHILD_BY_PATH, Child, Resource, by_class
from integration_tests.sandbox.sdk import Shape
from integration_tests.sandbox.strand import Json


class References:
    """Expansion within one account's data."""

    def __init__(self, account: AccountData) -> None:
        self._account = account

    def expanded(self, value: Json, of: Resource | Child, query: Mapping[str, Any], *, is_list: bool) -> Json:
        """The answer with all of the query's `expand[]` followed. Raises StripeFault 400 for what cannot be."""
        wanted = query.get("expand", ())
        if not wanted:
            return value
        shapes = {sdk.object_name(name, module): sdk.resource_shape(name, module) for module, name in of.classes}

        def follow(entry: Json, parts: list[str]) -> Json:
            shape = shapes.get(str(entry.get("object")), of.shape)
            return expansion.expand(entry, shape, parts, self._retrieve, self._include)  # type: ignore[no-any-return]

        for path in wanted:
            parts = expansion.check(path, of.shape, is_list)
            if is_list:
                value = {**value, "data": [follow(entry, parts) for entry in value["data"]]}
            else:
                value = follow(value, parts)
        return value

    def _retrieve(self, keys: list[tuple[str, str]], identifier: str) -> Json | None:
        for of in [by_class()[key] for key in keys if key in by_class()]:
            try:
                found = self._account.find(of.path, identifier)
            except Deleted as gone:
                return {"id": gone.last["id"], "object": of.object, "deleted": True}
            if found is not None:
                return self._account.render(of.path, found)
        # What no list holds, or holds no more.
        made = self._account.world.synthetics.lone(keys[0], identifier) if keys else {}
        return made if "id" in made else None

    def _include(self, owner: Owner, shape: Shape, current: Any) -> Any:
        key = (owner.shape.module or "", owner.shape.resource or "")
        of = by_class().get(key)
        name = ".".join(owner.path)
        identifier = str(owner.value.get("id"))
        if isinstance(of, Resource) and name in of.includable:
            path = of.includable[name]
            return self._account.sublist(path, identifier, self._entries(path, identifier))
        if shape.kind == "sublist":
            url = f"{of.path if of is not None else ''}/{identifier}/{owner.path[-1]}"
            return {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": url}
        if name == "tiers" and owner.value.get("billing_scheme") != "tiered":
            return None
        made = self._account.world.synthetics.part(shape, seed_of(identifier, name))
        if of is not None and isinstance(made, dict) and of.object in made:
            made[of.object] = identifier
        return made

    def _entries(self, path: str, parent: str) -> list[Json]:
        if path in CHILD_BY_PATH:
            return self._account.children(path, parent)
        alias = ALIAS_BY_PATH[path]
        filters = {alias.parameter: parent}
        keep = predicate(alias.of, filters, lambda value: self._account.render(alias.of, value))
        hidden = departures.default_filter(alias.of, filters)
        return [
            self._account.render(alias.of, value)
            for value in self._account.walk(alias.of, Window(), filters, keep)
            if hidden is None or hidden(value)
        ]
