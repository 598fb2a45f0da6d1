"""The corridor: walk the stages in order, skip what is done, do what is not, and write down what happened."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from glossator.artifacts import Artifact, find_artifact, fingerprint
from glossator.errors import ArtifactError, MissingArtifactError
from glossator.pipeline.context import Context, Road
from glossator.pipeline.preflight import check_before_work
from glossator.pipeline.progress import Progress, Silent
from glossator.pipeline.runs import Run, RunRecord, StageRecord, Status, list_runs, locked, new_run_path
from glossator.pipeline.stages import STAGES, Stage, choose_stages, draft_for
from glossator.pipeline.versions import library_versions
from glossator.recipe import Recipe
from glossator.records import content_id


def run_recipe(
    recipe: Recipe,
    recipe_path: Path,
    runs_dir: Path,
    *,
    stage: str | None = None,
    first: str | None = None,
    last: str | None = None,
    progress: Progress | None = None,
) -> Run:
    """Walk a recipe's stages and leave a run.

    Args:
        recipe: the validated recipe.
        recipe_path: where it lies; its relative paths start there.
        runs_dir: the folder of all runs.
        stage: only this stage, by number or name.
        first: from this stage on.
        last: up to and with this stage.
        progress: told of every step.

    Returns:
        The run; a run that found everything done is the earlier run itself.

    Raises:
        GlossatorError: whatever a user can mend. What was finished before it stays.
    """
    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    chosen = choose_stages(stage, first, last)
    check_before_work(road)
    with locked(road.folder):
        return _Walk(road, chosen, progress or Silent()).go()


def stage_fingerprints(road: Road) -> dict[str, str | None]:
    """The fingerprint each stage's artifact has under a recipe; None where the recipe leaves the room out."""
    prints: dict[str, str] = {}
    for stage in STAGES:
        if stage.needs(road.recipe):
            prints[stage.name] = _fingerprint_of(stage, road, prints)
    return {stage.name: prints.get(stage.name) for stage in STAGES}


def artifact_path(road: Road, stage: Stage, print_: str) -> Path:
    """Where a stage's artifact lies."""
    return road.artifacts / f"{stage.name}-{print_}"


def _fingerprint_of(stage: Stage, road: Road, prints: dict[str, str]) -> str:
    inputs = {name: prints[name] for name in stage.inputs}
    return fingerprint(stage.name, stage.version, stage.settings(road), inputs)


class _Walk:
    """One walk down the corridor."""

    def __init__(self, road: Road, chosen: Sequence[Stage], progress: Progress) -> None:
        self._road = road
        self._chosen = {stage.name for stage in chosen}
        self._last = max(STAGES.index(stage) for stage in chosen)
        self._progress = progress
        self._prints: dict[str, str] = {}
        self._artifacts: dict[str, Artifact] = {}
        self._records: dict[str, StageRecord] = {
            stage.name: StageRecord(stage.number, stage.name, "not_run") for stage in STAGES
        }
        self._started = _now()
        self._run: Run | None = None

    def go(self) -> Run:
        for position, stage in enumerate(STAGES):
            if position > self._last:
                break
            if not stage.needs(self._road.recipe):
                self._note(stage, "left_out")
            else:
                self._visit(stage)
        return self._finish()

    def _visit(self, stage: Stage) -> None:
        self._prints[stage.name] = _fingerprint_of(stage, self._road, self._prints)
        path = artifact_path(self._road, stage, self._prints[stage.name])
        found = find_artifact(path)
        if found is None and stage.name not in self._chosen:
            wanted = ", ".join(sorted(self._chosen))
            raise MissingArtifactError(
                f"{wanted} needs what stage {stage.number} {stage.name} leaves, and it was not made yet;"
                f" run: glossator run RECIPE --to {stage.name}"
            )
        if found is not None:
            self._artifacts[stage.name] = found
            self._settle(stage, found)
            self._note(stage, "skipped", found)
            if stage.name in self._chosen:
                self._progress.begin_stage(stage.number, stage.name, stage.leaves)
                self._progress.end_stage("skipped", found.manifest.seconds, dict(found.manifest.counts))
            return
        self._work(stage, path)

    def _work(self, stage: Stage, path: Path) -> None:
        self._progress.begin_stage(stage.number, stage.name, stage.leaves)
        begun = time.monotonic()
        try:
            with _disk_errors_explained(path):
                made = self._make(stage, path)
        except BaseException:
            self._note(stage, "failed")
            self._progress.end_stage("failed", time.monotonic() - begun, {})
            raise
        self._artifacts[stage.name] = made
        self._settle(stage, made)
        self._note(stage, "done", made)
        self._progress.end_stage("done", made.manifest.seconds, dict(made.manifest.counts))

    def _make(self, stage: Stage, path: Path) -> Artifact:
        inputs = {name: self._artifacts[name] for name in stage.inputs}
        for artifact in inputs.values():
            artifact.check(content=True)
        begun = time.monotonic()
        draft = draft_for(stage, path)
        print_ = self._prints[stage.name]
        counts = stage.work(Context(self._road, inputs, draft, print_, self._progress))
        return draft.seal(
            stage=stage.name,
            fingerprint=print_,
            inputs={name: self._prints[name] for name in stage.inputs},
            settings=stage.settings(self._road),
            seconds=time.monotonic() - begun,
            counts=counts,
        )

    def _settle(self, stage: Stage, artifact: Artifact) -> None:
        if stage.settle is not None:
            stage.settle(self._road, artifact)

    def _note(self, stage: Stage, status: Status, artifact: Artifact | None = None) -> None:
        record = replace(self._records[stage.name], status=status, fingerprint=self._prints.get(stage.name))
        if artifact is not None:
            manifest = artifact.manifest
            record = replace(record, artifact=artifact.path.name, seconds=manifest.seconds, counts=manifest.counts)
        self._records[stage.name] = record
        if status in ("done", "failed"):
            self._save(finished=False)

    def _save(self, *, finished: bool) -> Run:
        if self._run is None:
            self._run = Run(new_run_path(self._road.folder), self._record(finished=finished))
        self._run = Run(self._run.path, self._record(finished=finished))
        self._run.save()
        return self._run

    def _record(self, *, finished: bool) -> RunRecord:
        resolved = self._road.recipe.model_dump(mode="json")
        return RunRecord(
            recipe=self._road.recipe.name,
            resolved=resolved,
            recipe_hash=content_id(self._road.recipe.model_dump_json()),
            started=self._started,
            finished=_now() if finished else None,
            versions=library_versions(),
            stages=tuple(self._records.values()),
        )

    def _finish(self) -> Run:
        """The earlier run itself where nothing was left to do, else this one."""
        if self._run is None:
            record = self._record(finished=True)
            made = {stage.name: stage.artifact for stage in record.stages}
            for earlier in reversed(list_runs(self._road.folder)):
                same = {stage.name: stage.artifact for stage in earlier.record.stages} == made
                if same and earlier.record.recipe_hash == record.recipe_hash and earlier.record.finished:
                    return earlier
        return self._save(finished=True)


@contextmanager
def _disk_errors_explained(path: Path) -> Iterator[None]:
    """A full disk is the user's to mend: one line, and what is finished stays."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "free space (glossator clean) and run again: what is finished is kept"
            raise ArtifactError(f"the disk is full while writing {path}; {remedy}") from error
        raise


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
