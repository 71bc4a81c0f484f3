"""Streams of one list whose states do not agree."""

from __future__ import annotations

from source_stripe.reading.brothers import Start, starts
from source_stripe.reading.progress import Progress
from source_stripe.reading.ranges import Range


def backfilling(step: int, events_from: int = 100) -> Progress:
    return Progress("incremental", until=160, unread=[Range(0, 160)], follows=True, events_from=events_from, step=step)


def current(watermark: int) -> Progress:
    return Progress("incremental", watermark=watermark, follows=True)


def test_a_cut_between_two_states_goes_on_from_the_one_that_is_behind() -> None:
    behind = backfilling(3)
    assert starts([backfilling(4), behind]) == [Start(behind), Start(behind)]
    assert starts([current(500), behind]) == [Start(behind), Start(behind)]
    assert starts([current(500), current(440)]) == [Start(current(440)), Start(current(440))]


def test_children_are_read_again_with_a_parent_that_was_never_read() -> None:
    assert starts([current(500), None]) == [Start(None, anew=True)] * 2


def test_a_child_that_was_never_read_does_not_hold_up_its_parent() -> None:
    assert starts([None, current(500)]) == [Start(None, anew=True), Start(current(500))]


def test_a_child_that_is_on_its_own_way_stays_on_it() -> None:
    child = backfilling(2, events_from=300)
    assert starts([child, current(500)]) == [Start(child), Start(current(500))]


def test_streams_that_were_never_read_are_read_for_the_first_time() -> None:
    assert starts([None, None]) == [Start(None), Start(None)]
