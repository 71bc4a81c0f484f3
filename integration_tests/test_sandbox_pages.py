"""Pages of /v2: addresses that lead on and back, tokens that cannot be made up, ranges in RFC 3339, `include`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from integration_tests.sandbox import Clock, Sandbox
from integration_tests.sandbox import sdk as sdk_reader
from integration_tests.sandbox.pages import TOKEN_LIFE

PATH = "/v2/money_management/transactions"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(size=300, seed=9, clock=Clock(running=False))


def get(sandbox: Sandbox, address: str, status: int = 200) -> Any:
    parts = urlsplit(address)
    answer = sandbox.answer("GET", parts.path, parts.query, {"Authorization": f"Bearer {sandbox.key}"})
    assert answer.status == status, answer.body
    return answer.json()


def ids(page: Any) -> list[str]:
    return [entry["id"] for entry in page["data"]]


def test_the_next_addresses_lead_through_everything_and_the_previous_ones_back(sandbox: Sandbox) -> None:
    forward = [get(sandbox, f"{PATH}?limit=40")]
    while forward[-1]["next_page_url"] is not None:
        assert forward[-1]["next_page_url"].startswith(f"{PATH}?")
        forward.append(get(sandbox, forward[-1]["next_page_url"]))
    seen = [identifier for page in forward for identifier in ids(page)]
    assert seen == [entry["id"] for entry in sandbox.truth(PATH)]
    assert forward[0]["previous_page_url"] is None
    assert [len(page["data"]) for page in forward[:-1]] == [40] * (len(forward) - 1)
    page = forward[-1]
    for earlier in reversed(forward[:-1]):
        page = get(sandbox, page["previous_page_url"])
        assert ids(page) == ids(earlier)
    assert page["previous_page_url"] is None


def test_an_address_keeps_the_filters_of_the_first_page(sandbox: Sandbox) -> None:
    entry = next(iter(sandbox.truth(PATH)))
    account = entry["financial_account"]
    page = get(sandbox, f"{PATH}?limit=1&financial_account={account}&created[gte]=2000-01-01T00:00:00Z")
    found = ids(page)
    while page["next_page_url"]:
        page = get(sandbox, page["next_page_url"])
        found += ids(page)
    assert found == [e["id"] for e in sandbox.truth(PATH) if e["financial_account"] == account]


@pytest.mark.parametrize("bound", ["gt", "gte", "lt", "lte"])
@pytest.mark.parametrize(
    ("path", "form"), [(PATH, "created[{}]"), ("/v2/commerce/product_catalog/imports", "created_{}")]
)
def test_created_bounds_are_read_in_rfc_3339(sandbox: Sandbox, path: str, form: str, bound: str) -> None:
    every = list(sandbox.truth(path))
    pivot = every[20]["created"]
    assert pivot.endswith("Z")
    keep = {"gt": str.__gt__, "gte": str.__ge__, "lt": str.__lt__, "lte": str.__le__}[bound]
    page = get(sandbox, f"{path}?limit=100&{form.format(bound)}={pivot}")
    wanted = [entry["id"] for entry in every if keep(entry["created"], pivot)]
    assert ids(page) == wanted[:100]


def test_a_time_that_is_none_is_a_400(sandbox: Sandbox) -> None:
    assert get(sandbox, f"{PATH}?created[gt]=yesterday", 400)["error"]["param"] == "created"


@pytest.mark.parametrize("spoil", [lambda t: t[:-3] + "AAA", lambda t: "page_none", lambda t: "", lambda t: t + "x"])
def test_a_token_that_is_made_up_is_a_400(sandbox: Sandbox, spoil: Any) -> None:
    address = get(sandbox, f"{PATH}?limit=5")["next_page_url"]
    head, _, token = address.rpartition("page=")
    get(sandbox, f"{head}page={token}")
    assert get(sandbox, f"{head}page={spoil(token)}", 400)["error"]["param"] == "page"


def test_a_token_of_another_list_is_a_400(sandbox: Sandbox) -> None:
    token = get(sandbox, f"{PATH}?limit=5")["next_page_url"].rpartition("page=")[2]
    get(sandbox, f"/v2/core/events?page={token}", 400)


def test_a_token_expires(sandbox: Sandbox) -> None:
    address = get(sandbox, f"{PATH}?limit=5")["next_page_url"]
    sandbox.clock.advance(TOKEN_LIFE)
    get(sandbox, address)
    sandbox.clock.advance(1)
    assert get(sandbox, address, 400)["error"]["code"] == "invalid_page_token"


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_out_of_range_is_a_400(sandbox: Sandbox, limit: int) -> None:
    assert get(sandbox, f"{PATH}?limit={limit}", 400)["error"]["param"] == "limit"


def test_only_lists_of_v2_take_a_page(sandbox: Sandbox) -> None:
    assert get(sandbox, "/v1/charges?page=page_1", 400)["error"]["code"] == "parameter_unknown"


def test_included_fields_are_null_unless_named(sandbox: Sandbox) -> None:
    path = "/v2/core/event_destinations"

    def urls(page: Any) -> set[bool]:
        return {e["webhook_endpoint"]["url"] is None for e in page["data"] if e["webhook_endpoint"] is not None}

    assert urls(get(sandbox, f"{path}?limit=100")) == {True}
    assert False in urls(get(sandbox, f"{path}?limit=100&include[0]=webhook_endpoint.url"))
    account = next(iter(sandbox.truth("/v2/core/accounts")))
    assert account["identity"] is None
    accounts = [entry["id"] for entry in get(sandbox, "/v2/core/accounts?limit=20")["data"]]
    full = [get(sandbox, f"/v2/core/accounts/{identifier}?include[0]=identity") for identifier in accounts]
    assert any(entry["identity"] is not None for entry in full)


def test_the_lists_of_v2_are_those_of_the_sdk(sandbox: Sandbox) -> None:
    for path in (p for p in sdk_reader.list_endpoints() if p.startswith("/v2/") and "{" not in p):
        assert set(get(sandbox, path)) == {"data", "next_page_url", "previous_page_url"}
