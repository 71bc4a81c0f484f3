"""What the sandbox refuses, as exceptions of the official client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from integration_tests.sandbox import Clock, Fault, Limits, Sandbox, Server, serve
from integration_tests.sandbox.faults import SPOILS_OBJECTS, Kind


@pytest.fixture
def server() -> Iterator[Server]:
    sandbox = Sandbox(size=60, seed=3, connected=1, enabled=frozenset(), clock=Clock(running=False))
    with serve(sandbox) as running:
        yield running


def client_of(server: Server, key: str | None = None) -> stripe.StripeClient:
    return stripe.StripeClient(key or server.key, base_addresses={"api": server.base_url}, max_network_retries=0)


def code_of(error: stripe.StripeError) -> Any:
    """The code of the body: the client's classes for 401 and 403 do not take it over."""
    body: Any = error.json_body
    return body["error"]["code"]


def refusal(server: Server, path: str, query: str = "", key: str | None = None, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {key or server.key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    answer = server.sandbox.answer("GET", path, query, sent)
    return answer.status, answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "query", "code", "param"),
    [
        ("/v1/charges", "colour=red", "parameter_unknown", "colour"),
        ("/v1/charges", "created[after]=1", "parameter_unknown", "created[after]"),
        ("/v1/payment_methods", "created[gte]=1", "parameter_unknown", "created"),
        ("/v1/charges", "limit=0", "parameter_invalid_integer", "limit"),
        ("/v1/charges", "limit=101", "parameter_invalid_integer", "limit"),
        ("/v1/charges", "limit=ten", "parameter_invalid_integer", "limit"),
        ("/v1/charges", "starting_after=ch_none", "resource_missing", "starting_after"),
        ("/v1/charges", "ending_before=ch_none", "resource_missing", "ending_before"),
        ("/v1/charges", "customer=cus_none", "resource_missing", "customer"),
        ("/v1/charges", "starting_after=ch_1&ending_before=ch_2", None, "starting_after"),
        ("/v1/subscription_items", "", "parameter_missing", "subscription"),
        ("/v1/subscriptions", "status=sleepy", None, "status"),
        ("/v1/events", "type=charge.*&types[]=charge.failed", None, "types"),
        ("/v1/reporting/report_types", "limit=10", "parameter_unknown", "limit"),
        ("/v1/billing/credit_balance_transactions", "", None, None),
    ],
)
def test_a_request_that_the_endpoint_does_not_take_is_a_400(
    server: Server, path: str, query: str, code: str | None, param: str | None
) -> None:
    status, error = refusal(server, path, query)
    assert (status, error.get("code"), error.get("param")) == (400, code, param)
    assert error["type"] == "invalid_request_error"


def test_more_than_twenty_event_types_are_refused(server: Server) -> None:
    query = "&".join(["types[]=charge.failed"] * 21)
    assert refusal(server, "/v1/events", query)[0] == 400
    assert (
        server.sandbox.answer("GET", "/v1/events", query[:-24], {"Authorization": f"Bearer {server.key}"}).status == 200
    )


def test_events_cannot_be_expanded(server: Server) -> None:
    assert refusal(server, "/v1/events", "expand[]=data.data.object")[0] == 400


def test_missing_objects_are_a_404_that_names_them(server: Server) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'ch_none'") as caught:
        client_of(server).v1.charges.retrieve("ch_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert str(caught.value.request_id).startswith("req_")


def test_another_accounts_object_does_not_exist_here(server: Server) -> None:
    client = client_of(server)
    account = client.v1.accounts.list().data[0].id
    theirs = client.v1.charges.list({"limit": 1}, {"stripe_account": account}).data[0].id
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        client.v1.charges.retrieve(theirs)


def test_an_unknown_path_is_an_unrecognized_url(server: Server) -> None:
    status, error = refusal(server, "/v1/unicorns")
    assert status == 404
    assert error["message"].startswith("Unrecognized request URL (GET: /v1/unicorns)")


def test_a_bad_key_is_repeated_masked(server: Server) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_of(server, "sk_test_wrongwrongwrong1234").v1.charges.list()
    assert "sk_test_***************1234" in str(caught.value)
    assert "wrong" not in str(caught.value)


def test_no_key_is_a_401(server: Server) -> None:
    assert server.sandbox.answer("GET", "/v1/charges").status == 401


def test_a_rolled_key_expires_and_its_successor_works(server: Server) -> None:
    successor = server.sandbox.keys.roll(server.key)
    with pytest.raises(stripe.AuthenticationError, match="Expired API Key") as caught:
        client_of(server).v1.charges.list()
    assert code_of(caught.value) == "api_key_expired"
    assert client_of(server, successor).v1.charges.list().data


def test_a_restricted_key_reads_what_it_may_and_is_told_what_it_lacks(server: Server) -> None:
    account = server.sandbox.directory.platform
    key = server.sandbox.keys.issue(account, permissions={"customer"})
    assert key.startswith("rk_test_")
    client = client_of(server, key)
    assert client.v1.customers.list().data
    with pytest.raises(stripe.PermissionError) as caught:
        client.v1.charges.list()
    assert code_of(caught.value) == "more_permissions_required"
    message = str(caught.value)
    assert "rak_charge_read" in message
    assert account in message
    assert key[8:] not in message
    assert client.v1.accounts.retrieve_current().id == account


def test_an_account_out_of_reach_is_a_403(server: Server) -> None:
    with pytest.raises(stripe.PermissionError, match="does not have access to account 'acct_none'"):
        client_of(server).v1.charges.list({}, {"stripe_account": "acct_none"})


def test_a_connected_accounts_key_cannot_act_as_the_platform(server: Server) -> None:
    platform, connected = server.sandbox.directory.identifiers()
    key = server.sandbox.keys.issue(connected)
    assert refusal(server, "/v1/charges", key=key, Stripe_Account=platform)[0] == 403


def test_an_organizations_key_must_name_an_account(server: Server) -> None:
    platform = server.sandbox.directory.platform
    key = server.sandbox.keys.issue(platform, organization=True, livemode=True)
    assert key.startswith("sk_org_live_")
    assert refusal(server, "/v1/charges", key=key)[0] == 400
    answer = server.sandbox.answer(
        "GET", "/v1/charges", "", {"Authorization": f"Bearer {key}", "Stripe-Account": platform}
    )
    assert answer.json()["data"][0]["livemode"] is True


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/issuing/cards", "not set up to use Issuing"),
        ("/v1/identity/verification_sessions", "not set up to use Identity"),
        ("/v1/treasury/financial_accounts", "Have you onboarded to Treasury"),
        ("/v2/core/accounts", "Accounts v2 is not enabled"),
    ],
)
def test_a_product_that_is_not_enabled_says_so_in_a_400(server: Server, path: str, words: str) -> None:
    status, error = refusal(server, path)
    assert status == 400
    assert words in error["message"]


def test_test_clocks_do_not_exist_in_live_mode(server: Server) -> None:
    sandbox = Sandbox(size=1)
    live = sandbox.keys.issue(sandbox.directory.platform, livemode=True)
    path = "/v1/test_helpers/test_clocks"
    assert sandbox.answer("GET", path, "", {"Authorization": f"Bearer {live}"}).status == 400
    assert sandbox.answer("GET", path, "", {"Authorization": f"Bearer {sandbox.key}"}).status == 200


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(per_account=3), "global-rate"),
        (Limits(per_endpoint=3), "endpoint-rate"),
    ],
)
def test_the_fourth_of_three_requests_a_second_is_a_429_with_its_reason(limits: Limits, reason: str) -> None:
    sandbox = Sandbox(size=1, limits=limits)
    sandbox.limiter._monotonic = lambda: 0.0
    header = {"Authorization": f"Bearer {sandbox.key}"}
    statuses = [sandbox.answer("GET", "/v1/charges", "", header) for _ in range(4)]
    assert [answer.status for answer in statuses] == [200, 200, 200, 429]
    assert statuses[-1].headers["Stripe-Rate-Limited-Reason"] == reason
    assert sandbox.answer("GET", "/v1/customers", "", header).status == (429 if reason == "global-rate" else 200)
    sandbox.limiter._monotonic = lambda: 0.4
    assert sandbox.answer("GET", "/v1/charges", "", header).status == 200
    assert sandbox.answer("GET", "/v1/charges", "", header).status == 429
    assert sandbox.journal.limited[reason] == 2 if reason == "endpoint-rate" else 3


def test_every_answer_carries_the_clock_the_version_and_an_identifier(server: Server) -> None:
    for query in ("", "colour=red"):
        answer = server.sandbox.answer("GET", "/v1/charges", query, {"Authorization": f"Bearer {server.key}"})
        assert answer.headers["Date"] == "Sun, 01 Nov 2026 00:00:00 GMT"
        assert answer.headers["Request-Id"].startswith("req_")
        assert answer.headers["Stripe-Version"] == server.sandbox.directory.version


def test_what_no_list_holds_is_missing_not_unknown(server: Server) -> None:
    assert refusal(server, "/v1/setup_intents/seti_none")[1]["code"] == "resource_missing"
    assert refusal(server, "/v1/mandates/mandate_none")[1]["code"] == "resource_missing"
    key = server.sandbox.keys.issue(server.sandbox.directory.platform, permissions={"customer"})
    assert "rak_setup_intent_read" in refusal(server, "/v1/setup_intents", key=key)[1]["message"]


def test_a_fault_may_last_for_a_while_of_the_sandboxs_clock() -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    fault = sandbox.faults.order(Fault("status", "/v1/charges", status=503, lasts=120, skip=1))
    statuses = []
    for _ in range(6):
        statuses.append(sandbox.answer("GET", "/v1/charges", "", headers).status)
        sandbox.clock.advance(50)
    assert statuses == [200, 503, 503, 503, 200, 200]
    assert fault.hits == 3


@pytest.mark.parametrize("kind", sorted(SPOILS_OBJECTS))
def test_an_odd_object_is_the_last_of_its_list_and_the_others_are_well(kind: Kind) -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    well = sandbox.answer("GET", "/v1/charges", "limit=3", headers).json()
    sandbox.faults.order(Fault(kind, "/v1/charges"))
    odd = sandbox.answer("GET", "/v1/charges", "limit=3", headers).json()
    assert odd["data"][:-1] == well["data"][:-1]
    last, was = odd["data"][-1], well["data"][-1]
    differs = {name for name in was if last.get(name, "absent") != was[name]}
    match kind:
        case "no_id" | "no_created":
            assert differs == {kind.removeprefix("no_")}
        case "large_metadata":
            assert differs == {"metadata"}
            assert len(str(last["metadata"])) > 5_000_000
        case "other_types":
            assert not {"id", "object", "created"} & differs
            assert all(type(last[name]) is not type(was[name]) for name in differs)
            assert len(differs) > 20


def test_a_parent_may_be_deleted_while_its_children_are_asked_for() -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    customer = next(sandbox.truth("/v1/customers"))["id"]
    sandbox.faults.order(Fault("deleted_parent", "/v1/customers/*"))
    answer = sandbox.answer("GET", f"/v1/customers/{customer}/balance_transactions", "", headers)
    assert answer.status == 404
    assert customer not in {row["id"] for row in sandbox.truth("/v1/customers")}
