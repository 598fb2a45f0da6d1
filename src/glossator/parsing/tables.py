"""Takes the lines of a table, leaves a Markdown table where rows and columns can be told apart."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glossator.parsing.cleaning import collapse_whitespace, expand_ligatures, has_dot_leader, join_lines
from glossator.parsing.layout import Line, Span
from glossator.parsing.pieces import Piece

_MAX_COLUMNS = 30
_MOST_TRIED = 10_000
"""Lines of a run of pieces that are tried to be joined to one table, from one piece after the other; then no more."""
_WORD = re.compile(r"[^\W_]|[✓✗✔✘×–—-]")
_NUMBER = re.compile(r"[-−+<>≈~($€£]{0,3}\d[\d.,\s%)(eE×x±/−-]*")
_LINE_NUMBER = re.compile(r"\d{1,3}[:.]?")
_FORMULA = re.compile(r"[∂∫∑∏√∀∃∈]|(?:^|\s)[=≤≥≪](?:\s|$)|^\(\d{1,2}[a-z]?\)$")


@dataclass(frozen=True, slots=True)
class _Segment:
    """A run of spans without a wide gap: the content of a cell, or a line of it."""

    left: float
    right: float
    text: str


def find_grids(pieces: Sequence[Piece], size: float) -> list[Piece]:
    """Give tables their Markdown, joining the pieces of one that its rules and empty cells set apart.

    Args:
        pieces: of the whole document, in reading order.
        size: the body's font size, in points.
    """
    found: list[Piece] = []
    at = run_end = tried = 0
    while at < len(pieces):
        if at >= run_end:
            run_end, tried = _end_of_table(pieces, at, size), 0
        end = run_end if pieces[at].kind == "table" else at
        beside = [p.lines[0].text for p in (*found[-1:], *pieces[end : end + 1]) if p.kind == "caption"]
        captioned = any(text.startswith("Tab") for text in beside)
        joined = None
        if end > at + 1 and tried < _MOST_TRIED:
            joined = _as_grid(pieces[at:end], captioned=captioned)
            tried += sum(len(piece.lines) for piece in pieces[at:end])
        if joined is None and pieces[at].kind == "table":
            joined, end = _as_grid(pieces[at : at + 1], captioned=captioned), at + 1
        found += [joined] if joined else pieces[at : max(end, at + 1)]
        at = max(end, at + 1)
    return found


def _as_grid(pieces: Sequence[Piece], *, captioned: bool) -> Piece | None:
    lines = [line for piece in pieces for line in piece.lines]
    contents = any(has_dot_leader(line.text) for line in lines)
    text = "" if contents else to_markdown_table(lines, captioned=captioned)
    return Piece("table", lines, pieces[0].style, text=text) if text else None


def _end_of_table(pieces: Sequence[Piece], at: int, size: float) -> int:
    """The index behind the last of the table pieces that follow each other closely, scraps between them included."""
    end = at
    for index in range(at, len(pieces)):
        piece = pieces[index]
        scrap = piece.kind == "paragraph" and len(piece.lines) < 3 and all(len(line.text) < 40 for line in piece.lines)
        if index > at:
            last = pieces[index - 1].lines[-1]
            apart = last.page != piece.lines[0].page or abs(last.y - piece.lines[0].y) > 5 * size
            if apart or not (scrap or piece.kind == "table"):
                break
        elif piece.kind != "table":
            break
        if piece.kind == "table":
            end = index + 1
    return end


def to_markdown_table(lines: Sequence[Line], *, captioned: bool = False) -> str:
    """Write lines as a Markdown table whose first row is the head; an empty string if they make no grid.

    A grid has at least two columns and, of rows with more than one cell, at least three, or two of at least three
    cells. Columns are told by the white space that runs through the rows, which a head that spans several of them may
    cross. Listings, displayed formulas and the scattered labels of a figure make no grid.

    Args:
        lines: of one page, in any order.
        captioned: whether a caption says that this is a table; then more cells may be empty.
    """
    if not lines or statistics.mean(line.share("mono") for line in lines) > 0.5:
        return ""
    size = statistics.median(line.size for line in lines)
    baselines, rows = _find_rows(lines, size)
    several = [row for row in rows if len(row) > 1]
    if len(several) < 2 or len(several) < 0.5 * len(rows):
        return ""
    columns = _find_columns(several, size)
    if not 2 <= len(columns) <= _MAX_COLUMNS or len(several) + len(columns) < 5:
        return ""
    cells = _drawn_rows(lines, columns, size)
    if len(cells) >= len(rows):
        cells = _merge_divided(baselines, [_place(row, columns) for row in rows], size)
    return write_rows(cells) if _is_plausible(cells, captioned=captioned) else ""


def _is_plausible(cells: Sequence[Sequence[str]], *, captioned: bool) -> bool:
    """Whether cells hold what tables hold, mostly filled, and not a listing, a formula or labels."""
    filled = [cell for row in cells for cell in row if _WORD.search(cell)]
    total = len(cells) * len(cells[0])
    words = " ".join(filled).split()
    if len(cells) < 2 or len(filled) < (0.5 if captioned else 0.75) * total or not words:
        return False
    if sum(len(word) == 1 and word.isalpha() for word in words) > 0.4 * len(words):
        return False  # letters set apart, as in some listings
    if captioned:
        return True
    numbered = sum(_LINE_NUMBER.fullmatch(row[0]) is not None for row in cells)
    formulas = sum(any(_FORMULA.search(cell) for cell in row) for row in cells)
    return len(cells) > 2 and numbered < 0.6 * len(cells) and formulas < 0.3 * len(cells)


def write_rows(rows: Sequence[Sequence[str]]) -> str:
    """Write rows of equal length as a Markdown table, the first one as its head; bars and line breaks are escaped."""
    head, *body = [f"| {' | '.join(escape_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def escape_cell(text: str) -> str:
    """Make text safe within a cell of a Markdown table."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def to_plain_rows(lines: Sequence[Line]) -> str:
    """Write lines that make no grid: what stands on one baseline in a row, divided by bars."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][-1].y - line.y) < 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return "\n".join(" | ".join(line.text for line in row) for row in rows)


def _find_rows(lines: Sequence[Line], size: float) -> tuple[list[float], list[list[_Segment]]]:
    """The baseline and the segments of each row, from top to bottom."""
    held: list[tuple[float, list[Span]]] = []
    for line in sorted(lines, key=lambda line: -line.y):
        if held and held[-1][0] - line.y < 0.25 * size:
            held[-1][1].extend(line.spans)
        else:
            held.append((line.y, list(line.spans)))
    return [y for y, _ in held], [list(_segments(spans, size)) for _, spans in held]


def _segments(spans: Sequence[Span], size: float) -> Iterator[_Segment]:
    """Join the spans of a row, from left to right, over gaps no wider than those between words."""
    run: list[Span] = []
    right = 0.0
    for span in sorted((span for span in spans if span.text.strip()), key=lambda span: span.x0):
        if run and span.x0 - right > 0.8 * size:
            yield _join(run)
            run = []
        right = max(right, span.x1) if run else span.x1
        run.append(span)
    if run:
        yield _join(run)


def _join(run: Sequence[Span]) -> _Segment:
    text, right = "", run[0].x0
    for span in run:
        gap = span.x0 - right > 0.16 * span.size
        text += (" " if gap and text and not text.endswith(" ") else "") + span.text
        right = max(right, span.x1)
    return _Segment(run[0].x0, right, collapse_whitespace(expand_ligatures(text)))


def _find_columns(rows: Sequence[Sequence[_Segment]], size: float) -> list[tuple[float, float]]:
    """The left and right edge of each column; one row in ten may cross the white space between two."""
    edges = sorted([(s.left, 1) for row in rows for s in row] + [(s.right, -1) for row in rows for s in row])
    crossing_allowed = len(rows) // 10 if len(rows) >= 5 else 0
    columns: list[tuple[float, float]] = []
    depth, start = 0, None
    for x, step in edges:
        depth += step
        if start is None and depth > crossing_allowed:
            start = x
        elif start is not None and depth <= crossing_allowed:
            if columns and start - columns[-1][1] < 0.4 * size:
                columns[-1] = (columns[-1][0], x)
            else:
                columns.append((start, x))
            start = None
    return columns


def _place(row: Sequence[_Segment], columns: Sequence[tuple[float, float]]) -> list[str]:
    cells = [""] * len(columns)
    for segment in row:
        best = _column_of(segment, columns)
        cells[best] = f"{cells[best]} {segment.text}".strip()
    return cells


def _column_of(segment: _Segment, columns: Sequence[tuple[float, float]]) -> int:
    overlaps = [min(segment.right, right) - max(segment.left, left) for left, right in columns]
    return max(range(len(columns)), key=overlaps.__getitem__)


def _drawn_rows(lines: Sequence[Line], columns: Sequence[tuple[float, float]], size: float) -> list[list[str]]:
    """The rows by the order of drawing: a cell of several lines is drawn before the next cell is.

    A row ends where the text goes on below all of the row, and further to the left or with a number below a number; or
    where behind a number it goes on further down and to the left, below what a cell in the middle of its rows spans.
    """
    rows: list[list[str]] = []
    top = before = lowest = 0.0
    last = 0
    for line in lines:
        for segment in _segments(line.spans, size):
            column = _column_of(segment, columns)
            below = not rows or line.y < lowest - 0.25 * size
            back = bool(rows) and 0 < column < last and line.y < before - 0.25 * size and bool(rows[-1][column])
            ends = below and (not rows or column < last or _stacks(rows[-1][column], segment.text))
            if ends or (back and _NUMBER.fullmatch(rows[-1][last]) is not None):
                rows.append([""] * len(columns))
                top = lowest = line.y
            elif column > last and not any(rows[-1][1:]) and line.y < top - 0.5 * size:
                # What stood alone above is a row of its own: cells of one row begin at the same height.
                head, _, rest = rows[-1][0].partition("\n")
                rows[-1:] = [[head, *rows[-1][1:]], [rest, *rows[-1][1:]]] if rest else rows[-1:]
                top = line.y
            rows[-1][column] = f"{rows[-1][column]}\n{segment.text}".strip()
            before, lowest, last = line.y, min(lowest, line.y), column
    return [[join_lines(cell.splitlines()) for cell in row] for row in rows]


def _stacks(above: str, below: str) -> bool:
    """Whether two lines of a column are cells of their own: numbers, one below the other."""
    return _NUMBER.fullmatch(above.rpartition("\n")[2]) is not None and _NUMBER.fullmatch(below) is not None


def _merge_divided(baselines: Sequence[float], rows: Sequence[list[str]], size: float) -> list[list[str]]:
    """Join the lines of rows whose cells run over several: within such rows lines stand closer than rows do."""
    gaps = [above - below for above, below in pairwise(baselines)]
    close = min(1.25 * sorted(gaps)[len(gaps) // 5], 1.7 * size) if gaps else 0.0
    groups: list[list[list[str]]] = [[list(rows[0])]]
    for gap, row in zip(gaps, rows[1:], strict=True):
        if gap < close:
            groups[-1].append(list(row))
        else:
            groups.append([list(row)])
    if len(groups) < 3:
        return [row for group in groups for row in group]
    merged: list[list[str]] = []
    for group in groups:
        if _is_one_row(group):
            merged.append([" ".join(filter(None, cells)) for cells in zip(*group, strict=True)])
        else:
            merged += group
    return merged


def _is_one_row(group: Sequence[Sequence[str]]) -> bool:
    """Whether lines that stand close continue each other: no number below a number, and gaps or words cut in half."""
    if len(group) < 2:
        return True
    if any(sum(_NUMBER.fullmatch(cell) is not None for cell in column) > 1 for column in zip(*group, strict=True)):
        return False
    continued = 0
    for above, below in pairwise(group):
        cut = sum(bool(cell) and not cell[0].isupper() for cell in below)
        emptied = any(a and not b for a, b in zip(above, below, strict=True))
        continued += emptied or cut >= 0.5 * sum(map(bool, below))
    return continued >= 0.5 * (len(group) - 1)
