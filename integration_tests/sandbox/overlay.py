"""What was changed in an account since it was generated, over objects that are computed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field

from integration_tests.sandbox.strand import Json


@dataclass(frozen=True)
class Entry:
    """What has become of an object. `object` is None once it is deleted (`last` is what it was then). `serial` is its
    place among objects created at run time, None for one that is still the generated one."""

    object: Json | None
    serial: int | None
    last: Json


@dataclass
class Overlay:
    """Entries by list endpoint and identifier; the order of what was created; children by parent and back."""

    entries: defaultdict[str, dict[str, Entry]] = field(default_factory=lambda: defaultdict(dict))
    added: defaultdict[str, list[tuple[int, int, str]]] = field(default_factory=lambda: defaultdict(list))
    children: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[tuple[str, str], str] = field(default_factory=dict)
    serial: int = 0
    _created: dict[int, int] = field(default_factory=dict)

    @property
    def untouched(self) -> bool:
        """Whether nothing was changed since the account was generated."""
        return not any(self.entries.values())

    def position(self, path: str, serial: int) -> tuple[int, int]:
        """When an added object was created (Unix seconds), and where it stands among those of its list."""
        created = self._created[serial]
        return created, bisect_left(self.added[path], (created, serial))

    def add(self, path: str, identifier: str, created: int, value: Json) -> None:
        self.serial += 1
        self.entries[path][identifier] = Entry(value, self.serial, value)
        self._created[self.serial] = created
        insort(self.added[path], (created, self.serial, identifier))

    def add_child(self, path: str, parent: str, identifier: str, value: Json) -> None:
        self.serial += 1
        self.entries[path][identifier] = Entry(value, self.serial, value)
        self.parents[path, identifier] = parent
        siblings = self.children[path, parent]
        if identifier not in siblings:
            siblings.append(identifier)

    def replace(self, path: str, identifier: str, value: Json) -> None:
        old = self.entries[path].get(identifier)
        self.entries[path][identifier] = Entry(value, old.serial if old else None, value)

    def remove(self, path: str, identifier: str, last: Json) -> None:
        old = self.entries[path].get(identifier)
        self.entries[path][identifier] = Entry(None, old.serial if old else None, last)
