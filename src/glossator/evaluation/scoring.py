"""Takes predictions with their references, leaves scores: for samples of a run, and for rows of a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from glossator.errors import EvaluationError
from glossator.evaluation.metrics import check_metrics, score_rows
from glossator.records import JsonValue, Prediction, Sample, Score

_LISTED = 5
"""How many bad rows a message names."""


def score_predictions(
    predictions: Sequence[Prediction], samples: Sequence[Sample], metrics: Sequence[str], *, model: str
) -> list[Score]:
    """Score predictions against the reference answers of their samples; gives a score per metric and prediction.

    Args:
        predictions: in any order, each of one of the samples.
        samples: hold the reference answers.
        metrics: names out of `metrics.METRICS`.
        model: `base`, `tuned` or a checkpoint's name, for the record.

    Raises:
        EvaluationError: a metric is unknown, or a prediction belongs to none of the samples.
        MissingExtraError: a metric's library is not installed.
    """
    check_metrics(metrics)
    references = {sample.id: sample.answer for sample in samples}
    strangers = [prediction.sample_id for prediction in predictions if prediction.sample_id not in references]
    if strangers:
        raise EvaluationError(
            f"{len(strangers)} predictions belong to no given sample, such as {strangers[0]}; predict the samples again"
        )
    said = [prediction.text for prediction in predictions]
    expected = [references[prediction.sample_id] for prediction in predictions]
    return [
        Score(sample_id=prediction.sample_id, model=model, metric=metric, value=value)
        for metric in metrics
        for prediction, value in zip(predictions, score_rows(metric, said, expected), strict=True)
    ]


def mean_scores(scores: Iterable[Score]) -> dict[str, float]:
    """Take scores of one model, give the mean per metric, in the order in which the metrics first appear."""
    values: dict[str, list[float]] = {}
    for score in scores:
        values.setdefault(score.metric, []).append(score.value)
    return {metric: _mean(column) for metric, column in values.items()}


def score_file(
    rows: Sequence[JsonValue], metrics: Sequence[str], *, line_numbers: Sequence[int] | None = None
) -> dict[str, JsonValue]:
    """Score rows of a file; gives `{"corpus": {metric: mean}, "rows": [{metric: value}]}`.

    Where at least one row has a group there is also `"groups": {group: {metric: mean}}`, over the rows that have one.

    Args:
        rows: one value per line of the file that is not blank, each `{"prediction": str, "reference": str}` with an
            optional `"group": str`; other keys are let be.
        metrics: names out of `metrics.METRICS`, each used once.
        line_numbers: the line of each row in its file, for messages; without it the rows count as lines from 1 on.

    Raises:
        EvaluationError: no rows, no metrics, an unknown metric, or rows of another shape; the message names the first
            five bad lines and what is wrong with each.
        MissingExtraError: a metric's library is not installed.
    """
    names = list(dict.fromkeys(metrics))
    if not names:
        raise EvaluationError("no metric is named; give at least one")
    check_metrics(names)
    _check_rows(rows, line_numbers or range(1, len(rows) + 1))
    said, expected = [row["prediction"] for row in rows], [row["reference"] for row in rows]
    columns = {metric: score_rows(metric, said, expected) for metric in names}
    result: dict[str, JsonValue] = {
        "corpus": {metric: _mean(column) for metric, column in columns.items()},
        "rows": [{metric: columns[metric][index] for metric in names} for index in range(len(rows))],
    }
    members: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row.get("group") is not None:
            members.setdefault(row["group"], []).append(index)
    if members:
        result["groups"] = {
            group: {metric: _mean([columns[metric][index] for index in members[group]]) for metric in names}
            for group in sorted(members)
        }
    return result


def _check_rows(rows: Sequence[JsonValue], line_numbers: Sequence[int]) -> None:
    if not rows:
        raise EvaluationError('there are no rows to score; give one {"prediction": …, "reference": …} a line')
    faults = [(line, fault) for line, row in zip(line_numbers, rows, strict=True) if (fault := _fault(row))]
    if not faults:
        return
    listed = "; ".join(f"line {line}: {fault}" for line, fault in faults[:_LISTED])
    more = f"; and {len(faults) - _LISTED} more" if len(faults) > _LISTED else ""
    plural = "s" if len(faults) > 1 else ""
    raise EvaluationError(
        f"{len(faults)} of {len(rows)} rows cannot be scored: correct line{plural} {listed[5:]}{more}"
    )


def _fault(row: JsonValue) -> str:
    """Say what is wrong with a row; empty when nothing is."""
    if not isinstance(row, Mapping):
        return f"an object is wanted, not {_kind(row)}"
    for key in ("prediction", "reference"):
        if key not in row:
            return f"{key!r} is missing"
        if not isinstance(row[key], str):
            return f"{key!r} is {_kind(row[key])}, not text"
    if not isinstance(row.get("group"), str | None):
        return f"'group' is {_kind(row['group'])}, not text"
    return ""


def _kind(value: JsonValue) -> str:
    """Name a JSON value's kind as JSON does."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
