from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.errors import EvaluationError
from glossator.evaluation.intervals import mean_interval, paired_difference

SCORE = st.floats(0, 1, allow_nan=False)
ROWS = st.lists(st.tuples(SCORE, SCORE, st.sampled_from("abcdefg")), min_size=1, max_size=40)


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


@given(rows=ROWS)
@settings(max_examples=40, deadline=None)
def test_identical_scores_give_no_difference_and_an_interval_without_width(rows):
    base, _, clusters = columns(rows)
    interval = paired_difference(base, base, clusters, resamples=200)
    assert interval.difference == 0.0
    assert interval.mean_base == interval.mean_tuned
    expected = None if len(set(clusters)) < 2 else 0.0
    assert (interval.low, interval.high) == (expected, expected)


@given(rows=ROWS, random=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_of_the_questions_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    first = paired_difference(*columns(rows), resamples=300)
    second = paired_difference(*columns(shuffled), resamples=300)
    assert first == second


@given(rows=ROWS)
@settings(max_examples=40, deadline=None)
def test_swapping_base_and_tuned_turns_the_difference_round(rows):
    base, tuned, clusters = columns(rows)
    forth = paired_difference(base, tuned, clusters, resamples=100)
    back = paired_difference(tuned, base, clusters, resamples=100)
    assert forth.difference == -back.difference
    if forth.low is not None:
        assert forth.low == pytest.approx(-back.high, abs=1e-12)
        assert forth.low <= forth.high


@given(rows=ROWS, shift=st.floats(0.01, 0.5))
@settings(max_examples=40, deadline=None)
def test_shift_of_every_question_is_found_exactly(rows, shift):
    base, _, clusters = columns(rows)
    interval = paired_difference(base, [value + shift for value in base], clusters, resamples=100)
    assert interval.difference == pytest.approx(shift)
    if interval.low is not None:
        assert (interval.low, interval.high) == pytest.approx((shift, shift))


def test_planted_improvement_under_noise_lies_above_zero():
    noise = random.Random(1)
    clusters = [f"d{index % 12}" for index in range(120)]
    base = [noise.uniform(0, 0.6) for _ in clusters]
    tuned = [value + 0.15 + noise.gauss(0, 0.2) for value in base]
    interval = paired_difference(base, tuned, clusters)
    assert 0 < interval.low < interval.difference < interval.high
    assert (interval.questions, interval.documents) == (120, 12)


def test_interval_widens_when_the_answers_within_a_document_agree():
    noise = random.Random(2)
    documents = [f"d{index // 10:02}" for index in range(200)]
    effect = {document: noise.gauss(0, 0.2) for document in documents}
    tuned = [effect[document] + noise.gauss(0, 0.05) for document in documents]
    base = [0.0] * len(tuned)
    clustered = paired_difference(base, tuned, documents)
    single = paired_difference(base, tuned, [str(index) for index in range(200)])
    # Ten questions that agree count as one: the width grows by almost the square root of ten.
    assert 2.5 < (clustered.high - clustered.low) / (single.high - single.low) < 3.5


def test_interval_of_single_questions_agrees_with_the_normal_theory():
    generator = np.random.default_rng(3)
    values = generator.normal(0, 1, size=400)
    interval = mean_interval(values.tolist(), [str(index) for index in range(400)])
    half = 1.96 * values.std(ddof=1) / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.01)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.01)


def test_documents_of_unequal_size_are_weighed_by_their_questions():
    interval = paired_difference([0.0] * 4, [1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"])
    assert interval.difference == 0.75
    assert (interval.low, interval.high) == (0.0, 1.0)


@pytest.mark.parametrize(("documents", "expected"), [(30, (0.90, 0.97)), (5, (0.75, 0.91))])
def test_coverage_is_near_nominal_for_many_documents_and_too_low_for_few(documents, expected):
    generator = np.random.default_rng(4)
    clusters = [f"d{index % documents}" for index in range(documents * 4)]
    hits = 0
    for trial in range(300):
        effects = generator.normal(0.1, 0.2, size=documents)
        tuned = [effects[index % documents] + generator.normal(0, 0.1) for index in range(len(clusters))]
        interval = paired_difference([0.0] * len(tuned), tuned, clusters, seed=trial, resamples=500)
        hits += interval.low <= 0.1 <= interval.high
    assert expected[0] <= hits / 300 <= expected[1]


def test_one_document_gives_means_but_no_interval():
    interval = paired_difference([0.1, 0.2], [0.5, 0.6], ["only", "only"])
    assert interval.difference == pytest.approx(0.4)
    assert (interval.low, interval.high, interval.documents) == (None, None, 1)
    assert mean_interval([0.5, 0.7], ["only", "only"]).low is None


def test_same_seed_gives_the_same_interval_and_another_seed_hardly_another():
    noise = random.Random(5)
    clusters = [f"d{index % 20}" for index in range(100)]
    base, tuned = [[noise.random() for _ in clusters] for _ in range(2)]
    first, again, other = (paired_difference(base, tuned, clusters, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.low != other.low
    assert first.low == pytest.approx(other.low, abs=0.01)


def test_higher_confidence_gives_a_wider_interval():
    tuned = [0.1 * (index % 7) for index in range(50)]
    clusters = [f"d{index % 10}" for index in range(50)]
    wide, narrow = (mean_interval(tuned, clusters, confidence=confidence) for confidence in (0.99, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_blocks_of_draws_give_what_one_block_gives(monkeypatch):
    tuned = [0.1 * (index % 7) for index in range(50)]
    clusters = [f"d{index % 10}" for index in range(50)]
    whole = mean_interval(tuned, clusters)
    monkeypatch.setattr("glossator.evaluation.intervals._CELLS", 1_000)
    assert mean_interval(tuned, clusters) == whole


def test_ten_thousand_resamples_of_a_hundred_documents_take_well_under_a_second():
    clusters = [f"d{index % 100}" for index in range(2000)]
    values = [float(index % 3) for index in range(2000)]
    mean_interval(values, clusters)
    started = time.perf_counter()
    mean_interval(values, clusters)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("base", "tuned", "clusters", "message"),
    [
        ([], [], [], "no questions"),
        ([0.1], [0.1, 0.2], ["a", "b"], "1 scores for 2 questions"),
        ([0.1, float("nan")], [0.1, 0.2], ["a", "b"], "score nan in row 1"),
    ],
)
def test_scores_that_give_no_mean_are_refused(base, tuned, clusters, message):
    with pytest.raises(EvaluationError, match=message):
        paired_difference(base, tuned, clusters)


@pytest.mark.parametrize("options", [{"confidence": 95}, {"resamples": 0}])
def test_settings_that_give_no_interval_are_refused(options):
    with pytest.raises(EvaluationError, match="use"):
        mean_interval([0.1], ["a"], **options)
