"""Now is what Stripe says it is."""

import pytest

from source_stripe.api.clock import StripeTime
from unit_tests.clock import SteppedClock

STRIPES_DATE = "Sun, 01 Nov 2026 00:00:00 GMT"
STRIPES_NOW = 1_793_491_200


@pytest.mark.parametrize("machine_time", [0.0, 86_400.0, 4_000_000_000.0])
def test_a_machine_that_is_years_off_does_not_matter(machine_time: float) -> None:
    clock = SteppedClock(machine_time)
    stripe_time = StripeTime(clock)
    stripe_time.learn(STRIPES_DATE)
    clock.now += 90.5
    assert stripe_time.now() == STRIPES_NOW + 90


def test_the_machine_is_asked_only_while_stripe_has_not_spoken() -> None:
    assert StripeTime(SteppedClock(1_700_000_000.9)).now() == 1_700_000_000


@pytest.mark.parametrize("header", [None, "", "yesterday", "Sun, 99 Nov 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_passed_over(header: str | None) -> None:
    stripe_time = StripeTime(SteppedClock(7.0))
    stripe_time.learn(header)
    assert stripe_time.now() == 7
    stripe_time.learn(STRIPES_DATE)
    stripe_time.learn(header)
    assert stripe_time.now() == STRIPES_NOW


def test_a_clock_that_stands_still_is_believed() -> None:
    clock = SteppedClock()
    stripe_time = StripeTime(clock)
    for _ in range(5):
        stripe_time.learn(STRIPES_DATE)
        clock.now += 60
    stripe_time.learn(STRIPES_DATE)
    assert stripe_time.now() == STRIPES_NOW
