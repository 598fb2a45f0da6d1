"""ROUGE-L: the longest common subsequence of words."""  # noqa: N999 - a metric's file is spelled like its key

from __future__ import annotations

from collections.abc import Sequence

from glossator.evaluation.metrics._rouge import rouge_f

LABEL = "ROUGE-L"


def score(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Give per row the F-measure of the longest common subsequence of words, 0 to 1, unstemmed.

    The whole text is one sequence; line breaks do not matter.

    Raises:
        MissingExtraError: rouge-score is not installed.

    Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", as computed by rouge-score.
    """
    return rouge_f("rougeL", predictions, references)
