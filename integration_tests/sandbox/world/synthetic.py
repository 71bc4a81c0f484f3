"""Strands and children without a part in the business, synthesized from the SDK's types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from integration_tests.sandbox.identity import Ids, letters, mix, seed_of
from integration_tests.sandbox.resource import Child, Resource
from integration_tests.sandbox.resources import CHILD_BY_PATH, by_class
from integration_tests.sandbox.sdk import Shape
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.synthesis import SHALLOW, Draw, Synthesis, rfc3339
from integration_tests.sandbox.synthetic import SYNTHETIC, SYNTHETIC_CHILDREN
from integration_tests.sandbox.world.business import Business

# Room for the children of one parent in the identifiers of children.
CHILD_PLACES = 4096
# The number of children of the first parents: pages beyond ten and beyond a hundred are there in small accounts too.
_FIRST = (3, 11, 0, 1, 10, 2, 101, 0, 1, 120, 3, 1)
_USUAL = (0, 1, 2, 1, 0, 3)


@dataclass(frozen=True)
class Parent:
    """Whose children are asked for. `index` is its place in its strand, `created` is in Unix seconds."""

    index: int
    id: str
    created: int


def child_count(index: int) -> int:
    """How many children of each kind the parent of this index has."""
    if index < len(_FIRST):
        return _FIRST[index]
    place = index % 100
    return {50: 11, 70: 10, 90: 101}.get(place, _USUAL[index % len(_USUAL)])


class Synthetics:
    """All of an account's synthesized lists. `strands` answers any list's strands, for references."""

    def __init__(self, business: Business, strands: Callable[[str], list[Strand]]) -> None:
        self.business = business
        self._strands = strands
        self._child_ids: dict[str, tuple[Ids, ...]] = {}
        self._synthesis = Synthesis(
            account=business.account,
            livemode=business.livemode,
            refer=self._refer,
            embed=self._embed,
            named=self._named,
        )

    # --- lists of their own

    @cached_property
    def strands(self) -> Mapping[str, list[Strand]]:
        return {resource.path: [self._strand(resource)] for resource in SYNTHETIC}

    def _strand(self, resource: Resource) -> Strand:
        business = self.business
        count = len(resource.names) or min(
            business.charges,
            resource.count or business.synthesized + seed_of(resource.path) % (business.synthesized // 5),
        )
        start, span = business.start, max(business.end - business.start, 1)

        def created(index: int) -> int:
            # Every seventh shares the second of the one before it.
            return start + (index - (index % 7 == 3)) * span // max(count, 1)

        if resource.names:
            places = {name: place for place, name in enumerate(resource.names)}
            ids: Callable[[int], str] = resource.names.__getitem__
            find: Callable[[str], int | None] = places.get
        else:
            encoded = Ids(resource.prefixes[0] + "1", seed_of(business.seed, resource.path), letters(business.seed, 4))
            ids, find = encoded, encoded.index
        make = partial(self._object, resource, ids, created)
        return Strand(count, created, ids, find, make)

    def _object(self, resource: Resource, ids: Callable[[int], str], created: Callable[[int], int], index: int) -> Json:
        return self._made(resource, resource.classes[0], _chance(resource.path, index), ids(index), created(index), 0)

    def _made(
        self, of: Resource | Child, key: tuple[str, str], chance: int, identifier: str, moment: int, depth: int
    ) -> Json:
        draw = Draw(chance ^ self.business.seed, moment, self.business.end, of.is_v2)
        made = self._synthesis.make(*key, draw, depth)
        made.update(of.fixed)
        if "id" in made:
            made["id"] = identifier
        if "ownership" in made:
            made["ownership"] = _ownership(identifier)
        for name in (of.created_field, "updated"):
            if name in made:
                made[name] = rfc3339(moment) if of.is_v2 else moment
        return made

    # --- children

    def entries(self, child: Child, parent: Parent) -> list[Json]:
        """All of a parent's children, newest first."""
        count = len(child.names) or child_count(parent.index)
        return [self.entry(child, parent, place) for place in range(count - 1, -1, -1)]

    def entry(self, child: Child, parent: Parent, place: int, depth: int = 0) -> Json:
        count = len(child.names) or child_count(parent.index)
        span = max(self.business.end - parent.created, 0)
        made = self._made(
            child,
            child.classes[place % len(child.classes)],
            _chance(child.path, parent.index * CHILD_PLACES + place),
            self.entry_id(child, parent.index, place),
            parent.created + span * (place + 1) // (count + 1),
            depth,
        )
        if child.parent_field is not None:
            made[child.parent_field] = parent.id
        if "ownership" in made:
            made["ownership"] = _ownership(parent.id)
        for name, of in _SIBLINGS.get(child.path, {}).items():
            made[name] = self.entry_id(CHILD_BY_PATH[of], parent.index, place)
        return made

    def entry_id(self, child: Child, parent: int, place: int) -> str:
        if child.names:
            return child.names[place]
        ids = self._ids(child)
        return ids[place % len(ids)](parent * CHILD_PLACES + place)

    def locate(self, child: Child, identifier: str) -> tuple[int, int] | None:
        """Index of the parent and place among its children, None for what is no such child."""
        for ids in self._ids(child):
            value = ids.index(identifier)
            if value is not None:
                parent, place = divmod(value, CHILD_PLACES)
                return (parent, place) if place < child_count(parent) else None
        return None

    def _ids(self, child: Child) -> tuple[Ids, ...]:
        known = self._child_ids.get(child.path)
        if known is None:
            seed, tail = seed_of(self.business.seed, child.path), letters(self.business.seed, 4)
            known = self._child_ids[child.path] = tuple(Ids(prefix + "1", seed, tail) for prefix in child.prefixes)
        return known

    # --- objects and parts that no list holds

    def lone(self, key: tuple[str, str], identifier: str) -> Json:
        """An object of a class, under an identifier that something names."""
        moment = self.business.start
        draw = Draw(seed_of(self.business.seed, identifier), moment, self.business.end, ".v2." in key[0])
        made = self._synthesis.make(*key, draw)
        if "id" in made:
            made["id"] = identifier
        return made

    def part(self, shape: Shape, chance: int) -> Any:
        """What a field holds that is there only when it is asked for."""
        return self._synthesis.part(shape, Draw(chance, self.business.start, self.business.end, False))

    # --- references

    def _refer(self, key: tuple[str, str], chance: int) -> str | None:
        of = by_class().get(key)
        if of is None:
            return None
        if of.path == "/v1/accounts":
            return self.business.account
        if isinstance(of, Child):
            # The second parent has children of every kind.
            exists = _count(self._strands(of.parent)) > 1 and of.path in _SYNTHETIC_CHILDREN
            return self.entry_id(of, 1, of.classes.index(key)) if exists else None
        return _pick(self._strands(of.path), chance)

    def _embed(self, key: tuple[str, str], chance: int) -> Json | None:
        """An object that a list holds too: of the business, or a synthesized one with little in it."""
        of = by_class().get(key)
        strands = self._strands(of.path) if isinstance(of, Resource) else []
        if of is None or not _count(strands):
            return None
        index = chance % strands[0].count
        if of.path not in self.strands:
            return strands[0].make(index)
        strand = strands[0]
        return self._made(of, key, _chance(of.path, index), strand.id(index), strand.created(index), SHALLOW)

    def _named(self, name: str, v2: bool, chance: int) -> str | None:
        path = NAMED.get((name, v2))
        return None if path is None else _pick(self._strands(path), chance)


def _ownership(account: str) -> str:
    """A linked account's owners are asked for by its ownership, which is an object of its own."""
    return "fcaowns_" + account.partition("_")[2]


def _chance(path: str, index: int) -> int:
    return mix(_path_seed(path) + index)


_path_seed = cache(seed_of)


def _count(strands: list[Strand]) -> int:
    return strands[0].count if strands else 0


def _pick(strands: list[Strand], chance: int) -> str | None:
    return strands[0].id(chance % strands[0].count) if _count(strands) else None


_SYNTHETIC_CHILDREN = frozenset(child.path for child in SYNTHETIC_CHILDREN)

# A field with a plain text that names an object of this list; True for /v2.
NAMED = {
    ("charge", False): "/v1/charges",
    ("customer", False): "/v1/customers",
    ("financial_account", False): "/v1/treasury/financial_accounts",
    ("financial_account", True): "/v2/money_management/financial_accounts",
    ("invoice", False): "/v1/invoices",
    ("payment_intent", False): "/v1/payment_intents",
    ("payment_method", False): "/v1/payment_methods",
    ("price", False): "/v1/prices",
    ("product", False): "/v1/products",
    ("subscription", False): "/v1/subscriptions",
    ("transaction", True): "/v2/money_management/transactions",
}
# Children that name their sibling of the same place.
_SIBLINGS = {"/v1/treasury/transaction_entries": {"transaction": "/v1/treasury/transactions"}}
