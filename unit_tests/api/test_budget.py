"""Requests go out as fast as Stripe allows, never faster, and in the order in which they were asked for."""

import threading
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from source_stripe.api.budget import Budget
from source_stripe.api.clock import SystemClock
from unit_tests.clock import SteppedClock


class Turns:
    """Asks a budget for all of `wanted` at once and notes when each was granted, by the stepped clock.

    `late` is by how many seconds the budget's thread wakes after the moment it asked for, again and again.
    """

    def __init__(self, wanted: list[str], total: float, per_endpoint: float, late: list[float] | None = None) -> None:
        self.clock = _LateClock(late or [0.0])
        self.granted: list[tuple[float, str, int]] = []
        budget = Budget(self.clock, total, per_endpoint)
        asked, everything = threading.Event(), threading.Event()
        # Nothing is granted before all have asked: this first one keeps the budget's thread busy until then.
        budget.request("/v1/account", lambda: self._begin(asked))
        for number, endpoint in enumerate(wanted):

            def note(endpoint: str = endpoint, number: int = number) -> None:
                self.granted.append((self.clock.now, endpoint, number))
                if len(self.granted) > len(wanted):
                    everything.set()

            budget.request(endpoint, note)
        asked.set()
        assert everything.wait(10)

    def _begin(self, asked: threading.Event) -> None:
        asked.wait(10)
        self.granted.append((self.clock.now, "/v1/account", -1))

    def times(self, endpoint: str | None = None) -> list[float]:
        return [at for at, granted, _ in self.granted if endpoint in (None, granted)]


class _LateClock(SteppedClock):
    def __init__(self, late: list[float]) -> None:
        super().__init__()
        self._late = late
        self._waits = 0

    def wait(self, condition: threading.Condition, seconds: float) -> bool:
        self.now += seconds + self._late[self._waits % len(self._late)]
        self._waits += 1
        return False


def most_in_a_second(times: list[float]) -> int:
    return max(bisect_left(times, at + 1.0 - 1e-9) - index for index, at in enumerate(times))


ENDPOINTS = st.lists(st.sampled_from(["/v1/charges", "/v1/customers", "/v1/prices"]), min_size=1, max_size=150)


@settings(deadline=None, max_examples=60)
@given(
    wanted=ENDPOINTS,
    total=st.sampled_from([1, 7, 25, 100]),
    per_endpoint=st.sampled_from([5, 25]),
    late=st.lists(st.floats(0, 0.05), min_size=1, max_size=5),
)
def test_in_no_second_more_is_granted_than_the_rate(
    wanted: list[str], total: int, per_endpoint: int, late: list[float]
) -> None:
    turns = Turns(wanted, total, per_endpoint, late)
    assert most_in_a_second(turns.times()) <= total
    for endpoint in set(wanted):
        assert most_in_a_second(turns.times(endpoint)) <= min(per_endpoint, total)


def test_a_grant_that_came_late_is_not_made_up_for_within_its_second() -> None:
    turns = Turns(["/v1/charges"] * 80, total=100, per_endpoint=25, late=[0.019, 0.0, 0.0])
    assert most_in_a_second(turns.times("/v1/charges")) <= 25


def test_the_rate_is_used_to_the_full_by_a_thread_that_wakes_on_time() -> None:
    turns = Turns(["/v1/charges"] * 101, total=100, per_endpoint=25)
    assert 3.99 <= turns.times("/v1/charges")[-1] - turns.times("/v1/charges")[0] <= 4.01


def test_the_rate_is_nearly_reached_by_a_thread_that_wakes_late() -> None:
    turns = Turns(["/v1/charges"] * 201, total=100, per_endpoint=25, late=[0.002, 0.0, 0.005, 0.001])
    assert turns.times()[-1] - turns.times()[0] <= 8.2


def test_requests_are_spaced_and_do_not_burst() -> None:
    times = Turns(["/v1/charges"] * 50, total=100, per_endpoint=25).times("/v1/charges")
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.0199


@settings(deadline=None, max_examples=40)
@given(wanted=ENDPOINTS)
def test_who_asked_first_goes_first_at_each_endpoint(wanted: list[str]) -> None:
    turns = Turns(wanted, total=100, per_endpoint=25)
    for endpoint in set(wanted):
        numbers = [number for _, granted, number in turns.granted if granted == endpoint]
        assert numbers == sorted(numbers)


def test_an_endpoint_that_is_full_does_not_hold_up_others() -> None:
    turns = Turns(["/v1/charges"] * 50 + ["/v1/customers"], total=100, per_endpoint=25)
    assert turns.times("/v1/customers")[0] <= 0.03


def test_a_request_that_blocks_returns_when_it_may_go() -> None:
    clock = SteppedClock()
    budget = Budget(clock, total=10)
    for _ in range(21):
        budget.acquire("/v1/charges")
    assert clock.now >= 2.0 - 1e-9


def test_a_grant_that_is_not_used_makes_room_for_another() -> None:
    budget = Budget(SteppedClock(), total=100)
    for _ in range(2):
        budget.acquire("/v1/charges")
    budget.end(budget.begin("/v1/charges"), refused="endpoint-concurrency")
    assert budget.waiting == 0
    granted = threading.Event()
    budget.request("/v1/charges", granted.set)
    assert not granted.wait(0.05), "the one place that there is has been given away"
    budget.unused("/v1/charges")
    assert granted.wait(10)


def test_many_threads_each_get_their_turn() -> None:
    budget = Budget(SystemClock(), total=10_000, per_endpoint=10_000)
    done: list[int] = []
    threads = [threading.Thread(target=_take_turns, args=(budget, done.append)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 160


def _take_turns(budget: Budget, note: Callable[[int], None]) -> None:
    for turn in range(20):
        budget.acquire("/v1/charges")
        note(turn)
