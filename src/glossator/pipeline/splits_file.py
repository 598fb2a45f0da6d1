"""The assignment of documents to splits that a recipe keeps for good: `runs/<recipe>/splits.json`.

Beside the assignment lies its history: for each set of inputs that was split, the hash of what was kept just before.
A run over the same inputs is thereby known to add to the same thing, and finds its split done; a deleted or restored
file changes what a run adds to, so it splits again. Delete the file to draw anew.

A split that is found done although the file does not know it (deleted, or an older one restored, and the same inputs
again) is exactly what would be drawn now: it is written into the file again, or the next documents would move old ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from glossator.artifacts import Artifact, canonical_json, fingerprint, write_json
from glossator.errors import CurationError
from glossator.records import JsonValue, content_id

ASSIGNMENT = "assignment.json"
"""The file of stage 3a's artifact that holds the same."""
NOTHING = "nothing"
"""What a first split adds to."""


def history_key(settings: JsonValue, inputs: Mapping[str, str]) -> str:
    """Name a split by the recipe's values for it and the fingerprints of what it splits."""
    return fingerprint("split-history", "1", settings, inputs)


def adds_to(path: Path, key: str) -> str:
    """The hash of the assignment that this split adds to, or added to when it was first made."""
    kept = _read(path)
    return kept["history"].get(key) or _hash(kept["assignment"]) if kept else NOTHING


def read_assignment(path: Path) -> JsonValue | None:
    """The kept assignment as plain data; None where nothing is kept yet."""
    kept = _read(path)
    return kept["assignment"] if kept else None


def write_assignment(path: Path, key: str, assignment: JsonValue) -> None:
    """Keep an assignment and what it was added to, atomically. Writing the same split again changes nothing."""
    kept = _read(path)
    history = {**(kept["history"] if kept else {}), key: adds_to(path, key)}
    write_json(path, {"assignment": assignment, "history": history})


def keep_again(path: Path, key: str, split: Artifact) -> bool:
    """Keep the assignment of a split that was found done, if the file does not know it; tells whether it did not.

    Args:
        path: the kept assignment.
        key: the split's name in the history.
        split: the artifact of stage 3a, found by what it adds to: it holds whatever the file holds, and its own.

    Raises:
        ArtifactError: the artifact was altered.
        CurationError: the kept assignment is unreadable.
    """
    kept = _read(path)
    if kept is not None and key in kept["history"]:
        return False
    split.check(content=True)
    write_assignment(path, key, json.loads(split.file(ASSIGNMENT).read_text("utf-8")))
    return True


def _hash(assignment: JsonValue) -> str:
    return content_id(canonical_json(assignment["split_of"]))


def _read(path: Path) -> dict[str, JsonValue] | None:
    if not path.is_file():
        return None
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {"assignment": dict(kept["assignment"]), "history": dict(kept["history"])}
    except (ValueError, KeyError, TypeError) as error:
        remedy = "restore it, or delete it to draw the splits anew"
        raise CurationError(f"{path} is unreadable ({error}); {remedy}") from error
