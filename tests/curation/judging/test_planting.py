"""Planted pairs are good or bad in one known way, and look alike otherwise."""

from collections import Counter

import pytest

from glossator.curation.judging.claims import claims_of, numbers_of
from glossator.curation.judging.planting import BAD_KINDS, Asked, PlantedPassage, plant
from glossator.curation.judging.style_rules import rules_of
from glossator.llm.answer_styles import load_answer_style

BRIEF = load_answer_style("brief").text
PLAIN, STYLED = Asked("chunk", None), Asked("chunk", BRIEF)


@pytest.fixture
def ground(passages):
    return [PlantedPassage(text, subject) for subject, text in passages.items()]


def test_as_many_bad_ones_as_good_ones_are_made_and_no_more_than_wanted(ground):
    planted = plant(ground, [PLAIN], count=4, seed=3)
    assert sum(one.kind == "good" for one in planted) == sum(one.kind != "good" for one in planted) == 4


def test_kinds_of_bad_ones_take_turns(ground):
    kinds = Counter(one.kind for one in plant(ground, [STYLED], count=5, seed=1))
    assert kinds == {"good": 5, **dict.fromkeys(BAD_KINDS, 1)}


def test_a_style_is_broken_only_where_there_is_one(ground):
    kinds = {one.kind for seed in range(10) for one in plant(ground, [PLAIN], count=6, seed=seed)}
    assert kinds == {"good", *BAD_KINDS} - {"style_break"}


@pytest.mark.parametrize("seed", range(5))
def test_each_planted_pair_is_what_its_kind_says(ground, passages, seed):
    for one in plant(ground, [STYLED], count=6, seed=seed):
        case, passage = one.case, one.case.passages[0]
        quoted = case.answer in passage
        in_style = not list(rules_of(BRIEF).breaches(case.question, case.answer))
        if one.kind == "good":
            assert quoted
            assert in_style
        elif one.kind == "other_passage":
            assert not quoted
            assert any(case.answer in text for text in passages.values())
        elif one.kind == "number_changed":
            assert numbers_of(case.answer) - numbers_of(passage)
        elif one.kind == "denied":
            assert claims_of(case.answer).denied
        elif one.kind == "unanswerable":
            assert quoted
            assert not (claims_of(case.question).words - {"known"}) & claims_of(passage).words
        else:
            assert one.kind == "style_break"
            assert not in_style


def test_the_seed_decides_all(ground):
    assert plant(ground, [STYLED], count=6, seed=1) == plant(ground, [STYLED], count=6, seed=1)
    assert plant(ground, [STYLED], count=6, seed=1) != plant(ground, [STYLED], count=6, seed=2)


def test_planted_pairs_have_the_forms_of_the_run(ground):
    forms = [Asked("none", BRIEF), Asked("chunk", None)]
    planted = [one.case for seed in range(5) for one in plant(ground, forms, count=6, seed=seed)]
    assert {(case.context, case.style) for case in planted} == {("none", BRIEF), ("chunk", None)}
    assert all(case.document_ids for case in planted)


@pytest.mark.parametrize("texts", [[], [""], ["Nothing plain."], ["12 34 56"]])
def test_passages_without_plain_sentences_give_none(texts):
    assert plant([PlantedPassage(text, "d") for text in texts], [PLAIN], count=5, seed=0) == []


def test_none_are_made_where_none_are_wanted(ground):
    assert plant(ground, [PLAIN], count=0, seed=0) == []
    assert plant(ground, [], count=5, seed=0) == []
