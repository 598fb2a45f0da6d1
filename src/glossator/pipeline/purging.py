"""Takes what depends on forgotten documents, leaves the folder of a recipe without it; stopped halfway, it goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from glossator.artifacts import write_json
from glossator.artifacts.atomic import replacing, sync_directory
from glossator.pipeline.context import REVIEWS
from glossator.pipeline.dependents import Dependents
from glossator.pipeline.runs import Run
from glossator.pipeline.shelves import DELETING, FORGETTING, stage_of
from glossator.pipeline.stages import STAGES
from glossator.records import JsonValue

_ORDER = {stage.name: place for place, stage in enumerate(STAGES)}
_SILENCED = "not told: a document of this run was forgotten"


def purge(found: Dependents) -> None:
    """Delete whatever in a recipe's folder holds the documents or was made from them.

    What tells that something is left to do goes last: single answers and files first, then artifacts, each before those
    that it was made from. Deleted artifacts are renamed before they are emptied, so that none lies there without its
    manifest. The lock of the folder must be held.
    """
    folder = found.shelf.folder
    _drop_lines(folder / REVIEWS, found.sample_ids)
    for run in found.shelf.runs_with(found.artifacts):
        _silence(run)
    _drop_sections(folder / "splits.json", found.ids)
    for path in found.exports:
        _delete(path)
    for file in (*found.vectors, *found.figures, *found.parsed):
        file.unlink(missing_ok=True)
    for path in found.drafts:
        _delete(path)
    for name in sorted(found.artifacts, key=lambda name: -_ORDER.get(stage_of(name), len(_ORDER))):
        _delete(found.shelf.path(name))


def _delete(path: Path) -> None:
    """Delete a folder; a kill half way leaves it under a name that the next attempt knows."""
    if not path.is_dir():
        return
    trash = path
    if not path.name.startswith(FORGETTING):
        trash = path.with_name(f"{FORGETTING}{path.name.removeprefix(DELETING)}")
        if trash.exists():
            shutil.rmtree(trash)
        path.rename(trash)
        sync_directory(trash.parent)
    shutil.rmtree(trash)


def _drop_lines(path: Path, names: Collection[str]) -> None:
    """Drop the lines of a JSONL file that are about any of these samples; lines that are no JSON are kept."""
    if not path.is_file() or not names:
        return
    with replacing(path) as kept, path.open("rb") as file:
        kept.writelines(line for line in file if not _is_about(line, names))


def _is_about(line: bytes, names: Collection[str]) -> bool:
    with suppress(ValueError):
        return any(text in names for text in _texts(json.loads(line.decode("utf-8", "surrogatepass"))))
    return False


def _texts(value: JsonValue) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _silence(run: Run) -> None:
    """Take the messages of failed stages out of a run's record: they may quote a document, or what was said of it."""
    stages = tuple(replace(stage, error=_SILENCED) if stage.error else stage for stage in run.record.stages)
    if stages != run.record.stages:
        Run(run.path, replace(run.record, stages=stages)).save()


def _drop_sections(path: Path, ids: Collection[str]) -> None:
    """Drop the sections of documents from a kept assignment: their names are headings, words of the document.

    Documents and samples are named by hashes there; they stay, so that nothing else moves if one ever comes back.
    """
    from glossator.curation import Assignment

    if not path.is_file():
        return
    kept = json.loads(path.read_text("utf-8"))
    assignment = Assignment.from_dict(kept["assignment"])

    def stays(key: str) -> bool:
        name, sharp, _ = key.partition("#")
        return not sharp or name not in ids

    without = replace(
        assignment,
        split_of={key: split for key, split in assignment.split_of.items() if stays(key)},
        cluster_of={key: name for key, name in assignment.cluster_of.items() if stays(key) and stays(name)},
        set_aside=tuple(row for row in assignment.set_aside if stays(row.subject_id) and not _names(row.detail, ids)),
    )
    if without != assignment:
        write_json(path, {**kept, "assignment": without.to_dict()})


def _names(detail: str, ids: Collection[str]) -> bool:
    return any(f"{name}#" in detail for name in ids)
