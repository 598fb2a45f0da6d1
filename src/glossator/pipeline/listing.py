"""The table of stages, and under a recipe the state of each."""

from __future__ import annotations

from pathlib import Path

from glossator.pipeline.context import Road
from glossator.pipeline.corridor import done_artifact, stage_fingerprints
from glossator.pipeline.stages import SERVE, STAGES
from glossator.recipe import Recipe
from glossator.records import JsonValue


def list_stages(recipe: Recipe | None, recipe_path: Path | None, runs_dir: Path) -> list[dict[str, JsonValue]]:
    """The table of stages; with a recipe, each with `status` done, to_do or left_out."""
    rows: list[dict[str, JsonValue]] = [
        {"number": stage.number, "name": stage.name, "room": stage.room, "leaves": stage.leaves} for stage in STAGES
    ]
    number, name = SERVE
    served = {"number": number, "name": name, "room": name, "leaves": "answers, as long as it runs"}
    if recipe is None or recipe_path is None:
        return [*rows, served]
    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    prints = stage_fingerprints(road)
    for row, stage in zip(rows, STAGES, strict=True):
        print_ = prints[stage.name]
        found = done_artifact(road, stage, print_) if print_ else None
        row["status"] = "left_out" if print_ is None else "done" if found else "to_do"
        row["counts"] = dict(found.manifest.counts) if found else {}
        row["seconds"] = found.manifest.seconds if found else None
    status = "when_asked" if recipe.serving else "left_out"
    return [*rows, {**served, "status": status, "counts": {}, "seconds": None}]
