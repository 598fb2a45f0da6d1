"""Whether a passage leaves a question open is told by its words, with figures from real questions."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from glossator.synthesis.open_questions import told_by_one, why_not_open

XQUAD = Path(__file__).parents[3] / "shared" / "data" / "qa-xquad" / "xquad.en.json"
PASSAGE = "An annealing oven cools a thick dish over 24 hours. A fast change would crack it."


def test_a_question_on_the_subject_that_the_passage_does_not_answer_is_open() -> None:
    assert why_not_open("What does an annealing oven cost?", PASSAGE) is None


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Over how many hours does an annealing oven cool a thick dish?", "answered"),
        ("What would crack a dish that cools fast?", "answered"),
        ("Who painted the Sistine Chapel?", "off_subject"),
        ("Why?", "off_subject"),
    ],
)
def test_a_question_whose_words_stand_together_or_nowhere_is_not(question: str, why: str) -> None:
    assert why_not_open(question, PASSAGE) == why


def test_an_empty_passage_has_no_subject() -> None:
    assert why_not_open("Why is it so?", "") == "off_subject"


def test_what_one_passage_tells_alone_needs_no_other() -> None:
    other = "Borosilicate needs 30 hours."
    assert told_by_one("The oven cools a dish over 24 hours.", [PASSAGE, other])
    assert not told_by_one("Borosilicate needs more hours than a thick dish: 30.", [PASSAGE, other])


@pytest.mark.skipif(not XQUAD.is_file(), reason="needs shared/data beside the repository")
def test_real_questions_are_told_apart_by_their_own_paragraph_and_another_one() -> None:
    draw = random.Random(0)
    own, others = [], []
    for article in json.loads(XQUAD.read_text("utf-8"))["data"]:
        paragraphs = [paragraph["context"] for paragraph in article["paragraphs"]]
        for place, paragraph in enumerate(article["paragraphs"]):
            for row in paragraph["qas"]:
                own.append(why_not_open(row["question"], paragraph["context"]) == "answered")
                other = draw.choice(paragraphs[:place] + paragraphs[place + 1 :])
                others.append(why_not_open(row["question"], other) == "answered")
    assert sum(own) > 0.55 * len(own)
    assert sum(others) < 0.01 * len(others)
