"""Telling from a log whether a rate found a limit and kept to it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from benchmarks.pace import Sent, pace_of

LIMIT = 60.0


def evenly(rate: float, start: float, end: float, refused: bool = False) -> list[Sent]:
    return [Sent(start + number / rate, refused) for number in range(round((end - start) * rate))]


def merged(*parts: Iterable[Sent]) -> list[Sent]:
    return sorted((each for part in parts for each in part), key=lambda each: each.at)


def test_a_rate_at_the_limit_is_found_at_once() -> None:
    pace = pace_of(evenly(59, 0, 60), LIMIT)
    assert pace.found_after == 0
    assert pace.answered == pytest.approx(59 / 60, abs=0.01)
    assert (pace.close, pace.refused) == (1, 0)


def test_a_rate_that_comes_down_is_found_when_it_is_down() -> None:
    pace = pace_of(merged(evenly(60, 0, 20), evenly(40, 0, 20, refused=True), evenly(58, 20, 100)), LIMIT)
    assert pace.found_after is not None
    # A window that begins a little earlier holds a few refused ones only.
    assert 18 <= pace.found_after <= 20
    assert pace.sent < 1.1
    assert pace.refused == pytest.approx(800 / (2000 + 4640), abs=0.001)


@pytest.mark.parametrize("rate", [40.0, 80.0])
def test_a_rate_that_stays_beside_the_limit_is_never_found(rate: float) -> None:
    pace = pace_of(evenly(rate, 0, 60), LIMIT)
    assert pace.found_after is None
    assert pace.answered == pytest.approx(rate / LIMIT, abs=0.02)
    assert pace.close == 0


def test_refused_requests_are_not_answered_ones() -> None:
    """As many as the limit are sent, but half of them for nothing."""
    pace = pace_of(merged(evenly(30, 0, 60), evenly(30, 0, 60, refused=True)), LIMIT)
    assert pace.found_after is None
    assert pace.answered == pytest.approx(0.5, abs=0.01)
    assert pace.sent == pytest.approx(1.0, abs=0.02)


def test_a_rate_that_was_right_once_and_no_longer_is_not_close() -> None:
    pace = pace_of(merged(evenly(60, 0, 20), evenly(20, 20, 200)), LIMIT)
    assert pace.found_after is None
    assert pace.close < 0.5
    assert pace.answered < 0.6


def test_the_end_of_a_read_is_not_held_against_it() -> None:
    assert pace_of(merged(evenly(60, 0, 80), evenly(10, 80, 120)), LIMIT).close > 0.9


def test_a_read_that_was_over_at_once_tells_nothing() -> None:
    with pytest.raises(ValueError, match="over before"):
        pace_of(evenly(60, 0, 8), LIMIT)
