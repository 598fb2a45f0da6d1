"""What a door prints: JSON or readable lines on standard output, errors and progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from glossator.records import JsonValue

if TYPE_CHECKING:
    from rich.console import Console

SECONDS_PER_MINUTE = 60
WIDE = 240
"""Columns where there is no terminal whose width counts: enough to fold no path."""


def print_json(value: JsonValue) -> None:
    """Print one JSON value on standard output."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))  # JSON is UTF-8, whatever the locale
    sys.stdout.buffer.flush()


def report_error(error: Exception) -> None:
    """Print an expected error on standard error."""
    sys.stderr.write(f"glossator: {error}\n")


def console(*, error: bool = False) -> Console:
    """A console that draws for terminals and writes plain lines, unwrapped, elsewhere."""
    from rich.console import Console

    plain = Console(stderr=error, highlight=False, soft_wrap=True)
    return plain if plain.is_terminal else Console(stderr=error, highlight=False, soft_wrap=True, width=WIDE)


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a plain table; columns of figures are aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for index, name in enumerate(header):
        figures = all(row[index].strip("+-−.0123456789% s") == "" for row in rows) if rows else False
        table.add_column(name, justify="right" if figures else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console().print(table)


def escape(text: str) -> str:
    """Make text from documents and models harmless to the terminal: no markup, no control characters."""
    from rich.markup import escape as escape_markup

    return escape_markup("".join(char if char.isprintable() else " " for char in text))


def counts_text(counts: Mapping[str, int]) -> str:
    """Counts as a reader says them: `12 documents, 1 checkpoint`."""
    words = []
    for name, count in counts.items():
        noun = name.replace("_", " ")
        words.append(f"{count:,} {_one(noun) if count == 1 else noun}")
    return ", ".join(words)


def _one(noun: str) -> str:
    """One of what a plural names: replies → reply, documents → document."""
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-1] if noun.endswith("s") else noun


def duration(seconds: float) -> str:
    """Seconds as a reader says them: `0.4 s`, `42 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), SECONDS_PER_MINUTE)
    return f"{minutes} min {rest:02d} s"
