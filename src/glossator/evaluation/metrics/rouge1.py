"""ROUGE-1: overlap of single words."""

from __future__ import annotations

from collections.abc import Sequence

from glossator.evaluation.metrics._rouge import rouge_f

LABEL = "ROUGE-1"


def score(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Give per row the F-measure of single words shared by prediction and reference, 0 to 1, unstemmed.

    Raises:
        MissingExtraError: rouge-score is not installed.

    Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", as computed by rouge-score.
    """
    return rouge_f("rouge1", predictions, references)
