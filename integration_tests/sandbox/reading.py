"""Lists and single objects of one account, as Stripe answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from integration_tests.sandbox import departures, expansion, sdk
from integration_tests.sandbox.account import AccountData, Deleted
from integration_tests.sandbox.accounts import Directory
from integration_tests.sandbox.blanks import blank
from integration_tests.sandbox.errors import StripeFault, no_such
from integration_tests.sandbox.feed import matches
from integration_tests.sandbox.filters import predicate
from integration_tests.sandbox.listing import Place, Window, walk
from integration_tests.sandbox.resources import ALIAS_BY_PATH, BY_PATH, BY_TYPE, CHILD_BY_PATH, Alias, Child, Resource
from integration_tests.sandbox.routes import Route
from integration_tests.sandbox.strand import Json

MAX_LIMIT, DEFAULT_LIMIT = 100, 10
MAX_EVENT_TYPES = 20

# Parameters that name another object: a list answers 400 if there never was one.
_REFERENCES = {
    "charge": "/v1/charges",
    "customer": "/v1/customers",
    "invoice": "/v1/invoices",
    "payment_intent": "/v1/payment_intents",
    "payout": "/v1/payouts",
    "price": "/v1/prices",
    "product": "/v1/products",
    "subscription": "/v1/subscriptions",
}


class Reader:
    """One request's reading. `path` is the request's own, for `url`."""

    def __init__(self, account: AccountData, directory: Directory, path: str) -> None:
        self._account = account
        self._directory = directory
        self._path = path

    def read(self, route: Route, query: Mapping[str, Any]) -> Json:
        """The body of the answer, in the pinned API version. Raises StripeFault."""
        of = route.of
        match route.kind:
            case "own_account":
                return self._expanded(self._account.me, "Account", query, is_list=False)
            case "empty":
                return self._empty(query)
            case "missing" | "singleton":
                assert route.sdk_endpoint is not None
                item, module = route.sdk_endpoint.item, route.sdk_endpoint.modules.get(route.sdk_endpoint.item)
                if route.kind == "missing":
                    identifier = next(reversed(route.names.values()))
                    raise no_such(sdk.object_name(item, module), identifier, "id", 404)
                return blank(item, module)
            case "retrieve" | "retrieve_child":
                assert isinstance(of, Resource | Child)
                identifier = next(reversed(route.names.values()))
                return self._one(of, identifier, query)
            case "children":
                assert isinstance(of, Child)
                return self._children(of, route, query)
            case "alias":
                assert isinstance(of, Alias)
                self._must_exist(of.parent, route.names[of.parameter], of.parameter, 404)
                narrowed = {**query, of.parameter: route.names[of.parameter]}
                return self._list(BY_PATH[of.of], narrowed)
            case _:
                assert isinstance(of, Resource)
                return self._events(query) if of.path == "/v1/events" else self._list(of, query)

    def truth(self, path: str) -> Iterator[Json]:
        if path == "/v1/events":
            for _, rank, index in walk(self._account.feed.sources(None), Window()):
                if self._account.feed.type_at(rank, index) is not None:
                    yield self._account.feed.make(rank, index)
        elif path in CHILD_BY_PATH:
            for parent in self._account.walk(CHILD_BY_PATH[path].parent, Window(), {}, None):
                yield from self._account.children(path, str(parent["id"]))
        else:
            yield from self._account.truth(path)

    # --- one object

    def _one(self, of: Resource | Child, identifier: str, query: Mapping[str, Any]) -> Json:
        if of.path == "/v1/accounts" and identifier == self._account.id:
            return self._expanded(self._account.me, of.type, query, is_list=False)
        if of.path == "/v1/events":
            place = self._account.feed.locate(identifier)
            if place is None:
                raise no_such("event", identifier, "id", 404)
            return self._account.feed.make(place[1], place[2])
        try:
            found = self._account.find(of.path, identifier)
        except Deleted as gone:
            if isinstance(of, Resource) and of.leaves_a_trace:
                return {"id": gone.last["id"], "object": of.object, "deleted": True}
            found = None
        if found is None:
            raise no_such(of.object, identifier, "id", 404)
        return self._expanded(self._account.render(of.path, found), of.type, query, is_list=False)

    def _empty(self, query: Mapping[str, Any]) -> Json:
        if self._path.startswith("/v2/"):
            return {"data": [], "next_page_url": None, "previous_page_url": None}
        _limit(query)
        self._cursors(query, lambda identifier: None, "object")
        return {"object": "list", "data": [], "has_more": False, "url": self._path}

    def _must_exist(self, path: str, identifier: str, param: str, status: int) -> None:
        try:
            found = self._account.find(path, identifier)
        except Deleted:
            return
        if found is None:
            raise no_such(BY_PATH[path].object, identifier, param, status)

    # --- lists

    def _list(self, resource: Resource, query: Mapping[str, Any]) -> Json:
        limit = _limit(query)
        path = resource.path
        for name, parent_path in _REFERENCES.items():
            if isinstance(query.get(name), str):
                self._must_exist(parent_path, query[name], name, 400)
        hidden = departures.default_filter(path, query)
        asked = predicate(path, query, resource.created_field)
        tests = [test for test in (hidden, asked) if test is not None]
        keep = (lambda value: all(test(value) for test in tests)) if tests else None
        after, before = self._cursors(query, lambda i: self._account.place(path, i), resource.object)
        found = self._account.walk(path, Window.of(query.get("created")), query, keep, after=after, before=before)
        page = list(islice(found, limit + 1))
        return self._page(
            page, limit, before is not None, lambda v: self._account.render(path, v), resource.type, query
        )

    def _events(self, query: Mapping[str, Any]) -> Json:
        limit = _limit(query)
        if query.get("expand"):
            raise StripeFault(400, "This property cannot be expanded (data).", param="expand")
        wanted: list[str] | None = query.get("types")
        if wanted is not None and "type" in query:
            raise StripeFault(400, "You may only specify one of these parameters: type, types.", param="types")
        if wanted is not None and len(wanted) > MAX_EVENT_TYPES:
            raise StripeFault(400, f"You may pass up to {MAX_EVENT_TYPES} event types.", param="types")
        if wanted is None and "type" in query:
            wanted = [query["type"]]
        feed = self._account.feed
        after, before = self._cursors(query, feed.locate, "event")

        def kept() -> Iterator[tuple[int, int]]:
            places = walk(feed.sources(wanted), Window.of(query.get("created")), after=after, before=before)
            for _, rank, index in places:
                kind = feed.type_at(rank, index)
                if kind is not None and (wanted is None or matches(kind, wanted)):
                    yield rank, index

        page = list(islice(kept(), limit + 1))
        return self._page(page, limit, before is not None, lambda place: feed.make(*place), "Event", {})

    def _children(self, child: Child, route: Route, query: Mapping[str, Any]) -> Json:
        limit = _limit(query)
        parent = route.names.get(child.parameter) or str(query.get(child.parameter))
        self._must_exist(child.parent, parent, child.parameter, 404 if route.names else 400)
        entries = self._account.children(child.path, parent)
        ids = [str(entry["id"]) for entry in entries]

        def position(identifier: str) -> Place | None:
            return (ids.index(identifier), 0, 0) if identifier in ids else None

        after, before = self._cursors(query, position, child.object)
        if before is not None:
            start = max(0, before[0] - limit)
            page, more = entries[start : before[0]], start > 0
        else:
            start = 0 if after is None else after[0] + 1
            page, more = entries[start : start + limit], len(entries) > start + limit
        body = {"object": "list", "data": page, "has_more": more, "url": self._path}
        return self._expanded(body, child.type, query, is_list=True)

    def _page(
        self,
        found: list[Any],
        limit: int,
        backwards: bool,
        make: Callable[[Any], Json],
        type_name: str,
        query: Mapping[str, Any],
    ) -> Json:
        chosen = found[:limit]
        if backwards:
            chosen.reverse()
        body = {
            "object": "list",
            "data": [make(entry) for entry in chosen],
            "has_more": len(found) > limit,
            "url": self._path,
        }
        return self._expanded(body, type_name, query, is_list=True)

    def _cursors(
        self, query: Mapping[str, Any], locate: Callable[[str], Place | None], noun: str
    ) -> tuple[Place | None, Place | None]:
        after, before = query.get("starting_after"), query.get("ending_before")
        if after is not None and before is not None:
            message = "You can only specify one of these parameters: starting_after, ending_before."
            raise StripeFault(400, message, param="starting_after")
        places = []
        for param, identifier in (("starting_after", after), ("ending_before", before)):
            place = None if identifier is None else locate(identifier)
            if identifier is not None and place is None:
                raise no_such(noun, identifier, param, 400)
            places.append(place)
        return places[0], places[1]

    # --- expansion

    def _expanded(self, value: Json, type_name: str, query: Mapping[str, Any], *, is_list: bool) -> Json:
        for path in query.get("expand", ()):
            parts = expansion.check(path, type_name, is_list)
            if is_list:
                entries = [expansion.expand(e, type_name, parts, self._retrieve, self._include) for e in value["data"]]
                value = {**value, "data": entries}
            else:
                value = expansion.expand(value, type_name, parts, self._retrieve, self._include)
        return value

    def _retrieve(self, type_name: str, identifier: str) -> Json | None:
        of = BY_TYPE.get(type_name)
        if of is None:
            # A class that the sandbox holds no list of: an object with nothing but its identifier filled in.
            return {**blank(type_name), "id": identifier} if sdk.class_modules().get(type_name) else None
        if type_name == "Account" and identifier == self._account.id:
            return self._account.me
        try:
            found = self._account.find(of.path, identifier)
        except Deleted as gone:
            return {"id": gone.last["id"], "object": of.object, "deleted": True}
        return None if found is None else self._account.render(of.path, found)

    def _include(self, type_name: str, owner: Json, field: str) -> Any:
        of = BY_TYPE.get(type_name)
        shape = sdk.resource_shape(type_name).fields[field] if type_name else None
        if isinstance(of, Resource) and field in of.includable:
            alias = ALIAS_BY_PATH[of.includable[field]]
            filters = {alias.parameter: owner["id"]}
            test = predicate(alias.of, filters, "created")
            hidden = departures.default_filter(alias.of, filters)
            found = [
                self._account.render(alias.of, v)
                for v in self._account.walk(alias.of, Window(), filters, test)
                if hidden is None or hidden(v)
            ]
            return self._account.sublist(alias.path, str(owner["id"]), found)
        if shape is not None and shape.kind == "sublist":
            return {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": f"{self._path}/{field}"}
        return owner.get(field)


def _limit(query: Mapping[str, Any]) -> int:
    limit = query.get("limit", DEFAULT_LIMIT)
    if limit < 1:
        message = f"This value must be greater than or equal to 1 (it currently is '{limit}')."
        raise StripeFault(400, message, code="parameter_invalid_integer", param="limit")
    if limit > MAX_LIMIT:
        message = f"This value must be less than or equal to {MAX_LIMIT} (it currently is '{limit}')."
        raise StripeFault(400, message, code="parameter_invalid_integer", param="limit")
    return int(limit)
