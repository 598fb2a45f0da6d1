"""Takes headings, cells and rows, leaves pieces of Markdown that GitHub shows as they are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def anchor(heading: str) -> str:
    """Take a heading's text, leave the name by which a link reaches it."""
    return _NOT_IN_ANCHORS.sub("", heading.strip().lower()).replace(" ", "-")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Take a header and rows, leave a table: a bar or a line break in a cell neither ends nor parts it."""
    lines = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def one_of(words: Sequence[str]) -> str:
    """Take words, leave them as a choice: `a`, `b` or `c`."""
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
