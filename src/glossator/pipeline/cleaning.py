"""What lies in the runs folder, what of it a kept run needs, and freeing the rest."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

from glossator.artifacts import open_artifact
from glossator.artifacts.directory import PARTIAL
from glossator.artifacts.fingerprint import FINGERPRINT_DIGITS
from glossator.errors import ArtifactError, MissingArtifactError, RegistryError
from glossator.pipeline.registering import read_reference
from glossator.pipeline.runs import RUN_FILE, Run, is_plain, list_runs, locked
from glossator.pipeline.shelves import DELETING
from glossator.pipeline.stages import STAGES
from glossator.records import JsonValue
from glossator.registry import read_registration

_ARTIFACT = re.compile(
    f"({'|'.join(stage.name for stage in STAGES)})-[0-9a-f]{{{FINGERPRINT_DIGITS}}}({re.escape(PARTIAL)})?"
)


def clean_runs(runs_dir: Path, *, recipe: str | None, keep: int, delete: bool) -> dict[str, JsonValue]:
    """List runs, artifacts and drafts with what they are good for; with `delete`, remove what is not needed.

    Args:
        runs_dir: the folder of all runs.
        recipe: only this recipe's folder; a plain name, so that nothing outside the folder of runs is looked at.
        keep: how many of a recipe's newest runs are kept; their artifacts are needed.
        delete: remove what is not needed.

    Raises:
        MissingArtifactError: there is no such folder, or `recipe` is no plain name.
    """
    items: list[dict[str, JsonValue]] = []
    for folder in filter(_holds_runs, _folders(runs_dir.absolute(), recipe)):
        with locked(folder) if delete else nullcontext():
            rows = list(_survey(folder, keep))
            items.extend(rows)
            for row in rows:
                if delete and not row["needed"]:
                    _delete(Path(row["path"]))
    return {
        "items": items,
        "unneeded_bytes": sum(int(row["bytes"]) for row in items if not row["needed"]),
        "deleted": delete,
    }


def _folders(runs_dir: Path, recipe: str | None) -> list[Path]:
    """The folders to look at: one recipe's, or all of them."""
    if recipe is not None and not is_plain(recipe):
        remedy = "give the name alone, and the folder of runs with --runs-dir"
        raise MissingArtifactError(f"{recipe!r} is no name of a recipe; {remedy}")
    folder = runs_dir if recipe is None else runs_dir / recipe
    if not folder.is_dir():
        raise MissingArtifactError(f"{folder} does not exist; name the folder with --runs-dir")
    return [folder] if recipe is not None else sorted(path for path in runs_dir.glob("*") if path.is_dir())


def _holds_runs(folder: Path) -> bool:
    """Whether a folder is one of a recipe's runs: nothing else is looked at, let alone deleted."""
    return (folder / ".lock").is_file() and any(folder.glob(f"*/{RUN_FILE}"))


def _delete(path: Path) -> None:
    """Delete a folder so that a kill half way leaves no artifact without its manifest."""
    trash = path.with_name(f"{DELETING}{path.name}")
    path.rename(trash)
    shutil.rmtree(trash)


def _survey(folder: Path, keep: int) -> Iterator[dict[str, JsonValue]]:
    runs = list_runs(folder)
    evaluated = [run for run in runs if run.artifact("evaluate") is not None]
    kept = [*runs[-keep:], *evaluated[-1:]]  # three failed attempts must not cost the last result
    needed = {stage.artifact for run in kept for stage in run.record.stages if stage.artifact}
    registered = _registered(folder)
    resumable = bool(runs) and runs[-1].record.finished is None
    for run in runs:
        yield _row(run.path, _run_words(run, kept=run in kept), needed=run in kept)
    for path in sorted((folder / "artifacts").glob("*")):
        if path.name.startswith(DELETING):
            yield _row(path, "left by an interrupted deletion", needed=False)
        elif not _ARTIFACT.fullmatch(path.name) or not path.is_dir():
            continue
        elif path.name.endswith(PARTIAL):
            words = "unfinished work that the next run goes on with" if resumable else "unfinished work of an older run"
            yield _row(path, words, needed=resumable)
        elif path.name in needed:
            yield _row(path, "artifact of a kept run", needed=True)
        elif path.name in registered:
            yield _row(path, registered[path.name], needed=True)
        else:
            yield _row(path, "artifact no kept run needs", needed=False)


def _registered(folder: Path) -> dict[str, str]:
    """The artifacts that versions in a registry need, each with what for: an index, and stage 5's own.

    Without the latter nothing would tell the next cleaning that the index is still answered from.
    """
    needed: dict[str, str] = {}
    for path in sorted((folder / "artifacts").glob("register-*")):
        # What is gone from the registry needs nothing, and what cannot be read cannot say what it needs.
        with suppress(ArtifactError, RegistryError, ValueError, KeyError, TypeError):
            told = read_reference(open_artifact(path))
            index = read_registration(Path(told["path"]) / "registration.json").index
            needed[path.name] = f"tells where {told['label']} came from"
            if index is not None:
                needed[Path(index).parent.name] = f"the index that {told['label']} answers from"
    return needed


def _run_words(run: Run, *, kept: bool) -> str:
    done = sum(stage.status in ("done", "skipped") for stage in run.record.stages)
    return f"{'run' if kept else 'older run'}, {done} stages" + ("" if run.record.finished else ", unfinished")


def _row(path: Path, why: str, *, needed: bool) -> dict[str, JsonValue]:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {"path": str(path), "needed": needed, "why": why, "bytes": size}
