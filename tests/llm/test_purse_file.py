"""What was spent outlives the program that spent it."""

import asyncio

import pytest

from glossator.errors import ArtifactError
from glossator.llm.budget import Budget, OutOfBudget, Spent
from glossator.llm.prices import Price
from glossator.llm.purse_file import kept_purse, read_spent

A_DOLLAR = Price(usd_in=1_000_000.0, usd_out=1_000_000.0)  # a token


def spend(path, *costs, budget=None, clock=lambda: 0.0):
    async def walk(purse):
        for cost in costs:
            purse.settle(await purse.reserve(5, 0), cost, 0)

    with kept_purse(path, budget or Budget(usd=20), A_DOLLAR, clock=clock) as purse:
        asyncio.run(walk(purse))


def test_a_purse_goes_on_where_the_last_one_ended(tmp_path):
    path = tmp_path / "folder" / "spent.jsonl"
    spend(path, 3, 3)
    assert read_spent(path) == Spent(6.0, 2, 0.0)
    spend(path, 5, 5)
    with pytest.raises(OutOfBudget, match=r"usd: 16.* of 20"):
        spend(path, 1)
    spend(path, 1, budget=Budget(usd=30))
    assert read_spent(path) == Spent(17.0, 5, 0.0)


def test_minutes_go_on_as_well(tmp_path):
    path, now = tmp_path / "spent.jsonl", [0.0]
    for _ in range(2):
        with kept_purse(path, Budget(minutes=10), clock=lambda: now[0]):
            now[0] += 180.0
        now[0] += 3_600.0  # between two runs no time is spent
    assert read_spent(path).minutes == pytest.approx(6.0)


def test_a_call_under_way_counts_at_its_worst_before_it_is_sent(tmp_path):
    path = tmp_path / "spent.jsonl"

    async def walk(purse):
        await purse.reserve(5, 0)
        return read_spent(path)

    with kept_purse(path, Budget(usd=20), A_DOLLAR, clock=lambda: 0.0) as purse:
        assert asyncio.run(walk(purse)) == Spent(5.0, 1, 0.0)


def test_a_torn_last_line_is_passed_over_and_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "spent.jsonl"
    spend(path, 3)
    whole = path.read_text()
    path.write_text(whole + '{"usd": 4.0, "ca')
    assert read_spent(path).usd == 3.0
    path.write_text("My diary\n")
    with pytest.raises(ArtifactError, match="does not say what was spent; delete it"):
        spend(path, 1)
    assert path.read_text() == "My diary\n"


def test_opening_leaves_one_line(tmp_path):
    path = tmp_path / "spent.jsonl"
    spend(path, *[1] * 10)
    assert len(path.read_text().splitlines()) > 10
    with kept_purse(path, Budget(), clock=lambda: 0.0):
        assert len(path.read_text().splitlines()) == 1


def test_a_place_that_cannot_be_written_is_told_of(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match=r"cannot be (kept|read): .*; check its"):
        spend(tmp_path / "file" / "spent.jsonl", 1)
