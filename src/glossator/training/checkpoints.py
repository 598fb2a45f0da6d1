"""Takes a training folder, leaves the checkpoints in it that are whole.

The trainer writes a checkpoint's files in place, one after the other, so a process killed meanwhile leaves half of
them. `complete.json` is written last, by rename, and lists every file with its size: a checkpoint without it, or
with a file missing or of another size, was interrupted.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from glossator.artifacts import write_json
from glossator.errors import TrainingError
from glossator.records import JsonValue

_MARKER = "complete.json"


def checkpoint_path(output: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies."""
    return output / f"checkpoint-{step}"


def mark_complete(checkpoint: Path, *, run: str, seconds: float) -> None:
    """Declare the files of a checkpoint final.

    Args:
        checkpoint: the folder, with everything in it.
        run: fingerprint of the training this checkpoint belongs to.
        seconds: training time up to here, over all interruptions.
    """
    sizes = {
        str(path.relative_to(checkpoint)): path.stat().st_size
        for path in sorted(checkpoint.rglob("*"))
        if path.is_file() and path.name != _MARKER
    }
    write_json(checkpoint / _MARKER, {"run": run, "seconds": seconds, "files": sizes})


def read_marker(checkpoint: Path) -> dict[str, JsonValue] | None:
    """Return what `mark_complete` wrote, or None if the checkpoint is not whole."""
    try:
        marker: dict[str, JsonValue] = json.loads((checkpoint / _MARKER).read_text(encoding="utf-8"))
        whole = all((checkpoint / name).stat().st_size == size for name, size in marker["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return marker if whole and "run" in marker else None


def complete_checkpoints(output: Path, *, run: str) -> list[Path]:
    """List the whole checkpoints of a training by rising step, and remove the half-written ones.

    Raises:
        TrainingError: the folder holds a whole checkpoint of another training.
    """
    found = []
    for path in output.glob("checkpoint-*"):
        step = path.name.removeprefix("checkpoint-")
        if not path.is_dir() or not step.isdigit():
            continue
        marker = read_marker(path)
        if marker is None:
            shutil.rmtree(path)
        elif marker["run"] != run:
            raise TrainingError(
                f"{path} belongs to a training with other samples, parameters or base model; use another output"
                " folder or delete this one"
            )
        else:
            found.append((int(step), path))
    return [path for _, path in sorted(found)]
