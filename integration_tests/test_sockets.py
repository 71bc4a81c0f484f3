"""Connections that are refused or left hanging cost a real process time, and no record.

`make reliability` tries all that only a connection can do.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration_tests.reliability import sockets
from integration_tests.reliability.prepared import impatient
from integration_tests.reliability.process import Processes


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(impatient, sockets.PAGE, sockets.TIME_OUT_SECONDS) as processes:
        yield processes


def test_a_fifth_of_all_answers_may_not_come(processes: Processes) -> None:
    count = sockets.struck("hang", processes)
    assert count.problems == []
    assert (count.lost, count.duplicates, count.leaks) == (0, 0, 0)
    assert count.tried > 5


def test_stripe_may_be_away_for_a_while(processes: Processes) -> None:
    count = sockets.down(processes)
    assert count.problems == []
    assert (count.lost, count.duplicates, count.leaks) == (0, 0, 0)
