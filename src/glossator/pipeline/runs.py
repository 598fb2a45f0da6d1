"""Where runs lie and how they are found: `runs/<recipe>/<time>/run.json` beside `runs/<recipe>/artifacts/`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from glossator.artifacts import Artifact, find_artifact, write_json
from glossator.errors import ArtifactError, GlossatorError, MissingArtifactError
from glossator.records import JsonValue, from_dict, to_dict

RUN_FILE = "run.json"
Status = Literal["done", "skipped", "left_out", "failed", "interrupted", "not_run"]


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What a run did at one stage."""

    number: str
    name: str
    status: Status
    """`done`: worked in this run; `skipped`: found done; `left_out`: the recipe has no such room; `interrupted`: by
    Ctrl-C; `not_run`: not asked for, or not reached."""
    fingerprint: str | None = None
    artifact: str | None = None
    """The artifact's folder name; None where there is none."""
    seconds: float = 0.0
    """Wall time of the work, when it was done."""
    counts: Mapping[str, int] | None = None
    error: str | None = None
    """Why it failed; None where it did not."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All that is known of one run."""

    recipe: str
    resolved: JsonValue
    """The recipe with every override in it. Holds no secrets: a recipe cannot."""
    recipe_hash: str
    started: str
    finished: str | None
    versions: Mapping[str, str]
    stages: tuple[StageRecord, ...]
    recipe_path: str = ""
    """Where the recipe lay, as it was given."""


class Run:
    """A run on disk.

    Args:
        path: `runs/<recipe>/<time>`.
        record: what its `run.json` holds.
    """

    def __init__(self, path: Path, record: RunRecord) -> None:
        self.path = path
        self.record = record

    @property
    def artifacts(self) -> Path:
        """The folder of artifacts it shares with the other runs of its recipe."""
        return self.path.parent / "artifacts"

    def stage(self, name: str) -> StageRecord | None:
        """What it did at a stage; None if it knows no such stage."""
        return next((stage for stage in self.record.stages if stage.name == name), None)

    def artifact(self, name: str) -> Artifact | None:
        """The artifact of a stage, if the run has it and it is still there."""
        stage = self.stage(name)
        return find_artifact(self.artifacts / stage.artifact) if stage and stage.artifact else None

    def need(self, name: str) -> Artifact:
        """The artifact of a stage.

        Raises:
            MissingArtifactError: the run has none; names the stage to run.
        """
        found = self.artifact(name)
        if found is None:
            raise MissingArtifactError(
                f"run {self.path} holds nothing from stage {name}; run: glossator run RECIPE --to {name}"
            )
        return found

    def save(self) -> None:
        """Write `run.json`, atomically."""
        write_json(self.path / RUN_FILE, to_dict(self.record))


def open_run(path: Path) -> Run:
    """Open the run in a folder.

    Raises:
        ArtifactError: there is no readable `run.json`.
    """
    try:
        return Run(path, from_dict(RunRecord, json.loads((path / RUN_FILE).read_text("utf-8"))))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is no run: it has no {RUN_FILE}; `glossator clean` lists the runs") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise ArtifactError(f"{path / RUN_FILE} is unreadable ({error}); delete {path}") from error


def list_runs(folder: Path) -> list[Run]:
    """Every readable run of one recipe, oldest first."""
    runs: list[Run] = []
    for file in sorted(folder.glob(f"*/{RUN_FILE}")):
        try:
            runs.append(open_run(file.parent))
        except ArtifactError:
            continue
    return runs


def find_run(name: str, runs_dir: Path, holding: Sequence[str] = ()) -> Run:
    """Find a run by its folder or by its recipe's name: the newest that holds what is asked for.

    Args:
        name: a run's folder, or a recipe's name.
        runs_dir: the folder of all runs.
        holding: stages whose artifacts it must have.

    Raises:
        MissingArtifactError: there is none; names what is there, or the stage to run.
    """
    if (Path(name) / RUN_FILE).is_file():
        run = open_run(Path(name).absolute())
        for stage in holding:
            run.need(stage)
        return run
    runs = list_runs(runs_dir.absolute() / name) if is_plain(name) else []
    if not runs:
        known = ", ".join(sorted({entry.parent.parent.name for entry in runs_dir.glob(f"*/*/{RUN_FILE}")})) or "none"
        raise MissingArtifactError(f"no run of {name!r} in {runs_dir}; recipes with runs there: {known}")
    for run in reversed(runs):
        if all(run.artifact(stage) is not None for stage in holding):
            return run
    missing = next(stage for stage in holding if runs[-1].artifact(stage) is None)
    raise MissingArtifactError(f"no run of {name!r} holds stage {missing}; run: glossator run RECIPE --to {missing}")


def find_newest_result(name: str, runs_dir: Path) -> Run:
    """Find a run like `find_run`; of a recipe's runs the newest that was evaluated, else the newest.

    Raises:
        MissingArtifactError: there is none.
    """
    try:
        return find_run(name, runs_dir, ["evaluate"])
    except MissingArtifactError:
        return find_run(name, runs_dir)


def is_plain(name: str) -> bool:
    """Whether a name is that of a folder right below another, and leads nowhere else."""
    return bool(name) and name not in (".", "..") and "/" not in name and os.sep not in name


def new_run_path(folder: Path, now: datetime | None = None) -> Path:
    """A folder name for a run that starts now: its time in UTC, made unique where runs are quick."""
    moment = now or datetime.now(timezone.utc)
    stem = moment.strftime("%Y-%m-%dT%H-%M-%SZ")
    path, number = folder / stem, 1
    while path.exists():
        number += 1
        path = folder / f"{stem}.{number}"
    return path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of a recipe's runs for one process; the lock goes with the process, however it ends.

    Raises:
        GlossatorError: another process is working there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+b") as file:
        _lock(file, folder)
        yield


def _lock(file: Any, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: no two runs at once is left to the user there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise GlossatorError(f"another run is working in {folder}; wait for it, or use another --runs-dir") from error
