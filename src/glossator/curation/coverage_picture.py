"""Takes a coverage, leaves an SVG: one row a document, one cell a chunk, full where there are pairs.

Cells differ in shape as well as in colour, so that the picture can be read in grey or printed: a full square has two
pairs or more, a half-filled one has one, a crossed one was asked about in vain, a dot was not asked about. A gap parts
top-level sections. The style sheet lies within, and follows light and dark screens.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

from glossator.curation.coverage import ChunkCoverage, Coverage, DocumentCoverage, State

MOST_DOCUMENTS = 60
_WIDTH, _LEFT, _RIGHT = 900, 270, 830
"""Of the picture; where cells begin and end."""
_CELL, _GAP, _ROW = 8, 5, 12
_MOST_LINES = 4
_TITLE = 42
_LEGEND: Mapping[State, str] = {
    "many": "two pairs or more",
    "one": "one pair",
    "vain": "asked in vain",
    "unasked": "not asked",
}
_STYLE = """
svg{background:#fff;color:#1c2733;font:12px system-ui,sans-serif}
text{fill:currentColor}.small{font-size:11px}
.many,.one{fill:#1f6f8b;stroke:#1f6f8b}.frame{fill:none;stroke:#1f6f8b}
.vain{fill:none;stroke:#b3541e}.unasked{fill:#8a939c;stroke:none}
@media (prefers-color-scheme:dark){svg{background:#14181d;color:#e6e9ec}
.many,.one{fill:#63b7d4;stroke:#63b7d4}.frame{stroke:#63b7d4}.vain{stroke:#e89a63}.unasked{fill:#7d868f}}
"""


def coverage_picture(coverage: Coverage) -> str:
    """Take a coverage, leave an `<svg>` of its documents, the first sixty of them; their titles are escaped."""
    shown = coverage.documents[:MOST_DOCUMENTS]
    parts, y = [_legend()], 40.0
    for document in shown:
        drawn, height = _document(document, y)
        parts.append(drawn)
        y += height
    left = len(coverage.documents) - len(shown)
    if left:
        parts.append(_text(0, y + 10, f"and {left:,} more"))
        y += 20
    label = html.escape("Pairs of each chunk, one row a document")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 6:.0f}" role="img" aria-label="{label}">'
    )
    return f"{opening}<style>{_STYLE}</style>{''.join(parts)}</svg>"


def _document(document: DocumentCoverage, y: float) -> tuple[str, float]:
    """Draw a document's title, cells and figures; leave the drawing and its height."""
    cells: list[str] = []
    lines, hidden = _lay_out(document.chunks)
    for number, line in enumerate(lines):
        cells += [_CELLS[chunk.state](x, y + number * _ROW) for x, chunk in line]
    asked = sum(chunk.state != "unasked" for chunk in document.chunks)
    title = document.title if len(document.title) <= _TITLE else f"{document.title[: _TITLE - 1]}…"
    parts = [f"<title>{_escape(document.title)}</title>", _text(0, y + 8, title), *cells]
    parts.append(_text(_WIDTH, y + 8, f"{document.covered} of {asked}", anchor="end"))
    if hidden:
        parts.append(_text(0, y + 8 + _ROW, f"{hidden:,} more chunks are not drawn"))
    return f"<g>{''.join(parts)}</g>", max(1, len(lines)) * _ROW + 6


def _lay_out(chunks: Sequence[ChunkCoverage]) -> tuple[list[list[tuple[float, ChunkCoverage]]], int]:
    """Give each chunk a place, line after line with a gap between sections; leave the lines and how many do not fit."""
    lines: list[list[tuple[float, ChunkCoverage]]] = [[]]
    x = float(_LEFT)
    for place, chunk in enumerate(chunks):
        if lines[-1] and chunk.section != chunks[place - 1].section:
            x += _GAP
        if x + _CELL > _RIGHT:
            if len(lines) == _MOST_LINES:
                return lines, len(chunks) - place
            lines.append([])
            x = float(_LEFT)
        lines[-1].append((x, chunk))
        x += _CELL + 2
    return lines, 0


def _many(x: float, y: float) -> str:
    return f'<rect class="many" x="{x:g}" y="{y:g}" width="{_CELL}" height="{_CELL}"/>'


def _one(x: float, y: float) -> str:
    half = _CELL / 2
    frame = f'<rect class="frame" x="{x:g}" y="{y:g}" width="{_CELL}" height="{_CELL}"/>'
    return f'{frame}<rect class="one" x="{x:g}" y="{y + half:g}" width="{_CELL}" height="{half:g}"/>'


def _vain(x: float, y: float) -> str:
    frame, cross = f"h{_CELL}v{_CELL}h-{_CELL}z", f"l{_CELL} {_CELL}m0 -{_CELL}l-{_CELL} {_CELL}"
    return f'<path class="vain" d="M{x:g} {y:g}{frame}{cross}"/>'


def _unasked(x: float, y: float) -> str:
    return f'<circle class="unasked" cx="{x + _CELL / 2:g}" cy="{y + _CELL / 2:g}" r="1.5"/>'


_CELLS: Mapping[State, Callable[[float, float], str]] = {
    "many": _many,
    "one": _one,
    "vain": _vain,
    "unasked": _unasked,
}


def _legend() -> str:
    parts = [
        _CELLS[state](place * 170, 8) + _text(place * 170 + 14, 16, label)
        for place, (state, label) in enumerate(_LEGEND.items())
    ]
    return "".join([*parts, _text(_WIDTH, 16, "chunks with pairs of those asked", anchor="end")])


def _text(x: float, y: float, content: str, *, anchor: str = "start") -> str:
    return f'<text class="small" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{_escape(content)}</text>'


def _escape(content: str) -> str:
    # Control characters are no XML, however they are written.
    readable = "".join(char if char.isprintable() else " " for char in content)
    return html.escape(readable)
