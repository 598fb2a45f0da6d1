"""What blocks are built from: pieces, which are lines of one kind, and what tells where a sentence or number ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glossator.parsing.layout import Line
from glossator.records import BlockKind

NUMBERED = re.compile(r"((?:\d{1,2}|[A-Z](?=\.)|[B-HJ-Z]|[IVX]{2,5})(?:\.\d{1,2})*)\.?\s+(?=\S)")
"""The number of a heading; `A` and `I` need a full stop, for they are words too."""
TERMINAL = re.compile(r"[.!?:;…][\"'”’)\]]*$")

Style = tuple[float, bool]
"""Font size to half a point, and whether bold: what headings of one level share."""


@dataclass(slots=True)
class Piece:
    """A block being built from lines."""

    kind: BlockKind
    lines: list[Line]
    style: Style = (0.0, False)
    level: int = 0
    text: str = ""
    """Of a table whose grid was found: its Markdown."""
