"""A cell of a table in, a label, a date or plain metadata of bounded size out."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
from collections.abc import Mapping
from typing import Any

from glossator.records import JsonValue
from glossator.sources.reading import fault_of_text

MAX_COLUMNS = 40
"""Other columns that are kept of a row, the first ones."""
MAX_CHARACTERS = 2_000
"""A longer value of another column is cut, with an ellipsis at its end."""
MAX_LABEL_CHARACTERS = 500
"""A longer id, title, group or licence is cut."""
_MAX_INTEGER = 1 << 63


def label_of(value: Any) -> str | None:
    """Take a cell, leave it as one line of text: a number or date as it is written; None for what is no label."""
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not _is_finite(value):
        return None
    text = " ".join(str(value).split())
    return _cut(text, MAX_LABEL_CHARACTERS) if text and fault_of_text(text) is None else None


def date_of(text: str | None) -> str | None:
    """Take a text that begins with a date, leave that in ISO 8601; None for what is written otherwise."""
    try:
        return dt.date.fromisoformat(text[:10]).isoformat() if text else None
    except ValueError:
        return None


def metadata_of(values: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Take the other columns, leave them as plain data; those that hold nothing are left out.

    Lists and the like become their JSON text, bytes the number of them.
    """
    kept: dict[str, JsonValue] = {}
    for key, value in itertools.islice(values.items(), MAX_COLUMNS):
        if value is None or value == "" or not _is_finite(value):
            continue
        plain = isinstance(value, bool | int | float) and abs(value) < _MAX_INTEGER
        kept[_cut(str(key), MAX_LABEL_CHARACTERS)] = value if plain else _cut(_written(value), MAX_CHARACTERS)
    return kept


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    try:
        return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
    except RecursionError:
        return "nested too deeply"


def _cut(text: str, most: int) -> str:
    short = text if len(text) <= most else text[: most - 1] + "…"
    return short.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
