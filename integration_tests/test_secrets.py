"""Nothing of a key beyond its prefix reaches stdout, stderr or a file, whatever goes wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integration_tests.command import Finished, configured, run
from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Fault, Sandbox, Server, serve

SECRET_PART = "NotARealKeyAtAll42"
KEY = f"sk_test_{SECRET_PART}"
SHORTEST_LEAK = 6


def leaks(text: str, secret: str = SECRET_PART) -> list[str]:
    """The pieces of the secret, six characters long, that stand in a text."""
    pieces = [secret[start : start + SHORTEST_LEAK] for start in range(len(secret) - SHORTEST_LEAK + 1)]
    return [piece for piece in pieces if piece in text]


def told(key: str) -> str:
    """Stripe's body of an error that repeats the key in every field, in full."""
    return json.dumps({"error": dict.fromkeys(("message", "type", "code", "param"), f"about the key {key}, of all")})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(Sandbox(size=30)) as server:
        yield server


CATALOG = configured({"charges": "incremental", "coupons": "full_refresh"})
RAISES = """
import sys
import requests
from source_stripe import run
from source_stripe.{module} import {name} as raised_in

def fail(*_, **__):
    raise RuntimeError(f"a bug about {key}")

raised_in.{method} = fail
sys.argv = ["source-stripe", *sys.argv[2:]]
run.main()
"""


def bug(module: str, name: str, method: str, key: str = KEY) -> tuple[str, ...]:
    """A program that is the connector, but for a method that raises an exception with the key in its text."""
    return ("-c", RAISES.format(module=module, name=name, method=method, key=key), "main.py")


@pytest.fixture(scope="module")
def finished(server: Server) -> dict[str, Finished]:
    sandbox = server.sandbox
    # The sandbox knows the key, so that faults come after it was let in.
    good = {"api_key": sandbox.key, "api_base": server.base_url}
    unknown = {"api_key": KEY, "api_base": server.base_url}
    sandbox.faults.order(Fault("status", "/v1/coupons", status=400, body=told(KEY), count=10_000))
    commands: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        "check": (("check",), {"config": unknown}),
        "check --debug": (("check", "--debug"), {"config": unknown}),
        "check, debug by environment": (("check",), {"config": unknown, "environment": {"LOG_LEVEL": "DEBUG"}}),
        "read": (("read", "--debug"), {"config": unknown, "catalog": CATALOG}),
        "read, streams fail": (("read", "--debug"), {"config": good, "catalog": CATALOG}),
        "discover": (("discover", "--debug"), {"config": unknown}),
        "wrong field": (("check", "--debug"), {"config": {**good, "account_id": KEY, "start_date": KEY}}),
        "wrong name": (("check", "--debug"), {"config": {**good, KEY: KEY, "secret": KEY, "start_date": "soon"}}),
        "typing error": (("check", "--debug"), {"config": {**good, "api_key": f"{KEY}!"}}),
        "no text": (("check", "--debug"), {"config": {**good, "api_key": [KEY]}}),
        "variable": (("check", "--debug"), {"config": {"api_key": f"${{{KEY}}}"}}),
        "in an address": (("check", "--debug"), {"config": {**good, "api_base": f"https://{KEY}@stripe.example"}}),
        "no JSON": (("check", "--debug"), {"config": f'{{"api_key": "{KEY}"'}),
        "as catalog": (("read", "--debug"), {"config": good, "catalog": unknown}),
        "as state": (("read", "--debug"), {"config": good, "catalog": CATALOG, "state": [unknown]}),
        "bug at the start": (
            ("check", "--debug"),
            {"config": unknown, "program": bug("source", "StripeClient", "account")},
        ),
        "bug in discover": (
            ("discover", "--debug"),
            {"config": unknown, "program": bug("source", "SourceStripe", "streams")},
        ),
        "bug in a stream": (
            ("read", "--debug"),
            {
                "config": good,
                "catalog": CATALOG,
                "program": bug("reading.range_reader", "RangeReader", "batches", sandbox.key),
            },
        ),
    }
    with ThreadPoolExecutor(3) as pool:
        running = {name: pool.submit(run, *words, **inputs) for name, (words, inputs) in commands.items()}
        return {name: future.result() for name, future in running.items()}


def test_no_output_and_no_file_holds_a_piece_of_the_key(finished: dict[str, Finished], server: Server) -> None:
    own = server.key.rpartition("_")[2].removeprefix("sandbox")
    for name, done in finished.items():
        for text in (done.stdout, done.stderr, done.left_behind):
            assert leaks(text) == [], name
            assert leaks(text, own) == [], name


def test_every_one_of_them_did_fail_and_said_so(finished: dict[str, Finished]) -> None:
    for name, done in finished.items():
        failed = any(s["connectionStatus"]["status"] == "FAILED" for s in done.of_type("CONNECTION_STATUS"))
        if name == "discover":
            assert done.of_type("CATALOG")
        else:
            assert failed or (done.code == 1 and done.errors), name


def test_a_bug_is_told_with_its_place_and_without_the_key(finished: dict[str, Finished]) -> None:
    error = finished["bug in a stream"].errors[0]
    assert "a bug about sk_test_" in error["stack_trace"]
    assert error["failure_type"] == "system_error"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_stripes_own_words_are_passed_on_without_the_key(status: int, caplog: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    sandbox.faults.order(Fault("status", "/v1/charges", status=status, body=told(KEY), count=10_000))
    with caplog.at_level(logging.DEBUG):
        failed = read(sandbox, ["charges"])
    assert failed.error is not None
    assert leaks(_everything(failed) + caplog.text) == []


@pytest.mark.parametrize(
    "masked", [f"sk_test_********{SECRET_PART[-8:]}", f"sk_test_{SECRET_PART[:7]}...{SECRET_PART[-7:]}"]
)
def test_half_masked_keys_are_masked_in_full(masked: str) -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    sandbox.faults.order(Fault("status", "/v1/charges", status=400, body=told(masked), count=10_000))
    assert leaks(_everything(read(sandbox, ["charges"]))) == []


def _everything(failed: Run) -> str:
    return f"{failed.messages} {failed.error!r} {failed.logs}"
