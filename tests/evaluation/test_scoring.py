from __future__ import annotations

import json

import pytest

from glossator.errors import EvaluationError
from glossator.evaluation.scoring import mean_scores, score_file, score_predictions
from glossator.records import Prediction

ROWS = [
    {"prediction": "the moon", "reference": "moon", "group": "tides"},
    {"prediction": "the sun", "reference": "moon", "group": "tides", "note": "kept aside"},
    {"prediction": "a moon of Mars", "reference": "moon"},
]


def test_rows_and_their_means_are_scored_by_each_metric():
    result = score_file(ROWS, ["exact_match", "token_f1"])
    assert result["rows"] == [
        {"exact_match": 1.0, "token_f1": 1.0},
        {"exact_match": 0.0, "token_f1": 0.0},
        {"exact_match": 0.0, "token_f1": pytest.approx(0.5)},
    ]
    assert result["corpus"] == {"exact_match": pytest.approx(1 / 3), "token_f1": pytest.approx(0.5)}
    assert json.loads(json.dumps(result)) == result


def test_groups_are_averaged_over_the_rows_that_have_one():
    assert score_file(ROWS, ["token_f1"])["groups"] == {"tides": {"token_f1": 0.5}}


def test_rows_without_groups_give_no_group_means():
    rows = [{"prediction": "a", "reference": "b", "group": None}]
    assert "groups" not in score_file(rows, ["token_f1"])


def test_metric_named_twice_is_scored_once():
    assert score_file(ROWS, ["token_f1", "token_f1"])["corpus"] == {"token_f1": pytest.approx(0.5)}


def test_bad_rows_are_named_by_line_with_what_is_wrong_five_at_most():
    good = {"prediction": "a", "reference": "b"}
    bad = [{"reference": "b"}, ["a"], {"prediction": None, "reference": "b"}, {"prediction": "a", "reference": 3}]
    rows = [good, *bad, good, {**good, "group": 7}, {}, {}]
    with pytest.raises(EvaluationError) as caught:
        score_file(rows, ["token_f1"])
    message = str(caught.value)
    assert message.startswith("7 of 9 rows cannot be scored")
    assert "line 2: 'prediction' is missing" in message.replace("lines", "line")
    assert "line 3: an object is wanted, not a list" in message
    assert "line 4: 'prediction' is null, not text" in message
    assert "line 5: 'reference' is a number, not text" in message
    assert "line 7: 'group' is a number, not text" in message
    assert "line 8" not in message
    assert message.endswith("and 2 more")
    assert "\n" not in message


def test_bad_rows_are_named_by_the_lines_they_stand_on():
    rows = [{"prediction": "a", "reference": "b"}, {"prediction": "a"}]
    with pytest.raises(EvaluationError, match="correct line 7: 'reference' is missing"):
        score_file(rows, ["token_f1"], line_numbers=[3, 7])


@pytest.mark.parametrize(
    ("rows", "metrics", "message"),
    [([], ["token_f1"], "no rows"), (ROWS, [], "no metric"), (ROWS, ["token_fl"], "did you mean token_f1")],
)
def test_nothing_to_score_is_an_error(rows, metrics, message):
    with pytest.raises(EvaluationError, match=message):
        score_file(rows, metrics)


def test_predictions_are_scored_against_the_answers_of_their_own_samples(make_sample):
    samples = [make_sample("s1", answer="moon"), make_sample("s2", answer="sun")]
    predictions = [Prediction(name, "m", None, "r", text, 1, 1, 0.1) for name, text in (("s2", "sun"), ("s1", "sun"))]
    scores = score_predictions(predictions, samples, ["exact_match", "token_f1"], model="base")
    assert [(s.sample_id, s.model, s.metric, s.value) for s in scores] == [
        ("s2", "base", "exact_match", 1.0),
        ("s1", "base", "exact_match", 0.0),
        ("s2", "base", "token_f1", 1.0),
        ("s1", "base", "token_f1", 0.0),
    ]
    assert mean_scores(scores) == {"exact_match": 0.5, "token_f1": 0.5}


def test_prediction_of_an_unknown_sample_is_an_error(make_sample):
    with pytest.raises(EvaluationError, match="ghost"):
        score_predictions(
            [Prediction("ghost", "m", None, "r", "x", 1, 1, 0.1)], [make_sample("s")], ["token_f1"], model="b"
        )
