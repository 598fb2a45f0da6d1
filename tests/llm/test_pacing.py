"""How many calls are in flight, and who goes next."""

import asyncio

import pytest

from glossator.llm.pacing import Pacer, Window


def round_trip(window, refused=0.0):
    """Send as many calls as the window holds, and let them end; a share of them with a complaint."""
    numbers = [window.send() for _ in range(window.size)]
    for place, number in enumerate(numbers):
        window.end(number, complained=place < refused * len(numbers))


def open_window(most):
    window = Window(most)
    for _ in range(10):
        window.quiet(60.0)
    assert window.size == most
    return window


def test_a_window_begins_low_and_doubles_while_nobody_complains():
    window = Window(256)
    assert window.size == 16
    sizes = []
    for _ in range(5):
        window.quiet(0.05)
        round_trip(window)
        sizes.append(window.size)
    assert sizes == [32, 64, 128, 256, 256]
    assert Window(5).size == 5


def test_a_complaint_ends_the_fast_start():
    window = Window(256)
    window.end(window.send(), complained=True)
    assert not window.starting
    before = window.size
    window.quiet(60.0)
    assert window.size == before


def test_a_server_that_refuses_everything_is_asked_one_at_a_time_soon_and_never_less():
    window = open_window(64)
    for _ in range(30):
        round_trip(window, refused=1.0)
    assert window.size == 1


def test_the_window_shrinks_once_for_all_that_were_in_flight_together():
    window = open_window(64)
    for number in [window.send() for _ in range(64)]:
        window.end(number, complained=True)
    assert window.size >= 32


def test_after_complaints_the_window_grows_by_a_step_in_a_round_trip_up_to_the_whole():
    window = open_window(64)
    for _ in range(30):
        round_trip(window, refused=1.0)
    for _ in range(4):  # what was heard is forgotten slowly
        round_trip(window)
    before = window.size
    for _ in range(10):
        round_trip(window)
    assert before + 5 <= window.size <= before + 21
    for _ in range(200):
        round_trip(window)
    assert window.size == 64


def test_a_server_that_refuses_a_few_whatever_is_in_flight_keeps_most_of_the_window():
    window = open_window(64)
    for _ in range(100):
        round_trip(window, refused=0.05)
    assert window.size > 40


def test_a_window_finds_what_a_server_bears():
    window, sizes = open_window(256), []
    for _ in range(400):
        round_trip(window, refused=max(0.0, 1 - 40 / window.size))
        sizes.append(window.size)
    assert 35 < sum(sizes[100:]) / 300 < 80


def test_calls_go_alone_until_the_server_has_said_something():
    async def walk():
        pacer = Pacer(4)
        waiting = [asyncio.create_task(pacer.enter()) for _ in range(6)]
        await asyncio.sleep(0)
        alone = sum(task.done() for task in waiting)
        pacer.meet()
        await asyncio.sleep(0)
        together = sum(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        pacer.close()
        return alone, together

    assert asyncio.run(walk()) == (1, 4)


@pytest.mark.parametrize(("everybody", "meanwhile"), [(False, 1), (True, 0)])
def test_who_steps_out_lets_another_go_unless_everybody_has_to_wait(everybody, meanwhile):
    async def walk():
        pacer, over, order = Pacer(1), asyncio.Event(), []
        pacer.meet()
        await pacer.enter()

        async def other(name):
            await pacer.enter()
            order.append(name)
            pacer.leave()

        others = [asyncio.create_task(other(0))]
        again = asyncio.create_task(pacer.step_out(over.wait(), everybody=everybody))
        for _ in range(5):
            await asyncio.sleep(0)
        done = sum(task.done() for task in others)
        others.append(asyncio.create_task(other(1)) if everybody else again)
        over.set()
        await again
        order.append("again")
        pacer.leave()
        await asyncio.gather(*others)
        return done, order

    done, order = asyncio.run(walk())
    assert done == meanwhile
    assert order == (["again", 0, 1] if everybody else [0, "again"])


def test_a_turn_is_given_back_by_whoever_is_cancelled():
    async def walk():
        pacer = Pacer(1)
        pacer.meet()
        await pacer.enter()
        late = asyncio.create_task(pacer.enter())
        await asyncio.sleep(0)
        pacer.leave()  # `late` has the turn now, and does not know it yet
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        await asyncio.wait_for(pacer.enter(), 60)
        away = asyncio.create_task(pacer.step_out(asyncio.Event().wait(), everybody=True))
        await asyncio.sleep(0)
        away.cancel()
        await asyncio.gather(away, return_exceptions=True)
        pacer.leave()
        await asyncio.wait_for(pacer.enter(), 60)

    asyncio.run(walk())
