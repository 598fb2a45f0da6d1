"""What became of a curated sample: the adapters that learned it or were judged by it, and what was answered to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from glossator.lineage import find_lines
from glossator.pipeline.exposed_models import chosen_checkpoint, registered_versions
from glossator.pipeline.shelves import Shelf, stage_of
from glossator.records import JsonValue

ROLES = {
    "train": "trained on it",
    "dev": "its checkpoint was chosen with it",
    "test": "examined with it, never trained on it",
    "test_seen": "examined with it, trained on its document",
    "pool": "never saw it",
}
"""What a sample of a split is to an adapter."""
_ANSWERING = ("evaluate", "select", "baseline")


def adapters_of(shelf: Shelf, curated: str, split: str, runs_dir: Path) -> list[dict[str, JsonValue]]:
    """Tell the adapters that were made from a curated artifact, and what a sample of a split is to them."""
    return [
        {
            "artifact": name,
            "runs": [run.path.name for run in shelf.runs_with([name])],
            "checkpoint": chosen_checkpoint(shelf, name),
            "role": ROLES[split],
            "registered": sorted(registered_versions(runs_dir, shelf, name)),
        }
        for name in shelf.of("train")
        if shelf.inputs[name].get("curate") == curated
    ]


def predictions_of(shelf: Shelf, curated: str, sample: str) -> list[dict[str, JsonValue]]:
    """Tell what models answered to a sample of a curated artifact, with scores; each answer once."""
    found: dict[tuple[str, str], dict[str, JsonValue]] = {}
    made = shelf.made_from([curated])
    for artifact in (name for stage in _ANSWERING for name in shelf.of(stage) if name in made):
        training = shelf.inputs[artifact].get("train")
        scores = dict(_scores(shelf.path(artifact) / "scores.jsonl", sample))
        for row in find_lines(shelf.path(artifact) / "predictions.jsonl", f'"{sample}"'):
            if row.get("sample_id") != sample:
                continue
            model = _model(artifact, row["adapter"])
            # An evaluation repeats the answers of the base: they are told once, with the scores that it gave them.
            told = found.setdefault(
                (model, row["run"]), {**row, "model": model, "artifact": artifact, "training": training, "scores": {}}
            )
            told["scores"].update(scores.get(model, {}))
    return list(found.values())


def _model(artifact: str, adapter: str | None) -> str:
    if adapter is None:
        return "base"
    return adapter if stage_of(artifact) == "select" else "tuned"


def _scores(path: Path, sample: str) -> Iterator[tuple[str, dict[str, float]]]:
    by_model: dict[str, dict[str, float]] = {}
    for row in find_lines(path, f'"{sample}"'):
        if row.get("sample_id") == sample:
            by_model.setdefault(row["model"], {})[row["metric"]] = row["value"]
    yield from by_model.items()
