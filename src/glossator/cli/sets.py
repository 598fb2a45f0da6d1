"""What is typed at `--documents` and `--set`, as overrides: paths start at the working directory there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

_PATH_KEYS = re.compile(
    r"^(sources\.\d+\.path|parsing\.spark\.work_folder|training\.base_model|synthesis\.(tasks\.\d+\.prompt|prices|teacher\.adapter)|retrieval\.embedder|curation\.embedder|registry\.path)$"
)
_NAMES = ("embedded", "minilm")
_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML reads as no value at all: it takes a key's value back, and is no folder of that name."""


def overrides_of(documents: Sequence[Path] | None, overrides: Sequence[str] | None) -> list[str]:
    """Take what was given at `--documents` and `--set`, leave overrides; the second can change what the first says."""
    sources = [{"kind": "local_files", "path": _absolute(str(path))} for path in documents or ()]
    replaced = [f"sources={json.dumps(sources)}"] if sources else []
    return [*replaced, *absolute_paths(overrides or ())]


def absolute_paths(overrides: Sequence[str]) -> list[str]:
    """Make the relative paths among `KEY=VALUE` overrides absolute; everything else is returned as it is."""
    result = []
    for override in overrides:
        key, equals, value = override.partition("=")
        is_path = bool(_PATH_KEYS.match(key)) and bool(equals) and value not in _NAMES and value.strip() not in _NOTHING
        if is_path and "://" not in value and (not key.endswith(".prompt") or value.endswith(".md")):
            value = _absolute(value)
        result.append(f"{key}{equals}{value}")
    return result


def _absolute(text: str) -> str:
    path = Path(text).expanduser()
    return str(path if path.is_absolute() else Path.cwd() / path)
