"""Takes scores and the document of each, leaves means with intervals that take whole documents as the unit.

Questions about one document share its topic, its style and its parsing errors, so they are not independent. Counting
them one by one would pretend that they are and give intervals that are too narrow. Each end of an interval is the wider
of two:

- the percentile bootstrap over whole documents, each drawn with all its questions. It follows skewed scores, but with k
  documents of equal size it is only about sqrt((k - 1) / k) as wide as it should be, and uses no t quantile on top;
- a t interval with k - 1 degrees of freedom on the cluster-robust standard error of the mean over questions. It knows
  how little a handful of documents tells, but is always symmetric.

With the bootstrap alone, tuning that changes nothing (document effects normal, eight questions a document) was said to
help or hurt at a nominal 5 % in 50, 25, 20, 16, 14, 11 and 8 % of trials with 2, 3, 4, 5, 6, 10 and 20 documents; with
both it is 5 % for each, and 6 % where documents hold 3 to 15 questions. Two things still give too many false claims:
documents of very unequal size (log-normal with sigma 1: 9 % with 2 to 6 documents, 8 % with 10 and with 20) and skewed
effects (exponential: 5 to 8 % at equal sizes, 9 to 12 % at such unequal ones). Hence the caution below `FEW_CLUSTERS`.
Where every document changes by the same amount the interval has no width, since nothing shows how documents differ;
with two or three documents of one question each that happens by chance.

Sources: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapters 8 and 13 (percentile interval, resampling
whole units); Cameron & Miller 2015, "A Practitioner's Guide to Cluster-Robust Inference", Journal of Human Resources
50(2), sections II and VI (the standard error; t with k - 1 degrees of freedom where clusters are few); Cameron, Gelbach
& Miller 2008, "Bootstrap-Based Improvements for Inference with Clustered Errors", Review of Economics and Statistics
90(3), on how little a handful of clusters can tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from glossator.errors import EvaluationError, MissingExtraError
from glossator.evaluation.t_quantile import two_sided_t

FEW_CLUSTERS = 10
"""Below this many documents an interval is to be read with caution: it may be too narrow where they differ much in
size, by simulation nearly twice as many false claims as it promises."""

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
    """Compare two models on the same questions; gives the mean difference with an interval over whole documents.

    Each end is the wider of two. Bootstrap: in each resample as many documents are drawn as there are, with
    replacement, the statistic is the mean over all questions of the drawn documents, and the ends are its percentiles.
    t interval: see `_t_half_width`. Where all scores of both models lie in 0 to 1, the ends are cut to -1 to 1, beyond
    which no difference can lie. The order of the rows does not matter.

    Args:
        base: score of the base model, one per question.
        tuned: score of the tuned model for the same questions, in the same order.
        clusters: the document of each question.
        seed: of the random draws; the same seed and data give the same interval.
        resamples: number of bootstrap resamples.
        confidence: how often such an interval is meant to hold the true difference, between 0 and 1.

    Raises:
        EvaluationError: no questions, sequences of different length, or a score that is not a finite number.
        MissingExtraError: numpy is not installed.

    Sources: see the module's docstring, also for what was measured with few documents.
    """
    _check(confidence, resamples, clusters, base, tuned)
    differences = [after - before for before, after in zip(base, tuned, strict=True)]
    bounds = (-1.0, 1.0) if _are_shares(base) and _are_shares(tuned) else None
    low, high, documents = _ends(
        differences, clusters, bounds=bounds, seed=seed, resamples=resamples, confidence=confidence
    )
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
    """Take one model's scores, one per question; gives their mean with an interval over whole documents.

    The interval is made as in `paired_difference`; where all scores lie in 0 to 1, its ends are cut to 0 to 1. The
    intervals of two models may overlap although one is clearly better on the same questions: to compare models use
    `paired_difference`. Arguments and errors are the same as there.
    """
    _check(confidence, resamples, clusters, scores)
    bounds = (0.0, 1.0) if _are_shares(scores) else None
    low, high, documents = _ends(scores, clusters, bounds=bounds, seed=seed, resamples=resamples, confidence=confidence)
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


def _are_shares(scores: Sequence[float]) -> bool:
    """Whether all scores lie in 0 to 1, so that a mean beyond is impossible."""
    return all(0 <= score <= 1 for score in scores)


def _ends(
    values: Sequence[float],
    clusters: Sequence[str],
    *,
    bounds: tuple[float, float] | None,
    seed: int,
    resamples: int,
    confidence: float,
) -> tuple[float | None, float | None, int]:
    """Take values by cluster, give both ends of the interval of their mean, and the number of clusters."""
    rows = sorted(zip(clusters, values, strict=True))
    grouped = [[value for _, value in members] for _, members in groupby(rows, key=lambda row: row[0])]
    if len(grouped) < 2:
        return None, None, len(grouped)
    sums, counts = [math.fsum(group) for group in grouped], [len(group) for group in grouped]
    means = _resampled_means(sums, counts, seed, resamples)
    tail = (1 - confidence) / 2
    center, half = _mean(values), _t_half_width(sums, counts, confidence)
    low = min(_quantile(means, tail), center - half)
    high = max(_quantile(means, 1 - tail), center + half)
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return low, high, len(grouped)


def _t_half_width(sums: Sequence[float], counts: Sequence[int], confidence: float) -> float:
    """Take sum and size of each of k clusters, give half the width of the t interval of the mean over all values.

    The mean is a ratio, sum of sums over sum of sizes. Linearised, its error is the sum over clusters of
    u = sum - mean * size, over the number of values; its variance is estimated as k / (k - 1) * sum of u squared, over
    the square of that number. The quantile is Student's with k - 1 degrees of freedom.

    Source: Cameron & Miller 2015, their estimator for a regression on a constant, with its k / (k - 1) correction
    (section II) and its degrees of freedom (section VI).
    """
    k, total = len(sums), sum(counts)
    mean = math.fsum(sums) / total
    squares = math.fsum((part - mean * count) ** 2 for part, count in zip(sums, counts, strict=True))
    return two_sided_t(confidence, k - 1) * math.sqrt(k / (k - 1) * squares) / total


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
