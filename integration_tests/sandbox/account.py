"""One account's data: generated objects with what was changed laid over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integration_tests.sandbox.feed import Feed
from integration_tests.sandbox.listing import Place, Source, Window, walk
from integration_tests.sandbox.overlay import Overlay
from integration_tests.sandbox.resources import ALIAS_BY_PATH, BY_PATH, CHILD_BY_PATH
from integration_tests.sandbox.strand import Json, Strand
from integration_tests.sandbox.world import World

SUBLIST = 10


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
            finder = self.world.child_finders.get(path)
            return finder(identifier) if finder is not None else None
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
        if resource is None or not resource.sublists:
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
        entries = self.overlay.entries[path]
        found = []
        for strand in self.strands(CHILD_BY_PATH[path].parent):
            index = strand.locate(parent)
            if index is not None and not self._recreated(CHILD_BY_PATH[path].parent, parent):
                found = self.world.children[path](index)
        added = self.overlay.children[path, parent]
        if not entries:
            return found
        ids = [str(child["id"]) for child in found]
        merged = [entries[i].object if i in entries else child for i, child in zip(ids, found, strict=True)]
        merged += [entries[i].object for i in added if i not in ids]
        return [child for child in merged if child is not None]

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
        sources = [
            Source(rank, self._indexes(strand, filters, entries), strand.created) for rank, strand in enumerate(strands)
        ]
        sources.append(Source(len(strands), range(len(added)), lambda n: added[n][0]))
        for _, rank, index in walk(sources, window, after=after, before=before):
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
