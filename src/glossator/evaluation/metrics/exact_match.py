"""Exact match: is the prediction the reference, word for word?"""

from __future__ import annotations

from collections.abc import Sequence

from glossator.evaluation.metrics._squad import normalised

LABEL = "exact match"


def score(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Give 1.0 per row where prediction and reference are equal after SQuAD normalisation, else 0.0.

    Differs from the SQuAD v1.1 script in one case: where nothing is left of the prediction after normalisation, the
    row scores 0.0 even if nothing is left of the reference either. The script gives 1.0 there, which rewards a model
    that says nothing.

    Source: Rajpurkar et al. 2016, evaluation script v1.1.
    """
    return [_matches(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]


def _matches(prediction: str, reference: str) -> float:
    said = normalised(prediction)
    return float(bool(said) and said == normalised(reference))
