"""The sandbox over HTTP: faults as a client meets them, compression, latency, and the control address."""

from __future__ import annotations

import gzip
import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from integration_tests.sandbox import Clock, Fault, Limits, Sandbox, Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Sandbox(size=120, seed=9, clock=Clock(running=False))) as running:
        yield running


def client_of(server: Server, retries: int = 0) -> stripe.StripeClient:
    http_client = stripe.RequestsClient(timeout=1)
    return stripe.StripeClient(
        server.key,
        base_addresses={"api": server.base_url},
        max_network_retries=retries,
        http_client=http_client,
    )


def raw(server: Server, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"), timeout=5)
    sent = {"Authorization": f"Bearer {server.key}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request("GET", path, headers=sent)
    response = connection.getresponse()
    try:
        return response, response.read()
    finally:
        connection.close()


def control(server: Server, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.base_url}/_sandbox{path}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=500), stripe.APIError),
        (Fault("status", status=429), stripe.RateLimitError),
        (Fault("reset"), stripe.APIConnectionError),
        (Fault("half_body"), stripe.APIConnectionError),
        (Fault("hang", seconds=2), stripe.APIConnectionError),
        # The client's own logging stumbles over bytes that are no text.
        (Fault("garbage"), (stripe.APIError, UnicodeDecodeError)),
        (Fault("html", status=502), stripe.APIError),
        (Fault("empty"), stripe.APIError),
        (Fault("vanished_cursor"), stripe.InvalidRequestError),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_an_ordered_fault_is_met_once_and_then_gone(server: Server, fault: Fault, error: Any) -> None:
    server.sandbox.faults.order(fault)
    client = client_of(server)
    with pytest.raises(error):
        client.v1.charges.list()
    assert client.v1.charges.list().data
    assert fault.hits == 1


def test_bad_gzip_cannot_be_read(server: Server) -> None:
    server.sandbox.faults.order(Fault("bad_gzip"))
    response, body = raw(server, "/v1/charges", Accept_Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)


def test_a_list_may_claim_more_and_hold_nothing(server: Server) -> None:
    server.sandbox.faults.order(Fault("no_data"))
    page = client_of(server).v1.charges.list()
    assert page.has_more
    assert page.data == []


def test_the_clients_own_retries_survive_passing_faults(server: Server) -> None:
    for kind in ("status", "reset"):
        server.sandbox.faults.order(Fault(kind, path="/v1/charges"))
    assert client_of(server, retries=3).v1.charges.list().data
    assert server.sandbox.journal.by_endpoint["/v1/charges"] == 3


def test_faults_can_be_aimed_and_drawn_by_chance(server: Server) -> None:
    sandbox = server.sandbox
    aimed = sandbox.faults.order(Fault("status", path="/v1/cust*", query="limit=7", skip=1, count=None))
    header = {"Authorization": f"Bearer {server.key}"}
    statuses = [sandbox.answer("GET", "/v1/customers", q, header).status for q in ("limit=7", "limit=8", "limit=7")]
    assert statuses == [200, 200, 500]
    assert aimed.hits == 1
    sandbox.faults.clear()
    drawn = sandbox.faults.order(Fault("status", probability=0.3))
    for _ in range(200):
        sandbox.answer("GET", "/v1/plans", "limit=1", header)
    assert 30 < drawn.hits < 90


def test_gzip_is_sent_to_those_who_ask(server: Server) -> None:
    plain, body = raw(server, "/v1/charges?limit=20", Accept_Encoding="identity")
    packed, squeezed = raw(server, "/v1/charges?limit=20", Accept_Encoding="gzip, deflate")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed) == body
    assert len(squeezed) < len(body) / 2


def test_latency_does_not_add_up_over_requests_at_a_time(server: Server) -> None:
    server.sandbox.latency = 0.3
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(raw(server, "/v1/charges")[0].status)) for _ in range(8)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    assert answers == [200] * 8
    # One after the other they would take 2.4 seconds.
    assert 0.3 <= took < 1.8


def test_more_requests_at_a_time_than_allowed_are_refused() -> None:
    with serve(Sandbox(size=10, limits=Limits(concurrent=2), latency=0.5)) as server:
        answers: list[http.client.HTTPResponse] = []
        threads = [threading.Thread(target=lambda: answers.append(raw(server, "/v1/charges")[0])) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers) == [200, 200, 429, 429, 429]
        refused = next(answer for answer in answers if answer.status == 429)
        assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-concurrency"
        assert raw(server, "/v1/charges")[0].status == 200


def test_the_date_header_is_the_sandboxs_clock_with_its_skew(server: Server) -> None:
    control(server, "POST", "/clock", {"advance": 60, "skew": -3600})
    response, _ = raw(server, "/v1/charges")
    assert response.headers.get_all("Date") == ["Sat, 31 Oct 2026 23:01:00 GMT"]


def test_objects_are_changed_over_http(server: Server) -> None:
    made = control(server, "POST", "/create", {"path": "/v1/customers", "fields": {"name": "Mara"}})
    control(
        server,
        "POST",
        "/update",
        {"path": "/v1/customers", "id": made["id"], "fields": {"name": "Mara Moss"}, "api_version": "2024-06-20"},
    )
    client = client_of(server)
    assert client.v1.customers.retrieve(made["id"]).name == "Mara Moss"
    control(server, "POST", "/delete", {"path": "/v1/customers", "id": made["id"]})
    kinds = [(e.type, e.api_version) for e in client.v1.events.list({"limit": 3}).data]
    assert [kind for kind, _ in kinds] == ["customer.deleted", "customer.updated", "customer.created"]
    assert kinds[1][1] == "2024-06-20"
    subscription = control(server, "GET", "/truth?path=/v1/subscriptions")[0]
    control(server, "POST", "/cancel", {"id": subscription["id"]})
    charge = next(c for c in control(server, "GET", "/truth?path=/v1/charges") if c["paid"] and not c["refunded"])
    control(server, "POST", "/refund", {"charge": charge["id"]})
    assert client.v1.charges.retrieve(charge["id"]).refunded


def test_requests_are_counted_and_logged_and_control_is_not(server: Server) -> None:
    began = time.time()
    client = client_of(server)
    charge = client.v1.charges.list({"limit": 3}).data[0]
    client.v1.charges.retrieve(charge.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.charges.retrieve("ch_none")
    control(server, "POST", "/faults", {"kind": "status", "path": "/v1/plans", "status": 503})
    with pytest.raises(stripe.APIError):
        client.v1.plans.list()
    stats = control(server, "GET", "/stats")
    assert stats["requests"] == 4
    assert stats["by_endpoint"] == {"/v1/charges": 1, "/v1/charges/{charge}": 2, "/v1/plans": 1}
    assert stats["by_status"] == {"200": 2, "404": 1, "503": 1}
    log = control(server, "GET", "/log?last=4")
    assert [(entry["path"].count("/"), entry["status"]) for entry in log] == [(2, 200), (3, 200), (3, 404), (2, 503)]
    assert (log[0]["items"], log[3]["fault"]) == (3, "status")
    assert stats["items"] == {"/v1/charges": 3, "/v1/charges/{charge}": 1, "/v1/plans": 0}
    received = [entry["received"] for entry in log]
    assert began <= stats["first"] == received[0] <= received[3] <= time.time()
    assert stats["cpu"] > 0
    control(server, "POST", "/reset")
    emptied = control(server, "GET", "/stats")
    assert (emptied["requests"], emptied["first"], emptied["items"]) == (0, None, {})


def test_a_request_is_received_before_the_latency_passes(server: Server) -> None:
    server.sandbox.latency = 0.3
    began = time.time()
    raw(server, "/v1/charges")
    assert began <= server.sandbox.journal.log[0].received < began + 0.3 <= time.time()


def test_objects_are_counted_until_something_is_changed(server: Server) -> None:
    assert control(server, "GET", "/count?path=/v1/charges") == {"count": 120}
    control(server, "POST", "/create", {"path": "/v1/customers", "fields": {}})
    with pytest.raises(urllib.error.HTTPError):
        control(server, "GET", "/count?path=/v1/charges")


def test_keys_limits_and_latency_are_set_over_http(server: Server) -> None:
    key = control(server, "POST", "/keys", {"permissions": ["charge"]})["key"]
    assert key.startswith("rk_test_")
    assert control(server, "POST", "/keys/roll", {"key": key})["key"] != key
    assert control(server, "POST", "/limits", {"per_account": 5})["per_account"] == 5
    assert control(server, "POST", "/latency", {"seconds": 0.01}) == {"seconds": 0.01}
    assert control(server, "GET", "")["key"] == server.key


def test_a_control_that_cannot_be_done_says_why(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        control(server, "POST", "/delete", {"path": "/v1/customers", "id": "cus_none"})
    assert caught.value.code == 400
    assert "cus_none" in json.load(caught.value)["error"]


def test_as_a_process_it_serves_shelved_lists_and_finds_them_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "integration_tests.sandbox", "--port", "0", "--size", "90", "--synthesized", "50"]
    command += ["--shelve", "/v1/charges", "--shelve", "/v1/topups", "--shelves", str(tmp_path)]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                base_url = process.stdout.readline().strip()
                key = process.stdout.readline().strip().removeprefix("key: ")
                client = stripe.StripeClient(key, base_addresses={"api": base_url}, max_network_retries=0)
                assert len(list(client.v1.charges.list({"limit": 40}).auto_paging_iter())) == 90
                assert len(list(client.v1.topups.list({"limit": 40}).auto_paging_iter())) >= 50
            finally:
                process.terminate()
        assert process.returncode == 0
        assert len(list(tmp_path.iterdir())) == 2


def test_it_runs_as_a_process_that_names_its_address_and_key() -> None:
    command = [sys.executable, "-m", "integration_tests.sandbox", "--port", "0", "--size", "20", "--without", "issuing"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            base_url = process.stdout.readline().strip()
            key = process.stdout.readline().strip().removeprefix("key: ")
            client = stripe.StripeClient(key, base_addresses={"api": base_url}, max_network_retries=0)
            assert len(list(client.v1.charges.list().auto_paging_iter())) == 20
            with pytest.raises(stripe.InvalidRequestError, match="not set up to use Issuing"):
                client.v1.issuing.cards.list()
        finally:
            process.terminate()
    assert process.returncode == 0
