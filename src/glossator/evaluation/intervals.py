"""Takes scores and the document of each, leaves means with intervals: a bootstrap over whole documents.

Questions about one document share its topic, its style and its parsing errors, so they are not independent. Drawing
questions one by one would pretend that they are and give intervals that are too narrow; whole documents are drawn
instead, each with all its questions.

Sources: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapters 8 and 13 (percentile interval, resampling
whole units); Cameron, Gelbach & Miller 2008, "Bootstrap-Based Improvements for Inference with Clustered Errors", Review
of Economics and Statistics 90(3), on how little a handful of clusters can tell. With few clusters (fewer than
`FEW_CLUSTERS`) percentile intervals are too narrow: with k documents of equal size they are about sqrt((k - 1) / k) as
wide as they should be, and they use no t-quantiles on top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from glossator.errors import EvaluationError, MissingExtraError

FEW_CLUSTERS = 6
"""Below this many documents an interval is to be read with caution."""

_CELLS = 4_000_000
"""Upper bound on draws held in memory at once: 32 MB."""


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """The mean score of one model, with its interval."""

    mean: float
    low: float | None
    """Lower end; None where there are fewer than two documents, since nothing can be told from one."""
    high: float | None
    questions: int
    documents: int
    """Number of clusters: documents, or sections where "unseen" means unseen sections."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What tuning changed in one score, question by question, with the interval of the mean difference."""

    mean_base: float
    mean_tuned: float
    difference: float
    """Mean over all questions of tuned minus base."""
    low: float | None
    """Lower end of the interval of `difference`; None where there are fewer than two documents: what would happen on
    another document cannot be told from one."""
    high: float | None
    questions: int
    documents: int
    """Number of clusters: documents, or sections where "unseen" means unseen sections."""
    confidence: float = 0.95


def paired_difference(
    base: Sequence[float],
    tuned: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 10_000,
    confidence: float = 0.95,
) -> Interval:
    """Compare two models on the same questions; gives the mean difference with a bootstrap interval over documents.

    In each resample as many documents are drawn as there are, with replacement, and the statistic is the mean over all
    questions of the drawn documents. The ends are percentiles of that statistic. The order of the rows does not matter.

    Args:
        base: score of the base model, one per question.
        tuned: score of the tuned model for the same questions, in the same order.
        clusters: the document of each question.
        seed: of the random draws; the same seed and data give the same interval.
        resamples: number of bootstrap resamples.
        confidence: share of resamples inside the interval, between 0 and 1.

    Raises:
        EvaluationError: no questions, sequences of different length, or a score that is not a finite number.
        MissingExtraError: numpy is not installed.

    Sources: see the module's docstring, also for why few documents make the interval too narrow.
    """
    _check(confidence, resamples, clusters, base, tuned)
    differences = [after - before for before, after in zip(base, tuned, strict=True)]
    low, high, documents = _ends(differences, clusters, seed=seed, resamples=resamples, confidence=confidence)
    return Interval(
        mean_base=_mean(base),
        mean_tuned=_mean(tuned),
        difference=_mean(differences),
        low=low,
        high=high,
        questions=len(base),
        documents=documents,
        confidence=confidence,
    )


def mean_interval(
    scores: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 10_000,
    confidence: float = 0.95,
) -> MeanInterval:
    """Take one model's scores, one per question; gives their mean with a bootstrap interval over documents.

    The intervals of two models may overlap although one is clearly better on the same questions: to compare models use
    `paired_difference`. Arguments and errors are the same as there.
    """
    _check(confidence, resamples, clusters, scores)
    low, high, documents = _ends(scores, clusters, seed=seed, resamples=resamples, confidence=confidence)
    return MeanInterval(_mean(scores), low, high, questions=len(scores), documents=documents)


def _check(confidence: float, resamples: int, clusters: Sequence[str], *columns: Sequence[float]) -> None:
    if not 0 < confidence < 1:
        raise EvaluationError(f"confidence {confidence} is not between 0 and 1; use 0.95, for example")
    if resamples < 1:
        raise EvaluationError(f"{resamples} resamples give no interval; use 10000, for example")
    if not clusters:
        raise EvaluationError("there are no questions to compute a mean of; check that the split is not empty")
    for column in columns:
        if len(column) != len(clusters):
            raise EvaluationError(f"{len(column)} scores for {len(clusters)} questions; give one score for each")
        for row, value in enumerate(column):
            if not math.isfinite(value):
                raise EvaluationError(f"score {value} in row {row} is not a finite number; check the metric")


def _mean(values: Sequence[float]) -> float:
    # fsum is exact, so the order of the questions cannot show in the last digit.
    return math.fsum(values) / len(values)


def _ends(
    values: Sequence[float], clusters: Sequence[str], *, seed: int, resamples: int, confidence: float
) -> tuple[float | None, float | None, int]:
    """Take values by cluster, give both ends of the percentile interval of their mean, and the number of clusters."""
    rows = sorted(zip(clusters, values, strict=True))
    grouped = [[value for _, value in members] for _, members in groupby(rows, key=lambda row: row[0])]
    if len(grouped) < 2:
        return None, None, len(grouped)
    means = _resampled_means([math.fsum(group) for group in grouped], [len(g) for g in grouped], seed, resamples)
    tail = (1 - confidence) / 2
    return _quantile(means, tail), _quantile(means, 1 - tail), len(grouped)


def _resampled_means(sums: Sequence[float], counts: Sequence[int], seed: int, resamples: int) -> list[float]:
    """Take sum and size of each cluster, give the sorted means of `resamples` draws of whole clusters."""
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtraError("numpy", "evaluate") from error
    generator = np.random.default_rng(seed)
    size = len(sums)
    totals, weights = np.asarray(sums, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    block = max(1, _CELLS // size)
    parts = []
    for start in range(0, resamples, block):
        drawn = generator.integers(0, size, size=(min(block, resamples - start), size))
        parts.append(totals[drawn].sum(axis=1) / weights[drawn].sum(axis=1))
    means: list[float] = np.sort(np.concatenate(parts)).tolist()
    return means


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Interpolate linearly between the two nearest of the sorted values."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
