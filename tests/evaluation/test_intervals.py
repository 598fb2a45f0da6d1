from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_few_documents_get_the_t_interval_of_their_means():
    # Three documents of two questions: means 0, 2 and 4, so standard error 2 / sqrt(3); t with 2 degrees is 4.302653.
    interval = mean_interval([-1, 1, 2, 2, 5, 3], list("aabbcc"))
    half = 4.302652729911275 * 2 / math.sqrt(3)
    assert (interval.low, interval.high) == pytest.approx((2 - half, 2 + half))


def test_standard_error_is_that_of_a_ratio_where_documents_differ_in_size():
    # u = sum - mean * size is 0.75 and -0.75; sqrt(2 * (0.75² + 0.75²)) / 4 = 0.375; t with 1 degree is 12.706205.
    interval = mean_interval([11.0, 11.0, 11.0, 10.0], list("aaab"))
    half = 12.706204736432095 * 0.375
    assert (interval.low, interval.high) == pytest.approx((10.75 - half, 10.75 + half))


def test_each_end_is_the_wider_of_bootstrap_and_t_interval():
    # Two outliers of sixty: upwards the bootstrap reaches five of them, downwards none.
    values = [30.0] * 2 + [0.0] * 58
    interval = mean_interval(values, [str(index) for index in range(60)])
    half = 2.0009953780882688 * np.std(values, ddof=1) / math.sqrt(60)
    assert interval.low == pytest.approx(1 - half)
    assert interval.low < 0
    assert interval.high == 2.5
    assert interval.high > 1 + half


def test_ends_stay_where_a_mean_of_scores_can_lie():
    clusters = ["a", "b"]
    assert (mean_interval([0.2, 1.0], clusters).low, mean_interval([0.2, 1.0], clusters).high) == (0.0, 1.0)
    interval = paired_difference([0.1, 0.2], [0.2, 1.0], clusters)
    assert (interval.low, interval.high) == (-1.0, 1.0)
    beyond = paired_difference([0.1, 0.2], [0.2, 1.1], clusters)
    assert beyond.low < -1
    assert beyond.high > 1


@pytest.mark.parametrize("documents", [2, 3, 4, 5, 6, 10, 20])
@pytest.mark.parametrize(("sizes", "most"), [("equal", 0.085), ("unequal", 0.10)])
def test_tuning_that_changes_nothing_is_seldom_said_to_help_or_hurt(documents, sizes, most):
    generator = np.random.default_rng(documents)
    trials, claims = 500, 0
    for trial in range(trials):
        counts = [8] * documents if sizes == "equal" else generator.integers(3, 16, size=documents)
        clusters = [f"d{index}" for index, count in enumerate(counts) for _ in range(count)]
        effects = np.repeat(generator.normal(0, 0.2, size=documents), counts)
        tuned = effects + generator.normal(0, 0.3, size=len(clusters))
        interval = paired_difference([0.0] * len(clusters), tuned.tolist(), clusters, seed=trial, resamples=200)
        claims += interval.low > 0 or interval.high < 0
    # Nominal 5 %; the standard error of 500 trials is 1 %.
    assert 0.02 <= claims / trials <= most


def test_one_document_gives_means_but_no_interval():
    interval = paired_difference([0.1, 0.2], [0.5, 0.6], ["only", "only"])
    assert interval.difference == pytest.approx(0.4)
    assert (interval.low, interval.high, interval.documents) == (None, None, 1)
    assert mean_interval([0.5, 0.7], ["only", "only"]).low is None


def test_same_seed_gives_the_same_interval_and_another_seed_hardly_another():
    # Skewed, so that the bootstrap decides the upper end.
    noise = random.Random(5)
    values = [noise.lognormvariate(0, 1.5) for _ in range(100)]
    clusters = [f"d{index}" for index in range(100)]
    first, again, other = (mean_interval(values, clusters, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.high != other.high
    assert first.high == pytest.approx(other.high, rel=0.05)


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
