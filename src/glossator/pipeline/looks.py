"""How often test documents were looked at: every tuned model that was scored on them, kept for good."""

from __future__ import annotations

import json
from pathlib import Path

from glossator.artifacts import write_json
from glossator.errors import EvaluationError


def count_looks(path: Path, *, model: str, documents: set[str]) -> int:
    """Note that a tuned model is about to be scored on test documents; returns how many different ones have been.

    Models count whose test documents overlap with these, whatever questions were asked about them. It is noted before
    the first answer, so that an evaluation that dies half way counts; going on with it, or computing other figures
    from the same model, does not count again.

    Args:
        path: the file that keeps the looks.
        model: fingerprint of the choice of the tuned model.
        documents: ids of the test documents.
    """
    looks = _read(path)
    if not documents <= set(looks.get(model, [])):
        looks[model] = sorted(documents | set(looks.get(model, [])))
        write_json(path, looks)
    return sum(not documents.isdisjoint(seen) for seen in looks.values())


def _read(path: Path) -> dict[str, list[str]]:
    if not path.is_file():
        return {}
    try:
        return {str(model): [str(name) for name in seen] for model, seen in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise EvaluationError(f"{path} is unreadable ({error}); restore it, or delete it to count anew") from error
