"""Calls spread over the minute that a provider counts."""

import asyncio
import itertools

import pytest

from glossator.errors import ModelError
from glossator.llm.limits import Limits, Throttle, duration_seconds


class Time:
    """A clock that is moved by waiting alone."""

    def __init__(self):
        self.now = 1_000.0

    async def sleep(self, seconds):
        self.now += seconds

    def __call__(self):
        return self.now


def nothing():
    """A budget that is never spent."""


def moments(limits, calls, tokens=0.0, counted=None):
    """Let calls through, one after the other; the seconds at which each was."""
    time, at = Time(), []
    throttle = Throttle(limits, time.sleep, time)

    async def walk():
        for _ in range(calls):
            await throttle.admit(tokens, nothing)
            at.append(time.now - 1_000.0)
            if counted is not None:
                throttle.correct(tokens, counted)

    asyncio.run(walk())
    return at


def most_in_a_minute(at):
    return max(sum(start <= moment < start + 60.0 for moment in at) for start in at)


@pytest.mark.parametrize("per_minute", [1, 3, 60, 500])
def test_no_minute_sees_more_requests_than_are_allowed(per_minute):
    at = moments(Limits(requests_per_minute=per_minute), 4 * per_minute)
    assert most_in_a_minute(at) <= per_minute


def test_requests_flow_evenly_and_use_what_is_allowed():
    at = moments(Limits(requests_per_minute=600), 3_000)
    gaps = [later - earlier for earlier, later in itertools.pairwise(at[20:])]
    assert max(gaps) < 0.2
    assert at[-1] < 1.05 * 300


def test_tokens_are_limited_as_well_by_what_the_server_counts():
    guessed = moments(Limits(tokens_per_minute=60_000), 600, tokens=1_000)
    assert 60 * 1_000 >= 1_000 * most_in_a_minute(guessed) > 50_000
    cheaper = moments(Limits(tokens_per_minute=60_000), 600, tokens=1_000, counted=500)
    assert 60_000 >= 500 * most_in_a_minute(cheaper) > 50_000


def test_a_call_larger_than_a_minute_goes_alone_and_the_next_waits_for_it():
    at = moments(Limits(tokens_per_minute=1_000), 3, tokens=5_000)
    assert at[0] == 0.0
    assert at[1] >= 5 * 60 - 10
    assert at[2] >= 10 * 60 - 10


def test_without_limits_nobody_waits():
    assert moments(None, 1_000, tokens=1e9) == [0.0] * 1_000


@pytest.mark.parametrize("kind", ["requests", "tokens"])
def test_a_server_that_says_nothing_is_left_is_given_the_time_it_names(kind):
    async def walk(headers):
        time = Time()
        throttle = Throttle(None, time.sleep, time)
        throttle.heed(headers)
        await throttle.admit(1.0, nothing)
        return time.now - 1_000.0

    def wait(remaining, reset):
        headers = {f"x-ratelimit-remaining-{kind}": remaining, f"x-ratelimit-reset-{kind}": reset}
        return asyncio.run(walk(headers))

    assert wait("0", "1m2.5s") == pytest.approx(62.5)
    assert wait("0", "24h") == pytest.approx(120.0)
    assert wait("1", "1m") == wait("0", "soon") == asyncio.run(walk({})) == 0.0


def test_waiting_ends_when_the_budget_does():
    time = Time()
    throttle = Throttle(Limits(requests_per_minute=1), time.sleep, time)

    def check():
        if time.now > 1_030.0:
            raise ZeroDivisionError

    async def walk():
        await throttle.admit(1.0, check)
        await throttle.admit(1.0, check)

        async def late():
            await throttle.admit(1.0, check)

        with pytest.raises(ZeroDivisionError):
            await late()

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6m0s", 360.0), ("1.5s", 1.5), ("20ms", 0.02), ("7", 7.0), ("1h2m3s", 3723.0), ("soon", None), ("", None)],
)
def test_durations_are_read_as_servers_write_them(text, seconds):
    assert duration_seconds(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("name", ["requests_per_minute", "tokens_per_minute"])
def test_a_limit_of_nothing_is_refused(name):
    with pytest.raises(ModelError, match=f"{name} 0 is too small"):
        Limits(**{name: 0})


@pytest.mark.parametrize("per_minute", [1, 2, 3, 10, 30])
def test_low_limits_are_used_to_the_full(per_minute):
    at = moments(Limits(requests_per_minute=per_minute), 10 * per_minute + 1)
    assert at[-1] == pytest.approx(600.0)
