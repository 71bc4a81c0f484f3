"""Time is what Stripe's answers say it is, whatever this machine's clock, its zone or the calendar do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integration_tests.in_process import Run, read
from integration_tests.sandbox import DEFAULT_NOW, Answer, Clock, Sandbox
from source_stripe.reading.listing import STRIPE_BEGAN
from source_stripe.reading.progress import SETTLED_SECONDS
from source_stripe.streams import STREAMS

ENDPOINTS = {stream.name: stream.endpoint for stream in STREAMS}
FOLLOWED, CREATED_ONLY = "charges", "balance_transactions"
BOTH = [FOLLOWED, CREATED_ONLY]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def truth(sandbox: Sandbox, stream: str, since: int = 0) -> set[str]:
    return {row["id"] for row in sandbox.truth(ENDPOINTS[stream]) if row["created"] >= since}


def ids(run: Run, stream: str) -> set[str]:
    assert run.error is None
    return {record["id"] for record in run.records(stream)}


def come_to_be(sandbox: Sandbox) -> None:
    """A new object on each list."""
    for stream in BOTH:
        sandbox.create(ENDPOINTS[stream])


def syncs(sandbox: Sandbox, times: int, step: int, skew: int = 0) -> Iterator[Run]:
    """One sync after another, `step` seconds and new objects between them; the machine's clock is `skew` off."""
    state = None
    for _ in range(times):
        run = read(sandbox, BOTH, state, machine_time=sandbox.now() + skew)
        state = run.state()
        yield run
        sandbox.clock.advance(step - 1)
        come_to_be(sandbox)
        sandbox.clock.advance(1)


@pytest.mark.parametrize("skew", [-600, 600])
def test_a_machine_whose_clock_is_ten_minutes_off_misses_nothing(skew: int) -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    found: dict[str, set[str]] = {stream: set() for stream in BOTH}
    for run in syncs(sandbox, times=5, step=150, skew=skew):
        for stream in BOTH:
            found[stream] |= ids(run, stream)
            assert found[stream] == truth(sandbox, stream)
        assert run.states(FOLLOWED)[-1]["updated"] == sandbox.now() - SETTLED_SECONDS, "by Stripe's clock"
        assert run.states(CREATED_ONLY)[-1]["created"] == sandbox.now() - SETTLED_SECONDS


def test_a_clock_of_stripes_that_is_set_back_ten_minutes_misses_nothing() -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    first = read(sandbox, BOTH)
    sandbox.clock.advance(-600)
    come_to_be(sandbox)
    second = read(sandbox, BOTH, first.state())
    sandbox.clock.advance(1_200)
    third = read(sandbox, BOTH, second.state())
    for stream in BOTH:
        assert ids(first, stream) | ids(second, stream) | ids(third, stream) == truth(sandbox, stream)


# --- the calendar


def test_syncs_across_a_leap_day_bring_all_of_it() -> None:
    sandbox = Sandbox(size=30, clock=Clock(seconds("2028-02-28T12:00:00"), running=False))
    found: dict[str, set[str]] = {stream: set() for stream in BOTH}
    for run in syncs(sandbox, times=9, step=6 * 3_600):
        for stream in BOTH:
            found[stream] |= ids(run, stream)
            assert found[stream] == truth(sandbox, stream)
    leap_day = read(sandbox, BOTH, start_date="2028-02-29")
    since = seconds("2028-02-29T00:00:00")
    assert sandbox.now() > seconds("2028-03-01T00:00:00")
    for stream in BOTH:
        assert ids(leap_day, stream) == truth(sandbox, stream, since) != set()


@pytest.mark.parametrize("start", ["1970-01-01", "1999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_start_before_stripe_existed_reads_everything_and_asks_for_no_time_before_it(start: str) -> None:
    sandbox = Sandbox(size=30, clock=Clock(running=False))
    asked: list[str] = []
    run = read(sandbox, BOTH, start_date=start, before=lambda path, query: asked.append(query))
    for stream in BOTH:
        assert ids(run, stream) == truth(sandbox, stream)
        assert run.states(stream)[-1]["covers_from"] == STRIPE_BEGAN
    assert not [query for query in asked if "created%5Bgte%5D=1" in query and "created%5Blt%5D" not in query]


@pytest.mark.parametrize(
    ("start", "utc"),
    [
        ("2026-09-15", "2026-09-15T00:00:00"),
        ("2026-09-15T00:00:00+14:00", "2026-09-14T10:00:00"),
        ("2026-09-15T00:00:00-09:30", "2026-09-15T09:30:00"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns"])
def test_a_start_date_means_the_same_in_every_time_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, start: str, utc: str
) -> None:
    sandbox = Sandbox(size=400, clock=Clock(running=False))
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        run = read(sandbox, [CREATED_ONLY], start_date=start)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert ids(run, CREATED_ONLY) == truth(sandbox, CREATED_ONLY, seconds(utc)) != set()
    assert run.states(CREATED_ONLY)[-1]["created"] == sandbox.now() - SETTLED_SECONDS


# --- accounts that do not say when they were made


def test_an_account_with_no_created_is_read_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(size=30, connected=3, clock=Clock(running=False))
    answered = sandbox.answer

    def answer(method: str, path: str, query: str = "", headers: Any = None) -> Answer:
        given = answered(method, path, query, headers)
        if path not in ("/v1/account", "/v1/accounts"):
            return given
        content = json.loads(given.body)
        for row in content.get("data", [content]):
            row.pop("created", None)
        return replace(given, body=json.dumps(content).encode())

    monkeypatch.setattr(sandbox, "answer", answer)
    first = read(sandbox, ["accounts", "persons", FOLLOWED], start_date="2020-01-01")
    accounts = first.records("accounts")
    assert {row["id"] for row in accounts} == {row["id"] for row in sandbox.truth("/v1/accounts")} != set()
    assert all("created" not in row for row in accounts)
    assert {row["updated"] for row in accounts} == {DEFAULT_NOW}, "each has its cursor all the same"
    assert ids(first, "persons")
    sandbox.clock.advance(86_400)
    again = read(sandbox, ["accounts"], first.state())
    assert ids(again, "accounts") == ids(first, "accounts")
