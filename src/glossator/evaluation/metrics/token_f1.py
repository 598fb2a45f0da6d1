"""Token F1: how many words do prediction and reference share?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from glossator.evaluation.metrics._squad import normalised

LABEL = "token F1"


def score(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Give per row the harmonic mean of precision and recall over the bags of normalised words, 0 to 1.

    A row where nothing is left of the prediction after normalisation scores 0.0, even against an empty reference.
    That is what the SQuAD v1.1 script does too; the v2.0 script gives 1.0 there, meant for questions without an
    answer, and with it a model that says nothing would be rewarded.

    Source: Rajpurkar et al. 2016, evaluation script v1.1.
    """
    return [_f1(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]


def _f1(prediction: str, reference: str) -> float:
    said, expected = normalised(prediction).split(), normalised(reference).split()
    shared = sum((Counter(said) & Counter(expected)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(said), shared / len(expected)
    return 2 * precision * recall / (precision + recall)
