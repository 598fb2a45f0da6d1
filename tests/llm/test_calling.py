"""Conversations in trouble: limits, budgets, failures at random and programs that are killed, with a real server."""

import itertools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from glossator.errors import ModelError
from glossator.llm import ConversationAbout
from glossator.llm.budget import Budget, Purse
from glossator.llm.journal import Journal
from glossator.llm.limits import Limits
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.prices import Price
from glossator.llm.providers import endpoint
from glossator.llm.purse_file import read_spent
from glossator.llm.scripted_server import Faults, ScriptedReply, ScriptedServer, repeat_last_turn
from glossator.records import Message

PROGRAM = Path(__file__).with_name("paying_questions.py")
A_CENT = Price(usd_in=10_000.0, usd_out=10_000.0)  # a token


class Time:
    """A clock that is moved by waiting alone."""

    def __init__(self):
        self.now = 1_000.0
        self.naps = []

    async def sleep(self, seconds):
        self.naps.append(seconds)
        self.now += seconds

    def __call__(self):
        return self.now


@pytest.fixture
def open_model():
    opened = []

    def open_one(server, **more):
        time = Time()
        settings = {"sleep": time.sleep, "clock": time, **more}
        opened.append(OpenAICompatibleModel(endpoint(None, server.base_url, None, {}), "scripted", **settings))
        return opened[-1]

    yield open_one
    for model in opened:
        model.close()


def ask(count):
    return [(Message("user", f"Question {number}?"),) for number in range(count)]


def answer(model, conversations, max_new_tokens=50):
    return list(model.answer(conversations, schema=None, max_new_tokens=max_new_tokens))


def failures(answers):
    return [answered.failure for answered in answers]


# Budgets


@pytest.mark.parametrize("name", ["usd", "calls", "minutes"])
def test_a_budget_of_nothing_sends_nothing_and_what_is_in_the_journal_is_given_out(open_model, tmp_path, name):
    purse = Purse(Budget(**{name: 0}), A_CENT)
    with ScriptedServer(repeat_last_turn) as server, Journal(tmp_path / "replies.sqlite") as journal:
        answer(open_model(server, journal=journal), ask(3))
        before = server.requests
        answers = answer(open_model(server, journal=journal, purse=purse), ask(5))
        assert server.requests == before
    assert failures(answers) == ["", "", "", "budget", "budget"]
    assert answers[4].detail.startswith(f"{name}: ")
    assert answers[4].reply is answers[4].journal_key is None


def test_money_is_never_overspent_and_ends_the_asking_gracefully(open_model):
    with ScriptedServer(lambda _: "one two three") as server:
        model = open_model(server, purse=Purse(Budget(usd=3.0), A_CENT), concurrency=8)
        answers = answer(model, ask(400), max_new_tokens=5)
    answered = failures(answers).count("")
    assert set(failures(answers)) == {"", "budget"}
    assert 20 <= answered == server.requests
    assert 2.0 < model.spent.usd <= 3.0
    assert model.spent.usd == pytest.approx(0.01 * 5 * answered)  # two words asked, three answered
    assert model.spent.calls == answered


def test_repeated_calls_count_as_calls(open_model):
    with ScriptedServer(repeat_last_turn, faults=Faults(errors=1.0)) as server:
        model = open_model(server, purse=Purse(Budget(calls=5)), concurrency=1, attempts=3)
        assert failures(answer(model, ask(3))) == ["server_error", "budget", "budget"]
        assert server.requests == model.spent.calls == model.usage.calls == 5


def test_a_reply_that_the_server_does_not_count_is_paid_all_the_same(open_model):
    with ScriptedServer(lambda _: ScriptedReply("three short words", with_usage=False)) as server:
        model = open_model(server, purse=Purse(Budget(usd=100), A_CENT))
        answer(model, ask(1))
    assert 0.1 < model.spent.usd < 1.0


def test_a_reply_that_never_came_counts_at_its_worst_and_a_refused_call_costs_nothing(open_model):
    with ScriptedServer(repeat_last_turn, faults=Faults(cuts=1.0)) as server:
        cut = open_model(server, purse=Purse(Budget(usd=100), A_CENT), attempts=2)
        answer(cut, ask(1), max_new_tokens=100)
    with ScriptedServer(repeat_last_turn, faults=Faults(rate_limited=1.0)) as server:
        refused = open_model(server, purse=Purse(Budget(usd=100), A_CENT), attempts=2)
        answer(refused, ask(1), max_new_tokens=100)
    assert cut.spent.usd > 2.0
    assert (refused.spent.usd, refused.spent.calls) == (0.0, 2)


def test_generate_names_the_budget_that_ran_out(open_model):
    with (
        ScriptedServer(repeat_last_turn) as server,
        pytest.raises(ModelError, match=r"conversation 2 .* budget: calls: 2"),
    ):
        open_model(server, purse=Purse(Budget(calls=2))).generate(ask(3), max_new_tokens=5)


# Limits


def test_requests_are_spread_over_the_minute(open_model):
    time = Time()
    with ScriptedServer(repeat_last_turn) as server:
        model = open_model(server, limits=Limits(requests_per_minute=30), sleep=time.sleep, clock=time)
        assert failures(answer(model, ask(91))) == [""] * 91
    assert 180 <= time.now - 1_000.0 <= 200
    assert max(time.naps) < 3


def test_after_a_request_to_come_back_later_nobody_is_sent_before(open_model):
    time, moments = Time(), []
    refused = itertools.count()

    def reply(_):
        moments.append(time.now)
        return "fine"

    class Refusing(Faults):
        def draw(self, conversation_id, attempt):
            return "rate_limited" if next(refused) == 20 else None

    with ScriptedServer(reply, faults=Refusing(retry_after="30")) as server:
        model = open_model(server, concurrency=4, sleep=time.sleep, clock=time)
        assert failures(answer(model, ask(60))) == [""] * 60
        assert model.usage.retries == 1
    (nap,) = time.naps
    assert 30.0 <= nap <= 33.0
    assert sum(moment < 1_030.0 for moment in moments) <= 20 + 4


def test_a_server_that_bears_few_at_a_time_answers_everything(open_model):
    def reply(_):
        return ScriptedReply(status=503, error={"message": "busy"}) if server.most_at_once > 3 and turn() else "fine"

    counted = itertools.count()

    def turn():
        return next(counted) < 40

    with ScriptedServer(reply) as server:
        model = open_model(server, concurrency=32, attempts=20)
        assert failures(answer(model, ask(300))) == [""] * 300


# Documents


def test_the_documents_of_a_conversation_stand_beside_its_reply_also_when_another_asked_before(open_model, tmp_path):
    with ScriptedServer(repeat_last_turn) as server, Journal(tmp_path / "replies.sqlite") as journal:
        model = open_model(server, journal=journal)
        for documents in (["a"], ["b"], ["a", "b"]):
            answers = answer(model, [ConversationAbout(turns, documents) for turns in ask(3)])
        answer(model, ask(3))
        assert server.requests == 3
        assert [journal.get(one.journal_key).documents for one in answers] == [("a", "b")] * 3
        assert len(journal.keys_about(["b"])) == 3


# Everything at once


def test_through_failures_at_random_every_question_ends_and_none_is_asked_after_its_answer(open_model):
    faults = Faults(seed=3, rate_limited=0.05, errors=0.05, stalls=0.05, cuts=0.05)
    with ScriptedServer(repeat_last_turn, faults=faults) as server:
        model = open_model(server, concurrency=64, timeout_seconds=2.0, attempts=3)
        answers = answer(model, ask(200))
        again, answered = Counter(), set()
        for one in list(server.served):
            again[one.conversation] += one.conversation in answered
            answered |= {one.conversation} if one.outcome == "answered" else set()
    reasons = Counter(failures(answers))
    assert set(reasons) <= {"", "rate_limited", "server_error", "timeout", "cut_connection"}
    assert reasons[""] > 180
    assert [a.reply.text for a in answers if a.reply] == [
        f"Question {number}?" for number, a in enumerate(answers) if not a.failure
    ]
    assert len(answered) == reasons[""]
    assert sum(again.values()) == 0
    assert min(server.outcomes[word] for word in ("rate_limited", "server_error", "cut")) > 2


@pytest.mark.skipif(os.name != "posix", reason="the signal does not exist elsewhere")
def test_a_program_that_is_killed_again_and_again_ends_with_the_same_rows_and_one_purse(tmp_path):
    moments, running = [15, 40, 41, 70], []

    def reply(conversation):
        if moments and server.requests >= moments[0]:
            moments.pop(0)
            running[-1].kill()
        return f"Answer to: {conversation[-1].content}"

    with ScriptedServer(reply) as server:
        while True:
            command = [sys.executable, str(PROGRAM), server.base_url, str(tmp_path), "80"]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            rows, _ = running[-1].communicate(timeout=120)
            if running[-1].returncode == 0:
                break
            assert len(running) < 10
    assert rows.splitlines() == [f"Answer to: Question {number}?" for number in range(80)]
    assert len(running) > 2
    # What was on its way at a kill, or was being written, is asked again, and nothing else.
    assert server.requests <= 80 + (len(running) - 1) * 2 * 4
    assert read_spent(tmp_path / "spent.jsonl").calls >= server.requests
