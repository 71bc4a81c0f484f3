"""A process may be killed at any moment: what the next one brings and what had come before are the whole truth."""

from __future__ import annotations

import pytest

from integration_tests.reliability.kills import KINDS, all_survived

KILLS = 12
"""`make reliability` tries many more."""


@pytest.mark.timeout(300)
def test_after_a_kill_at_any_moment_the_union_is_the_truth_and_little_is_read_again() -> None:
    killed = 0
    for each, count in all_survived(KILLS, seed=1):
        assert count.problems == [], each
        assert count.lost == 0, each
        assert count.leaks == 0, each
        killed += count.tried
    assert killed >= KILLS - len(KINDS), "most of them came before the end"
