"""The assignment of documents to splits that a recipe keeps for good: `runs/<recipe>/splits.json`.

Its `genesis` names the recipe values under which it was begun, so that a run knows which kept assignment its
split stage adds to. Delete the file to draw anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from glossator.artifacts import write_json
from glossator.errors import CurationError
from glossator.records import JsonValue


def read_genesis(path: Path) -> str | None:
    """The genesis of a kept assignment; None where nothing is kept yet."""
    kept = _read(path)
    return str(kept["genesis"]) if kept else None


def read_assignment(path: Path) -> JsonValue | None:
    """The kept assignment as plain data; None where nothing is kept yet."""
    kept = _read(path)
    return kept["assignment"] if kept else None


def write_assignment(path: Path, genesis: str, assignment: JsonValue) -> None:
    """Keep an assignment, atomically."""
    write_json(path, {"genesis": genesis, "assignment": assignment})


def _read(path: Path) -> dict[str, JsonValue] | None:
    if not path.is_file():
        return None
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {"genesis": kept["genesis"], "assignment": kept["assignment"]}
    except (ValueError, KeyError, TypeError) as error:
        raise CurationError(
            f"{path} is unreadable ({error}); restore it, or delete it to draw the splits anew"
        ) from error
