"""Pairs that speak of the text they came from are found, whoever wrote them."""

from dataclasses import replace

import pytest

from glossator.curation.filters import SelfContained


def reasons(found):
    return [reject.reason for reject in found[1]]


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("What does this paper propose?", "A bridge.", "question"),
        ("What is shown in the table above?", "Stone.", "question"),
        ("Why is stone used?", "The authors say that it lasts.", "answer"),
        ("Why is stone used?", "See Figure 3.", "answer"),
    ],
)
def test_without_a_text_neither_question_nor_answer_may_speak_of_one(make_sample, make_pair, question, answer, reason):
    assert reasons(SelfContained()([make_sample(question, answer), make_pair(question, answer)])) == [reason, reason]


def test_with_a_text_only_the_question_is_looked_at_and_only_for_the_passage(make_pair):
    about = {"passage": "Some text."}
    kept = [make_pair("What do the authors propose?", "The passage says stone.", **about)]
    gone = make_pair("What does the passage propose?", "Stone.", **about)
    found = SelfContained()([*kept, gone])
    assert found[0] == kept
    assert found[1][0].detail == "'the passage'"


def test_a_fixed_question_may_name_the_passage_it_is_put_to(make_sample):
    persona = make_sample("Explain this passage to me.", "It is like a wall.", context="chunk", task="plain")
    assert SelfContained()([persona]) == ([persona], [])
    assert reasons(SelfContained()([replace(persona, context="none")])) == ["question"]


def test_an_answer_of_several_sentences_may_point_at_its_own_parts(make_pair):
    own = make_pair(
        "What are the signs of gout?", "There are many. The table below lists them: pain. As mentioned above."
    )
    other = make_pair("What are the signs of gout?", "There are many. They are listed in the table.")
    assert SelfContained()([own]) == ([own], [])
    assert reasons(SelfContained()([other])) == ["answer"]
