"""What a list endpoint holds, as a declaration: a resource, a parent's children, a nested view of another list.

What an endpoint accepts is not said here: that is read from the SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from integration_tests.sandbox import sdk


@dataclass(frozen=True)
class Listed:
    """What resources and children have in common.

    path, type: the list endpoint as the SDK writes it, the SDK's class (of namesakes the one that the path returns).
    prefixes: how identifiers begin; none where they are words (`names`) or the user chooses them.
    permission: what a restricted key needs to read it (`rak_<permission>_read`); by default the object's name, close
        to Stripe's words, which no document lists.
    created_field: what holds the time of creation, where the type has it.
    names: identifiers that are words, the same in every account.
    fixed: what a synthesized object holds in these fields.
    """

    path: str
    type: str
    prefixes: tuple[str, ...] = ()
    permission: str = ""
    created_field: str = "created"
    names: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type_names(self) -> tuple[str, ...]:
        return (self.type,)

    @cached_property
    def classes(self) -> tuple[tuple[str, str], ...]:
        """Module and name of what entries are of, in turn."""
        return tuple((sdk.module_of(name, self.path), name) for name in self.type_names)

    @cached_property
    def shape(self) -> sdk.Shape:
        """The fields of the (first) class."""
        module, name = self.classes[0]
        return sdk.resource_shape(name, module)

    @cached_property
    def object(self) -> str:
        module, name = self.classes[0]
        return sdk.object_name(name, module)

    @cached_property
    def right(self) -> str:
        """The permission, also where none is declared."""
        return self.permission or self.object.replace(".", "_")

    @property
    def is_v2(self) -> bool:
        return self.path.startswith("/v2/")

    @cached_property
    def leaves_a_trace(self) -> bool:
        """Whether a deleted object can still be retrieved, as {"id", "object", "deleted": true}."""
        return "deleted" in self.shape.fields


@dataclass(frozen=True)
class Resource(Listed):
    """A list of its own.

    born, changed, gone: event types that Stripe writes; {status} is filled in from the object. None writes none.
    sublists: field to the list endpoint whose first ten entries the object carries.
    includable: the same for fields (with dots, for one inside another) that are there only when expanded.
    own: what a new object does not take over from the generated one that it is modelled on.
    count: how many there are in a large enough account; None leaves it to chance, 250 or more.
    listed: False for objects that can be retrieved but not listed (their children can).
    """

    born: tuple[str, ...] = ()
    changed: str | None = None
    gone: str | None = None
    sublists: Mapping[str, str] = field(default_factory=dict)
    includable: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    count: int | None = None
    listed: bool = True


@dataclass(frozen=True)
class Child(Listed):
    """A list of a parent's own entries.

    parent, parameter: the parent's list endpoint, and what names the parent: a placeholder of the path or a parameter
        of the query.
    field: what names the parent in the object; `parameter` by default, nothing where the type has no such field.
    born, changed, gone: event types about the child itself; where there is none, its parent's `changed` tells of it.
    oldest_first: entries come in the order in which they were made (lines of an invoice), not newest first.
    variants: the classes that entries are of in turn, where there are several; `prefixes` go with them.
    """

    parent: str = ""
    parameter: str = ""
    field: str = ""
    born: str | None = None
    changed: str | None = None
    gone: str | None = None
    oldest_first: bool = False
    variants: tuple[str, ...] = ()

    @property
    def type_names(self) -> tuple[str, ...]:
        return self.variants or (self.type,)

    @cached_property
    def parent_field(self) -> str | None:
        name = self.field or self.parameter
        return name if name in self.shape.fields else None

    def key(self, parent: str, identifier: str) -> str:
        """What an entry is changed by: its identifier, unless other parents have the same one."""
        return f"{parent}/{identifier}" if self.names else identifier


@dataclass(frozen=True)
class Alias:
    """A nested list that is a top-level one, filtered by its parent: `/v1/charges/{charge}/refunds`."""

    path: str
    of: str
    parent: str
    parameter: str
