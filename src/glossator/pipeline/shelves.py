"""What lies in the folder of each recipe: sealed artifacts, what each was made from, and the runs that hold it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts.directory import MANIFEST, PARTIAL
from glossator.errors import MissingArtifactError
from glossator.pipeline.runs import Run, list_runs

DELETING = ".deleting-"
"""How a folder is called while `clean` deletes it."""
FORGETTING = ".forgetting-"
"""How a folder is called while it is deleted for good."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One recipe's folder. Artifacts are named by their folders, such as `curate-0123456789abcdef`."""

    folder: Path
    inputs: Mapping[str, Mapping[str, str]]
    """Sealed artifact → its input artifacts by stage; those may be gone."""
    runs: tuple[Run, ...]
    """Oldest first."""

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.folder.name

    def path(self, artifact: str) -> Path:
        """Where an artifact lies."""
        return self.folder / "artifacts" / artifact

    def of(self, *stages: str) -> list[str]:
        """The sealed artifacts of some stages."""
        return [name for name in self.inputs if stage_of(name) in stages]

    def made_from(self, artifacts: Collection[str]) -> set[str]:
        """The artifacts themselves and every sealed one that rests on any of them, near or far."""
        made = set(artifacts)
        while True:
            more = {name for name, inputs in self.inputs.items() if name not in made and made & {*inputs.values()}}
            if not more:
                return made
            made |= more

    def runs_with(self, artifacts: Collection[str]) -> list[Run]:
        """The runs that hold any of these artifacts."""
        return [run for run in self.runs if any(stage.artifact in artifacts for stage in run.record.stages)]

    def drafts(self) -> list[Path]:
        """The artifacts in the making, and what an interrupted deletion left."""
        names = sorted((self.folder / "artifacts").glob("*"))
        return [path for path in names if path.name.endswith(PARTIAL) or path.name.startswith((DELETING, FORGETTING))]


def stage_of(artifact: str) -> str:
    """The stage that an artifact is named after."""
    return artifact.rpartition("-")[0]


def open_shelves(runs_dir: Path) -> list[Shelf]:
    """Read what lies in the folders of all recipes; nothing is changed.

    Raises:
        MissingArtifactError: there is no such folder.
    """
    root = runs_dir.absolute()
    if not root.is_dir():
        raise MissingArtifactError(f"{root} does not exist; name the folder with --runs-dir")
    return [open_shelf(folder) for folder in sorted(root.glob("*")) if (folder / ".lock").is_file()]


def open_shelf(folder: Path) -> Shelf:
    """Read what lies in the folder of one recipe."""
    return Shelf(folder, dict(_inputs(folder)), tuple(list_runs(folder)))


def _inputs(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for file in sorted((folder / "artifacts").glob(f"*/{MANIFEST}")):
        name = file.parent.name
        if name.endswith(PARTIAL) or name.startswith("."):
            continue
        try:
            told = dict(json.loads(file.read_text("utf-8"))["inputs"])
        except (OSError, ValueError, KeyError, TypeError):
            told = {}  # damaged: the stage that needs it will say so
        yield name, {stage: f"{stage}-{print_}" for stage, print_ in told.items()}


def group_by_stage(artifacts: Collection[str]) -> dict[str, list[str]]:
    """Sort artifacts by the stage they are named after."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(artifacts):
        groups[stage_of(name)].append(name)
    return groups
