"""A question is parted from its passage as the student's prompt was composed, blank lines and all."""

from dataclasses import replace

import pytest

from glossator.curation.turns import Turn, turns_of
from glossator.llm.chat_format import student_messages
from glossator.records import Message

PASSAGE = "Moles dug here.\n\nQuestion: who else? Cats did not."
ASKED = "Given this list:\n\n- moles\n- cats\n\nwho dug?"


@pytest.fixture
def build(make_sample):
    def one(*later, asked=ASKED, passage=PASSAGE):
        turns = [*student_messages(asked, context=passage), Message("assistant", "Moles.")]
        for question in later:
            turns += [Message("user", question), Message("assistant", "Here.")]
        question = later[-1] if later else asked
        messages = (Message("system", "Be short."), *turns)
        return replace(make_sample(question, context="chunk" if passage else "none"), messages=messages)

    return one


def test_a_question_with_a_blank_line_keeps_its_beginning(build):
    assert turns_of(build()) == [Turn("user", ASKED, PASSAGE), Turn("assistant", "Moles.")]


def test_in_a_conversation_only_the_first_question_has_a_passage_and_later_ones_are_whole(build):
    first = "Given a list:\n\nwho dug?"
    turns = turns_of(build("Think again.\n\nWhere?", "And then:\n\nWhen?", asked=first, passage="Moles dug here."))
    assert [turn.said for turn in turns if turn.role == "user"] == [
        first,
        "Think again.\n\nWhere?",
        "And then:\n\nWhen?",
    ]
    assert [turn.passage for turn in turns] == ["Moles dug here.", "", "", "", "", ""]


def test_without_a_passage_every_turn_is_what_it_says(build):
    turns = turns_of(build("Or:\n\nwhere?", passage=None))
    assert [turn.said for turn in turns] == [ASKED, "Moles.", "Or:\n\nwhere?", "Here."]
    assert not any(turn.passage for turn in turns)


def test_in_a_prompt_of_another_form_the_passage_is_what_stands_before_the_question(make_sample):
    sample = make_sample("Who dug?", "Moles.", context="chunk")
    messages = (Message("user", "Read this. Moles dug.\nWho dug?"), sample.messages[-1])
    assert turns_of(replace(sample, messages=messages)) == [
        Turn("user", "Who dug?", "Read this. Moles dug."),
        Turn("assistant", "Moles."),
    ]
