"""Plain rows in, a file of JSON lines out, which any reader of UTF-8 takes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from glossator.records import JsonValue, Sample


def write_lines(path: Path, rows: Iterable[JsonValue]) -> None:
    """Take rows, write one line of JSON for each; lone surrogates, which are no UTF-8, become `?`."""
    with path.open("wb") as file:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False)
            file.write(line.encode("utf-8", "replace") + b"\n")


def messages_of(sample: Sample) -> list[dict[str, str]]:
    """Take a sample, leave its whole conversation as `{"role", "content"}`."""
    return [{"role": message.role, "content": message.content} for message in sample.messages]
