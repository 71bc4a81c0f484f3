"""What the measurements are shares of."""

from __future__ import annotations

import pytest

from benchmarks.bench import RECORDS
from benchmarks.changes import seconds_by_limits
from benchmarks.connector import Finished
from benchmarks.measured import FIVE, ONE, Measured
from benchmarks.server import Served
from benchmarks.speed import ceiling, requests
from benchmarks.tally import Tally


def measured(requests: int, expected: dict[str, int], first: float | None = 102.0) -> Measured:
    finished = Finished(100.0, 150.0, 10.0, 0, 102.5, 0.5, Tally())
    return Measured(expected, finished, Served(requests, 3, 0, 2.0, first, {}))


def test_one_stream_is_bound_by_its_endpoint_and_five_by_the_account() -> None:
    assert ceiling(ONE) == 2_500
    assert ceiling(FIVE) == 10_000
    assert ceiling(dict(list(FIVE.items())[:3])) == 7_500


def test_speed_is_taken_from_the_first_request_to_the_end_of_the_process() -> None:
    run = measured(1_000, {"charges": RECORDS})
    assert run.seconds == 48
    assert run.records_per_second == RECORDS / 48
    assert run.first_record_after == 0.5
    assert run.activity("a").connector == 10 / 50


def test_a_twentieth_of_the_pages_and_twenty_a_stream_are_allowed_beyond_the_pages() -> None:
    assert measured(1_070, {"charges": 100_000}).requests_beyond == 1
    assert measured(1_071, {"charges": 100_000}).requests_beyond > 1
    assert measured(2_140, {"charges": 100_000, "topups": 100_000}).requests_beyond == 1
    # The floor is a tenth.
    goal = requests("one", "one", [measured(1, {"charges": 100_000})]).goal
    assert goal is not None
    assert goal.floor == pytest.approx(1_120 / 1_070)


@pytest.mark.parametrize(
    ("counts", "seconds"),
    [
        ({"/a": 100}, 4),
        ({"/a": 100, "/b": 100, "/c": 100, "/d": 100, "/e": 100}, 5),
        ({"/a": 250, "/b": 1}, 10),
        ({}, 0),
    ],
)
def test_the_least_time_is_that_of_the_busiest_endpoint_or_of_all(counts: dict[str, int], seconds: float) -> None:
    assert seconds_by_limits(counts) == seconds
