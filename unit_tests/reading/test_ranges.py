"""However a span of time is cut and read, each second of it is somebody's to read, and only one's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_stripe.reading.ranges import PAGES_WORTH_A_CUT, Range


def seconds(unread: Range) -> set[int]:
    return set(range(unread.gte, unread.lt))


@given(
    lt=st.integers(2, 300),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 40)), max_size=30),
)
def test_any_sequence_of_cuts_and_pages_covers_each_second_exactly_once(
    lt: int, steps: list[tuple[bool, int, int]]
) -> None:
    ranges = [Range(0, lt)]
    read: set[int] = set()
    for cuts, which, length in steps:
        unread = ranges[which % len(ranges)]
        if cuts:
            if unread.lt - unread.gte >= 2:
                ranges.append(unread.cut(100))
        else:
            # A page that ends within the second `oldest`: that second is not done, all above it is.
            oldest = max(unread.gte, unread.lt - 1 - length)
            read |= set(range(oldest + 1, unread.lt))
            unread.advance("ch_1", [], unread.lt - 1, oldest, 100)
    left = [seconds(unread) for unread in ranges]
    assert sum(map(len, left)) + len(read) == lt
    assert set().union(read, *left) == set(range(lt))


@given(gte=st.integers(0, 10**9), length=st.integers(2, 10**9))
def test_a_cut_leaves_two_that_are_not_empty(gte: int, length: int) -> None:
    newer = Range(gte, gte + length, after="ch_1", parameters={"active": "true"}, seconds_per_record=2.0)
    older = newer.cut(100)
    assert gte == older.gte < older.lt == newer.gte < newer.lt == gte + length
    assert older.parameters == newer.parameters
    assert older.after is None
    assert not older.worth_a_cut(1), "nothing has been seen of it"


def test_a_range_is_cut_only_when_enough_is_left_of_it() -> None:
    unread = Range(0, 10_000)
    assert not unread.worth_a_cut(100), "nothing is known of it"
    unread.advance("ch_1", [], 9_999, 9_900, 100)
    assert unread.worth_a_cut(100)
    few = int(PAGES_WORTH_A_CUT * 100 * 0.99)
    unread.advance("ch_2", [], 9_900, 0, 100)
    assert not Range(0, few, seconds_per_record=1.0).worth_a_cut(100)
    assert not Range(0, 1, seconds_per_record=0.001).worth_a_cut(100), "one second cannot be cut"


def test_many_records_in_one_second_do_not_divide_by_nothing() -> None:
    unread = Range(0, 100)
    unread.advance("ch_1", [], 50, 50, 100)
    assert (unread.lt, unread.after) == (51, "ch_1")
    assert unread.records_left == 5_100


def test_records_without_a_time_move_the_cursor_and_leave_the_span() -> None:
    unread = Range(0, 100)
    unread.advance("acct_1", [], None, None, 100)
    assert (unread.gte, unread.lt, unread.after) == (0, 100, "acct_1")


def test_a_second_is_read_anew_when_its_cursor_is_gone() -> None:
    unread = Range(0, 100)
    unread.advance("ch_1", [], 90, 50, 100)
    unread.step_back()
    assert (unread.gte, unread.lt, unread.after) == (0, 51, None)


def test_the_object_before_a_vanished_one_is_tried_first() -> None:
    unread = Range(None, None)
    unread.advance("ch_3", ["ch_1", "ch_2"], None, None, 3)
    tried = []
    for _ in range(3):
        unread.step_back()
        tried.append(unread.after)
    assert tried == ["ch_2", "ch_1", None]


@given(
    st.builds(
        Range,
        gte=st.integers(0, 10**10),
        lt=st.integers(0, 10**10),
        after=st.none() | st.text(min_size=1),
        parameters=st.dictionaries(st.text(), st.text(), max_size=2),
    )
)
def test_a_state_holds_all_of_a_range(unread: Range) -> None:
    again = Range.of_state(unread.to_state())
    assert (again.gte, again.lt, again.after, again.parameters) == (
        unread.gte,
        unread.lt,
        unread.after,
        unread.parameters,
    )


@pytest.mark.parametrize(
    "state",
    [
        {"gte": 0},
        {"gte": "0", "lt": 1},
        {"gte": True, "lt": 1},
        {"gte": 0, "lt": 1.5},
        {"gte": 0, "lt": 1, "after": 7},
        {"gte": 0, "lt": 1, "parameters": []},
    ],
)
def test_what_is_no_range_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is not a range"):
        Range.of_state(state)
