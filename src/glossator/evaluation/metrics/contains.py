"""Contains: does the prediction hold the reference word for word?"""

from __future__ import annotations

from collections.abc import Sequence

from glossator.evaluation.metrics._squad import normalised

LABEL = "contains"


def score(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Give 1.0 per row where the normalised reference stands in the normalised prediction at word boundaries, else 0.0.

    Says whether a short answer is in a longer reply; it does not punish what else the reply says, so a model that
    copies its whole prompt does well. A row where nothing is left of the reference scores 0.0.

    Normalisation: Rajpurkar et al. 2016, SQuAD evaluation script v1.1.
    """
    return [_holds(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]


def _holds(prediction: str, reference: str) -> float:
    expected = normalised(reference)
    return float(bool(expected) and f" {expected} " in f" {normalised(prediction)} ")
