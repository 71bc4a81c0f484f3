"""Which changed objects are asked for together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from source_stripe.reading.hydration import Wanted, windows_of


def wanted(*created: int) -> list[Wanted]:
    return [Wanted(f"ch_{number}", at) for number, at in enumerate(created)]


def test_the_list_is_asked_once_as_long_as_nothing_is_known_of_its_density() -> None:
    windows, alone = windows_of(wanted(10, 1_000_000, 500), None, 1)
    assert [[each.created for each in window] for window in windows] == [[1_000_000, 500, 10]]
    assert alone == []


def test_an_object_alone_is_retrieved() -> None:
    assert windows_of(wanted(10), None, 1) == ([], wanted(10))


def test_objects_within_the_span_of_a_page_are_asked_for_together() -> None:
    windows, alone = windows_of(wanted(1000, 950, 900, 100), 1.0, 1)
    assert [[each.created for each in window] for window in windows] == [[1000, 950, 900]]
    assert [each.created for each in alone] == [100]


def test_a_list_that_takes_two_requests_a_window_is_asked_for_three_objects_or_more() -> None:
    assert windows_of(wanted(1000, 950), 1.0, 2)[0] == []
    assert len(windows_of(wanted(1000, 950, 940), 1.0, 2)[0]) == 1


@given(st.lists(st.integers(0, 5000)), st.one_of(st.none(), st.floats(0.01, 100)), st.integers(1, 3))
def test_no_object_is_left_out_and_never_are_there_more_requests_than_objects(
    created: list[int], spacing: float | None, requests_a_window: int
) -> None:
    windows, alone = windows_of(wanted(*created), spacing, requests_a_window)
    asked = [each for window in windows for each in window] + alone
    assert sorted(asked, key=lambda each: each.id) == sorted(wanted(*created), key=lambda each: each.id)
    assert len(windows) * requests_a_window + len(alone) <= len(created)
