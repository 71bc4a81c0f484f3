"""A runner may stop after any STATE and go on from there: nothing may be missing then."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessage

from integration_tests.command import ROOT, configured, run
from integration_tests.in_process import Run, read
from integration_tests.sandbox import Clock, Density, Sandbox, serve
from source_stripe.reading import family_reader, ranges
from source_stripe.streams import STREAMS

ENDPOINTS = {stream.name: stream.endpoint for stream in STREAMS}
SEVERAL = ["charges", "balance_transactions", "prices", "invoice_items", "customers"]

WORLDS = {
    "spread over years": lambda: Sandbox(size=700, clock=Clock(running=False)),
    "in the same seconds": lambda: Sandbox(size=700, clock=Clock(running=False), density=Density(per_second=250)),
    "all in one day": lambda: Sandbox(size=700, clock=Clock(running=False), density=Density(within=86_400)),
}


@pytest.fixture(params=WORLDS, ids=lambda name: name)
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    # Small worlds, cut as finely as large ones.
    monkeypatch.setattr(family_reader, "RECORDS_A_STATE", 100)
    monkeypatch.setattr(ranges, "PAGES_WORTH_A_CUT", 0.5)
    sandbox = WORLDS[request.param]()
    sandbox.latency = 0.005  # time enough for other requests to be sent meanwhile, and ranges to be cut for them
    sandbox.clock.advance(3_600)  # what is a minute old or less is read again by each sync, on purpose
    return sandbox


def ids(sandbox: Sandbox, stream: str) -> set[str]:
    return {row["id"] for row in sandbox.truth(ENDPOINTS[stream])}


def places_of_states(run: Run) -> list[int]:
    return [place for place, message in enumerate(run.messages, start=1) if message.state]


def seen(run: Run, stream: str, upto: int | None = None) -> set[str]:
    return {m.record.data["id"] for m in run.messages[:upto] if m.record and m.record.stream == stream}


@pytest.mark.parametrize(
    ("sandbox", "mode"),
    [*((world, "incremental") for world in WORLDS), ("all in one day", "full_refresh")],
    indirect=["sandbox"],
)
def test_a_read_that_is_stopped_after_any_state_goes_on_without_a_gap(sandbox: Sandbox, mode: str) -> None:
    whole = read(sandbox, SEVERAL, mode=mode)
    owed = {stream: ids(sandbox, stream) for stream in SEVERAL}
    places = places_of_states(whole)
    assert len(places) >= 15
    left = [len(state.get("unread", [])) for stream in SEVERAL for state in whole.states(stream)]
    assert max(left) > 1, "some states have several ranges left"
    for place in places:
        rest = read(sandbox, SEVERAL, whole.state(place), mode=mode)
        assert rest.error is None
        for stream in SEVERAL:
            assert seen(whole, stream, place) | seen(rest, stream) == owed[stream], (stream, place)


def test_a_read_that_is_stopped_again_and_again_comes_to_its_end(sandbox: Sandbox) -> None:
    state: list[AirbyteStateMessage] | None = None
    read_so_far: dict[str, set[str]] = defaultdict(set)
    for _ in range(60):
        part = read(sandbox, SEVERAL, state)
        places = places_of_states(part)
        stop = places[min(7, len(places) - 1)]
        for stream in SEVERAL:
            read_so_far[stream] |= seen(part, stream, stop)
        fresh = {s.stream.stream_descriptor.name: s for s in (state or []) if s.stream}
        fresh |= {s.stream.stream_descriptor.name: s for s in part.state(stop) if s.stream}
        state = list(fresh.values())
        if all(not _unread(s) for s in state) and len(state) == len(SEVERAL):
            break
    for stream in SEVERAL:
        assert read_so_far[stream] == ids(sandbox, stream)


def _unread(state: Any) -> Any:
    return getattr(state.stream.stream_state, "unread", None)


def test_no_state_is_ahead_of_its_records(sandbox: Sandbox) -> None:
    """At each STATE, what lies outside of the ranges that it calls unread has been written before it."""
    run = read(sandbox, SEVERAL)
    created = {
        stream.name: {row["id"]: (row[stream.created_field], row) for row in sandbox.truth(stream.endpoint)}
        for stream in STREAMS
        if stream.name in SEVERAL
    }
    written: dict[str, set[str]] = defaultdict(set)
    checked = 0
    for message in run.messages:
        if message.record:
            written[message.record.stream].add(message.record.data["id"])
        if not (message.state and message.state.stream):
            continue
        name = message.state.stream.stream_descriptor.name
        state = json.loads(json.dumps(vars(message.state.stream.stream_state), default=vars))
        for identifier, (at, row) in created[name].items():
            left = any(_covers(unread, at, row) for unread in state.get("unread", []))
            assert left or identifier in written[name], (name, identifier)
        checked += 1
    assert checked >= 15


def _covers(unread: dict[str, Any], at: int, row: dict[str, Any]) -> bool:
    wanted = unread.get("parameters", {})
    if "active" in wanted and row["active"] != (wanted["active"] == "true"):
        return False
    return bool(unread["gte"] <= at < unread["lt"])


def test_a_process_that_is_killed_after_a_state_loses_nothing() -> None:
    with serve(Sandbox(size=2500, latency=0.02)) as server, tempfile.TemporaryDirectory() as folder:
        config = {"api_key": server.key, "api_base": server.base_url, "requests_per_second": 25}
        catalog = configured({"charges": "incremental", "balance_transactions": "incremental"})
        for name, value in (("config", config), ("catalog", catalog)):
            Path(folder, name).write_text(json.dumps(value))
        command = [sys.executable, "main.py", "read", "--config", f"{folder}/config", "--catalog", f"{folder}/catalog"]
        read_so_far: dict[str, set[str]] = defaultdict(set)
        states: dict[str, Any] = {}
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                message = json.loads(line)
                if message["type"] == "RECORD":
                    read_so_far[message["record"]["stream"]].add(message["record"]["data"]["id"])
                if message["type"] == "STATE":
                    states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
                    process.send_signal(signal.SIGKILL)
                    break
        assert len(states) == 1
        rest = run("read", config=config, catalog=catalog, state=list(states.values()))
        assert rest.code == 0
        for stream in ("charges", "balance_transactions"):
            read_so_far[stream] |= {record["id"] for record in rest.records(stream)}
            assert read_so_far[stream] == ids(server.sandbox, stream)
