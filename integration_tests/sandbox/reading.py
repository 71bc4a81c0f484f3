"""Lists and single objects of one account, as Stripe answers them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from integration_tests.sandbox import departures, pages, sdk, singletons
from integration_tests.sandbox.account import AccountData, Deleted
from integration_tests.sandbox.accounts import Directory
from integration_tests.sandbox.errors import StripeFault, no_such
from integration_tests.sandbox.feed import matches
from integration_tests.sandbox.filters import predicate
from integration_tests.sandbox.listing import Place, Window, walk
from integration_tests.sandbox.pages import Token
from integration_tests.sandbox.references import References
from integration_tests.sandbox.resources import BY_PATH, CHILD_BY_PATH, Alias, Child, Resource
from integration_tests.sandbox.routes import Route
from integration_tests.sandbox.strand import Json

MAX_LIMIT, DEFAULT_LIMIT = 100, 10
MAX_EVENT_TYPES = 20

# Parameters that name another object: a list answers 400 if there never was one. Those of /v1, then those of /v2.
_REFERENCES = {
    "card": "/v1/issuing/cards",
    "cardholder": "/v1/issuing/cardholders",
    "charge": "/v1/charges",
    "customer": "/v1/customers",
    "file": "/v1/files",
    "invoice": "/v1/invoices",
    "payment_intent": "/v1/payment_intents",
    "payment_link": "/v1/payment_links",
    "payout": "/v1/payouts",
    "price": "/v1/prices",
    "product": "/v1/products",
    "subscription": "/v1/subscriptions",
    "verification_session": "/v1/identity/verification_sessions",
}
_REFERENCES_V2 = {"financial_account": "/v2/money_management/financial_accounts"}


class Reader:
    """One request's reading. `path` is the request's own, for `url`."""

    def __init__(self, account: AccountData, directory: Directory, path: str) -> None:
        self._account = account
        self._directory = directory
        self._path = path
        self._references = References(account)
        self._whole = False

    def read(self, route: Route, query: Mapping[str, Any]) -> Json:
        """The body of the answer, in the pinned API version. Raises StripeFault."""
        of = route.of
        # A list that takes no limit comes whole.
        self._whole = route.sdk_endpoint is not None and "limit" not in route.parameters
        match route.kind:
            case "own_account":
                me = self._account.render("/v1/accounts", self._account.me)
                return self._expanded(me, BY_PATH["/v1/accounts"], query, is_list=False)
            case "missing" | "singleton":
                assert route.sdk_endpoint is not None
                for name, identifier in route.names.items():
                    if f"/v1/{name}s" in BY_PATH and route.kind == "singleton":
                        self._must_exist(f"/v1/{name}s", identifier, name, 404)
                if route.kind == "missing":
                    item, module = route.sdk_endpoint.item, route.sdk_endpoint.modules.get(route.sdk_endpoint.item)
                    identifier = next(reversed(route.names.values()))
                    raise no_such(sdk.object_name(item, module), identifier, "id", 404)
                return singletons.answer(route.sdk_endpoint, self._account, route.names)
            case "retrieve":
                assert isinstance(of, Resource | Child)
                return self._one(of, next(reversed(route.names.values())), query)
            case "retrieve_child":
                assert isinstance(of, Child)
                parent, identifier = route.names.values()
                self._must_exist(of.parent, parent, of.parameter, 404)
                found = self._account.child(of.path, parent, identifier)
                if found is None:
                    raise no_such(of.object, identifier, "id", 404)
                return self._shown(of, found, query)
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
            of = BY_PATH[path]
            for value in self._account.truth(path):
                yield pages.without_hidden(of, value, ()) if of.is_v2 else value

    # --- one object

    def _one(self, of: Resource | Child, identifier: str, query: Mapping[str, Any]) -> Json:
        if of.path == "/v1/events":
            place = self._account.feed.locate(identifier)
            if place is None:
                raise no_such("event", identifier, "id", 404)
            return self._account.feed.make(place[1], place[2])
        try:
            found = self._account.find(of.path, identifier)
        except Deleted as gone:
            if of.leaves_a_trace:
                return {"id": gone.last["id"], "object": of.object, "deleted": True}
            found = None
        if found is None:
            raise no_such(of.object, identifier, "id", 404)
        return self._shown(of, self._account.render(of.path, found), query)

    def _shown(self, of: Resource | Child, value: Json, query: Mapping[str, Any]) -> Json:
        value = pages.without_hidden(of, value, query.get("include", ())) if of.is_v2 else value
        return self._expanded(value, of, query, is_list=False)

    def _must_exist(self, path: str, identifier: str, param: str, status: int) -> None:
        try:
            found = self._account.find(path, identifier)
        except Deleted:
            return
        if found is None:
            raise no_such(BY_PATH[path].object, identifier, param, status)

    # --- lists

    def _list(self, resource: Resource, query: Mapping[str, Any]) -> Json:
        path = resource.path
        references = _REFERENCES_V2 if resource.is_v2 else _REFERENCES
        for name, parent_path in references.items():
            if isinstance(query.get(name), str) and path != parent_path:
                self._must_exist(parent_path, query[name], name, 400)
        if path == "/v1/balance_transactions" and isinstance(query.get("payout"), str):
            departures.check_payout(self._account.find("/v1/payouts", query["payout"]))
        of_customer = departures.customers_tax_ids(path, query)
        if of_customer is not None:
            children = CHILD_BY_PATH["/v1/customers/{customer}/tax_ids"]
            return self._entries(children, of_customer, query, 400)
        hidden = departures.default_filter(path, query)
        asked = predicate(path, query, lambda value: self._account.render(path, value))
        tests = [test for test in (hidden, asked) if test is not None]
        keep = (lambda value: all(test(value) for test in tests)) if tests else None
        limit = self._limit(query)
        token, cursors = self._cursors(query, lambda i: self._account.place(path, i), resource.object)
        after, before = cursors
        window = Window.of(pages.created_window(query))
        found = self._account.walk(path, window, query, keep, after=after, before=before)
        page = list(islice(found, limit + 1))
        chosen = [self._account.render(path, value) for value in page[:limit]]
        return self._page(resource, chosen, len(page) > limit, before is not None, token, query)

    def _events(self, query: Mapping[str, Any]) -> Json:
        limit = self._limit(query)
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
        _, (after, before) = self._cursors(query, feed.locate, "event")

        def kept() -> Iterator[tuple[int, int]]:
            places = walk(feed.sources(wanted), Window.of(query.get("created")), after=after, before=before)
            for _, rank, index in places:
                kind = feed.type_at(rank, index)
                if kind is not None and (wanted is None or matches(kind, wanted)):
                    yield rank, index

        page = list(islice(kept(), limit + 1))
        chosen = [feed.make(*place) for place in page[:limit]]
        return self._page(BY_PATH["/v1/events"], chosen, len(page) > limit, before is not None, None, {})

    def _children(self, child: Child, route: Route, query: Mapping[str, Any]) -> Json:
        parent = route.names.get(child.parameter) or query.get(child.parameter)
        if parent is None:
            # Asked for by another parameter than the parent's; the sandbox knows none of those.
            return self._page(child, [], False, False, None, query)
        return self._entries(child, str(parent), query, 404 if route.names else 400)

    def _entries(self, child: Child, parent: str, query: Mapping[str, Any], status: int) -> Json:
        limit = self._limit(query)
        self._must_exist(child.parent, parent, child.parameter, status)
        entries = self._account.children(child.path, parent)
        window = Window.of(pages.created_window(query))
        asked = {name: value for name, value in query.items() if name not in (child.parameter, "owner")}
        keep = predicate(child.path, asked, lambda value: value)
        if window != Window():
            entries = [entry for entry in entries if window.holds(entry[child.created_field])]
        if keep is not None:
            entries = [entry for entry in entries if keep(entry)]
        ids = [str(entry.get("id")) for entry in entries]

        def position(identifier: str) -> Place | None:
            return (ids.index(identifier), 0, 0) if identifier in ids else None

        token, (after, before) = self._cursors(query, position, child.object)
        if before is not None:
            start = max(0, before[0] - limit)
            chosen, more = entries[start : before[0]][::-1], start > 0
        else:
            start = 0 if after is None else after[0] + 1
            chosen, more = entries[start : start + limit], len(entries) > start + limit
        return self._page(child, chosen, more, before is not None, token, query)

    def _page(
        self,
        of: Resource | Child,
        chosen: list[Json],
        more: bool,
        backwards: bool,
        token: Token | None,
        query: Mapping[str, Any],
    ) -> Json:
        """`chosen` are a page's objects in the order in which they were walked, `more` that the walk went on."""
        data = chosen[::-1] if backwards else chosen
        if of.is_v2:
            shown = [pages.without_hidden(of, value, query.get("include", ())) for value in data]
            return pages.page(self._path, query, shown, more, token, self._account.world.business.now())
        body = {"object": "list", "data": data, "has_more": more, "url": self._path}
        return self._expanded(body, of, query, is_list=True)

    def _cursors(
        self, query: Mapping[str, Any], locate: Callable[[str], Place | None], noun: str
    ) -> tuple[Token | None, tuple[Place | None, Place | None]]:
        after, before, token = query.get("starting_after"), query.get("ending_before"), None
        if "page" in query:
            token = Token.read(query["page"], self._path, self._account.world.business.now())
            after, before = token.after, token.before
        if after is not None and before is not None:
            message = "You can only specify one of these parameters: starting_after, ending_before."
            raise StripeFault(400, message, param="starting_after")
        places = []
        for param, identifier in (("starting_after", after), ("ending_before", before)):
            place = None if identifier is None else locate(identifier)
            if identifier is not None and place is None:
                raise no_such(noun, identifier, param, 400)
            places.append(place)
        return token, (places[0], places[1])

    def _expanded(self, value: Json, of: Resource | Child, query: Mapping[str, Any], *, is_list: bool) -> Json:
        return self._references.expanded(value, of, query, is_list=is_list)

    def _limit(self, query: Mapping[str, Any]) -> int:
        return limit_of(query, sys.maxsize - 1 if self._whole else DEFAULT_LIMIT)


def limit_of(query: Mapping[str, Any], default: int = DEFAULT_LIMIT) -> int:
    """How many objects a page holds. Raises StripeFault 400."""
    limit = query.get("limit", default)
    if limit < 1:
        message = f"This value must be greater than or equal to 1 (it currently is '{limit}')."
        raise StripeFault(400, message, code="parameter_invalid_integer", param="limit")
    if "limit" in query and limit > MAX_LIMIT:
        message = f"This value must be less than or equal to {MAX_LIMIT} (it currently is '{limit}')."
        raise StripeFault(400, message, code="parameter_invalid_integer", param="limit")
    return int(limit)
