"""Takes a file of examination questions, leaves its texts: what must not stand in a training set."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import read_numbered_jsonl
from glossator.errors import ArtifactError, CurationError
from glossator.records import JsonValue

KEYS = ("question", "answer", "text")
"""What is read of a row; whatever else it holds is left out."""
MOST_BYTES = 1 << 30
"""Larger files are refused: they are read whole."""
_REMEDY = "give JSON lines, a JSON list or CSV whose rows hold `question`, `answer` or `text`"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published examination that a model may be compared by."""

    name: str
    texts: tuple[str, ...]
    """Of each row question and answer together, and its text by itself."""


def read_benchmark(path: Path, name: str | None = None) -> Benchmark:
    """Take a `.jsonl`, `.json` or `.csv` file, leave its texts under a name, the file's own if none is given.

    Raises:
        CurationError: the file is missing, too large, unreadable, or holds no such row.
    """
    if not path.is_file():
        raise CurationError(f"benchmark {path} does not exist; {_REMEDY}")
    if path.stat().st_size > MOST_BYTES:
        raise CurationError(f"benchmark {path} is larger than {MOST_BYTES >> 30} GiB; give the part that is examined")
    try:
        texts = tuple(dict.fromkeys(text for row in _rows(path) for text in _texts(row)))
    except (OSError, ValueError, csv.Error, RecursionError, ArtifactError) as error:
        raise CurationError(f"benchmark {path} cannot be read ({error}); {_REMEDY}") from error
    if not texts:
        raise CurationError(f"benchmark {path} holds no text; {_REMEDY}")
    return Benchmark(name or path.stem, texts)


def _rows(path: Path) -> Iterator[JsonValue]:
    ending = path.suffix.lower()
    if ending == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    elif ending == ".jsonl":
        yield from (row for _, row in read_numbered_jsonl(path))
    elif ending == ".json":
        value = json.loads(path.read_text("utf-8-sig"))
        yield from value if isinstance(value, list) else _rows_within(value)
    else:
        raise ValueError(f"its ending is {ending or 'none'}")


def _rows_within(value: JsonValue) -> Iterator[JsonValue]:
    """The rows of a JSON object: those of its only list, or itself."""
    lists = [own for own in value.values() if isinstance(own, list)] if isinstance(value, Mapping) else []
    yield from lists[0] if len(lists) == 1 and not any(key in value for key in KEYS) else [value]


def _texts(row: JsonValue) -> Iterator[str]:
    if not isinstance(row, Mapping):
        return
    question, answer, text = (_text(row.get(key)) for key in KEYS)
    asked = "\n".join(filter(None, (question, answer)))
    yield from filter(None, (asked, text))


def _text(value: JsonValue) -> str:
    """A text as it is; of several accepted answers all of them."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    return value.strip() if isinstance(value, str) else ""
