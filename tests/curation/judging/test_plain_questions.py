"""Questions are made of plain sentences only, and say what they are about."""

import random
from pathlib import Path

import pytest

from glossator.curation.judging.plain_questions import ask_plainly, plain_pairs

PAPERS = Path(__file__).parents[3].parent / "shared/data/papers-jose/truth"


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Tidal pools are a habitat of many animals on rocky shores.", "What are Tidal pools?"),
        ("The Modia3D package is useful for a wide range of curricula.", "What is known about the Modia3D package?"),
        ("A hive contains one queen and many thousand workers.", "What is known about a hive?"),
    ],
)
def test_a_sentence_is_asked_about_its_subject(sentence, question):
    assert ask_plainly(sentence, sentence, alone=False) == question


def test_a_first_word_that_the_passage_writes_small_is_written_small():
    sentence = "Students can submit their work through the same web page."
    assert ask_plainly(sentence, f"{sentence} For students, this is easy.", alone=False) == (
        "What is known about students?"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a habitat of many animals on rocky shores.",
        "This package is useful for a wide range of curricula.",
        "We have measured the height of the tide in two places.",
        "After Washington had returned, the fort was given up at once.",
        "The results are shown in the table below for each of the years.",
        "Bees are insects.",
        "E = mc2 is an equation that holds for x_i and y_i as well.",
        "Tidal pools are a habitat of many animals on rocky shores",
    ],
)
def test_a_sentence_that_leans_on_others_is_not_asked_about(sentence):
    assert ask_plainly(sentence, sentence, alone=False) is None


def test_without_a_passage_only_what_has_a_name_is_asked_about():
    named, nameless = "The Modia3D package has 12 modules for a course.", "The package has 12 modules for a course."
    assert ask_plainly(named, named, alone=True) == "What is known about the Modia3D package?"
    assert ask_plainly(nameless, nameless, alone=True) is None


def test_a_passage_gives_one_pair_at_most_and_the_seed_decides_the_order(passages):
    texts = list(passages.values())
    first = list(plain_pairs(texts, random.Random(1), alone=False))
    assert sorted(pair.place for pair in first) == list(range(len(texts)))
    assert first == list(plain_pairs(texts, random.Random(1), alone=False))
    assert first != list(plain_pairs(texts, random.Random(2), alone=False))
    assert all(pair.sentence in texts[pair.place] for pair in first)


@pytest.mark.parametrize("hostile", ["A " * 20_000, "a-" * 20_000 + "is b.", ("Aa " * 30 + "is ") * 500, "“" * 50_000])
def test_hostile_text_gives_nothing_and_does_not_hold_up_the_search(hostile):
    assert list(plain_pairs([hostile] * 5, random.Random(0), alone=False)) == []


@pytest.mark.skipif(not PAPERS.is_dir(), reason="the papers are not there (../shared/data/papers-jose/truth)")
def test_real_papers_give_enough_sentences_to_plant():
    paragraphs = [
        part
        for path in sorted(PAPERS.glob("*.md"))
        for part in path.read_text("utf-8").split("\n\n")
        if len(part) > 200
    ]
    found = list(plain_pairs(paragraphs, random.Random(0), alone=False))
    assert len(found) > 40
    assert all(pair.question.endswith("?") and pair.sentence in paragraphs[pair.place] for pair in found)
