"""Rows are counted exactly, however the output is cut into pieces."""

from __future__ import annotations

import orjson
import pytest

from benchmarks.tally import Tally, Wrong


def record(stream: str, identifier: str) -> bytes:
    # What looks like another message, inside a record, is none.
    data = {"id": identifier, "note": '\n{"type":"RECORD","record":{"stream":"other"'}
    return orjson.dumps({"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1}}) + b"\n"


def state(stream: str, value: int) -> bytes:
    body = {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": {"created": value}}}
    return orjson.dumps({"type": "STATE", "state": body}) + b"\n"


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_rows_and_the_last_state_are_found_in_pieces_of_any_size(size: int) -> None:
    log = orjson.dumps({"type": "LOG", "log": {"level": "INFO", "message": '{"type":"RECORD"'}}) + b"\n"
    output = record("a", "1") + log + state("a", 1) + record("b", "1") + record("a", "2") + state("a", 2)
    tally = Tally()
    for start in range(0, len(output), size):
        tally.feed(output[start : start + size])
    tally.end()
    tally.expect({"a": 2, "b": 1})
    assert tally.states["a"]["stream"]["stream_state"] == {"created": 2}
    assert tally.record_bytes == sum(len(record(*row)) for row in (("a", "1"), ("b", "1"), ("a", "2")))


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "1")],
        [("a", "1"), ("a", "1")],
        [("a", "1"), ("a", "2"), ("a", "2")],
        [("a", "1"), ("a", "2"), ("b", "1")],
        [],
    ],
)
def test_lost_doubled_and_unwanted_rows_are_no_measurement(rows: list[tuple[str, str]]) -> None:
    tally = Tally()
    for row in rows:
        tally.feed(record(*row))
    with pytest.raises(Wrong, match=r"rows with \d different ids"):
        tally.expect({"a": 2})


def test_an_output_that_ends_within_a_line_is_no_measurement() -> None:
    tally = Tally()
    tally.feed(record("a", "1")[:-1])
    with pytest.raises(Wrong, match="within a line"):
        tally.end()
