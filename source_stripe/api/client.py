"""One account's Stripe API: sends requests within the budget, and tries again what is worth it."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import requote_uri

from source_stripe.api.answer import READERS, Form, JsonObject, Reader, decompressed, object_of, parsed, texts_of
from source_stripe.api.budget import Budget
from source_stripe.api.clock import Clock, StripeTime, SystemClock
from source_stripe.api.connections import OneHost
from source_stripe.api.errors import (
    NotStripe,
    PermissionMissing,
    Refusal,
    RequestRefused,
    Unavailable,
    account_named_in,
    error_of,
    retryable,
)
from source_stripe.api.keys import without_keys
from source_stripe.api_version import API_VERSION

logger = logging.getLogger("airbyte")

Parameters = Sequence[tuple[str, str]]

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 80.0
"""Between two pieces of an answer; the official Stripe clients' own default."""

PATIENCE_SECONDS = 600.0
"""How long one request is tried again before its stream fails: outlasts a restart of a network, not a night."""

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0

_NO_ANSWER = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, EOFError)
"""Time-outs, refused and reset connections, bodies that end early or do not decompress."""

_NOT_STRIPE = ("CERTIFICATE_VERIFY_FAILED", "TLS CA certificate bundle", "X509")
"""In the words of OpenSSL or `requests`: the certificate does not hold, or what is to prove it cannot be read."""

REQUESTS_IN_FLIGHT = 256
"""At most, whatever the budget: 100 requests/s at two and a half seconds each."""


@dataclass(frozen=True)
class Request:
    """A GET.

    Attributes:
        path: as in "/v1/charges"; begins with a slash, or the host that it is put behind would be another one.
        parameters: query parameters in order; names may repeat (`expand[]`).
        form: how the answer is laid out.
        endpoint: what Stripe counts it under, the path with ids left out.
    """

    path: str
    parameters: Parameters = ()
    form: Form = "v1"
    endpoint: str = ""

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"{self.path!r} is no path")

    @property
    def address(self) -> str:
        """Path and query. A path that comes with a query is somebody else's text, and quoted where it has to be."""
        path = requote_uri(self.path) if "?" in self.path else self.path
        if not self.parameters:
            return path
        return f"{path}{'&' if '?' in path else '?'}{urlencode(self.parameters)}"

    @property
    def counted_as(self) -> str:
        return self.endpoint or self.path


@dataclass(frozen=True)
class Page:
    """One list answer: at most 100 objects, newest first, and whether there are more behind them.

    Attributes:
        next_page: the path and query of the next page, where the list tells it (/v2).
        tries: requests it took to get it.
        texts: the objects as Stripe wrote them, where that was asked for; `records` then hold their `Head`s alone.
    """

    records: list[JsonObject]
    has_more: bool
    next_page: str | None
    tries: int
    texts: list[memoryview] | None = None


class StripeClient:
    """Reads one account. Safe to use from any number of threads.

    Attributes:
        requests_sent: so far, tries that failed among them.
        in_flight: those that have not been answered yet.
        pausing: requests that wait a while before they are tried again.

    Args:
        api_key: sent as the bearer token, and nowhere else.
        account_id: the connected account to act as (`Stripe-Account`), or None for the key's own.
        api_base: origin that all requests go to, without a slash at its end.
        total_per_second: requests a second over all endpoints.
        patience: seconds for which one request is tried again.
    """

    def __init__(
        self,
        api_key: str,
        account_id: str | None,
        api_base: str,
        total_per_second: float,
        patience: float = PATIENCE_SECONDS,
        clock: Clock | None = None,
        transport: HTTPAdapter | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.stripe_time = StripeTime(self.clock)
        self.budget = Budget(self.clock, total=total_per_second)
        self.requests_sent = self.in_flight = self.pausing = 0
        self._patience = patience
        self._account_id = account_id
        self._base = api_base
        self._counting = threading.Lock()
        self._transport = transport or OneHost(REQUESTS_IN_FLIGHT)
        # Every request is a copy of one, and goes to the adapter: a session would merge headers, look into the
        # environment and keep cookies for each anew, which is most of a request's CPU; it would let ~/.netrc replace
        # the key, and carry it along where it is redirected. Proxies and CA bundles are looked up here, once.
        self._get = self._prepared(api_key)
        environment = requests.Session().merge_environment_settings(api_base, {}, True, None, None)
        self._environment: dict[str, Any] = {**environment}
        if api_base.startswith("http:"):
            # This machine, where the key goes in the clear: a proxy, which may be anywhere, must not see it.
            self._environment["proxies"] = {}

    def _prepared(self, api_key: str) -> requests.PreparedRequest:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {api_key}",
            "Stripe-Version": API_VERSION,
            "Accept-Encoding": "gzip",
            "User-Agent": "source-stripe (Airbyte source)",
        }
        if self._account_id:
            headers["Stripe-Account"] = self._account_id
        return requests.Request("GET", self._base, headers).prepare()

    def page(self, request: Request, granted: bool = False, verbatim: bool = False) -> Page:
        """One page of a list; an object on its own is a list of one.

        Args:
            granted: the budget's grant for the first try is already in the caller's hands.
            verbatim: the objects of a list of /v1 may stay as Stripe wrote them.

        Raises:
            StripeError: as `get`; `Unavailable` also where answers stayed broken.
        """
        read = texts_of if verbatim and request.form == "v1" else READERS[request.form]
        body, tries = self._send(request, granted, read)
        match request.form:
            case "object":
                return Page([body], has_more=False, next_page=None, tries=tries)
            case "v2":
                following = body.get("next_page_url")
                return Page(body["data"], bool(following), _own_path(request, following), tries)
        return Page(body["data"], bool(body["has_more"]), None, tries, body.get("texts"))

    def get(self, request: Request) -> JsonObject:
        """One object.

        Raises:
            StripeError: the kind that Stripe's final answer means (see `source_stripe.api.errors`).
        """
        body, _ = self._send(request, False, object_of)
        return body

    def account(self) -> JsonObject:
        """The account that is read, as far as the key may see it: `{"id": …}` and perhaps more, or `{}`.

        Costs one request. A restricted key that may not read the account is told so with the account's id.

        Raises:
            StripeError: the key or the account was refused, or Stripe could not be reached.
        """
        try:
            return self.get(Request("/v1/account"))
        except PermissionMissing as error:
            named = account_named_in(error.refusal.message)
            return {"id": named} if named else {}

    def _send(self, request: Request, granted: bool, read: Reader) -> tuple[JsonObject, int]:
        """The answer's body and the number of tries it took."""
        started = self.clock.monotonic()
        tries = 0
        while True:
            if not granted:
                self.budget.acquire(request.counted_as)
            granted = False
            outcome = self._try(request, read)
            tries += 1
            if not isinstance(outcome, _Again):
                return outcome, tries
            waited = self.clock.monotonic() - started
            pause = outcome.after_seconds or backoff_seconds(tries)
            if waited + pause > self._patience:
                reason = f"{outcome.reason}; tried {tries} times in {waited:.0f} s"
                raise Unavailable(Refusal(outcome.status, request.path, reason))
            logger.info(f"{request.path}: {outcome.reason}. Trying again in {pause:.1f} s (try {tries + 1}).")
            self._count(pausing=1)
            self.clock.sleep(pause)
            self._count(pausing=-1)

    def _try(self, request: Request, read: Reader) -> JsonObject | _Again:
        self._count(requests_sent=1, in_flight=1)
        sent = self.budget.begin(request.counted_as)
        refused = None
        try:
            prepared = self._get.copy()
            prepared.url = self._base + request.address
            response = self._transport.send(
                prepared, timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS), **self._environment
            )
            # The body in one piece: `requests` itself would read and decompress 10 KB at a time.
            content = response.raw.read(decode_content=False)
            if response.headers.get("Content-Encoding") == "gzip":
                content = decompressed(content)
            if response.status_code == 429:
                refused = response.headers.get("Stripe-Rate-Limited-Reason")
        except _NO_ANSWER as error:
            reason = _innermost(error)
            if any(sign in reason for sign in _NOT_STRIPE):
                raise NotStripe(Refusal(0, request.path, reason)) from None
            return _Again(0, f"no usable answer ({reason})")
        finally:
            self._count(in_flight=-1)
            self.budget.end(sent, refused)
        self.stripe_time.learn(response.headers.get("Date"))
        return _interpret(request, response, content, read)

    def _count(self, requests_sent: int = 0, in_flight: int = 0, pausing: int = 0) -> None:
        with self._counting:
            self.requests_sent += requests_sent
            self.in_flight += in_flight
            self.pausing += pausing


@dataclass(frozen=True)
class _Again:
    """A try that failed for now: the HTTP status (0 without one), why, and the pause Stripe asks for, in seconds."""

    status: int
    reason: str
    after_seconds: float | None = None


def _interpret(request: Request, response: requests.Response, content: bytes, read: Reader) -> JsonObject | _Again:
    status = response.status_code
    if status == 200:
        kind = without_keys(response.headers.get("Content-Type", "of no type"))
        return read(content) or _Again(
            status, f"an answer that is not what was asked for ({kind}, {len(content):,} bytes)"
        )
    if retryable(status, response.headers):
        reason = response.headers.get("Stripe-Rate-Limited-Reason")
        return _Again(status, f"HTTP {status}" + (f" ({reason})" if reason else ""), _retry_after(response))
    raise error_of(Refusal.of(status, request.path, parsed(content), response.headers))


def backoff_seconds(tries: int) -> float:
    """The pause after `tries` failed tries: doubling, and anywhere in its upper half so that retries spread out."""
    longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(tries - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # nothing secret about it


def _retry_after(response: requests.Response) -> float | None:
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return min(seconds, LONGEST_BACKOFF_SECONDS * 2) if seconds > 0 else None


def _own_path(request: Request, url: object) -> str | None:
    """The path and query of an address that an answer gave, to be asked of the host that we chose.

    Raises:
        RequestRefused: it is not an address of the list that it is to go on with.
    """
    if not url:
        return None
    parts = urlsplit(str(url))
    if parts.path != request.path.partition("?")[0]:
        raise RequestRefused(Refusal(200, request.path, "the next page's address is not one of this list"))
    return f"{parts.path}?{parts.query}"


def _innermost(error: BaseException) -> str:
    """The exception at the bottom of the chain, in its own words and without keys: the wrappers above it add noise."""
    while below := error.__cause__ or error.__context__:
        error = below
    return without_keys(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
