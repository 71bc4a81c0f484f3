"""A backfill that is long, is killed again and again, and meets faults all the way."""

from __future__ import annotations

import pytest

from integration_tests.reliability.endurance import endured

RECORDS, RESUMPTIONS = 100_000, 10
"""`make reliability` reads a hundred times as many."""


@pytest.mark.timeout(300)
def test_a_long_backfill_brings_every_record_and_its_memory_stays_flat() -> None:
    count = endured(RECORDS, RESUMPTIONS, seed=1)
    assert count.problems == []
    assert (count.expected, count.found, count.leaks) == (RECORDS, RECORDS, 0)
    assert count.runs == RESUMPTIONS + 1
    assert count.most_ranges <= 40
