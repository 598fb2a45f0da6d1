"""What lies in the runs folder, what of it a kept run needs, and freeing the rest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from glossator.artifacts.directory import PARTIAL
from glossator.errors import MissingArtifactError
from glossator.pipeline.runs import Run, list_runs, locked
from glossator.records import JsonValue


def clean_runs(runs_dir: Path, *, recipe: str | None, keep: int, delete: bool) -> dict[str, JsonValue]:
    """List runs, artifacts and drafts with what they are good for; with `delete`, remove what is not needed.

    Args:
        runs_dir: the folder of all runs.
        recipe: only this recipe's folder.
        keep: how many of a recipe's newest runs are kept; their artifacts are needed.
        delete: remove what is not needed.

    Raises:
        MissingArtifactError: there is no such folder.
    """
    runs_dir = runs_dir.absolute()
    folders = [runs_dir / recipe] if recipe else sorted(path for path in runs_dir.glob("*") if path.is_dir())
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing or not runs_dir.is_dir():
        raise MissingArtifactError(
            f"{missing[0] if missing else runs_dir} does not exist; name the folder with --runs-dir"
        )
    items: list[dict[str, JsonValue]] = []
    for folder in folders:
        with locked(folder):
            rows = list(_survey(folder, keep))
            items.extend(rows)
            for row in rows:
                if delete and not row["needed"]:
                    shutil.rmtree(str(row["path"]))
    return {
        "items": items,
        "unneeded_bytes": sum(int(row["bytes"]) for row in items if not row["needed"]),
        "deleted": delete,
    }


def _survey(folder: Path, keep: int) -> Iterator[dict[str, JsonValue]]:
    runs = list_runs(folder)
    kept = runs[-keep:]
    needed = {stage.artifact for run in kept for stage in run.record.stages if stage.artifact}
    for run in runs:
        yield _row(run.path, _run_words(run, kept=run in kept), needed=run in kept)
    for path in sorted((folder / "artifacts").glob("*")):
        if path.name.endswith(PARTIAL):
            resumable = bool(runs) and runs[-1].record.finished is None
            words = "unfinished work that the next run goes on with" if resumable else "unfinished work of an older run"
            yield _row(path, words, needed=resumable)
        elif path.name in needed:
            yield _row(path, "artifact of a kept run", needed=True)
        else:
            yield _row(path, "artifact no kept run needs", needed=False)


def _run_words(run: Run, *, kept: bool) -> str:
    done = sum(stage.status in ("done", "skipped") for stage in run.record.stages)
    return f"{'run' if kept else 'older run'}, {done} stages" + ("" if run.record.finished else ", unfinished")


def _row(path: Path, why: str, *, needed: bool) -> dict[str, JsonValue]:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {"path": str(path), "needed": needed, "why": why, "bytes": size}
