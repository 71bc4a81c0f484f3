"""The client asks again what is worth it, gives up in time, and never carries the key anywhere else."""

import threading
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from source_stripe.api.client import LONGEST_BACKOFF_SECONDS, Request, StripeClient, backoff_seconds
from source_stripe.api.errors import KeyRefused, NotStripe, RequestRefused, StripeError, Unavailable
from source_stripe.api_version import API_VERSION
from unit_tests.clock import SteppedClock

KEY = "sk_test_sandboxKey123"
BASE = "http://127.0.0.1:12111"
PAGE = {"object": "list", "data": [{"id": "ch_1"}], "has_more": False}
Answer = requests.Response | Exception


def answer(status: int = 200, body: Any = PAGE, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else orjson.dumps(body)
    response.headers.update(headers or {})
    return response


class Script(HTTPAdapter):
    """Answers with what it was given, in order, the last over and over, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.asked: list[requests.PreparedRequest] = []
        self._answers = list(answers)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.asked.append(request)
        next_one = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(next_one, Exception):
            raise next_one
        next_one.request, next_one.url, next_one.raw = request, str(request.url), _Raw(next_one)
        return next_one


class _Raw:
    """The answer below requests: its body, and the headers in which requests looks for cookies."""

    def __init__(self, response: requests.Response) -> None:
        self._body = response.content
        self._original_response = self
        self.msg = Message()
        for name, value in response.headers.items():
            self.msg[name] = value

    def read(self, decode_content: bool) -> bytes:
        assert not decode_content
        return self._body


class Patient(SteppedClock):
    """Sleeping is stepped; the budget's own waits are real, and short."""

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        return condition.wait(0.001)

    def monotonic(self) -> float:
        self.now += 0.05  # the budget must not hold anything up here
        return self.now


def client(*answers: Answer, **options: Any) -> tuple[StripeClient, Script, Patient]:
    transport, clock = Script(*answers), Patient()
    account_id = options.pop("account_id", None)
    made = StripeClient(KEY, account_id, BASE, 100, clock=clock, transport=transport, **options)
    return made, transport, clock


REQUEST = Request("/v1/charges", [("limit", "100"), ("expand[]", "data.a"), ("expand[]", "data.b")])

BROKEN: list[Callable[[], Answer]] = [
    lambda: answer(409),
    lambda: answer(429, {"error": {}}, {"Stripe-Rate-Limited-Reason": "endpoint-rate"}),
    lambda: answer(500),
    lambda: answer(502, b"<html>Bad Gateway</html>"),
    lambda: answer(503),
    lambda: answer(400, {"error": {"message": "later"}}, {"Stripe-Should-Retry": "true"}),
    lambda: answer(200, b""),
    lambda: answer(200, b"<html></html>"),
    lambda: answer(200, b'{"object": "list", "data": [{"id"'),
    lambda: answer(200, {"object": "list"}),
    lambda: answer(200, {"data": [{"id": "ch_1"}]}),
    lambda: answer(200, {"data": [], "has_more": True}),
    lambda: answer(200, {"data": None, "has_more": False}),
    lambda: answer(200, [PAGE]),
    lambda: requests.ConnectionError("reset"),
    lambda: requests.ReadTimeout("timed out"),
    lambda: requests.ConnectTimeout("timed out"),
    lambda: urllib3.exceptions.IncompleteRead(10, 90),
    lambda: urllib3.exceptions.DecodeError("not gzip"),
    lambda: ConnectionResetError(104, "reset"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_may_go_better_a_moment_later_is_asked_again(broken: Callable[[], Answer]) -> None:
    stripe, transport, clock = client(broken(), broken(), answer())
    page = stripe.page(REQUEST)
    assert page.records == PAGE["data"]
    assert page.tries == len(transport.asked) == stripe.requests_sent == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("broken", BROKEN)
def test_a_request_is_given_up_after_its_patience_in_words(broken: Callable[[], Answer]) -> None:
    stripe, transport, clock = client(broken(), patience=60)
    with pytest.raises(Unavailable, match=r"/v1/charges.*tried \d+ times in \d+ s"):
        stripe.page(REQUEST)
    assert 25 <= sum(clock.slept) <= 60
    assert len(transport.asked) == len(clock.slept) + 1


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_a_final_answer_is_not_asked_for_again(status: int) -> None:
    stripe, transport, _ = client(answer(status))
    with pytest.raises(StripeError):
        stripe.page(REQUEST)
    assert len(transport.asked) == 1


def test_stripe_may_forbid_to_try_again() -> None:
    stripe, transport, _ = client(answer(500, {}, {"Stripe-Should-Retry": "false"}))
    with pytest.raises(Unavailable):
        stripe.page(REQUEST)
    assert len(transport.asked) == 1


def test_retry_after_is_obeyed() -> None:
    stripe, _, clock = client(answer(429, {}, {"Retry-After": "17"}), answer())
    stripe.page(REQUEST)
    assert clock.slept == [17.0]


@pytest.mark.parametrize("told", ["-5", "0", "nan", "soon", "Sun, 01 Nov 2026 00:00:00 GMT", ""])
def test_a_retry_after_that_makes_no_sense_is_passed_over(told: str) -> None:
    stripe, _, clock = client(answer(429, {}, {"Retry-After": told}), answer())
    stripe.page(REQUEST)
    assert 0 < clock.slept[0] <= 0.5


@pytest.mark.parametrize("told", ["86400", "inf"])
def test_a_retry_after_of_a_day_does_not_stop_the_sync_for_a_day(told: str) -> None:
    stripe, _, clock = client(answer(429, {}, {"Retry-After": told}), answer())
    stripe.page(REQUEST)
    assert clock.slept == [2 * LONGEST_BACKOFF_SECONDS]


def test_pauses_grow_differ_and_stay_bounded() -> None:
    assert all(0.25 <= backoff_seconds(1) <= 0.5 for _ in range(50))
    assert all(LONGEST_BACKOFF_SECONDS / 2 <= backoff_seconds(n) <= LONGEST_BACKOFF_SECONDS for n in (8, 50, 5000))
    assert len({backoff_seconds(5) for _ in range(20)}) > 1


def test_every_request_names_key_version_and_account() -> None:
    stripe, transport, _ = client(answer(), account_id="acct_sandbox")
    stripe.page(REQUEST)
    headers = transport.asked[0].headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Stripe-Version"] == API_VERSION
    assert headers["Stripe-Account"] == "acct_sandbox"
    assert transport.asked[0].url == f"{BASE}/v1/charges?limit=100&expand%5B%5D=data.a&expand%5B%5D=data.b"


def test_the_keys_own_account_is_read_without_naming_one() -> None:
    stripe, transport, _ = client(answer())
    stripe.page(REQUEST)
    assert "Stripe-Account" not in transport.asked[0].headers


def test_a_redirect_is_not_followed() -> None:
    stripe, transport, _ = client(answer(302, b"", {"Location": "https://elsewhere.example/v1/charges"}))
    with pytest.raises(RequestRefused):
        stripe.page(REQUEST)
    assert len(transport.asked) == 1


def test_a_netrc_does_not_replace_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login nobody password nothing\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    stripe, transport, _ = client(answer())
    stripe.page(REQUEST)
    assert transport.asked[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("request_", "address"),
    [
        (Request("/v1/charges"), "/v1/charges"),
        (
            Request("/v1/charges", [("expand[]", "data.a"), ("expand[]", "data.b c")]),
            "/v1/charges?expand%5B%5D=data.a&expand%5B%5D=data.b+c",
        ),
        (Request("/v2/core/events?page=a%2Bb"), "/v2/core/events?page=a%2Bb"),
        (Request("/v2/core/events?page=a b\n"), "/v2/core/events?page=a%20b%0A"),
        (Request("/v2/core/events?page=a", [("limit", "1")]), "/v2/core/events?page=a&limit=1"),
    ],
)
def test_parameters_and_other_peoples_addresses_are_quoted(request_: Request, address: str) -> None:
    stripe, transport, _ = client(answer())
    stripe.page(request_)
    assert transport.asked[0].path_url == address
    assert request_.address == address


def test_cookies_are_not_kept() -> None:
    stripe, transport, _ = client(answer(headers={"Set-Cookie": "session=sandbox; Path=/"}))
    stripe.page(REQUEST)
    stripe.page(REQUEST)
    assert "Cookie" not in transport.asked[1].headers


def test_the_time_is_learned_from_every_answer() -> None:
    stripe, _, _ = client(answer(500, {}, {"Date": "Sun, 01 Nov 2026 00:00:00 GMT"}), answer())
    stripe.page(REQUEST)
    assert 1_793_491_200 <= stripe.stripe_time.now() <= 1_793_491_210


def test_a_restricted_key_that_may_not_read_its_account_still_tells_which_it_is() -> None:
    message = "The provided key does not have the required permissions on account 'acct_sandbox'."
    stripe, _, _ = client(answer(403, {"error": {"message": message, "code": "more_permissions_required"}}))
    assert stripe.account() == {"id": "acct_sandbox"}


def test_a_restricted_key_without_a_word_on_its_account_is_still_good() -> None:
    stripe, _, _ = client(answer(403, {"error": {"code": "more_permissions_required"}}))
    assert stripe.account() == {}


def test_a_403_that_is_not_about_permissions_proves_nothing() -> None:
    stripe, _, _ = client(answer(403, b"<html>Forbidden by the firewall</html>"))
    with pytest.raises(RequestRefused):
        stripe.account()


def test_a_bad_key_is_told_without_the_key() -> None:
    stripe, _, _ = client(answer(401, {"error": {"message": f"Invalid API Key provided: {KEY}"}}))
    with pytest.raises(KeyRefused) as refusal:
        stripe.account()
    assert "sandboxKey" not in str(refusal.value)


def test_a_certificate_that_does_not_hold_is_not_tried_again() -> None:
    stripe, transport, _ = client(requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"))
    with pytest.raises(NotStripe, match="CERTIFICATE_VERIFY_FAILED"):
        stripe.page(REQUEST)
    assert len(transport.asked) == 1


def test_each_try_is_paid_for_out_of_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    stripe, _, _ = client(answer(500), answer(500), answer())
    paid: list[str] = []
    monkeypatch.setattr(stripe.budget, "acquire", paid.append)
    stripe.page(REQUEST, granted=True)
    assert paid == ["/v1/charges"] * 2


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
