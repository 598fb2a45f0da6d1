"""What `forget` found, as one plain value, and what is to be done about what cannot be purged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.pipeline.dependents import Dependents
from glossator.pipeline.exposed_models import ExposedModel
from glossator.pipeline.shelves import group_by_stage, stage_of
from glossator.records import JsonValue

if TYPE_CHECKING:
    from glossator.pipeline.forgetting import Survey
    from glossator.pipeline.forgotten import ForgottenDocument

_SPLITS = "splits.json keeps hashes ({count}) and no words of it, so that nothing else changes its split"
_LOOKS = "test_looks.json keeps hashes alone, so that looks at a test set stay counted"
_PLACE = "{place}: whatever it ever held, or comes to hold, is forgotten in {recipes}, and in no other recipe"
_PLACES = {"collect": "ready", "synthesize": "written", "curate": "rejected"}
"""What samples are called that stand in no split, by stage."""
_ORDER = ("written", "ready", "train", "dev", "test", "test_seen", "pool", "rejected")


def report_of(survey: Survey, *, purged: bool) -> dict[str, JsonValue]:
    """Turn a survey into plain data: `documents`, `places`, `recipes`, `journal`, `models`, `kept`, …"""
    return {
        "documents": [
            {
                "id": row.id,
                "source_id": row.source_id,
                "title": survey.titles.get(row.id),
                "origins": list(row.origins),
                "recipes": list(row.recipes),
                "registered_before": list(row.registered),
            }
            for row in survey.documents
        ],
        "places": _places(survey.documents),
        "recipes": [_recipe(row) for row in survey.dependents],
        "journal": {"replies": survey.replies, "unattributed": survey.unattributed},
        "downloads": {
            "files": [str(path) for path in survey.fetched.files],
            "records": survey.fetched.records,
            "pages": survey.fetched.pages,
        },
        "models": [_model(model) for model in survey.exposed],
        "kept": _kept(survey.dependents),
        "anything": bool(survey),
        "purged": purged,
    }


def _places(documents: Sequence[ForgottenDocument]) -> list[str]:
    """Places whose later contents are forgotten as well, and for whom."""
    found: dict[str, set[str]] = {}
    for row in documents:
        for recipe, places in row.places.items():
            for place in places:
                found.setdefault(place, set()).add(recipe)
    return [_PLACE.format(place=place, recipes=", ".join(sorted(found[place]))) for place in sorted(found)]


def _recipe(found: Dependents) -> dict[str, JsonValue]:
    splits: dict[str, set[str]] = {}
    for place, names in found.samples.items():
        splits.setdefault(place.partition("/")[2] or _PLACES[stage_of(place)], set()).update(names)
    return {
        "recipe": found.shelf.recipe,
        "runs": [run.path.name for run in found.shelf.runs_with(found.artifacts)],
        "artifacts": {stage: len(names) for stage, names in group_by_stage(found.artifacts).items()},
        "folders": [str(found.shelf.path(name)) for name in sorted(found.artifacts)],
        "drafts": [str(path) for path in found.drafts],
        "bytes": sum(map(_size, (*map(found.shelf.path, found.artifacts), *found.drafts))),
        "chunks": len(found.chunks),
        "samples": {name: len(splits[name]) for name in _ORDER if name in splits},
        "rejects": len(found.rejects),
        "predictions": found.predictions,
        "reviews": found.reviews,
        "cache": {"parsed": len(found.parsed), "figures": len(found.figures), "vectors": len(found.vectors)},
        "exports": [str(path) for path in found.exports],
        "split_keys": len(found.split_keys),
    }


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _model(model: ExposedModel) -> dict[str, JsonValue]:
    return {
        "recipe": model.recipe,
        "artifact": model.artifact,
        "checkpoint": model.chosen,
        "label": model.label,
        "path": model.path,
        "latest": model.latest,
        "samples": dict(model.samples),
        "advice": _advice(model),
    }


def _advice(model: ExposedModel) -> str:
    if model.label is None:
        return "it goes with its run; training again makes one without the document"
    if not model.learned:
        return "it was not trained on the document and may stay; its index and figures rest on it"
    name = model.label.partition("@")[0]
    latest = f"until then serve an older one: glossator registry rollback {name}; then " if model.latest else ""
    return f"run the recipe again, which registers one without the document; {latest}delete {model.path}"


def _kept(dependents: Sequence[Dependents]) -> list[str]:
    count = sum(len(row.split_keys) for row in dependents)
    return [*([_SPLITS.format(count=count), _LOOKS] if count else [])]
