"""A state that is not as it was written is refused in a sentence, or read in such a way that nothing is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessageSerializer
from airbyte_cdk.utils import AirbyteTracedException

from integration_tests.in_process import Json, Run, read, stream_state
from integration_tests.sandbox import Clock, Sandbox
from source_stripe import inputs
from source_stripe.reading import family_reader
from source_stripe.reading.progress import FORMAT_VERSION
from source_stripe.streams import STREAMS

ENDPOINTS = {stream.name: stream.endpoint for stream in STREAMS}
FOLLOWED, CREATED_ONLY, PAGED, WHOLE = "charges", "balance_transactions", "payment_links", "tax_ids"
DAY = 86_400
TIMES = ("updated", "created", "read_at", "covers_from", "until", "events_from", "reread_at", "pending_since")


def rows_by_id(run: Run, stream: str, upto: int | None = None) -> dict[str, Json]:
    return {m.record.data["id"]: m.record.data for m in run.messages[:upto] if m.record and m.record.stream == stream}


def places(run: Run, stream: str) -> list[int]:
    """Where the stream's states stand in its messages."""
    states = [(place, m.state) for place, m in enumerate(run.messages) if m.state and m.state.stream]
    return [place for place, state in states if state.stream and state.stream.stream_descriptor.name == stream]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(family_reader, "RECORDS_A_STATE", 100)
    return Sandbox(size=250, synthesized=120, connected=2, clock=Clock(running=False))


def cut_states(sandbox: Sandbox, stream: str) -> Iterator[tuple[set[str], Json]]:
    """States of a sync, one from its midst and its last, each with the ids of the records before it."""
    run = read(sandbox, [stream])
    assert run.error is None
    found = places(run, stream)
    for place in {found[len(found) // 2], found[-1]}:
        state = run.messages[place].state
        assert state is not None
        assert state.stream is not None
        yield set(rows_by_id(run, stream, place)), json.loads(json.dumps(vars(state.stream.stream_state), default=vars))


def overtaken(sandbox: Sandbox, stream: str) -> list[tuple[set[str], Json]]:
    """The same, after a day on which a row came to be that is in the past of none of them."""
    states = list(cut_states(sandbox, stream))
    sandbox.clock.advance(DAY // 2)
    sandbox.create(ENDPOINTS[stream])
    sandbox.clock.advance(DAY // 2)
    return states


def assert_refused_or_complete(sandbox: Sandbox, stream: str, before: set[str], state: Json) -> bool:
    """Returns whether it was refused."""
    run = read(sandbox, [stream], [stream_state(stream, state)])
    if run.error is not None:
        assert str(run.error.message).startswith(f"The state of stream {stream} cannot be used"), run.error.message
        assert "reset the stream" in str(run.error.message)
        assert not run.records(stream)
        return True
    truth = {row["id"] for row in sandbox.truth(ENDPOINTS[stream])}
    assert truth - before - set(rows_by_id(run, stream)) == set(), state
    return False


@pytest.mark.parametrize("stream", [FOLLOWED, CREATED_ONLY, PAGED, WHOLE])
def test_a_state_that_lacks_something_is_refused_or_costs_no_record(sandbox: Sandbox, stream: str) -> None:
    refused = []
    for before, state in overtaken(sandbox, stream):
        for lacking in state:
            lessened = {name: value for name, value in state.items() if name != lacking}
            if assert_refused_or_complete(sandbox, stream, before, lessened):
                refused.append(lacking)
    assert "covers_from" in refused


@pytest.mark.parametrize("stream", [FOLLOWED, CREATED_ONLY, PAGED, WHOLE])
def test_a_time_from_the_future_costs_no_record(sandbox: Sandbox, stream: str) -> None:
    altered = 0
    for before, state in overtaken(sandbox, stream):
        for name in TIMES:
            if name in state:
                altered += 1
                future = {**state, name: sandbox.now() + 10 * DAY}
                assert not assert_refused_or_complete(sandbox, stream, before, future)
    assert altered >= 2


def test_a_reading_that_is_dated_in_the_future_is_done_again(sandbox: Sandbox) -> None:
    first = read(sandbox, ["accounts", WHOLE])
    for stream in ("accounts", WHOLE):
        state = {**first.states(stream)[-1], "read_at": sandbox.now() + 10 * DAY}
        again = read(sandbox, [stream], [stream_state(stream, state)])
        assert set(rows_by_id(again, stream)) == set(rows_by_id(first, stream)) != set()


def test_a_state_of_another_stream_is_refused(sandbox: Sandbox) -> None:
    """The two have the same cursor: nothing else in it could tell."""
    charges = read(sandbox, [FOLLOWED]).states(FOLLOWED)[-1]
    run = read(sandbox, ["invoices"], [stream_state("invoices", charges)])
    assert run.error is not None
    assert run.error.message == (
        "The state of stream invoices cannot be used: it is about another stream ('charges'): "
        "reset the stream to read it from the beginning."
    )
    assert run.messages == []


def test_a_state_of_a_newer_version_of_ourselves_is_refused(sandbox: Sandbox) -> None:
    state = {**read(sandbox, [FOLLOWED]).states(FOLLOWED)[-1], "version": FORMAT_VERSION + 1}
    run = read(sandbox, [FOLLOWED], [stream_state(FOLLOWED, state)])
    assert run.error is not None
    assert "update the connector, or reset the stream" in str(run.error.message)
    assert run.messages == []


def test_a_file_that_was_cut_anywhere_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    states = [AirbyteStateMessageSerializer.dump(state) for state in read(sandbox, [FOLLOWED]).state()]
    text = json.dumps(states, default=vars)
    path = tmp_path / "state.json"
    for length in range(1, len(text)):
        path.write_text(text[:length])
        with pytest.raises(AirbyteTracedException, match="not valid JSON"):
            inputs.read_state(str(path))
    path.write_text(text)
    assert len(inputs.read_state(str(path))) == 1


def test_two_states_of_one_stream_are_refused(tmp_path: Path) -> None:
    """Which of them was the last one, nobody knows."""
    entry: Any = {"type": "STREAM", "stream": {"stream_descriptor": {"name": FOLLOWED}, "stream_state": {"updated": 1}}}
    path = tmp_path / "state.json"
    path.write_text(json.dumps([entry, entry]))
    with pytest.raises(AirbyteTracedException, match="two entries about one stream"):
        inputs.read_state(str(path))
