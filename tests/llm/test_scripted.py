"""A model that answers from a script."""

import itertools

import pytest

from glossator.errors import ModelError
from glossator.llm.scripted import ScriptedModel
from glossator.records import Message


def ask(*questions):
    return [(Message("user", question),) for question in questions]


def texts(replies):
    return [reply.text for reply in replies]


def test_a_list_is_given_out_in_order_across_calls_and_then_runs_dry():
    model = ScriptedModel(["one", "two", "three"])
    assert texts(model.generate(ask("a", "b"), max_new_tokens=9)) == ["one", "two"]
    assert texts(model.generate(ask("c"), max_new_tokens=9)) == ["three"]
    with pytest.raises(ModelError, match="holds 3 replies"):
        model.generate(ask("d"), max_new_tokens=9)


def test_the_longest_piece_that_occurs_decides_in_a_mapping():
    model = ScriptedModel({"colour": "blue", "colour of grass": "green", "": "no idea"})
    questions = ask("Which colour?", "The colour of grass?", "Why?")
    assert texts(model.generate(questions, max_new_tokens=9)) == ["blue", "green", "no idea"]
    with pytest.raises(ModelError, match="no reply to 'Why"):
        ScriptedModel({"colour": "blue"}).generate(ask("Why?"), max_new_tokens=9)


def test_a_function_sees_the_whole_conversation_and_everything_asked_is_kept():
    model = ScriptedModel(lambda turns: " / ".join(turn.role for turn in turns), name="roles")
    conversation = (Message("system", "Be brief."), Message("user", "Why?"))
    assert texts(model.generate([conversation], max_new_tokens=9)) == ["system / user"]
    assert model.asked == [conversation]
    assert model.name == "roles"


def test_replies_are_cut_to_the_token_limit_and_progress_adds_up():
    done = []
    reply, _ = ScriptedModel(["a b c d", "e"]).generate(ask("x y", "z"), max_new_tokens=2, on_progress=done.append)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("a b", 2, 2)
    assert sum(done) == 2


def test_answers_come_one_at_a_time_and_fail_as_a_servers_would():
    model = ScriptedModel({"long": "a b c d", "silent": " ", "": " as it is\n"})
    endless = ((Message("user", question),) for question in itertools.cycle(["why", "long", "silent"]))
    answers = model.answer(endless, schema={"type": "object"}, max_new_tokens=3)
    first, second, third = itertools.islice(answers, 3)
    assert (first.reply.text, first.reply.tokens_out, first.failure, first.journal_key) == (" as it is\n", 3, "", None)
    assert (second.reply, second.failure) == (None, "truncated")
    assert (third.reply, third.failure) == (None, "empty_reply")
    assert len(model.asked) == 3
