"""Every record of a list is read, nearly every page is full, and what is left is known at any time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_stripe.api.client import Page, Request
from source_stripe.api.errors import CursorVanished, Refusal, RequestRefused, error_of
from source_stripe.reading.family import Rows
from source_stripe.reading.listing import STRIPE_BEGAN
from source_stripe.reading.ranges import LOST_IN_A_ROW, Range
from unit_tests.reading.stripe_list import StripeList, ids, reader_of

UNTIL = 1_700_000_000
FIVE_YEARS = 5 * 365 * 86_400
BEGAN = UNTIL - FIVE_YEARS

histories = st.lists(
    st.tuples(
        st.integers(0, FIVE_YEARS),  # how long before `UNTIL` a burst ends
        st.sampled_from([1, 10, 3_600, 86_400, 30 * 86_400, FIVE_YEARS]),  # over how many seconds it lies
        st.integers(1, 1_500),  # how many records it has
    ),
    min_size=0,
    max_size=6,
)


def created(history: list[tuple[int, int, int]]) -> list[int]:
    return [
        max(BEGAN, UNTIL - 1 - before - (number * 7_919 % 10_007) * length // 10_007)
        for before, length, count in history
        for number in range(count)
    ]


def allowed(records: int) -> float:
    return 1.05 * math.ceil(records / 100) + 20


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, latency=st.sampled_from([0.01, 0.2, 2.0]))
def test_every_record_is_read_exactly_once_with_hardly_more_requests_than_pages(
    history: list[tuple[int, int, int]], latency: float
) -> None:
    stripe_list = StripeList(created(history), latency)
    read = ids(list(reader_of(stripe_list, UNTIL).batches()))
    assert sorted(read) == sorted(record["id"] for record in stripe_list.records)
    assert stripe_list.requests <= allowed(len(read))


@pytest.mark.parametrize(
    "times",
    [
        [UNTIL - 7] * 5_000,
        [BEGAN] * 5_000,
        [UNTIL - 7] * 100,
        [UNTIL - 1 - number // 2_000 for number in range(10_000)],
        [UNTIL - 400 * 86_400 - number % 86_400 for number in range(20_000)],
        [UNTIL - 1 - number * (FIVE_YEARS // 20_000) for number in range(20_000)],
        [UNTIL - 1 - int(FIVE_YEARS * (number / 20_000) ** 4) for number in range(20_000)],
        [UNTIL - 1 - int(FIVE_YEARS * (number / 20_000) ** 0.25) for number in range(20_000)],
        [UNTIL - 7, BEGAN],
        [],
    ],
    ids=[
        "thousands in one second",
        "thousands in the oldest second",
        "one full page in one second",
        "2000 a second",
        "all in one day of five years",
        "even",
        "growing",
        "shrinking",
        "one at either end",
        "none",
    ],
)
@pytest.mark.parametrize("latency", [0.05, 1.0])
def test_however_records_lie_in_time_each_is_read_once(times: list[int], latency: float) -> None:
    stripe_list = StripeList(times, latency)
    read = ids(list(reader_of(stripe_list, UNTIL).batches()))
    assert len(read) == len(set(read)) == len(times)
    assert stripe_list.requests <= allowed(len(times))


@pytest.mark.parametrize(("latency", "part"), [(0.05, 0.95), (0.2, 0.95), (0.5, 0.9), (1.0, 0.82)])
@pytest.mark.parametrize("shape", [1, 2, 4], ids=["even", "growing", "young"])
def test_a_history_of_years_is_read_at_the_rate_of_the_budget(latency: float, part: float, shape: int) -> None:
    times = [UNTIL - 1 - int(FIVE_YEARS * (number / 100_000) ** shape) for number in range(100_000)]
    stripe_list = StripeList(times, latency)
    list(reader_of(stripe_list, UNTIL).batches())
    assert 1_000 / 25 / stripe_list._now >= part


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, every=st.integers(1, 4), data=st.data())
def test_what_is_deleted_meanwhile_costs_no_other_record(
    history: list[tuple[int, int, int]], every: int, data: st.DataObject
) -> None:
    stripe_list = StripeList(created(history))
    reader = reader_of(stripe_list, UNTIL)
    read: list[str] = []
    for number, batch in enumerate(reader.batches()):
        read += ids([batch])
        # Cursors above all, and whatever else.
        if number % every == 0 and len(stripe_list.deleted) < 30:
            stripe_list.deleted |= {unread.after for unread in reader.ranges if unread.after}
            if stripe_list.records:
                stripe_list.deleted.add(data.draw(st.sampled_from(stripe_list.records))["id"])
    assert {record["id"] for record in stripe_list.records} - stripe_list.deleted <= set(read)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, stop_after=st.integers(1, 40))
def test_a_reading_that_is_cut_goes_on_from_what_it_said_was_left(
    history: list[tuple[int, int, int]], stop_after: int
) -> None:
    stripe_list = StripeList(created(history))
    left = [Range(STRIPE_BEGAN, UNTIL)]
    read: Counter[str] = Counter()
    for _ in range(200):
        reader = reader_of(stripe_list, UNTIL, left)
        for number, batch in enumerate(reader.batches(), start=1):
            read.update(ids([batch]))
            if number == stop_after:
                break
        left = [Range.of_state(replace(unread).to_state()) for unread in reader.ranges]
        if not left:
            break
    assert not left
    assert set(read) == {record["id"] for record in stripe_list.records}
    assert max(read.values(), default=1) == 1, "what was read before the cut is not read again"


def test_records_without_a_time_are_read_too() -> None:
    stripe_list = StripeList([UNTIL - number for number in range(1, 251)])
    for number, record in enumerate(stripe_list.records):
        if number % 3 == 0:
            record["created"] = None

    def page(request: object, granted: bool, verbatim: bool) -> Page:
        after = dict(request.parameters).get("starting_after")  # type: ignore[attr-defined]
        start = stripe_list._places[after] + 1 if after else 0
        return Page(stripe_list.records[start : start + 100], start + 100 < 250, None, 1)

    stripe_list.page = page  # type: ignore[method-assign]
    assert len(set(ids(list(reader_of(stripe_list, UNTIL).batches())))) == 250


def test_a_record_without_a_time_does_not_break_a_page_that_was_cut_under_way() -> None:
    unread = Range(UNTIL - 10, UNTIL)
    stripe_list = StripeList([])
    reader = reader_of(stripe_list, UNTIL, [unread])
    records: list[dict[str, Any]] = [
        {"id": "a", "created": UNTIL - 1},
        {"id": "b", "created": None},
        {"id": "c", "created": UNTIL - 20},
    ]
    batch = reader._take(unread, Page(records, True, None, 1), [{"charges": Rows([row])} for row in records])
    assert ids([batch]) == ["a", "b"]
    assert batch.range_done


@pytest.mark.parametrize("batches", range(1, 25))
def test_no_request_stays_granted_when_the_reading_ends_early(batches: int) -> None:
    stripe_list = StripeList([UNTIL - 1 - number * 1_000 for number in range(10_000)])
    reading = reader_of(stripe_list, UNTIL).batches()
    for _ in range(batches):
        next(reading)
    reading.close()  # type: ignore[attr-defined]
    stripe_list.settle()
    assert stripe_list.running == 0


def test_a_page_without_anything_to_go_on_from_ends_in_an_error_not_in_a_loop() -> None:
    stripe_list = StripeList([])
    stripe_list.page = lambda request, granted, verbatim: Page([{"created": UNTIL - 1}], True, None, 1)  # type: ignore[method-assign]
    with pytest.raises(RequestRefused, match="nothing to go on from"):
        list(reader_of(stripe_list, UNTIL).batches())


def test_places_that_vanish_without_end_are_an_error_not_a_loop() -> None:
    stripe_list = StripeList([UNTIL - 1] * 1_000)

    def page(request: Request, granted: bool, verbatim: bool) -> Page:
        if "starting_after" in dict(request.parameters):
            raise error_of(Refusal(400, request.path, "gone", code="resource_missing", param="starting_after"))
        return StripeList.page(stripe_list, request, granted, verbatim)

    stripe_list.page = page  # type: ignore[method-assign]
    with pytest.raises(CursorVanished):
        list(reader_of(stripe_list, UNTIL).batches())
    assert LOST_IN_A_ROW < stripe_list.requests < 100, "it began anew some times, and no more"


def test_places_may_vanish_as_often_as_they_like_while_the_reading_comes_on() -> None:
    stripe_list = StripeList([UNTIL - 2 * at for at in range(1, 2_000)])
    refused: set[str] = set()

    def page(request: Request, granted: bool, verbatim: bool) -> Page:
        after = dict(request.parameters).get("starting_after")
        if after is not None and after not in refused:
            refused.add(after)
            raise error_of(Refusal(400, request.path, "gone", code="resource_missing", param="starting_after"))
        return StripeList.page(stripe_list, request, granted, verbatim)

    stripe_list.page = page  # type: ignore[method-assign]
    found = ids(list(reader_of(stripe_list, UNTIL, [Range(None, UNTIL)]).batches()))
    assert set(found) == {record["id"] for record in stripe_list.records}
    assert len(refused) > LOST_IN_A_ROW


def test_a_cursor_that_vanished_before_there_was_one_is_an_error() -> None:
    stripe_list = StripeList([UNTIL - 1])
    refusal = CursorVanished.__new__(CursorVanished)

    def page(request: object, granted: bool, verbatim: bool) -> Page:
        raise refusal

    stripe_list.page = page  # type: ignore[method-assign]
    with pytest.raises(CursorVanished):
        list(reader_of(stripe_list, UNTIL).batches())
