"""Medians, goals and pages: where a table could flatter."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Goal, pages_of


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal(0.9, 0.75), 0.9, "met"),
        (Goal(0.9, 0.75), 0.8999, "missed"),
        (Goal(0.9, 0.75), 0.75, "missed"),
        (Goal(0.9, 0.75), 0.7499, "below the floor"),
        (Goal(40, 60, at_most=True), 40, "met"),
        (Goal(40, 60, at_most=True), 40.1, "missed"),
        (Goal(40, 60, at_most=True), 60.1, "below the floor"),
        (Goal(1.0, at_most=True), 9, "missed"),
        (Goal(10, at_most=True), float("inf"), "missed"),
    ],
)
def test_a_verdict_is_met_missed_or_below_the_floor(goal: Goal, value: float, verdict: str) -> None:
    assert goal.verdict(value) == verdict


def test_a_figure_is_the_median_of_its_runs_and_shows_how_far_they_lie_apart() -> None:
    figure = Figure("one", "speed", Goal(0.9), [0.95, 0.10, 0.93], "{:.0%}")
    assert figure.value == 0.93
    assert figure.spread == "93% (10% to 95%)"
    assert figure.verdict == "met"


def test_what_could_not_be_measured_is_no_success() -> None:
    figure = Figure("one", "speed", Goal(0.9), (), failure="rows were lost")
    assert (figure.verdict, figure.spread) == ("FAILED", "rows were lost")


@pytest.mark.parametrize(("counts", "pages"), [([100], 1), ([101], 2), ([0], 1), ([1, 99, 100, 250], 6)])
def test_pages_are_counted_stream_by_stream(counts: list[int], pages: int) -> None:
    assert pages_of(counts) == pages
