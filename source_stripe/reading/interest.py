"""Which events of the feed concern the rows of one list, and what each of them says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from source_stripe.api.answer import JsonObject
from source_stripe.api_version import API_VERSION

SUB_LIST_ENTRIES = 10
"""Of a list within an object, at most, on a list's rows and in events alike; the rest is to be asked for, and whoever
wants it does."""


@dataclass(frozen=True)
class Through:
    """Events that carry rows which hang on a list's rows: what they tell is that the row they hang on is to be read.

    Attributes:
        stream: whose rows they carry.
        deletions: those of the types that say that what they carry is gone.
        resources: `object` values of what hangs on it.
        parent_field: where the payload names the row it hangs on; where it does not, it hangs on a row of another list.
    """

    stream: str
    types: frozenset[str]
    deletions: frozenset[str]
    resources: frozenset[str]
    parent_field: str

    def parent_in(self, kind: str, data: JsonObject) -> str | None:
        """The id of the row that an event's `data` is about in the end."""
        payload = data["object"]
        if kind not in self.types or payload.get("object") not in self.resources:
            return None
        # What was taken off its parent may name it among what it was before only.
        parent = payload.get(self.parent_field) or (data.get("previous_attributes") or {}).get(self.parent_field)
        return parent if isinstance(parent, str) else None


@dataclass(frozen=True)
class Removed:
    """Something that hung on a row and is gone.

    Attributes:
        stream: whose row it was.
        second: when, Unix seconds.
        content: the object as it was last, where that is of our API version; else what any version has of it.
    """

    stream: str
    id: str
    second: int
    content: JsonObject


@dataclass(frozen=True)
class Interest:
    """The events of a list.

    Attributes:
        types: of the events that carry its rows.
        deletions: those of them that say that the object is gone.
        resources: `object` values of its rows: `customer.source.*` and others carry several kinds.
        announced: an event tells of every new object, so that the list need not be asked for them.
        retrieve: the path of one object, with `{…}` for its id.
        created_field: of its rows.
        expansions: fields that its rows have expanded, dotted.
        through: the events of what hangs on its rows, where that has events of its own.
        account: the account that is read, which is on no list of its own: events tell of it all the same.
    """

    types: frozenset[str]
    deletions: frozenset[str]
    resources: frozenset[str]
    announced: bool
    retrieve: str
    created_field: str = "created"
    expansions: tuple[str, ...] = ()
    through: tuple[Through, ...] = ()
    account: str | None = None

    @property
    def asked_for(self) -> frozenset[str]:
        """The types to ask the feed for."""
        return self.types.union(*(each.types for each in self.through))

    def in_deletions(self) -> Interest | None:
        """The same as far as deletions go; None where no event tells of any."""
        through = tuple(replace(each, types=each.deletions) for each in self.through if each.deletions)
        if not self.deletions and not through:
            return None
        return replace(self, types=self.deletions, through=through)

    def change_in(self, event: JsonObject) -> Change | None:
        """What an event says of a row; None where it is about none of this list."""
        change = self._told_by(event)
        return None if change is None or change.id == self.account else change

    def _told_by(self, event: JsonObject) -> Change | None:
        kind = str(event.get("type"))
        data = event.get("data") or {}
        payload = data.get("object")
        if not isinstance(payload, dict):
            return None
        ours = event.get("api_version") == API_VERSION
        for each in self.through:
            if parent := each.parent_in(kind, data):
                return self._through(each, parent, event, payload, ours)
        if kind not in self.types:
            return None
        # An invoice that is yet to be made, for one, has no id.
        if not isinstance(payload.get("id"), str) or payload.get("object") not in self.resources:
            return None
        deleted = kind in self.deletions
        created = payload.get(self.created_field)
        # A deletion of what Stripe has no way to delete means something else, or something new: looked up.
        doubtful = kind.endswith(".deleted") and not deleted
        return Change(
            id=payload["id"],
            second=event["created"],
            created=created if isinstance(created, int) else None,
            birth=kind.endswith(".created"),
            deleted=deleted,
            complete=ours and not doubtful and not self._lacks(payload),
            content=payload if ours else _stub(payload, self.created_field),
        )

    def _through(self, way: Through, parent: str, event: JsonObject, payload: JsonObject, ours: bool) -> Change:
        """What hangs on a row has changed, or was taken off it: the row has to be looked up."""
        removed: tuple[Removed, ...] = ()
        second = event["created"]
        if event["type"] in way.deletions and isinstance(payload.get("id"), str):
            removed = (Removed(way.stream, payload["id"], second, payload if ours else _stub(payload, "created")),)
        return Change(
            id=parent,
            second=second,
            created=None,
            birth=False,
            deleted=False,
            complete=False,
            content={"id": parent},
            own=False,
            removed=removed,
        )

    def _lacks(self, payload: JsonObject) -> bool:
        """Whether a row of the list might show more: a field expanded, or more of a sub-list."""
        return any(_unexpanded(payload, field.split(".")) for field in self.expansions) or _cut(payload)


@dataclass(frozen=True)
class Change:
    """What is known of one object that changed.

    Attributes:
        second: when, Unix seconds.
        created: when the object was created, Unix seconds; None where it does not say.
        birth: the event tells of the object's creation.
        deleted: the event tells that it is gone.
        complete: `content` is the row as the list would show it, unless it is deleted.
        content: the object as it was then, where that is of our API version; else what any version has of it.
        own: an event told of the object itself, not of what hangs on it alone.
        removed: what hung on it and is gone.
    """

    id: str
    second: int
    created: int | None
    birth: bool
    deleted: bool
    complete: bool
    content: JsonObject
    own: bool = True
    removed: tuple[Removed, ...] = ()


def _stub(payload: JsonObject, created_field: str) -> JsonObject:
    return {name: payload[name] for name in ("id", "object", created_field) if name in payload}


def _unexpanded(value: Any, path: list[str]) -> bool:
    """Whether there is, or may be, something at `path` that is not expanded.

    null is nothing. A field that is missing may be one that Stripe shows only where it is expanded.
    """
    if isinstance(value, list):
        return any(_unexpanded(each, path) for each in value)
    if not path:
        return isinstance(value, str)
    if value is None:
        return False
    if not isinstance(value, Mapping) or path[0] not in value:
        return True
    return _unexpanded(value[path[0]], path[1:])


def _cut(value: Any) -> bool:
    """Whether a sub-list ends before a list's row would end it."""
    if isinstance(value, dict):
        more = value.get("object") == "list" and bool(value.get("has_more"))
        return (more and len(value.get("data") or ()) < SUB_LIST_ENTRIES) or any(map(_cut, value.values()))
    return isinstance(value, list) and any(map(_cut, value))
