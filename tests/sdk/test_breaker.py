"""When a plugin that fails is left out, and how it comes back."""

import pytest
from louyu_sdk.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admits()
        breaker.failed()


def test_four_errors_are_borne(breaker: Breaker) -> None:
    fail(breaker, 4)
    assert breaker.admits()


def test_the_fifth_error_within_30_seconds_opens_it_for_60(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 59.9
    assert not breaker.admits()


def test_errors_that_are_far_apart_do_not_open_it(breaker: Breaker, clock: Clock) -> None:
    for _ in range(10):
        fail(breaker, 1)
        clock.now += 8
    assert breaker.admits()


def test_after_60_seconds_one_call_is_on_trial(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    assert (breaker.admits(), breaker.admits()) == (True, False)


def test_a_success_on_trial_closes_it(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    assert breaker.admits()
    breaker.succeeded()
    assert not breaker.is_open
    fail(breaker, 4)
    assert breaker.admits()


def test_a_failure_on_trial_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    fail(breaker, 1)
    clock.now += 59.9
    assert not breaker.admits()


def test_a_trial_given_up_by_its_caller_is_followed_by_another(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 60
    assert breaker.admits()
    breaker.abandoned()
    assert breaker.admits()


def test_a_late_success_from_before_does_not_close_it(breaker: Breaker) -> None:
    assert breaker.admits()
    fail(breaker, 5)
    breaker.succeeded()
    assert breaker.is_open
