"""Every list endpoint of the SDK, called by the SDK's own services: all there is comes, once, newest first."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import stripe

from integration_tests.sandbox import Clock, Sandbox, Server, departures, serve
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.resources import (
    ALIAS_BY_PATH,
    BY_PATH,
    CHILD_BY_PATH,
    Child,
    Resource,
    by_class,
)
from integration_tests.sandbox.synthesis import class_of
from integration_tests.sandbox.synthetic import SYNTHETIC
from integration_tests.test_sandbox_fidelity import misfits

PARENTS = 10
YEARS = {"start_time": 0, "end_time": 2_000_000_000}

# The queries that together ask for all of a list: where one is needed that the SDK requires, or that hides objects.
WHOLE: dict[str, list[dict[str, Any]]] = {
    "/v1/apps/secrets": [{"scope": {"type": "account"}}, {"scope": {"type": "user"}}],
    "/v1/prices": [{"active": True}, {"active": False}],
    "/v1/subscriptions": [{"status": "all"}],
    "/v1/tax/locations": [
        {"type": kind} for kind in sdk_reader.list_endpoints()["/v1/tax/locations"].parameters["type"].shape.values
    ],
    "/v2/core/accounts": [{"closed": True}, {"closed": False}],
    "/v2/money_management/financial_accounts": [{"statuses": ["open", "closed", "pending"]}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=300, seed=5, connected=PARENTS, clock=Clock(running=False))) as running:
        yield running


@pytest.fixture
def client(server: Server) -> stripe.StripeClient:
    return stripe.StripeClient(server.key, base_addresses={"api": server.base_url}, max_network_retries=0)


def listed(client: stripe.StripeClient, path: str, parents: list[str], params: dict[str, Any]) -> list[Any]:
    """What the SDK's service for a path pages through."""
    endpoint = sdk_reader.list_endpoints()[path]
    module, _, name = endpoint.service.rpartition(".")
    service = getattr(importlib.import_module(module), name)(client._requestor)
    limit = {"limit": 100} if "limit" in endpoint.parameters else {}
    return list(getattr(service, endpoint.name)(*parents, params | limit).auto_paging_iter())


def get(server: Server, path: str, query: str = "") -> Any:
    return server.sandbox.answer("GET", path, query, {"Authorization": f"Bearer {server.key}"}).json()


def ids(entries: Any) -> list[Any]:
    return [entry["id"] for entry in entries]


LISTS = [path for path in sdk_reader.list_endpoints() if path in BY_PATH]
CHILDREN = [path for path in sdk_reader.list_endpoints() if path in CHILD_BY_PATH]


@pytest.mark.parametrize("path", LISTS)
def test_the_official_client_pages_through_all_of_a_list(
    server: Server, client: stripe.StripeClient, path: str
) -> None:
    truth = list(server.sandbox.truth(path))
    if path == "/v1/reviews":
        truth = [review for review in truth if review["open"]]
    pages = [ids(listed(client, path, [], query)) for query in WHOLE.get(path, [{}])]
    assert sorted(identifier for page in pages for identifier in page) == sorted(ids(truth))
    if len(pages) == 1:
        assert pages[0] == ids(truth)
    field = BY_PATH[path].created_field
    created = [entry[field] for entry in truth if field in entry]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("path", CHILDREN)
def test_the_official_client_finds_all_children_of_each_parent(
    server: Server, client: stripe.StripeClient, path: str
) -> None:
    child, endpoint = CHILD_BY_PATH[path], sdk_reader.list_endpoints()[path]
    account = server.sandbox.account()
    counts = set()
    for index in range(PARENTS):
        parent = account.strands(child.parent)[0].id(index)
        params = required(server, child, parent)
        found = listed(client, path, [parent] * bool(endpoint.placeholders), params)
        assert ids(found) == ids(account.children(path, parent))
        counts.add(len(found))
        if child.parent_field is not None:
            assert all(entry[child.parent_field] == parent for entry in found)
    if path in {c.path for c in CHILD_BY_PATH.values() if not c.oldest_first and not c.names}:
        assert {0, 1, 3, 10, 11, 101} <= counts


def required(server: Server, child: Child, parent: str) -> dict[str, Any]:
    given = {
        "customer": server.sandbox.account().strands("/v1/customers")[0].id(0),
        child.parameter: parent,
        "ownership": f"fcaowns_{parent.partition('_')[2]}",
        **YEARS,
    }
    parameters = sdk_reader.list_endpoints()[child.path].parameters
    needed = [name for name, parameter in parameters.items() if parameter.required]
    if child.path == "/v1/billing/credit_balance_transactions":
        needed = [child.parameter]
    return {name: given[name] for name in needed}


@pytest.mark.parametrize("path", [path for path in sdk_reader.list_endpoints() if path in ALIAS_BY_PATH])
def test_a_nested_view_is_the_list_filtered_by_its_parent(
    server: Server, client: stripe.StripeClient, path: str
) -> None:
    alias = ALIAS_BY_PATH[path]
    parent = server.sandbox.account().strands(alias.parent)[0].id(4)
    wanted = [entry for entry in server.sandbox.truth(alias.of) if entry[alias.parameter] == parent]
    assert wanted
    assert ids(listed(client, path, [parent], {})) == ids(wanted)


REQUIRED = [
    (path, name)
    for path, endpoint in sdk_reader.list_endpoints().items()
    for name, parameter in endpoint.parameters.items()
    if parameter.required
]


@pytest.mark.parametrize(("path", "name"), REQUIRED)
def test_a_required_parameter_that_is_missing_is_a_400(server: Server, path: str, name: str) -> None:
    others = {n for p, n in REQUIRED if p == path} - {name}
    query = "&".join(f"{other}=1" for other in others)
    for placeholder in sdk_reader.list_endpoints()[path].placeholders:
        path = path.replace(f"{{{placeholder}}}", "none")
    error = get(server, path, query)["error"]
    assert (error["code"], error["param"]) == ("parameter_missing", name)


def retrieved(declared: Resource | Child) -> bool:
    """Whether the SDK retrieves single objects of a list, at the list's own path."""
    paths = [e.path for e in sdk_reader.endpoints() if e.method == "get" and not e.is_list]
    return any(path.rpartition("/{")[0] == declared.path for path in paths)


RETRIEVED = [declared for declared in (*BY_PATH.values(), *CHILD_BY_PATH.values()) if retrieved(declared)]


@pytest.mark.parametrize("declared", RETRIEVED, ids=lambda declared: declared.path)
def test_what_a_list_holds_can_be_retrieved_alike(server: Server, declared: Resource | Child) -> None:
    path = declared.path
    if isinstance(declared, Child):
        parent = server.sandbox.account().strands(declared.parent)[0].id(1)
        entries = server.sandbox.account().children(path, parent)[:4]
        path = path.replace(f"{{{declared.parameter}}}", parent)
    else:
        entries = [entry for entry, _ in zip(server.sandbox.truth(path), range(4), strict=False)]
    assert entries
    for entry in entries:
        assert get(server, f"{path}/{entry['id']}") == entry


EXPANDABLE = [
    declared
    for declared in (*BY_PATH.values(), *CHILD_BY_PATH.values())
    if declared.path in sdk_reader.list_endpoints()
    and "expand" in sdk_reader.list_endpoints()[declared.path].parameters
    and declared.path != "/v1/events"
]


@pytest.mark.parametrize("declared", EXPANDABLE, ids=lambda declared: declared.path)
def test_every_expandable_field_expands_to_what_its_type_says(server: Server, declared: Resource | Child) -> None:
    shape = declared.shape
    wanted = [n for n, f in shape.fields.items() if f.kind in ("expandable", "sublist")]
    wanted += [n for n, f in shape.fields.items() if f.kind == "list" and f.of[0].kind == "expandable"]
    limited = "limit" in sdk_reader.list_endpoints()[declared.path].parameters
    query = "&".join(["limit=6"] * limited + [f"expand[]=data.{name}" for name in wanted])
    path = declared.path
    if isinstance(declared, Child):
        parent = server.sandbox.account().strands(declared.parent)[0].id(1)
        needed = required(server, declared, parent)
        query = "&".join([query, *(f"{name}={value}" for name, value in needed.items())])
        path = path.replace(f"{{{declared.parameter}}}", parent)
    elif declared.path in WHOLE and declared.path in ("/v1/tax/locations", "/v1/apps/secrets"):
        query += "&scope[type]=account" if "secrets" in declared.path else f"&type={WHOLE[declared.path][0]['type']}"
    answer = get(server, path, query)
    assert answer["data"], answer
    for entry in answer["data"]:
        shapes = [sdk_reader.resource_shape(name, module) for module, name in declared.classes]
        misses = [misfits(entry, shape, declared.path) for shape in shapes]
        assert [] in misses, misses
        if len(declared.classes) == 1:
            for name in wanted:
                assert not isinstance(entry.get(name), str), name
                assert name in entry


@pytest.mark.parametrize("declared", SYNTHETIC, ids=lambda declared: declared.path)
def test_identifiers_in_synthesized_objects_lead_to_objects(server: Server, declared: Resource) -> None:
    account = server.sandbox.account()
    for entry in islice(server.sandbox.truth(declared.path), 20):
        for name, shape in declared.shape.fields.items():
            of = by_class().get(class_of(shape.of[0])) if shape.kind == "expandable" and len(shape.of) == 1 else None
            if of is not None and isinstance(entry[name], str) and name != "ownership":
                assert account.find(of.path, entry[name]) is not None, name


SUBLISTS = [
    (resource.path, field, path)
    for resource in BY_PATH.values()
    for field, path in (*resource.sublists.items(), *resource.includable.items())
]


@pytest.mark.parametrize(("path", "field", "listed_at"), SUBLISTS)
def test_a_sublist_holds_the_first_ten_of_the_list_it_leads_to(
    server: Server, path: str, field: str, listed_at: str
) -> None:
    strand = server.sandbox.account().strands(path)[0]
    seen = set()
    for index in range(min(PARENTS, strand.count)):
        expand = f"expand[]={field}" if field in BY_PATH[path].includable else ""
        value = get(server, f"{path}/{strand.id(index)}", expand)
        for name in field.split("."):
            value = value.get(name) if value is not None else None
        if value is None:
            assert "." in field
            continue
        url, _, query = value["url"].partition("?")
        endpoint = sdk_reader.list_endpoints().get(listed_at)
        limit = "limit=100" if endpoint is None or "limit" in endpoint.parameters else ""
        rest = get(server, url, f"{query}&{limit}".strip("&"))
        assert value["data"] == rest["data"][:10]
        assert value["has_more"] == (len(rest["data"]) > 10)
        seen.add(value["has_more"])
    # A charge has one refund, a customer one subscription, an invoice one payment at the most, a file few links.
    assert seen == ({False} if listed_at in ALIAS_BY_PATH else {True, False})


@pytest.mark.parametrize("product", departures.PRODUCTS, ids=lambda product: f"{product.name}-{product.livemode}")
def test_a_product_that_is_switched_off_answers_as_stripe_does(product: departures.Product) -> None:
    every = frozenset(row.name for row in departures.PRODUCTS)
    sandbox = Sandbox(size=20, enabled=every - {product.name}, clock=Clock(running=False))
    key = sandbox.keys.issue(sandbox.directory.platform, livemode=bool(product.livemode))
    paths = [path for path in sdk_reader.list_endpoints() if path.startswith(product.prefixes) and "{" not in path]
    assert paths
    for path in paths:
        answer = sandbox.answer("GET", path, "", {"Authorization": f"Bearer {key}"})
        assert answer.status == product.status
        assert answer.json()["error"]["message"] == product.message.format(path=path)
    # The other products are not touched by it.
    for path in LISTS:
        others = [row for row in departures.PRODUCTS if row.name != product.name and path.startswith(row.prefixes)]
        if others and not path.startswith(product.prefixes) and others[0].name != "test_clocks":
            assert sandbox.answer("GET", path, "", {"Authorization": f"Bearer {key}"}).status == 200, path


def test_an_account_that_is_no_platform_lists_no_accounts() -> None:
    sandbox = Sandbox(size=5, connected=3, platform=False)
    header = {"Authorization": f"Bearer {sandbox.key}"}
    assert sandbox.answer("GET", "/v1/accounts", "", header).json()["data"] == []
    assert sandbox.directory.identifiers() == [sandbox.directory.platform]


def test_the_transactions_of_a_manual_payout_cannot_be_listed(server: Server) -> None:
    payout = server.sandbox.create("/v1/payouts", {"automatic": False})
    error = get(server, "/v1/balance_transactions", f"payout={payout['id']}")["error"]
    assert error["message"] == departures.MANUAL_PAYOUT.message
    server.sandbox.delete("/v1/payouts", payout["id"])


def test_a_customers_tax_ids_are_found_through_their_owner(server: Server) -> None:
    customer = server.sandbox.account().strands("/v1/customers")[0].id(1)
    query = f"owner[type]=customer&owner[customer]={customer}&limit=100"
    assert (
        get(server, "/v1/tax_ids", query)["data"]
        == get(server, f"/v1/customers/{customer}/tax_ids", "limit=100")["data"]
    )
    assert len(get(server, "/v1/tax_ids", query)["data"]) == 11


SINGLETONS = ("/v1/balance", "/v1/balance_settings", "/v1/tax/settings", "/v1/customers/{customer}/cash_balance")


@pytest.mark.parametrize("path", SINGLETONS)
def test_singletons_fit_their_types_and_stay_the_same(server: Server, path: str) -> None:
    endpoint = next(e for e in sdk_reader.endpoints() if e.method == "get" and e.path == path)
    asked = path.replace("{customer}", server.sandbox.account().strands("/v1/customers")[0].id(1))
    value = get(server, asked)
    assert misfits(value, sdk_reader.resource_shape(endpoint.item, endpoint.modules[endpoint.item]), path) == []
    assert value == get(server, asked)
    assert value["object"] == sdk_reader.object_name(endpoint.item, endpoint.modules[endpoint.item])
