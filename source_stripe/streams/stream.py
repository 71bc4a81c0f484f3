"""The form in which a stream is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from functools import cache
from importlib import resources
from typing import Any, ClassVar

import orjson
import requests
from airbyte_cdk.sources.streams.http import HttpStream

from source_stripe.api.answer import Form
from source_stripe.reading.family import Child, Member, Own
from source_stripe.reading.interest import Interest, Through
from source_stripe.reading.listing import Listing
from source_stripe.reading.ranges import ParameterSet
from source_stripe.streams.endpoints import takes
from source_stripe.streams.event_types import carriers_of, deletions_of, events_of, retrieval_of

READ_AT = "read_at"
"""The cursor of streams that are read as a whole: when that was, Unix seconds, the same on every row of a reading."""

DAY = 86_400
WEEK = 7 * DAY

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class StripeStream(HttpStream):
    """One of Stripe's lists as users select it. A subclass declares; `source_stripe.reading` reads.

    The name is the class's in snake case. Which parameters the list takes is known from the inventory.
    What a subclass may declare:

    Attributes:
        resource: Stripe's `object` value of the rows; several where a list mixes kinds.
        endpoint: the path of the list, as in the inventory; of the object for a stream of one record.
        cursor_field: `updated` where Stripe's events tell of changes, else `created` where the list can be
            filtered by it, else `READ_AT`; or a name that Airbyte's source gave it.
        primary_key: the field, or fields, that tell rows apart; None where Stripe gives them nothing of the kind.
        created_field: the field that the list's `created` filter goes by.
        parameter_sets: query parameters that together make the list show everything: one reading for each set.
        expand: fields to expand on the rows, without the `data.` that lists want in front.
        hidden: what the list leaves out unless asked, and what is done about it: the audit of silent defaults.
        permission: what a restricted key needs to read it, by the name that the Dashboard has for it.
        single: the endpoint answers with one object, not with a list.
        takes_no_limit: Stripe refuses `limit` here, whatever its own SDK says.
        ignored_events: of the events that the inventory has for the list, those that are not worth reading.
        deletion_events: of these events, those after which the object is on the list no more; None for what the
            inventory says.
        unseen: what changes of its rows neither an event nor a new reading tells of, and why.
        pending: fields and values of rows that will change although no event tells of it: read again until they have.
        reread_seconds: after which an incremental sync reads all of it again: for streams that have no other way to
            see what is new, 0 for every sync, and for those whose events are known to be incomplete, 0 for never.
        announced: an incremental sync need not ask the list for new objects, for an event tells of each, or they are
            left to the next reading of all; None for where there is an event `….created`.

    For rows that hang on the rows of another stream (`{…}` in the endpoint, or `parent_parameter`):

        parent: the stream they hang on.
        parent_key: the field, added to each row, that holds the parent's id.
        parent_parameter: the query parameter that names the parent, where the path does not.
        embedded: the parent's field that holds the first of them, dotted where it lies deeper; None where each parent
            costs a request.
        embedded_on_demand: that field is there only where it is expanded.
        of_parents: fields and values that a parent must have to have any.
    """

    name: ClassVar[str]
    resource: ClassVar[str | tuple[str, ...]]
    endpoint: ClassVar[str]
    cursor_field: ClassVar[Any] = "updated"
    primary_key: ClassVar[Any] = "id"
    created_field: ClassVar[str] = "created"
    parameter_sets: ClassVar[tuple[ParameterSet, ...]] = ({},)
    expand: ClassVar[tuple[str, ...]] = ()
    hidden: ClassVar[str] = ""
    permission: ClassVar[str] = ""
    single: ClassVar[bool] = False
    takes_no_limit: ClassVar[bool] = False
    ignored_events: ClassVar[tuple[str, ...]] = ()
    deletion_events: ClassVar[tuple[str, ...] | None] = None
    unseen: ClassVar[str] = ""
    pending: ClassVar[Mapping[str, Any]] = {}
    reread_seconds: ClassVar[int] = 0
    announced: ClassVar[bool | None] = None
    parent: ClassVar[type[StripeStream] | None] = None
    parent_key: ClassVar[str] = ""
    parent_parameter: ClassVar[str] = ""
    embedded: ClassVar[str | None] = None
    embedded_on_demand: ClassVar[bool] = False
    of_parents: ClassVar[Mapping[str, Any]] = {}
    extra_properties: ClassVar[dict[str, dict[str, Any]]]
    """Schemas of the fields that the connector adds to Stripe's own."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = _WORD.sub("_", cls.__name__).lower()
        cls.extra_properties = {}
        if cls.cursor_field != "created":
            cls.extra_properties[cls.cursor_field] = {"type": ["null", "integer"]}
        if cls.tells_deletions():
            cls.extra_properties["is_deleted"] = {"type": ["null", "boolean"]}
        if cls.parent_key:
            cls.extra_properties[cls.parent_key] = {"type": ["null", "string"]}

    def __init__(self, api_base: str = "https://api.stripe.com") -> None:
        self._api_base = api_base
        super().__init__()

    @classmethod
    def listing(cls) -> Listing:
        """What the reading needs to know of the stream's own endpoint."""
        if cls.single:
            form: Form = "object"
        else:
            form = "v2" if cls.endpoint.startswith("/v2/") else "v1"
        return Listing(
            path=cls.endpoint,
            form=form,
            created_filter=not cls.single and takes(cls.endpoint, "created"),
            created_field=cls.created_field,
            limit=not cls.single and not cls.takes_no_limit and takes(cls.endpoint, "limit"),
            parameter_sets=cls.parameter_sets,
            expand=cls.expand,
        )

    @classmethod
    def event_types(cls) -> tuple[str, ...]:
        """The events that the stream's rows follow, sorted; () for a stream that is read by `created`, or whole."""
        if cls.parent is not None or cls.single or cls.cursor_field != "updated":
            return ()
        return tuple(kind for kind in events_of(cls.endpoint) if kind not in cls.ignored_events)

    @classmethod
    def interest(cls) -> Interest | None:
        """What the reading needs to know of these events; None where there are none."""
        types = cls.event_types()
        if not types:
            return None
        deletions = deletions_of(cls.endpoint) if cls.deletion_events is None else cls.deletion_events
        born = any(kind.endswith(".created") for kind in types)
        return Interest(
            types=frozenset(types),
            deletions=frozenset(deletions),
            resources=frozenset(cls.kinds()),
            announced=born if cls.announced is None else cls.announced,
            retrieve=retrieval_of(cls.endpoint),
            created_field=cls.created_field,
        )

    @classmethod
    def through(cls) -> Through | None:
        """The events of rows that hang on another stream's: each says that the row they hang on has changed.

        Cards, for one, come by `customer.source.*` and by `account.external_account.*`: whose they are is in the card.
        """
        # The path of one of them names first its parent, as its own field does, and then itself; else a parameter does.
        names = _PLACEHOLDER.findall(retrieval_of(cls.endpoint))
        parent_field = names[0] if len(names) > 1 else cls.parent_parameter
        if cls.parent is None or not parent_field:
            return None
        resources = frozenset(cls.kinds())
        types = [kind for kind in carriers_of(cls.endpoint, resources) if kind not in cls.ignored_events]
        if not types:
            return None
        deletions = deletions_of(cls.endpoint) if cls.deletion_events is None else cls.deletion_events
        return Through(cls.name, frozenset(types), frozenset(types).intersection(deletions), resources, parent_field)

    @classmethod
    def tells_deletions(cls) -> bool:
        """Whether its rows say that they are deleted, or are not: all that follow events of their own list do."""
        through = cls.through()
        return bool(cls.event_types()) or (through is not None and bool(through.deletions))

    @classmethod
    def whole(cls) -> bool:
        """Whether it is read as a whole or not at all."""
        return bool(cls.cursor_field == READ_AT)

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """Stripe's `object` values of the rows: one, or several where a list mixes kinds."""
        return (cls.resource,) if isinstance(cls.resource, str) else cls.resource

    @classmethod
    def key_fields(cls) -> tuple[str, ...]:
        """The primary key, one field or several; () where rows have none."""
        if isinstance(cls.primary_key, str):
            return (cls.primary_key,)
        return tuple(cls.primary_key or ())

    @classmethod
    def root(cls) -> type[StripeStream]:
        """The stream whose list is read for the rows of this one: its parent, or itself."""
        return cls.parent or cls

    @classmethod
    def member(cls) -> Member:
        """How rows of this stream come of the rows of `root`."""
        if cls.parent is None:
            return Own(cls.name, cls.cursor_field, cls.created_field, cls.tells_deletions(), cls.pending)
        return Child(
            name=cls.name,
            cursor_field=cls.cursor_field,
            created_field=cls.parent.created_field,
            listing=cls.listing(),
            resources=cls.kinds(),
            parent_key=cls.parent_key,
            parent_parameter=cls.parent_parameter,
            embedded=cls.embedded,
            embedded_on_demand=cls.embedded_on_demand,
            of_parents=cls.of_parents,
            tells_deletions=cls.tells_deletions(),
        )

    def get_json_schema(self) -> dict[str, Any]:  # type: ignore[override]
        """The generated schema. It is whole as it is: nothing in it refers to elsewhere, as the CDK would look for."""
        return _schema(self.name)

    @property
    def url_base(self) -> str:
        return self._api_base

    def path(
        self,
        *,
        stream_state: Mapping[str, Any] | None = None,
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> str:
        return self.endpoint

    def request_params(
        self,
        stream_state: Mapping[str, Any] | None,
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> MutableMapping[str, Any]:
        return {"limit": 100, **(stream_slice or {}), **(next_page_token or {})}

    def parse_response(self, response: requests.Response, **kwargs: Any) -> Iterable[Mapping[str, Any]]:
        yield from response.json()["data"]

    def next_page_token(self, response: requests.Response) -> Mapping[str, Any] | None:
        page = response.json()
        return {"starting_after": page["data"][-1]["id"]} if page["has_more"] else None


@cache
def _schema(name: str) -> dict[str, Any]:
    path = resources.files("source_stripe").joinpath("schemas", f"{name}.json")
    schema: dict[str, Any] = orjson.loads(path.read_bytes())
    return schema
