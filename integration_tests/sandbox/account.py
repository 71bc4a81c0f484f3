"""One account's data: generated objects with what was changed laid over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integration_tests.sandbox.feed import Feed
from integration_tests.sandbox.listing import Place, Source, Window, walk
from integration_tests.sandbox.overlay import Overlay
from integration_tests.sandbox.resources import ALIAS_BY_PATH, BY_PATH, CHILD_BY_PATH
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world import Parent, World

SUBLIST = 10
# The index that the account itself has as a parent: it is not in its own list of accounts.
_OWN = 1 << 30


class Deleted(Exception):
    """The object existed once. `last` is what it was."""

    def __init__(self, last: Json) -> None:
        super().__init__(last.get("id"))
        self.last = last


class AccountData:
    """`me` is the account's own object, `more` are strands beside the world's (a platform's accounts)."""

    def __init__(self, world: World, me: Json, more: Mapping[str, list[Strand]], version: Callable[[], str]) -> None:
        self.world = world
        self.me = me
        self.overlay = Overlay()
        self.feed = Feed(world, version, self.render)
        self._strands: Mapping[str, list[Strand]] = {**world.strands, **more}

    @property
    def id(self) -> str:
        return str(self.me["id"])

    def strands(self, path: str) -> list[Strand]:
        return self._strands.get(path, [])

    # --- one object

    def find(self, path: str, identifier: str) -> Json | None:
        """The object of a list endpoint (not rendered), None if there never was one. Raises Deleted."""
        entry = self.overlay.entries[path].get(identifier)
        if entry is not None:
            if entry.object is None:
                raise Deleted(entry.last)
            return entry.object
        if path in CHILD_BY_PATH:
            parent = self.parent_of(path, identifier)
            own = identifier.rpartition("/")[2] if CHILD_BY_PATH[path].names else identifier
            return None if parent is None else self.child(path, parent, own)
        if path == "/v1/accounts" and identifier == self.id:
            return self.me
        for strand in self.strands(path):
            index = strand.locate(identifier)
            if index is not None:
                return strand.make(index)
        return None

    def place(self, path: str, identifier: str) -> Place | None:
        """Where in the list an object stands; None for one that is not there (any more)."""
        entry = self.overlay.entries[path].get(identifier)
        if entry is not None and entry.object is None:
            return None
        strands = self.strands(path)
        if entry is not None and entry.serial is not None:
            created, position = self.overlay.position(path, entry.serial)
            return (created, len(strands), position)
        for rank, strand in enumerate(strands):
            index = strand.locate(identifier)
            if index is not None:
                return (strand.created(index), rank, index)
        return None

    def render(self, path: str, value: Json) -> Json:
        """The object as an answer shows it: with its sub-lists, ten entries each."""
        resource = BY_PATH.get(path)
        if resource is None or not resource.sublists or "id" not in value:
            return value
        identifier = str(value["id"])
        rendered = dict(value)
        for name, child_path in resource.sublists.items():
            rendered[name] = self.sublist(child_path, identifier, self.children(child_path, identifier))
        return rendered

    def sublist(self, path: str, parent: str, entries: list[Json]) -> Json:
        child = CHILD_BY_PATH.get(path)
        name = ALIAS_BY_PATH[path].parameter if child is None else child.parameter
        url = path.replace(f"{{{name}}}", parent)
        if url == path:
            url = f"{path}?{name}={parent}"
        return {
            "object": "list",
            "data": entries[:SUBLIST],
            "has_more": len(entries) > SUBLIST,
            "total_count": len(entries),
            "url": url,
        }

    # --- children

    def children(self, path: str, parent: str) -> list[Json]:
        """All entries of a parent's child list, in its order."""
        child = CHILD_BY_PATH[path]
        entries = self.overlay.entries[path]
        place = self._as_parent(child.parent, parent)
        found = [] if place is None else self.world.children(path, place)
        added = self.overlay.children[path, parent]
        if not entries:
            return found
        keys = [child.key(parent, str(entry["id"])) for entry in found]
        merged = [entries[k].object if k in entries else entry for k, entry in zip(keys, found, strict=True)]
        new = [entries[k].object for k in added if k not in keys]
        merged = merged + new if child.oldest_first else new[::-1] + merged
        return [entry for entry in merged if entry is not None]

    def child(self, path: str, parent: str, identifier: str) -> Json | None:
        """One entry of a parent's child list."""
        return next((entry for entry in self.children(path, parent) if entry.get("id") == identifier), None)

    def parent_of(self, path: str, identifier: str) -> str | None:
        """The identifier of a child's parent; None for what is no child."""
        child = CHILD_BY_PATH[path]
        added = self.overlay.parents.get((path, identifier))
        if added is not None:
            return added
        if child.names:
            return identifier.partition("/")[0]
        index = self.world.parent_index(path, identifier)
        if index == _OWN and child.parent == "/v1/accounts":
            return self.id
        strand = next(iter(self.strands(child.parent)), None)
        return strand.id(index) if strand is not None and index is not None and index < strand.count else None

    def _as_parent(self, path: str, identifier: str) -> Parent | None:
        """Where generated children hang; None for a parent that was created at run time, or does not exist."""
        if self._recreated(path, identifier):
            return None
        if path == "/v1/accounts" and identifier == self.id:
            return Parent(_OWN, identifier, self.world.business.start)
        for strand in self.strands(path):
            index = strand.locate(identifier)
            if index is not None:
                return Parent(index, identifier, strand.created(index))
        return None

    def _recreated(self, path: str, identifier: str) -> bool:
        entry = self.overlay.entries[path].get(identifier)
        return entry is not None and entry.serial is not None

    # --- lists

    def walk(
        self,
        path: str,
        window: Window,
        filters: Mapping[str, Any],
        keep: Callable[[Json], bool] | None,
        *,
        after: Place | None = None,
        before: Place | None = None,
    ) -> Iterator[Json]:
        """The objects of a list (not rendered), newest first (oldest first with `before`)."""
        strands = self.strands(path)
        entries = self.overlay.entries[path]
        added = self.overlay.added[path]
        for _, rank, index in walk(self.sources(path, filters), window, after=after, before=before):
            if rank == len(strands):
                _, serial, identifier = added[index]
                value = entries[identifier].object if entries[identifier].serial == serial else None
            elif entries:
                entry = entries.get(strands[rank].id(index))
                if entry is None:
                    value = strands[rank].make(index)
                else:
                    value = entry.object if entry.serial is None else None
            else:
                value = strands[rank].make(index)
            if value is not None and (keep is None or keep(value)):
                yield value

    def sources(self, path: str, filters: Mapping[str, Any]) -> list[Source]:
        """What a list is merged from: its strands, and last what was added at run time."""
        strands, entries, added = self.strands(path), self.overlay.entries[path], self.overlay.added[path]
        sources = [
            Source(rank, self._indexes(strand, filters, entries), strand.created) for rank, strand in enumerate(strands)
        ]
        return [*sources, Source(len(strands), range(len(added)), lambda n: added[n][0])]

    def _indexes(self, strand: Strand, filters: Mapping[str, Any], entries: Mapping[str, Any]) -> Any:
        """All indexes of a strand, or those that a filter leaves, with the changed ones that may match by now."""
        for name, value in filters.items():
            narrow = strand.narrow.get(name)
            indexes = narrow(value) if narrow is not None and isinstance(value, str) else None
            if indexes is not None:
                changed = {i for i in map(strand.locate, entries) if i is not None}
                return sorted({i for i in indexes if i < strand.count} | changed) if changed else indexes
        return range(strand.count)

    def truth(self, path: str) -> Iterator[Json]:
        """Every object of a list endpoint, rendered, newest first, with no default filter in the way."""
        for value in self.walk(path, Window(), {}, None):
            yield self.render(path, value)
