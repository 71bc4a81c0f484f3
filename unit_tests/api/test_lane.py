"""Where Stripe allows less than was said, the lane finds out how much from what it refuses, and stays close to it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, repeat

import pytest

from source_stripe.api.lane import Lane, Sent

Allows = Callable[[float], bool]


@dataclass
class Stripe:
    """Answers after `latency` seconds; `rate` tokens a second, at most a second's worth of them, `places` at a time."""

    latency: float
    rate: float = 1000.0
    places: int = 1000
    began: float = 0.0
    running: int = 0
    _tokens: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.rate

    def refuses(self, now: float) -> str | None:
        if self.running >= self.places:
            return "concurrency"
        self._tokens = min(self.rate, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return "rate"
        self._tokens -= 1
        self.running += 1
        return None


@dataclass
class Answer:
    at: float
    refused: bool


def sync(lane: Lane, stripe: Stripe, seconds: float, hops: Iterator[float] | None = None) -> list[Answer]:
    """All answers to somebody who always has a request to send, in the order in which they came.

    Args:
        hops: how long each hand-over takes, seconds: from the grant to the sending, from there to Stripe, and back.
    """
    hops = hops or repeat(0.0)
    answers: list[Answer] = []
    serial = count()
    events: list[tuple[float, int, Callable[[float], None]]] = []

    def later(at: float, event: Callable[[float], None]) -> None:
        heapq.heappush(events, (at, next(serial), event))

    def goes_out(now: float) -> None:
        sent = Sent("/v1/charges", now)
        lane.begin(sent)
        later(now + next(hops), lambda now: arrives(sent, now))

    def arrives(sent: Sent, now: float) -> None:
        refused = stripe.refuses(now)
        later(now + stripe.latency, lambda now: leaves(sent, refused, now))

    def leaves(sent: Sent, refused: str | None, now: float) -> None:
        stripe.running -= refused is None
        later(now + next(hops), lambda now: ends(sent, refused, now))

    def ends(sent: Sent, refused: str | None, now: float) -> None:
        lane.end()
        sent.ended, sent.refused = now, refused is not None
        if refused == "rate":
            lane.too_fast(sent, now)
        elif refused is not None:
            lane.too_many(sent, now)
        answers.append(Answer(now, refused is not None))

    now = 0.0
    while now < seconds:
        if not lane.full and lane.free_at <= now:
            lane.book(now)
            later(now + next(hops), goes_out)
        due = lane.free_at if not lane.full and lane.free_at > now else seconds
        now = min([due, *(at for at, *_ in events[:1])])
        while events and events[0][0] <= now:
            heapq.heappop(events)[2](now)
    return answers


def taken(answers: list[Answer], since: float, until: float) -> float:
    """Requests a second that were not refused."""
    return sum(1 for each in answers if since <= each.at < until and not each.refused) / (until - since)


@pytest.mark.parametrize("latency", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("real", [3, 25, 60, 90])
def test_a_rate_that_is_lower_than_was_said_is_found_within_seconds_and_kept_to(real: int, latency: float) -> None:
    answers = sync(Lane(100), Stripe(latency, rate=real), seconds=120)
    for since in range(8, 110, 10):
        assert taken(answers, since, since + 10) >= 0.9 * real
    refused = [each for each in answers if each.refused and each.at >= 8]
    assert len(refused) <= 0.01 * len(answers) + 3


@pytest.mark.parametrize("latency", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("places", [1, 4, 10])
def test_the_places_there_are_at_a_time_are_found_within_seconds_and_kept_to(places: int, latency: float) -> None:
    answers = sync(Lane(100), Stripe(latency, places=places), seconds=120)
    possible = min(100.0, places / latency)
    for since in range(8, 110, 10):
        assert taken(answers, since, since + 10) >= 0.9 * possible
    refused = [each for each in answers if each.refused and each.at >= 8]
    assert len(refused) <= 0.01 * len(answers) + 5


@pytest.mark.parametrize("seed", range(20))
def test_places_are_kept_to_by_threads_that_take_their_time(seed: int) -> None:
    chance = random.Random(seed)
    hops = iter(lambda: chance.uniform(0, 0.008), None)
    lane = Lane(100)
    answers = sync(lane, Stripe(0.2, places=10), seconds=120, hops=hops)
    possible = 10 / (0.2 + 3 * 0.004)
    for since in range(8, 110, 10):
        assert taken(answers, since, since + 10) >= 0.95 * possible
    refused = [each for each in answers if each.refused and each.at >= 8]
    assert len(refused) <= 0.005 * len(answers)


def test_where_nothing_is_refused_the_rate_stays_what_was_said() -> None:
    lane = Lane(25)
    answers = sync(lane, Stripe(0.2, rate=25), seconds=60)
    assert not any(each.refused for each in answers)
    assert taken(answers, 1, 60) >= 24.5
    assert lane.most_running is None


def test_a_limit_that_was_somebody_elses_doing_is_forgotten_again() -> None:
    lane = Lane(100)
    sync(lane, Stripe(0.2, rate=20), seconds=20)
    assert lane.rate <= 22
    for second in range(20, 400):
        lane.book(float(second))
    assert lane.rate == 100


def test_refusals_of_requests_that_went_out_before_the_last_lesson_teach_nothing() -> None:
    lane = Lane(100)
    sent = [Sent("/v1/charges", at / 100) for at in range(100)]
    for each in sent:
        lane.begin(each)
    lane.too_fast(sent[50], now=1.0)
    learned = lane.rate
    for each in sent:
        lane.too_fast(each, now=1.1)
    assert lane.rate == learned
