"""State explains itself, and whatever happens between syncs, every second that was asked for is read."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_stripe.api_version import API_VERSION
from source_stripe.reading.listing import Listing
from source_stripe.reading.progress import (
    FORMAT_VERSION,
    SETTLED_SECONDS,
    Mode,
    Progress,
    Span,
    StateRefused,
    planned,
)
from source_stripe.reading.ranges import Range

START, NOW = 1_600_000_000, 1_700_000_000


def spans(progress: Progress) -> list[tuple[int, int]]:
    return [(unread.gte, unread.lt) for unread in progress.unread]


def plan(
    before: Progress | None, mode: Mode = "incremental", start: int = START, now: int = NOW, lookback: int = 0
) -> Progress:
    return planned(before, mode, Span(start, lookback), now, Listing("/v1/charges"))


# --- what a state says


times = st.none() | st.integers(0, 10**10)


@given(
    mode=st.sampled_from(["incremental", "full_refresh"]),
    account=st.none() | st.just("acct_sandbox"),
    watermark=times,
    covers_from=times,
    unread=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=3),
)
def test_a_state_is_read_back_as_it_was_written(
    mode: Mode, account: str | None, watermark: int | None, covers_from: int | None, unread: list[tuple[int, int]]
) -> None:
    ranges = [Range(gte, lt) for gte, lt in unread]
    if unread or watermark is not None:
        covers_from = covers_from or START
    progress = Progress(mode, account, watermark, covers_from, NOW if unread else None, ranges)
    again = Progress.of_state(progress.to_state("charges", "updated"), "charges", "updated")
    assert again is not None
    assert spans(again) == spans(progress)
    assert replace(again, unread=[]) == replace(progress, unread=[])


def test_a_state_explains_itself() -> None:
    done = plan(None).of_account("acct_sandbox").settled()
    assert done.to_state("charges", "updated") == {
        "updated": NOW - SETTLED_SECONDS,
        "version": FORMAT_VERSION,
        "stream": "charges",
        "mode": "incremental",
        "account": "acct_sandbox",
        "api_version": API_VERSION,
        "covers_from": START,
    }


@pytest.mark.parametrize("state", [{}, {"__ab_no_cursor_state_message": True}])
def test_a_state_that_says_nothing_is_none(state: dict[str, Any]) -> None:
    assert Progress.of_state(state, "charges", "updated") is None


@pytest.mark.parametrize("value", [1_640_866_996, "1640866996"])
@pytest.mark.parametrize("cursor", ["updated", "created"])
def test_the_state_of_airbytes_own_source_is_gone_on_from(cursor: str, value: object) -> None:
    before = Progress.of_state({cursor: value}, "charges", cursor)
    assert spans(plan(before)) == [(1_640_866_996, NOW + 1)]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"version": FORMAT_VERSION + 1, "updated": 7}, "newer version"),
        ({"version": FORMAT_VERSION + 1}, "newer version"),
        ({"version": "2", "updated": 7}, "newer version"),
        ({"version": True, "updated": 7}, "never was"),
        ({"version": 1, "stream": "refunds", "updated": 7, "covers_from": 0}, "another stream \\('refunds'\\)"),
        ({"version": 1, "updated": 7}, "not whole, covers_from"),
        ({"version": 1, "covers_from": 0, "unread": [{"gte": 0, "lt": 9}]}, "not whole, until"),
        (
            {"version": 1, "covers_from": 0, "until": 9, "follows": "changes", "unread": [{"gte": 0, "lt": 9}]},
            "not whole, events_from",
        ),
        ({"updated": 10**12}, "Unix seconds"),
        ({"anything": "else"}, "neither 'updated'"),
        ({"created": 7}, "neither 'updated'"),
        ({"updated": "yesterday"}, "Unix seconds"),
        ({"updated": -1}, "Unix seconds"),
        ({"updated": True}, "Unix seconds"),
        ({"updated": 1.5}, "Unix seconds"),
        ({"updated": 7, "account": 7}, "not a text"),
        ({"updated": 7, "unread": {}}, "list of objects"),
        ({"updated": 7, "unread": [7]}, "list of objects"),
        ({"updated": 7, "unread": [{"gte": 0}]}, "not a range"),
        ({"updated": 7, "covers_from": "long ago"}, "Unix seconds"),
    ],
)
def test_a_state_that_cannot_be_trusted_is_refused(state: dict[str, Any], words: str) -> None:
    with pytest.raises(StateRefused, match=words):
        Progress.of_state(state, "charges", "updated")


# --- what there is to read


def test_a_first_sync_reads_everything() -> None:
    assert spans(plan(None)) == [(START, NOW + 1)]


def test_a_list_with_default_filters_is_read_once_for_each_of_its_parameter_sets() -> None:
    sets = ({"active": "true"}, {"active": "false"})
    assert [
        unread.parameters
        for unread in planned(None, "incremental", Span(START), NOW, Listing("/v1/prices", parameter_sets=sets)).unread
    ] == list(sets)


def test_the_next_sync_reads_on_from_the_watermark() -> None:
    done = plan(None).settled()
    assert spans(plan(done, now=NOW + 1000)) == [(NOW - SETTLED_SECONDS, NOW + 1001)]


def test_the_look_back_is_read_again_but_nothing_older_than_the_start() -> None:
    done = plan(None).settled()
    assert spans(plan(done, lookback=500)) == [(NOW - SETTLED_SECONDS - 500, NOW + 1)]
    assert spans(plan(done, lookback=10**10)) == [(START, NOW + 1)]


def test_a_start_date_moved_back_reads_the_missing_span_only() -> None:
    done = plan(None).settled()
    assert spans(plan(done, start=START - 500)) == [(NOW - SETTLED_SECONDS, NOW + 1), (START - 500, START)]


def test_a_start_date_moved_forth_forgets_nothing() -> None:
    moved = plan(plan(None).settled(), start=START + 500)
    assert moved.covers_from == START
    assert spans(moved) == [(NOW - SETTLED_SECONDS, NOW + 1)]


def test_a_cut_sync_reads_what_was_left_and_what_is_new() -> None:
    cut = replace(plan(None), unread=[Range(START, START + 10, after="ch_1")])
    assert spans(plan(cut, now=NOW + 1000)) == [(START, START + 10), (NOW - SETTLED_SECONDS, NOW + 1001)]


def test_syncs_that_are_cut_before_they_begin_leave_no_more_ranges_each_time() -> None:
    progress = replace(plan(None), unread=[Range(START, START + 10, after="ch_1")])
    for hour in range(50):
        progress = plan(progress, now=NOW + 3_600 * hour)
    assert spans(progress) == [(START, START + 10), (NOW - SETTLED_SECONDS, NOW + 3_600 * 49 + 1)]


def test_a_plan_that_is_read_leaves_the_state_it_came_from_as_it_was() -> None:
    cut = replace(plan(None), unread=[Range(START, START + 1000)])
    going_on = plan(cut)
    going_on.unread[0].cut(100)
    going_on.unread[0].advance("ch_1", [], START + 900, START + 600, 100)
    assert spans(cut) == [(START, START + 1000)]


def test_a_full_refresh_that_was_finished_starts_over() -> None:
    assert spans(plan(plan(None, "full_refresh").settled(), "full_refresh")) == [(START, NOW + 1)]


def test_a_full_refresh_that_was_cut_goes_on() -> None:
    cut = replace(plan(None, "full_refresh"), unread=[Range(START, START + 10)])
    assert spans(plan(cut, "full_refresh", now=NOW + 5))[0] == (START, START + 10)


@pytest.mark.parametrize(("was", "is_now"), [("full_refresh", "incremental"), ("incremental", "full_refresh")])
def test_what_one_mode_left_says_nothing_to_the_other(was: Mode, is_now: Mode) -> None:
    cut = replace(plan(None, was), unread=[Range(START, START + 10)])
    assert spans(plan(cut, is_now)) == [(START, NOW + 1)]


def test_a_state_written_with_other_parameters_is_read_anew() -> None:
    cut = replace(plan(None), unread=[Range(START, START + 10, parameters={"active": "true"})])
    assert spans(plan(cut)) == [(START, NOW + 1)]


def test_a_state_from_the_future_is_read_anew() -> None:
    assert spans(plan(Progress("incremental", watermark=NOW + 86_400, covers_from=START))) == [(START, NOW + 1)]


def test_a_clock_set_back_a_little_turns_no_span_around() -> None:
    (span,) = spans(plan(Progress("incremental", watermark=NOW + 50, covers_from=START)))
    assert span == (NOW, NOW + 1)


def test_the_watermark_never_goes_back_and_stays_behind_stripes_clock() -> None:
    progress = Progress("incremental", watermark=NOW - 10, covers_from=START, until=NOW)
    assert progress.settled().watermark == NOW - 10
    assert replace(progress, watermark=None).settled().watermark == NOW - SETTLED_SECONDS


@given(
    syncs=st.lists(
        st.tuples(
            st.integers(0, 400),  # seconds since the sync before
            st.integers(0, 300),  # start date
            st.integers(0, 200),  # look-back
            st.sampled_from(["finished", "cut", "nothing read", "state lost"]),
            st.integers(0, 100),  # where it was cut, per cent of what it had to read
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_happens_between_syncs_every_second_since_the_oldest_start_is_read(
    syncs: list[tuple[int, int, int, str, int]],
) -> None:
    """A world in which everything is on its list SETTLED_SECONDS after it was created, and not before."""
    before: Progress | None = None
    read: set[int] = set()
    oldest, now = 10**9, 1_000
    for since, start, lookback, end, per_cent in syncs:
        now += since
        progress = plan(before, start=start, now=now, lookback=lookback)
        settled = now - SETTLED_SECONDS
        if end == "state lost":
            oldest, read, before = 10**9, set(), None
            continue
        oldest = min(oldest, start)
        if end == "nothing read":
            before = Progress.of_state(progress.to_state("charges", "created"), "charges", "created")
            continue
        keep = 0 if end == "finished" else per_cent
        for unread in list(progress.unread):
            stop = unread.gte + (unread.lt - unread.gte) * keep // 100
            read |= {second for second in range(stop, unread.lt) if second <= settled}
            unread.lt = stop
            if stop <= unread.gte:
                progress.unread.remove(unread)
        # What lies between `settled` and now may not be on the list yet, so it does not count as read.
        written = progress if progress.unread else progress.settled()
        before = Progress.of_state(written.to_state("charges", "created"), "charges", "created")
        if not progress.unread:
            assert set(range(oldest, settled + 1)) <= read
