"""ROUGE F-measures by the rouge-score library, shared by the metrics named after its variants."""

from __future__ import annotations

from collections.abc import Sequence

from glossator.errors import MissingExtraError


def rouge_f(variant: str, predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Score each prediction against its reference with one ROUGE variant; gives the F-measure, 0 to 1, per row.

    Tokens are runs of a-z and 0-9 after lower-casing; there is no stemming. Text without such characters (Chinese,
    Greek, …) has no tokens and scores 0.

    Args:
        variant: `rouge1`, `rouge2` or `rougeL`, as the library spells them.
        predictions: what the model said.
        references: what it should have said, row by row.

    Raises:
        MissingExtraError: rouge-score is not installed.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtraError("rouge_score", "evaluate") from error
    scorer = RougeScorer([variant], use_stemmer=False)
    pairs = zip(predictions, references, strict=True)
    return [float(scorer.score(reference, prediction)[variant].fmeasure) for prediction, reference in pairs]
