import asyncio

import pytest
from tests.sources.web_server import QuickClock

from glossator.sources.pacing import Turns


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def started_while_the_first_runs(hosts, **limits):
    """Which of the turns at `hosts` begin while none has ended, by position."""

    async def run():
        turns, started, end = Turns(QuickClock(), **limits), [], asyncio.Event()

        async def take(place, host):
            async with turns.turn(host, 0):
                started.append(place)
                await end.wait()

        tasks = [asyncio.create_task(take(place, host)) for place, host in enumerate(hosts)]
        await settle()
        running = list(started)
        end.set()
        await asyncio.gather(*tasks)
        assert sorted(started) == list(range(len(hosts)))
        return running

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("per_host", "concurrency", "running"),
    [(1, 9, 2), (2, 9, 3), (9, 2, 2), (9, 1, 1)],
)
def test_so_many_turns_run_at_one_host_and_in_all(per_host, concurrency, running):
    found = started_while_the_first_runs(["a", "a", "b"], per_host=per_host, concurrency=concurrency)
    assert len(found) == running


def test_turns_at_one_host_begin_so_far_apart_and_those_at_another_do_not_wait():
    async def run():
        clock, started = QuickClock(), []
        turns = Turns(clock, per_host=9, concurrency=9)
        for host in ("a", "b", "a", "a"):
            async with turns.turn(host, 3):
                started.append(clock.time - 1_000_000)
        return started

    assert asyncio.run(run()) == [0, 0, 3, 6]


def test_a_host_that_asked_for_rest_gets_it_from_everyone():
    async def run():
        clock = QuickClock()
        turns = Turns(clock, per_host=9, concurrency=9)
        turns.rest("a", 7)
        turns.rest("a", 2)
        async with turns.turn("a", 0):
            return clock.time - 1_000_000

    assert asyncio.run(run()) == 7
