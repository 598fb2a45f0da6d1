from __future__ import annotations

import pytest

from glossator.errors import EvaluationError
from glossator.evaluation.select import select_checkpoint


def test_checkpoint_with_the_best_weighted_mean_is_chosen():
    scores = {
        "checkpoint-100": {"token_f1": 0.5, "rougeL": 0.1},
        "checkpoint-200": {"token_f1": 0.3, "rougeL": 0.6},
        "checkpoint-300": {"token_f1": 0.2, "rougeL": 0.2},
    }
    by_f1 = select_checkpoint(scores, {"token_f1": 3, "rougeL": 1})
    assert by_f1.chosen == "checkpoint-100"
    assert [(row.name, row.score) for row in by_f1.ranking] == [
        ("checkpoint-100", pytest.approx(0.4)),
        ("checkpoint-200", pytest.approx(0.375)),
        ("checkpoint-300", pytest.approx(0.2)),
    ]
    assert select_checkpoint(scores, {"token_f1": 1, "rougeL": 3}).chosen == "checkpoint-200"


def test_of_equal_checkpoints_the_one_with_fewer_steps_is_chosen_by_number_not_by_letter():
    scores = {name: {"f": 0.1 + 0.2} for name in ("final", "checkpoint-1000", "checkpoint-200")}
    ranking = select_checkpoint(scores, {"f": 1}).ranking
    assert [row.name for row in ranking] == ["checkpoint-200", "checkpoint-1000", "final"]


def test_difference_in_the_last_bit_is_a_tie():
    scores = {"step-20": {"a": 0.1 + 0.2, "b": 0.0}, "step-10": {"a": 0.3, "b": 0.0}}
    assert select_checkpoint(scores, {"a": 1, "b": 1}).chosen == "step-10"


def test_metric_of_weight_zero_need_not_be_there():
    assert select_checkpoint({"c-1": {"a": 0.5}}, {"a": 1, "bertscore_f1": 0}).ranking[0].score == 0.5


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ({}, {"a": 1}, "no checkpoint"),
        ({"c-1": {"a": 0.5}}, {}, "at least one"),
        ({"c-1": {"a": 0.5}}, {"a": 0}, "at least one"),
        ({"c-1": {"a": 0.5}}, {"a": -1}, "weight -1 of metric 'a'"),
        ({"c-1": {"a": 0.5}}, {"b": 1}, "'c-1' has no dev score for metric 'b'; it has a"),
        ({"c-1": {"a": float("nan")}}, {"a": 1}, "not a number"),
    ],
)
def test_choice_that_cannot_be_made_is_refused_with_the_reason(scores, weights, message):
    with pytest.raises(EvaluationError, match=message):
        select_checkpoint(scores, weights)
