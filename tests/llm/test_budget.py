"""A purse is never overdrawn, whoever draws from it."""

import asyncio
import threading

import pytest

from glossator.errors import ModelError
from glossator.llm.budget import Budget, OutOfBudget, Purse, Spent
from glossator.llm.prices import Price

A_DOLLAR = Price(usd_in=1_000_000.0, usd_out=1_000_000.0)  # a token


def draw(purse, *costs, worst=(1, 0)):
    """Pay for calls one after the other."""

    async def walk():
        for cost in costs:
            purse.settle(await purse.reserve(*worst), cost, 0)

    asyncio.run(walk())


def test_the_true_cost_replaces_what_was_set_aside():
    purse = Purse(Budget(usd=10), A_DOLLAR)
    draw(purse, 1, 2, 3, worst=(4, 1))
    assert (purse.spent.usd, purse.spent.calls) == (6.0, 3)
    with pytest.raises(OutOfBudget, match=r"^usd: 6\.0000 of 10 are spent, and one more call may cost 5\.0000; raise"):
        draw(purse, 1, worst=(4, 1))
    draw(purse, 4, worst=(4, 0))
    assert purse.spent.usd == 10.0


def test_a_call_that_might_fit_waits_for_those_under_way():
    async def walk(true_cost):
        purse = Purse(Budget(usd=10), A_DOLLAR)
        first = await purse.reserve(6, 0)
        second = asyncio.create_task(purse.reserve(6, 0))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not second.done()
        purse.settle(first, true_cost, 0)
        return await asyncio.wait_for(second, 60)

    assert asyncio.run(walk(4)).usd == 6.0
    with pytest.raises(OutOfBudget, match="usd: 5"):
        asyncio.run(walk(5))


def test_a_call_whose_cost_nobody_knows_counts_at_its_worst():
    async def walk():
        purse = Purse(Budget(usd=10), A_DOLLAR)
        purse.forfeit(await purse.reserve(6, 1))
        return purse.spent.usd

    assert asyncio.run(walk()) == 7.0


def test_calls_and_minutes_run_out_too():
    purse = Purse(Budget(calls=2))
    draw(purse, 0, 0)
    with pytest.raises(OutOfBudget, match=r"^calls: 2 of 2 were made; raise the budget of calls"):
        draw(purse, 0)
    now = [50.0]
    purse = Purse(Budget(minutes=1.5), clock=lambda: now[0])
    draw(purse, 0)
    now[0] += 90.0
    with pytest.raises(OutOfBudget, match=r"^minutes: 1\.5 of 1\.5 have passed; raise"):
        draw(purse, 0)


@pytest.mark.parametrize("name", ["usd", "calls", "minutes"])
def test_a_budget_of_nothing_pays_for_nothing(name):
    with pytest.raises(OutOfBudget, match=f"^{name}: "):
        draw(Purse(Budget(**{name: 0}), Price(0.0, 0.0)), 0)


def test_what_was_spent_before_counts():
    purse = Purse(Budget(usd=10, calls=5, minutes=3), A_DOLLAR, spent=Spent(9.5, 4, 2.0), clock=lambda: 0.0)
    assert purse.spent == Spent(9.5, 4, 2.0)
    with pytest.raises(OutOfBudget, match=r"^usd: 9\.5"):
        draw(purse, 1)


def test_threads_together_never_spend_more_than_there_is():
    purse, told = Purse(Budget(usd=100), A_DOLLAR), []

    async def work():
        for turn in range(100):
            try:
                reservation = await purse.reserve(3, 2)
            except OutOfBudget:
                return
            await asyncio.sleep(0)
            told.append(purse.spent.usd)
            purse.settle(reservation, 1 + turn % 4, 0)

    async def several():
        await asyncio.gather(*(work() for _ in range(10)))

    threads = [threading.Thread(target=asyncio.run, args=(several(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert max(told) <= 100
    assert 95 < purse.spent.usd <= 100


def test_whoever_wants_to_know_is_told_of_calls_under_way_at_their_worst():
    told = []
    draw(Purse(Budget(), A_DOLLAR, clock=lambda: 0.0, on_spent=told.append), 2, worst=(4, 1))
    assert told == [Spent(5.0, 1, 0.0), Spent(2.0, 1, 0.0)]


def test_money_without_a_price_and_senseless_numbers_are_refused():
    with pytest.raises(ModelError, match="budget usd 5 cannot be kept without a price; give the price"):
        Purse(Budget(usd=5))
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ModelError, match=r"budget minutes .* cannot be spent; give 0 or more"):
            Budget(minutes=value)
