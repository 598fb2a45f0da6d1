"""Takes predictions and references, leaves one number per row: one metric a file, all with the same signature.

A metric is a module of this package that holds `LABEL`, how it is called in prose, and
`score(predictions, references) -> list[float]`. Putting a file here makes a metric; files that start with an
underscore hold what several metrics share.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from glossator.errors import EvaluationError

METRICS: tuple[str, ...] = tuple(
    sorted((module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")), key=str.lower)
)
"""The names of all metrics, in alphabetical order."""


def score_rows(metric: str, predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """Score each prediction against the reference of the same row; gives one number per row, in order.

    Args:
        metric: one of `METRICS`.
        predictions: what the model said.
        references: what it should have said.

    Raises:
        EvaluationError: the metric is unknown, or the two sequences differ in length.
        MissingExtraError: the metric's library is not installed.
    """
    module = _load(metric)
    if len(predictions) != len(references):
        raise EvaluationError(
            f"{len(predictions)} predictions cannot be scored against {len(references)} references; give one for each"
        )
    values: list[float] = module.score(predictions, references)
    return values


def check_metrics(names: Sequence[str]) -> None:
    """Take metric names and pass if all are known.

    Raises:
        EvaluationError: a name is unknown; the message lists the known ones and the nearest match.
    """
    for name in names:
        if name not in METRICS:
            lowered = {known.lower(): known for known in METRICS}
            near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
            hint = f"; did you mean {lowered[near[0]]}?" if near else ""
            raise EvaluationError(f"unknown metric {name!r}; known are {', '.join(METRICS)}{hint}")


def metric_label(metric: str) -> str:
    """Give the metric's name in prose, such as `token F1`; a name that is no metric here is given back as it is."""
    return str(_load(metric).LABEL) if metric in METRICS else metric


def _load(metric: str) -> ModuleType:
    check_metrics([metric])
    return importlib.import_module(f"{__name__}.{metric}")
