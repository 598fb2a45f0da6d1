"""Paths typed at `--set` start at the working directory, those inside a recipe at the recipe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_PATH_KEYS = re.compile(
    r"^(sources\.\d+\.path|training\.base_model|synthesis\.tasks\.\d+\.prompt|retrieval\.embedder|registry\.path)$"
)
_NAMES = ("embedded", "minilm")
_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML reads as no value at all: it takes a key's value back, and is no folder of that name."""


def absolute_paths(overrides: Sequence[str]) -> list[str]:
    """Make the relative paths among `KEY=VALUE` overrides absolute; everything else is returned as it is."""
    result = []
    for override in overrides:
        key, equals, value = override.partition("=")
        is_path = bool(_PATH_KEYS.match(key)) and bool(equals) and value not in _NAMES and value.strip() not in _NOTHING
        if is_path and (not key.endswith(".prompt") or value.endswith(".md")):
            path = Path(value).expanduser()
            value = str(path if path.is_absolute() else Path.cwd() / path)
        result.append(f"{key}{equals}{value}")
    return result
