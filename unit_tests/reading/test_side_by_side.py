"""Small pieces of work share the pool's threads with others, and come back in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from source_stripe.reading.side_by_side import AT_ONCE, side_by_side


def test_results_come_in_order_whatever_takes_longer() -> None:
    def work(number: int) -> int:
        time.sleep(0.001 * (number % 7))
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(side_by_side(pool, [partial(work, number) for number in range(200)])) == list(range(200))


def test_others_get_a_thread_while_all_of_it_waits() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        waits: list[Callable[[], bool]] = [partial(release.wait, 10)] * (3 * AT_ONCE)
        results = side_by_side(pool, waits)
        first = threading.Thread(target=list, args=(results,))
        first.start()
        try:
            assert pool.submit(lambda: "done").result(timeout=5) == "done"
        finally:
            release.set()
            first.join(10)


def test_what_fails_is_raised_and_what_has_not_begun_is_not_done() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 3:
            raise ValueError("the third")
        time.sleep(0.01)
        done.append(number)

    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="the third"):
        list(side_by_side(pool, [partial(work, number) for number in range(500)]))
    assert len(done) < AT_ONCE
