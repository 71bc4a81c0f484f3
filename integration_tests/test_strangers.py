"""The key goes to Stripe and to nobody else: whoever answers, whatever an answer, a state or the environment says."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from airbyte_cdk.utils import AirbyteTracedException

from integration_tests.in_process import QuickClock, catalog, logger, stream_state
from integration_tests.sandbox import DEFAULT_NOW, Clock, Sandbox, serve
from integration_tests.stranger import Reply, Stranger, stranger
from source_stripe.config import normalised
from source_stripe.reading.progress import FORMAT_VERSION
from source_stripe.source import SourceStripe

SECRET = "NotARealKeyAtAll42"
KEY = f"sk_test_{SECRET}"
ACCOUNTS = "/v2/core/accounts"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle", "netrc"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def other() -> Iterator[Stranger]:
    """Another server, which must never be sent anything."""
    with stranger(lambda path: Reply(200, {"object": "list", "data": [], "has_more": False})) as server:
        yield server
        assert server.lines == []


def check(origin: str) -> tuple[bool, str]:
    worked, why = SourceStripe(clock=QuickClock()).check_connection(logger, {"api_key": KEY, "api_base": origin})
    return worked, str(why)


def read(origin: str, stream: str, state: Any = None, key: str = KEY) -> list[Any]:
    """The ids of a stream's records."""
    source = SourceStripe(clock=QuickClock())
    states = [stream_state(stream, state)] if state else []
    messages = source.read(logger, {"api_key": key, "api_base": origin}, catalog([stream]), states)
    return [message.record.data["id"] for message in messages if message.record]


def account(path: str) -> Reply:
    return Reply(200, {"id": "acct_1", "object": "account"})


# --- answers that name another server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(other: Stranger, status: int) -> None:
    with stranger(lambda path: Reply(status, None, {"Location": f"{other.origin}{path}"})) as server:
        worked, why = check(server.origin)
        assert not worked
        assert f"HTTP {status}" in why
        assert server.lines == ["GET /v1/account"]
        assert f"Bearer {KEY}" in server.heard[0], "it was not for want of a key"


def test_the_next_page_is_asked_of_the_same_server_whatever_address_it_has(other: Stranger) -> None:
    def answering(path: str) -> Reply:
        if path == "/v1/account":
            return account(path)
        turned = "page=2" in path
        following = None if turned else f"{other.origin}{ACCOUNTS}?page=2"
        closed = "closed=true" in path
        rows = [{"id": f"acct_{'second' if turned else 'first'}", "object": "v2.core.account"}]
        return Reply(200, {"data": [] if closed else rows, "next_page_url": None if closed else following})

    with stranger(answering) as server:
        assert read(server.origin, "v2_core_accounts") == ["acct_first", "acct_second"]
        assert f"GET {ACCOUNTS}?page=2" in server.lines


def test_the_rest_of_a_sub_list_is_asked_of_the_same_server_whatever_address_it_has(other: Stranger) -> None:
    def answering(path: str) -> Reply:
        line = {"id": "il_1", "object": "line_item"}
        if path.startswith("/v1/invoices/in_1/lines"):
            return Reply(200, {"data": [line, {**line, "id": "il_2"}], "has_more": False})
        if path.startswith("/v1/invoices"):
            lines = {"data": [line], "has_more": True, "url": f"{other.origin}/v1/invoices/in_1/lines"}
            return Reply(200, {"data": [{"id": "in_1", "object": "invoice", "lines": lines}], "has_more": False})
        return account(path) if path == "/v1/account" else Reply(200, {"data": [], "has_more": False})

    with stranger(answering) as server:
        assert read(server.origin, "invoice_line_items") == ["il_1", "il_2"]


@pytest.mark.parametrize("after", ["@{other}/v2/core/accounts?page=2", "//{other}/v2/core/accounts", "/v1/charges"])
def test_a_state_does_not_lead_anywhere_else(other: Stranger, after: str) -> None:
    """`https://api.stripe.com@somewhere.example/` is an address of somewhere.example."""
    unread = {"after": after.format(other=f"127.0.0.1:{other.port}"), "parameters": {"closed": "false"}}
    times = {"covers_from": 0, "until": DEFAULT_NOW, "read_at": DEFAULT_NOW, "reread_at": DEFAULT_NOW}
    state = {"version": FORMAT_VERSION, "mode": "incremental", "unread": [unread], **times}
    with serve(Sandbox(size=5, clock=Clock(running=False))) as server:
        server.sandbox.keys.issue(server.sandbox.directory.platform)
        source = SourceStripe(clock=QuickClock())
        given = {"api_key": server.key, "api_base": server.base_url}
        messages = list(
            source.read(logger, given, catalog(["v2_core_accounts"]), [stream_state("v2_core_accounts", state)])
        )
        found = {message.record.data["id"] for message in messages if message.record}
        assert found == {row["id"] for row in server.sandbox.truth(ACCOUNTS)} != set()


# --- whose address it is


@pytest.mark.parametrize(
    "base",
    ["https://stripe.example", "http://api.stripe.com", "https://api.stripe.com@stripe.example", "https://127.1"],
)
def test_a_configuration_cannot_send_the_key_of_the_environment_elsewhere(base: str) -> None:
    options = normalised({"api_key": "${STRIPE_API_KEY}", "api_base": base}, {"STRIPE_API_KEY": KEY})
    with pytest.raises(AirbyteTracedException, match="api_base is") as refused:
        SourceStripe().configure(options, "")
    assert SECRET not in str(refused.value)


# --- https


def tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once_in_one_sentence() -> None:
    with stranger(account, tls(trustme.CA(), "127.0.0.1")) as server:
        worked, why = check(server.origin)
    assert not worked
    assert (server.lines, server.heard) == ([], [])
    assert server.refused_handshakes == 1, "and it was not tried again"
    assert "CERTIFICATE_VERIFY_FAILED" in why
    assert "The key was not sent." in why
    assert "REQUESTS_CA_BUNDLE" in why
    assert "\n" not in why


def test_a_good_certificate_of_another_host_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with stranger(account, tls(authority, "stripe.example")) as server:
        worked, why = check(server.origin)
    assert not worked
    assert server.lines == []
    assert "CERTIFICATE_VERIFY_FAILED" in why


def test_a_users_own_certificate_authority_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with stranger(account, tls(authority, "127.0.0.1")) as server:
        assert check(server.origin) == (True, "None")
        assert server.lines == ["GET /v1/account"]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with stranger(account, tls(trustme.CA(), "127.0.0.1")) as server:
        worked, why = check(server.origin)
    assert not worked
    assert "REQUESTS_CA_BUNDLE" in why
    assert "tried" not in why


# --- what the environment says


def test_no_proxy_sees_what_goes_to_this_machine_in_the_clear(monkeypatch: pytest.MonkeyPatch, other: Stranger) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.origin)
    with stranger(account) as server:
        assert check(server.origin) == (True, "None")
        assert len(server.lines) == 1


def test_a_proxy_for_https_sees_a_host_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(lambda path: Reply(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin.replace("//", "//user:word@"))
        worked, why = check("https://api.stripe.com")
        assert not worked
        assert set(proxy.lines) == {"CONNECT api.stripe.com:443"}, "nothing but a tunnel was asked for"
        assert SECRET not in "".join(proxy.heard)
        assert "word" not in why
        assert SECRET not in why


def test_netrc_neither_replaces_the_key_nor_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login someone password else\ndefault login someone password else\n"
    )
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with stranger(account) as server:
        assert check(server.origin) == (True, "None")
    (heard,) = server.heard
    assert f"Authorization: Bearer {KEY}" in heard
    assert base64.b64encode(b"someone:else").decode() not in heard
    assert heard.count("Authorization") == 1
