"""The corridor: walk the stages in order, skip what is done, do what is not, and write down what happened."""

from __future__ import annotations

import errno
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from glossator.artifacts import Artifact, find_artifact, fingerprint
from glossator.errors import ArtifactError, GlossatorError, MissingArtifactError
from glossator.pipeline.context import Context, Road
from glossator.pipeline.exporting import write_exports
from glossator.pipeline.preflight import (
    check_before_work,
    check_describer,
    check_judge,
    check_money,
    check_sources,
    check_teacher,
)
from glossator.pipeline.progress import Progress, Silent
from glossator.pipeline.runs import Run, RunRecord, StageRecord, Status, list_runs, locked, new_run_path
from glossator.pipeline.settings import split_key
from glossator.pipeline.splits_file import keep_again
from glossator.pipeline.stages import STAGES, Stage, choose_stages, draft_for
from glossator.pipeline.versions import library_versions
from glossator.recipe import Recipe, dotenv_in_environment
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
    check_money(road)
    _check_who_is_asked(road, chosen)
    with _disk_errors_explained(road.folder), locked(road.folder), dotenv_in_environment():
        run = _Walk(road, chosen, progress or Silent()).go()
        if recipe.exports is not None and run.artifact("curate") is not None:
            write_exports(run, recipe.exports)
        return run


def _check_who_is_asked(road: Road, chosen: Sequence[Stage]) -> None:
    """Check those whom a chosen stage will ask that is not done: no key is needed for work that is finished."""
    checks = {
        "synthesize": check_teacher,
        "parse": check_describer,
        "collect": check_sources,
        "curate": check_judge,
    }
    asking = [stage for stage in chosen if stage.name in checks and stage.needs(road.recipe)]
    prints = stage_fingerprints(road) if asking else {}
    to_do = {stage.name for stage in asking if done_artifact(road, stage, prints[stage.name] or "") is None}
    for name, check in checks.items():
        if name in to_do:
            check(road.recipe)


def stage_fingerprints(road: Road) -> dict[str, str | None]:
    """The fingerprint each stage's artifact has under a recipe; None where the recipe leaves the room out."""
    prints: dict[str, str] = {}
    for stage in STAGES:
        if stage.needs(road.recipe):
            prints[stage.name] = _fingerprint_of(stage, road, prints)
    return {stage.name: prints.get(stage.name) for stage in STAGES}


def done_artifact(road: Road, stage: Stage, print_: str) -> Artifact | None:
    """The artifact of a stage, if it was finished and what it points at is still there."""
    found = find_artifact(artifact_path(road, stage, print_))
    return found if found is not None and stage.still_holds(found) else None


def artifact_path(road: Road, stage: Stage, print_: str) -> Path:
    """Where a stage's artifact lies."""
    return road.artifacts / f"{stage.name}-{print_}"


def _fingerprint_of(stage: Stage, road: Road, prints: dict[str, str]) -> str:
    inputs = {name: prints[name] for name in stage.inputs_under(road.recipe)}
    values = {"settings": stage.settings(road), "adds_to": stage.adds_to(road, inputs) if stage.adds_to else None}
    return fingerprint(stage.name, stage.version, values, inputs)


def _needed_by(stages: Collection[Stage], recipe: Recipe) -> set[str]:
    """The names of all that stages rest on under a recipe: their inputs, the inputs of those, and so on."""
    needed: set[str] = set()
    for stage in reversed(STAGES):
        if stage.needs(recipe) and (stage in stages or stage.name in needed):
            needed.update(stage.inputs_under(recipe))
    return needed


class _Walk:
    """One walk down the corridor."""

    def __init__(self, road: Road, chosen: Sequence[Stage], progress: Progress) -> None:
        self._road = road
        self._chosen = {stage.name for stage in chosen}
        self._needed = _needed_by(chosen, road.recipe)
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
        found = self._look_for(stage)
        if found is not None:
            self._take(stage, found)
        elif stage.name in self._chosen:
            self._work(stage, artifact_path(self._road, stage, self._prints[stage.name]))
        elif stage.name in self._needed:
            raise self._absence_of(stage)

    def _look_for(self, stage: Stage) -> Artifact | None:
        self._prints[stage.name] = _fingerprint_of(stage, self._road, self._prints)
        return done_artifact(self._road, stage, self._prints[stage.name])

    def _take(self, stage: Stage, found: Artifact) -> None:
        self._artifacts[stage.name] = found
        self._note(stage, "skipped", found)
        if stage.name in self._chosen:
            self._progress.begin_stage(stage.number, stage.name, stage.leaves)
            self._progress.end_stage("skipped", found.manifest.seconds, dict(found.manifest.counts))
        if stage.adds_to is not None:
            key = split_key(self._road, found.manifest.inputs)
            if keep_again(self._road.splits_file, key, found):
                self._progress.say(f"{self._road.splits_file.name} did not hold this split and was written again;")
                self._progress.say("the same documents are drawn the same way: change seed to draw another")

    def _absence_of(self, stage: Stage) -> MissingArtifactError:
        """What to tell where a needed stage is not among the chosen: who needs it, and the one run that mends it."""
        recipe = self._road.recipe
        first = next(
            other for other in STAGES if other.name in self._chosen and stage.name in _needed_by([other], recipe)
        )
        others = [other for other in STAGES[STAGES.index(stage) + 1 :] if other.name in self._needed - self._chosen]
        absent = [other for other in others if self._look_for(other) is None]
        more = ", ".join(f"{other.number} {other.name}" for other in absent)
        nor = f", nor {'was' if len(absent) == 1 else 'were'} {more}" if absent else ""
        return MissingArtifactError(
            f"stage {first.number} {first.name} needs what stage {stage.number} {stage.name} leaves, and it was not"
            f" made yet{nor}; run, with the same options: glossator run {self._road.recipe_path}"
            f" --to {[stage, *absent][-1].name}"
        )

    def _work(self, stage: Stage, path: Path) -> None:
        self._progress.begin_stage(stage.number, stage.name, stage.leaves)
        begun = time.monotonic()
        self._save(finished=False)  # on record before the work, so that a killed run's drafts are known to be its own
        try:
            made = self._make(stage, path)
        except BaseException as error:
            status: Status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            with suppress(OSError):  # the disk may be what failed
                self._note(stage, status, error=error)
            self._progress.end_stage(status, time.monotonic() - begun, {})
            raise
        self._artifacts[stage.name] = made
        self._note(stage, "done", made)
        self._progress.end_stage("done", made.manifest.seconds, dict(made.manifest.counts))

    def _make(self, stage: Stage, path: Path) -> Artifact:
        names = stage.inputs_under(self._road.recipe)
        inputs = {name: self._artifacts[name] for name in names}
        for artifact in inputs.values():
            artifact.check(content=True)
        begun = time.monotonic()
        draft = draft_for(stage, path)
        print_ = self._prints[stage.name]
        settings = stage.settings(self._road)
        counts = stage.work(Context(self._road, inputs, draft, print_, self._progress))
        if not stage.inputs and _fingerprint_of(stage, self._road, self._prints) != print_:
            raise ArtifactError(f"what stage {stage.name} reads was changed while it was read; run again")
        return draft.seal(
            stage=stage.name,
            fingerprint=print_,
            inputs={name: self._prints[name] for name in names},
            settings=settings,
            seconds=time.monotonic() - begun,
            counts=counts,
        )

    def _note(
        self, stage: Stage, status: Status, artifact: Artifact | None = None, *, error: BaseException | None = None
    ) -> None:
        # Only an expected error has a message that is fit to be kept: others may quote a document.
        told = str(error) if isinstance(error, GlossatorError) else type(error).__name__ if error else None
        record = replace(self._records[stage.name], status=status, fingerprint=self._prints.get(stage.name), error=told)
        if artifact is not None:
            manifest = artifact.manifest
            record = replace(record, artifact=artifact.path.name, seconds=manifest.seconds, counts=manifest.counts)
        self._records[stage.name] = record
        if status in ("done", "failed", "interrupted"):
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
            recipe_path=str(self._road.recipe_path),
        )

    def _finish(self) -> Run:
        """The earlier run that holds all of this where nothing was left to do, else this one."""
        if self._run is None:
            record = self._record(finished=True)
            found = {(stage.name, stage.artifact) for stage in record.stages if stage.artifact}
            for earlier in reversed(list_runs(self._road.folder)):
                held = {(stage.name, stage.artifact) for stage in earlier.record.stages}
                if found <= held and earlier.record.recipe_hash == record.recipe_hash and earlier.record.finished:
                    return earlier
        return self._save(finished=True)


@contextmanager
def _disk_errors_explained(folder: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written is the user's to mend: one line, and what is finished stays."""
    try:
        yield
    except Exception as error:
        if _disk_is_full(error):
            remedy = "free space (glossator clean) and run again: what is finished is kept"
            raise ArtifactError(f"the disk of {folder} is full; {remedy}") from error
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            place = error.filename or folder
            raise ArtifactError(f"{place} cannot be used: {error.strerror}; use another --runs-dir") from error
        raise


def _disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error; the libraries that write weights say so in words of their own."""
    if error is None:
        return False
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    told = str(error)
    if "No space left" in told or "os error 28" in told or "inline_container" in told:
        return True
    return _disk_is_full(error.__cause__ or error.__context__)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
