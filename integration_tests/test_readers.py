"""Whoever reads stdout may be slow, stop, or go away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration_tests.reliability import readers
from integration_tests.reliability.process import Processes
from integration_tests.sandbox import Clock, Sandbox, Server, serve


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    sandbox = Sandbox(size=readers.CHARGES, clock=Clock(), synthesized=5)
    sandbox.shelves.add("/v1/charges")
    with serve(sandbox) as server:
        yield server


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as processes:
        yield processes


def test_while_nobody_reads_nothing_piles_up_and_nothing_is_lost(server: Server, processes: Processes) -> None:
    count = readers.nobody(server, processes)
    assert count.problems == []
    assert (count.lost, count.duplicates) == (0, 0)
    assert 0 < count.ahead <= readers.MOST_REQUESTS_AHEAD


def test_a_slow_reader_gets_whole_lines_of_everything(server: Server, processes: Processes) -> None:
    count = readers.slow(server, processes)
    assert count.problems == []
    assert (count.lost, count.duplicates) == (0, 0)


@pytest.mark.parametrize("after", [1, 70_000, 5_000_000])
def test_a_read_ends_quietly_when_its_reader_goes_away(server: Server, processes: Processes, after: int) -> None:
    assert readers.gone(server, processes, after).problems == []


def test_it_does_so_while_it_waits_for_stripe(server: Server, processes: Processes) -> None:
    assert readers.gone_while_stripe_is_silent(server, processes).problems == []


def test_a_command_ends_quietly_where_nobody_listens() -> None:
    assert readers.unheard(["spec"]) == (1, "")
