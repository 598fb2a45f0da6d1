from __future__ import annotations

import json
import string
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.errors import EvaluationError
from glossator.evaluation.metrics import METRICS, check_metrics, metric_label, score_rows

FIXTURE = Path(__file__).parents[1] / "fixtures/metrics/pairs_scored.jsonl"
SHARED = Path(__file__).parents[2].parent / "shared/data/metrics-golden/pairs_scored.jsonl"
TEXT = st.text(alphabet=string.ascii_letters + " .,'-é中", max_size=40)


def golden(path: Path) -> list[dict]:
    if not path.exists():
        pytest.skip("the full set of golden pairs is not beside the checkout")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", [FIXTURE, SHARED], ids=["committed", "shared"])
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("exact_match", lambda row: row["squad_em"]),
        ("token_f1", lambda row: row["squad_f1"]),
        ("rouge1", lambda row: row["rouge"]["rouge1"][2]),
        ("rouge2", lambda row: row["rouge"]["rouge2"][2]),
        ("rougeL", lambda row: row["rouge"]["rougeL"][2]),
    ],
)
def test_metric_agrees_with_its_reference_implementation_on_golden_pairs(path, metric, expected):
    rows = golden(path)
    scores = score_rows(metric, [row["hyp"] for row in rows], [row["ref"] for row in rows])
    assert scores == pytest.approx([expected(row) for row in rows], abs=1e-9)


def test_committed_pairs_hold_both_outcomes_of_exact_match():
    assert {row["squad_em"] for row in golden(FIXTURE)} == {0.0, 1.0}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("reference", ["", "the"])
def test_empty_prediction_scores_zero_even_against_an_empty_reference(metric, reference):
    assert score_rows(metric, ["", "", " "], [reference, "some words", ""]) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("metric", ["exact_match", "token_f1", "contains"])
def test_text_of_which_normalisation_leaves_nothing_scores_zero_against_its_like(metric):
    assert score_rows(metric, ["The."], ["a"]) == [0.0]


@pytest.mark.parametrize("metric", METRICS)
@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_each_score_lies_between_0_and_1_and_does_not_depend_on_other_rows(metric, rows):
    scores = score_rows(metric, [said for said, _ in rows], [expected for _, expected in rows])
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert scores == [score_rows(metric, [said], [expected])[0] for said, expected in rows]


@pytest.mark.parametrize("metric", METRICS)
def test_identical_texts_score_one(metric):
    text = "Tides follow the moon, twice a day."
    assert score_rows(metric, [text], [text]) == pytest.approx([1.0])


def test_exact_match_forgives_case_punctuation_and_articles_only():
    assert score_rows("exact_match", ["The Moon!", "moons"], ["moon", "moon"]) == [1.0, 0.0]


def test_token_f1_counts_a_repeated_word_once_per_occurrence_in_the_reference():
    # "moon moon moon" against "moon tide": one word shared, precision 1/3, recall 1/2.
    assert score_rows("token_f1", ["moon moon moon"], ["moon tide"]) == pytest.approx([0.4])


def test_contains_wants_whole_words():
    predictions = ["It is the moon, of course", "moonlight", "no"]
    assert score_rows("contains", predictions, ["the Moon", "moon", ""]) == [1.0, 0.0, 0.0]


def test_string_similarity_does_not_lose_common_letters_of_long_texts():
    reference = "abcdefghij" * 30
    prediction = "x" + reference
    assert SequenceMatcher(None, reference, prediction).ratio() == 0.0, "the pitfall is gone from difflib"
    assert score_rows("string_similarity", [prediction], [reference]) == pytest.approx([600 / 601])


def test_string_similarity_is_twice_the_common_blocks_over_both_lengths():
    # Common blocks of WIKIMEDIA and WIKIMANIA: WIKIM, then IA: 2 * 7 / 18.
    assert score_rows("string_similarity", ["WIKIMANIA"], ["WIKIMEDIA"]) == pytest.approx([14 / 18])


def test_string_similarity_of_a_reply_that_repeats_itself_is_found():
    (score,) = score_rows("string_similarity", ["the moon " * 250], ["the tide follows the moon " * 30])
    assert 0 < score < 0.6


def test_unknown_metric_is_refused_with_the_known_names_and_the_nearest():
    with pytest.raises(EvaluationError, match=r"'rogueL'.*exact_match.*did you mean rougeL\?"):
        score_rows("rogueL", ["a"], ["a"])


def test_name_of_an_inner_module_is_no_metric():
    with pytest.raises(EvaluationError, match="_squad"):
        check_metrics(["_squad"])


def test_name_unlike_any_metric_gets_no_suggestion():
    with pytest.raises(EvaluationError) as caught:
        check_metrics(["zzzzzz"])
    assert "did you mean" not in str(caught.value)


def test_sequences_of_different_length_are_refused():
    with pytest.raises(EvaluationError, match=r"2 predictions.*1 references"):
        score_rows("token_f1", ["a", "b"], ["a"])


def test_each_metric_has_a_label_and_other_names_stand_for_themselves():
    assert {metric: metric_label(metric) for metric in METRICS}["token_f1"] == "token F1"
    assert all(metric_label(metric) for metric in METRICS)
    assert metric_label("bertscore_f1") == "bertscore_f1"
