"""What can be known to fail is told before the first stage works."""

from __future__ import annotations

import importlib.util

from glossator.errors import EvaluationError, MissingExtraError, Problem, RecipeError
from glossator.pipeline.context import Road
from glossator.pipeline.settings import student_path, task_of

NEEDED = {
    "documents": ("pdf_oxide", "tokenizers", "psutil", "rensa"),
    "train": ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets"),
    "evaluate": ("numpy", "rouge_score", "jinja2"),
}


def check_before_work(road: Road) -> None:
    """Check libraries, base model, task files and metric names of a recipe.

    Raises:
        MissingExtraError: an extra that the recipe needs is not installed.
        ModelError: the base model is not there.
        SynthesisError: a task file is not there or malformed.
        RecipeError: a metric has no such name.
    """
    recipe = road.recipe
    extras = ["documents", *(["train"] if recipe.training else []), *(["evaluate"] if recipe.evaluation else [])]
    for extra in extras:
        for library in NEEDED[extra]:
            if importlib.util.find_spec(library) is None:
                raise MissingExtraError(library, extra)
    student_path(road)
    for task in recipe.synthesis.tasks if recipe.synthesis else ():
        task_of(road, task.prompt)
    if recipe.evaluation is not None:
        _check_metrics(road)


def _check_metrics(road: Road) -> None:
    from glossator.evaluation.metrics import check_metrics

    evaluation = road.recipe.evaluation
    assert evaluation is not None
    problems = []
    for key, names in (("metrics", evaluation.metrics), ("select_by", tuple(evaluation.select_by))):
        for name in names:
            try:
                check_metrics([name])
            except EvaluationError as error:
                problems.append(Problem(f"evaluation.{key}", str(error), ""))
    if problems:
        raise RecipeError(str(road.recipe_path), problems)
