"""A Stripe of one list, so small and quick that ten million objects can be read from it: a transport for the client.

It knows as much of lists as https://docs.stripe.com/api/pagination and the `created` filter say. The sandbox knows
more, and takes some milliseconds a page for it.
"""

from __future__ import annotations

import io
import random
import re
import threading
from email.message import Message
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

NOW = 1_793_491_200
"""2026-11-01, Unix seconds."""

FIRST = 1_577_836_800
"""2020-01-01: when the oldest object was made."""

LIST = "/v1/balance_transactions"
ID = re.compile(rb'"id":"txn_(\d{9})"')

_FAULTS = ("429", "500", "reset", "half a body", "a web page")


class Endless(HTTPAdapter):
    """Answers for `count` objects, spread evenly over the years; every so many requests it fails, by chance.

    Args:
        failing: the part of requests that fail.
        seed: of the chance.
    """

    def __init__(self, count: int, failing: float, seed: int) -> None:
        super().__init__()
        self._count = count
        self._failing = failing
        self._chance = random.Random(seed)
        self._one_at_a_time = threading.Lock()
        self._seconds_each = (NOW - FIRST) / count

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        address = urlsplit(str(request.url))
        with self._one_at_a_time:
            fault = self._chance.choice(_FAULTS) if self._chance.random() < self._failing else ""
        if fault == "reset":
            raise requests.ConnectionError(ConnectionResetError(104, "reset by peer"), request=request)
        if fault in ("429", "500"):
            return self._answer(request, b'{"error": {"message": "Not now."}}', int(fault))
        if fault == "a web page":
            return self._answer(request, b"<html></html>", 200)
        if address.path == "/v1/account":
            body = b'{"id": "acct_endless", "object": "account"}'
        else:
            body = self._page({name: values[-1] for name, values in parse_qs(address.query).items()})
        return self._answer(request, body[: len(body) // 2] if fault else body, 200)

    def _page(self, query: dict[str, str]) -> bytes:
        """Newest first; object number n was created at `FIRST + n * _seconds_each`."""
        newest = self._count - 1
        if "created[lt]" in query:
            newest = min(newest, self._last_before(int(query["created[lt]"])))
        if "starting_after" in query:
            newest = min(newest, int(query["starting_after"].removeprefix("txn_")) - 1)
        oldest = 0
        if "created[gte]" in query:
            oldest = self._last_before(int(query["created[gte]"])) + 1
        stop = max(oldest, newest - int(query.get("limit", 10)) + 1)
        rows = b",".join(
            b'{"id":"txn_%09d","object":"balance_transaction","created":%d,"amount":%d,"status":"available"}'
            % (number, self._created(number), number % 9_973)
            for number in range(newest, stop - 1, -1)
        )
        more = b"true" if stop > oldest else b"false"
        return b'{"object":"list","data":[%b],"has_more":%b,"url":"%b"}' % (rows, more, LIST.encode())

    def _created(self, number: int) -> int:
        return FIRST + int(number * self._seconds_each)

    def _last_before(self, moment: int) -> int:
        """The youngest object that was created before a moment; -1 for none."""
        number = min(self._count, max(0, int((moment - FIRST) / self._seconds_each)) + 2)
        while number >= 0 and (number >= self._count or self._created(number) >= moment):
            number -= 1
        return number

    def _answer(self, request: requests.PreparedRequest, body: bytes, status: int) -> requests.Response:
        wire = io.BytesIO(body)
        wire._original_response = _NoCookies()  # type: ignore[attr-defined]  # requests looks for Set-Cookie there
        headers = {"Content-Type": "application/json", "Date": formatdate(NOW, usegmt=True)}
        return self.build_response(
            request, urllib3.HTTPResponse(wire, headers=headers, status=status, preload_content=False)
        )


class _NoCookies:
    msg = Message()
