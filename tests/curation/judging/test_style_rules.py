"""Rules are read from the words of a style, and hold only what the style says."""

import pytest

from glossator.curation.judging.style_rules import rules_of
from glossator.llm.answer_styles import load_answer_style

BRIEF = load_answer_style("brief").text


def breaches(style, question, answer):
    return list(rules_of(style).breaches(question, answer))


def test_the_packaged_style_allows_two_sentences_and_neither_lists_nor_examples():
    rules = rules_of(BRIEF)
    assert (rules.max_sentences, rules.lists, rules.examples) == (2, False, False)
    assert breaches(BRIEF, "What is wax?", "Wax is what bees build combs from.") == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Great question! Wax is made by bees.", "preamble"),
        ("Sure, here you go: wax is made by bees.", "preamble"),
        ("Wax is made by bees. I hope this helps!", "preamble"),
        ("- Wax\n- Honey", "list"),
        ("Wax is sold by bees, for example in combs.", "example"),
        ("Wax is soft. It melts. Bees make it.", "3 sentences, 2 are allowed"),
    ],
)
def test_each_breach_is_named(answer, said):
    assert any(said in one for one in breaches(BRIEF, "What is wax?", answer))


@pytest.mark.parametrize(
    "answer",
    [
        "Good insulation keeps a hive warm.",
        "Hi-fi systems use amplifiers.",
        "Dear enemies are birds that tolerate others.",
        "Thanks to bees, the trees bear fruit.",
    ],
)
def test_words_that_courtesies_begin_with_are_no_courtesies(answer):
    assert breaches(BRIEF, "What is it?", answer) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("List the products of a hive.", "- Wax\n- Honey"),
        ("Explain why bees swarm.", "The hive is full. The queen is old. They need room."),
        ("Give an example of a product.", "Wax, for example."),
    ],
)
def test_what_the_question_asks_for_is_allowed(question, answer):
    assert breaches(BRIEF, question, answer) == []


def test_a_style_that_rules_nothing_out_is_kept_by_anything_but_courtesies():
    style = "Write in a friendly voice, with examples and lists."
    answer = "- Wax, for example.\n- Honey.\n\nThere is more. And more. And more. And more."
    assert breaches(style, "What?", answer) == []


def test_a_limit_of_words_is_read():
    assert breaches("Answer in at most 5 words.", "What?", "One two three four five six.") == [
        "it has 6 words, 5 are allowed"
    ]
