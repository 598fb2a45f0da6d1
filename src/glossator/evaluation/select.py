"""Takes the dev scores of all checkpoints, leaves the chosen one and the ranking."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from glossator.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class RankedCheckpoint:
    """One checkpoint's place."""

    name: str
    score: float
    """Weighted mean of its dev scores."""
    metrics: Mapping[str, float]
    """The dev scores it was weighed by, mean over all dev questions, by metric."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of choosing a checkpoint."""

    chosen: str
    ranking: tuple[RankedCheckpoint, ...]
    """Best first."""


def select_checkpoint(scores: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]) -> Selection:
    """Rank checkpoints by the weighted mean of their dev scores; gives the best one and the whole ranking.

    Weights need not sum to 1. Of equal checkpoints the one with fewer steps comes first (the number at the end of its
    name; a name without one counts as latest, and among those the order of `scores` decides). Scores of the test split
    have no business here: a choice made on them would make the verdict too good.

    Args:
        scores: by checkpoint name, the mean of each metric over the dev questions.
        weights: by metric, a number from 0 on; at least one above 0.

    Raises:
        EvaluationError: no checkpoint, no usable weight, or a weighted metric that a checkpoint has no number for.
    """
    if not scores:
        raise EvaluationError("there is no checkpoint to choose from; check that training saved at least one")
    used = _usable_weights(weights)
    total = math.fsum(used.values())
    ranked = []
    for position, (name, metrics) in enumerate(scores.items()):
        values = {metric: _value(name, metrics, metric) for metric in used}
        # Rounded so that checkpoints with the same answers tie, whatever the order of the sums.
        score = round(math.fsum(used[metric] * value for metric, value in values.items()) / total, 12)
        ranked.append(((-score, _steps(name), position), RankedCheckpoint(name, score, dict(metrics))))
    ranking = tuple(checkpoint for _, checkpoint in sorted(ranked, key=lambda pair: pair[0]))
    return Selection(chosen=ranking[0].name, ranking=ranking)


def _usable_weights(weights: Mapping[str, float]) -> dict[str, float]:
    for metric, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise EvaluationError(f"weight {weight} of metric {metric!r} is not a number from 0 on; correct select_by")
    used = {metric: weight for metric, weight in weights.items() if weight > 0}
    if not used:
        raise EvaluationError("no metric has a weight above 0; name at least one to choose checkpoints by")
    return used


def _value(name: str, metrics: Mapping[str, float], metric: str) -> float:
    if metric not in metrics:
        known = ", ".join(sorted(metrics)) or "none"
        raise EvaluationError(f"checkpoint {name!r} has no dev score for metric {metric!r}; it has {known}")
    value = metrics[metric]
    if not math.isfinite(value):
        raise EvaluationError(f"checkpoint {name!r} has dev score {value} for metric {metric!r}, which is not a number")
    return value


def _steps(name: str) -> float:
    digits = re.search(r"(\d+)$", name)
    return int(digits.group(1)) if digits else math.inf
