"""The adapters that documents taught, chose or examined: what they learned of them cannot be purged, only named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from glossator.artifacts import open_artifact
from glossator.errors import ArtifactError
from glossator.pipeline.dependents import Dependents, count_by_split
from glossator.pipeline.registering import read_reference
from glossator.pipeline.shelves import Shelf, stage_of
from glossator.registry import list_versions

REGISTRY = "registry"
"""Where a registry lies, beside the runs folder, unless a recipe says otherwise."""


@dataclass(frozen=True, slots=True)
class ExposedModel:
    """One adapter that saw a document."""

    recipe: str
    artifact: str
    """The training's artifact; empty where only the registry still knows of it."""
    chosen: str | None
    """The checkpoint that dev preferred; None where none was chosen."""
    samples: Mapping[str, int] = field(default_factory=dict)
    """Samples about the documents, by split: what it was trained on, chosen with, examined with."""
    label: str | None = None
    """Its version in a registry; None where it was not registered."""
    path: str | None = None
    documents: frozenset[str] = frozenset()
    """Ids of those that it saw."""
    latest: bool = False
    """Whether that version is the one that is served when none is named."""

    @property
    def learned(self) -> bool:
        """Whether it was trained on one of the documents."""
        return bool(self.samples.get("train"))


def find_exposed(runs_dir: Path, dependents: Iterable[Dependents]) -> Iterator[ExposedModel]:
    """Name every adapter whose making saw one of the documents, and the versions that it became."""
    for found in dependents:
        inputs = found.shelf.inputs
        registered = (inputs[name].get("train") for name in found.artifacts if stage_of(name) == "register")
        trained = (name for name in found.artifacts if stage_of(name) == "train")
        # A training may have been cleaned away, and what it was registered as is still served.
        for artifact in sorted({*trained, *filter(None, registered)}):
            yield from _models_of(runs_dir, found, artifact)


def _models_of(runs_dir: Path, found: Dependents, train: str) -> Iterator[ExposedModel]:
    shelf = found.shelf
    curated = [
        inputs.get("curate", "") for name, inputs in shelf.inputs.items() if train in (name, inputs.get("train"))
    ]
    samples = count_by_split(found, next(iter(curated), ""))
    made = {name for name, inputs in shelf.inputs.items() if train in (name, inputs.get("train"))}
    seen = frozenset(id_ for id_, artifacts in found.artifacts_of.items() if artifacts & made)
    model = ExposedModel(shelf.recipe, train, chosen_checkpoint(shelf, train), samples, documents=seen)
    versions = registered_versions(runs_dir, shelf, train)
    if not versions:
        yield model
    for label, (path, latest) in sorted(versions.items()):
        yield replace(model, label=label, path=path, latest=latest)


def chosen_checkpoint(shelf: Shelf, train: str) -> str | None:
    """The checkpoint of a training that dev preferred; None where none was chosen yet."""
    for name in shelf.of("select"):
        if shelf.inputs[name].get("train") == train:
            with suppress(OSError, ValueError, KeyError, TypeError):
                return str(json.loads((shelf.path(name) / "selection.json").read_text("utf-8"))["chosen"])
    return None


def registered_versions(runs_dir: Path, shelf: Shelf, train: str) -> dict[str, tuple[str, bool]]:
    """The versions that a training became: label → folder, and whether it is the latest.

    Told by stage 5's artifacts and, where these are gone, by the registry beside the runs folder.
    """
    registries = {runs_dir.absolute().parent / REGISTRY}
    told: dict[str, str] = {}
    for name in shelf.of("register"):
        if shelf.inputs[name].get("train") == train:
            with suppress(ArtifactError):
                reference = read_reference(open_artifact(shelf.path(name)))
                told[reference["label"]] = reference["path"]
                registries.add(Path(reference["registry"]))
    evaluations = {name.rpartition("-")[2] for name in shelf.of("evaluate") if shelf.inputs[name].get("train") == train}
    found: dict[str, tuple[str, bool]] = {}
    for registry in sorted(registries):
        for row in list_versions(registry):
            label = f"{row.name}@{row.version}"
            if str(row.path) in told.values() or (row.registration and row.registration.run in evaluations):
                found[label] = (str(row.path), row.latest)
    return found
