"""The sandbox itself: a request in, an answer out, no sockets."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from threading import RLock
from typing import Any

import orjson

from integration_tests.sandbox import departures, versions
from integration_tests.sandbox.account import AccountData
from integration_tests.sandbox.accounts import Directory
from integration_tests.sandbox.answer import Answer, Request
from integration_tests.sandbox.body import written
from integration_tests.sandbox.clock import Clock
from integration_tests.sandbox.errors import StripeFault, no_such, rate_limited, unrecognized_url
from integration_tests.sandbox.faults import SPOILS_OBJECTS, Fault, FaultPlan, spoiled
from integration_tests.sandbox.identity import letters, mix
from integration_tests.sandbox.journal import Journal, Logged
from integration_tests.sandbox.keys import KeyRing, require
from integration_tests.sandbox.limits import Limits, RateLimiter
from integration_tests.sandbox.query import check, parse
from integration_tests.sandbox.reading import Reader
from integration_tests.sandbox.resources import BY_PATH, Child
from integration_tests.sandbox.routes import Route, resolve
from integration_tests.sandbox.shelf import Shelves
from integration_tests.sandbox.timeline import Density
from integration_tests.sandbox.writing import Writer

# Faults that replace or spoil an answer but leave the connection alone are made here; these are the transport's.
_TRANSPORT_FAULTS = ("refused", "reset", "half_body", "hang", "bad_gzip")


@dataclass
class Admission:
    """A request that was let in (or refused: `refusal`), `received` when (Unix seconds by the machine's clock).
    `release` must follow `respond`."""

    request: Request
    account: AccountData | None
    route: Route | None
    fault: Fault | None
    refusal: StripeFault | None
    limited: str | None = None
    counted: bool = False
    received: float = field(default_factory=time.time)


class Sandbox:
    """A Stripe account (with connected ones) that answers requests.

    size: charges of the platform's account; all else is in proportion.
    seed: the same seed gives the same data.
    connected: number of connected accounts; connected_size: charges of each.
    enabled: products that the account has (names as in `departures.PRODUCTS`); None is all of them.
    platform: whether the account may have connected ones; False leaves it none, and its list of accounts empty.
    synthesized: about how many objects the lists have that are no part of the business; 5 or more.
    account_version: the API version that the account writes its events in; None is the pinned SDK's.
    """

    def __init__(
        self,
        *,
        size: int = 1000,
        seed: int = 1,
        density: Density | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        connected: int = 0,
        connected_size: int = 50,
        enabled: frozenset[str] | None = None,
        account_version: str | None = None,
        latency: float = 0.0,
        synthesized: int = 250,
        platform: bool = True,
    ) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.directory = Directory(
            seed=seed,
            size=size,
            connected=connected,
            connected_size=connected_size,
            density=density or Density(),
            clock=self.clock,
            platform=platform,
            synthesized=synthesized,
        )
        if account_version is not None:
            self.directory.version = account_version
        self.enabled = frozenset(p.name for p in departures.PRODUCTS) if enabled is None else enabled
        self.keys = KeyRing(seed)
        self.key = self.keys.issue(self.directory.platform)
        self.limiter = RateLimiter(limits or Limits())
        self.faults = FaultPlan(seed)
        self.journal = Journal()
        self.latency = latency
        # Answers are made by one thread at a time: control may change what a page is being made of.
        self.lock = RLock()
        self._serial = 0

    @cached_property
    def shelves(self) -> Shelves:
        """Lists that are served compressed ahead: of the platform's account in test mode, which is what `key` reads."""
        return Shelves(self.account())

    # --- Stripe's side

    def answer(self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """One request, start to end. `query` is a raw query string, header names may have any case."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        admission = self.admit(Request(method.upper(), path, query, lowered))
        try:
            return self.respond(admission)
        finally:
            self.release(admission)

    def admit(self, request: Request) -> Admission:
        """Key, account, rate limits and ordered faults. The server waits its latency between this and `respond`."""
        fault = self.faults.meet(request.path, request.query, self.clock.now())
        route = resolve(request.path)
        admission = Admission(request, None, route, fault, None)
        try:
            key = self.keys.authenticate(request.headers)
            admission.account = self.directory.open(key, request.headers.get("stripe-account"))
            endpoint = route.endpoint if route is not None else request.path
            reason = self.limiter.enter(admission.account.id, endpoint)
            if reason is not None:
                admission.limited = reason
                raise rate_limited(reason)
            admission.counted = True
            departures.check_product(request.path, self.enabled, key.livemode)
            if request.method != "GET" or route is None:
                raise unrecognized_url(request.method, request.path)
            if route.permission is not None:
                require(key, route.permission, admission.account.id)
        except StripeFault as refusal:
            admission.refusal = refusal
        return admission

    def release(self, admission: Admission) -> None:
        if admission.counted and admission.account is not None:
            endpoint = admission.route.endpoint if admission.route is not None else admission.request.path
            self.limiter.leave(admission.account.id, endpoint)

    def respond(self, admission: Admission) -> Answer:
        """The answer to an admitted request; never raises."""
        self._serial += 1
        request_id = f"req_{letters(mix(self.seed) ^ self._serial, 14)}"
        request = admission.request
        version = request.headers.get("stripe-version") or self.directory.version
        items, gzipped = 0, False
        extra: dict[str, str] = {}
        fault = admission.fault if admission.refusal is None else None
        try:
            if admission.refusal is not None:
                raise admission.refusal
            if fault is not None and fault.kind not in _TRANSPORT_FAULTS and fault.kind not in SPOILS_OBJECTS:
                return self._spoiled(admission, fault, request_id, version)
            versions.check(version)
            with self.lock:
                body, items, gzipped = self._body(admission, version)
            if fault is not None and fault.kind in SPOILS_OBJECTS:
                text = gzip.decompress(body) if gzipped else body
                body, gzipped = written(spoiled(fault.kind, orjson.loads(text)), request.path), False
            status = 200
        except StripeFault as error:
            status, extra = error.status, error.headers
            body = written(error.body(request_id), request.path)
        self._note(admission, version, status, items)
        transport = fault if fault is not None and fault.kind in _TRANSPORT_FAULTS else None
        return Answer(status, {**self._headers(request_id, version), **extra}, body, transport, gzipped)

    def _body(self, admission: Admission, version: str) -> tuple[bytes, int, bool]:
        """The body, how many objects it holds, and whether it is compressed already. Raises StripeFault."""
        route, account = admission.route, admission.account
        assert route is not None
        assert account is not None
        query = check(parse(admission.request.query), route.parameters)
        departures.check_query(route.endpoint, query)
        path = admission.request.path
        if route.kind == "list" and "gzip" in admission.request.headers.get("accept-encoding", ""):
            page = self.shelves.page(account, path, query, version)
            if page is not None:
                return page.gzipped, page.records, True
        value = versions.in_version(Reader(account, self.directory, path).read(route, query), version)
        items = len(value["data"]) if isinstance(value.get("data"), list) else 1
        return written(value, path), items, False

    def _spoiled(self, admission: Admission, fault: Fault, request_id: str, version: str) -> Answer:
        headers = self._headers(request_id, version)
        status, body = 200, b""
        match fault.kind:
            case "status":
                status = fault.status
                error = StripeFault(status, "An error that the sandbox was told to make.", kind="api_error")
                made = written(error.body(request_id), admission.request.path)
                body = fault.body.encode() if fault.body is not None else made
            case "html":
                status = fault.status
                headers["Content-Type"] = "text/html"
                body = b"<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>"
            case "garbage":
                body = b'{"object": "list", "data": [{"id": \x00\xff'
            case "no_data":
                url = admission.request.path
                body = orjson.dumps({"object": "list", "data": [], "has_more": True, "url": url})
            case "vanished_cursor":
                cursor = parse(admission.request.query).get("starting_after", "")
                gone = StripeFault(400, f"No such object: '{cursor}'", code="resource_missing", param="starting_after")
                status, body = 400, written(gone.body(request_id), admission.request.path)
            case "deleted_parent":
                status, body = 404, written(self._without_parent(admission).body(request_id), admission.request.path)
        headers.update(fault.headers)
        self._note(admission, version, status, 0)
        return Answer(status, headers, body)

    def _without_parent(self, admission: Admission) -> StripeFault:
        """Deletes the object whose children a request asks for."""
        route = admission.route
        if route is None or not isinstance(route.of, Child):
            raise ValueError(f"{admission.request.path} names no parent")
        identifier = route.names[route.of.parameter]
        with self.lock, suppress(KeyError):  # it may be gone already
            self.writer().delete(route.of.parent, identifier)
        return no_such(BY_PATH[route.of.parent].object, identifier, route.of.parameter, 404)

    def _headers(self, request_id: str, version: str) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Date": formatdate(self.clock.now() + self.clock.skew, usegmt=True),
            "Request-Id": request_id,
            "Stripe-Version": version,
        }

    def _note(self, admission: Admission, version: str, status: int, items: int) -> None:
        request, route = admission.request, admission.route
        entry = Logged(
            at=self.clock.now(),
            method=request.method,
            path=request.path,
            endpoint=route.endpoint if route is not None else request.path,
            query=request.query,
            account=admission.account.id if admission.account is not None else "",
            version=version,
            status=status,
            items=items,
            fault=admission.fault.kind if admission.fault is not None else None,
            received=admission.received,
        )
        self.journal.note(entry, admission.limited)

    # --- control

    def now(self) -> int:
        """Unix seconds by the sandbox's clock."""
        return self.clock.now()

    def account(self, identifier: str | None = None, *, livemode: bool = False) -> AccountData:
        """The data of an account (the platform's, unless named). Raises KeyError for one that does not exist."""
        return self.directory.data(identifier or self.directory.platform, livemode)

    def writer(self, account: str | None = None, *, livemode: bool = False) -> Writer:
        """What creates, updates and deletes an account's objects, with the events of it."""
        return Writer(self.account(account, livemode=livemode), self.clock, self.lock)

    def create(self, path: str, fields: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """`Writer.create` on the platform's account."""
        return self.writer().create(path, fields, **options)

    def update(self, path: str, identifier: str, fields: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """`Writer.update` on the platform's account."""
        return self.writer().update(path, identifier, fields, **options)

    def delete(self, path: str, identifier: str, **options: Any) -> dict[str, Any]:
        """`Writer.delete` on the platform's account."""
        return self.writer().delete(path, identifier, **options)

    def truth(self, path: str, account: str | None = None, *, livemode: bool = False) -> Iterator[dict[str, Any]]:
        """Every object that a list endpoint holds, newest first, in the pinned version, default filters off.
        Children (`/v1/invoices/{invoice}/lines`) come parent by parent. Change nothing while walking it."""
        return Reader(self.account(account, livemode=livemode), self.directory, path).truth(path)
