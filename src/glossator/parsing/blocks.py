"""Takes the lines of a document's pages in reading order, leaves its blocks: headings, paragraphs, lists, captions."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence

from glossator.parsing.cleaning import (
    has_dot_leader,
    is_credit,
    join_lines,
    remove_credit,
    remove_dot_leaders,
    words_of,
)
from glossator.parsing.headings import settle_headings
from glossator.parsing.layout import Line, Page
from glossator.parsing.pieces import NUMBERED, TERMINAL, Piece, Style
from glossator.parsing.tables import find_grids, to_plain_rows
from glossator.records import Block, BlockKind

_CAPTION = re.compile(
    r"(?:Fig(?:ure|\.)?|Table|Tab\.|Listing|Algorithm|Scheme|Plate|Box)\s*(?:S?\d+|[IVX]+|[A-Z]\.\d+)\s*(?:[.:|–—-]|$)"
)
_BULLET = re.compile(r"[•‣◦▪▫■□●○∗⁃➢➤✓–-]\s+\S|—\s?[A-Z]")
_ENUMERATED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})\)|\d{1,2}\.)\s+\S|\[\d{1,3}\]\s+\S")
REFERENCES = re.compile(
    r"(?:[\dIVX.]+\s+)?(?:references?(?: and notes| cited)?|bibliography|literature(?: cited)?|works cited)[.:]?",
    re.IGNORECASE,
)
_APPENDIX = re.compile(r"(?:[\dA-Z.]+\s+)?(?:appendi(?:x|ces)|supplement\w*|supporting information)\b.*", re.IGNORECASE)
_CITED_WORK = re.compile(
    r"[A-Z][\w'’-]{1,60}(?: [A-Z][\w'’-]{1,60})?, (?:[A-Z]\.[ -]?){1,8}.{0,400}?\((?:19|20)\d\d[a-z]?\)\."
    r".*?(?:https?://|\d\(\d{1,6}\)|pp\.)",
    re.DOTALL,
)
"""An entry of a list of references in author-year style."""
_LONGEST_ENTRY = 3000
"""Characters of a text by which it is told whether it is such an entry."""
_MAY_CREDIT = ("paragraph", "caption", "reference", "table")
"""Kinds of blocks that are left out if they hold a credit only."""
_LETTER = re.compile(r"[^\W\d_]")


def build_blocks(pages: Sequence[Page], size: float) -> list[Block]:
    """Group lines to blocks, set heading levels and join paragraphs that run over a column or page break.

    Args:
        pages: with lines in reading order.
        size: the body's font size, in points.
    """
    leading = _typical_leading(pages, size)
    pieces = [piece for page in pages for piece in _group(page, size, leading)]
    settle_headings(pieces, size)
    _mark_references(pieces)
    pieces = find_grids(_join_over_breaks(pieces), size)
    vocabulary = words_of([line.text for page in pages for line in page.lines])
    blocks = (Block(piece.kind, _text_of(piece, vocabulary), piece.lines[0].page, piece.level) for piece in pieces)
    return [block for block in blocks if block.text and not (block.kind in _MAY_CREDIT and is_credit(block.text))]


def _typical_leading(pages: Sequence[Page], size: float) -> float:
    gaps = [
        before.y - after.y
        for page in pages
        for before, after in zip(page.lines, page.lines[1:], strict=False)
        if abs(before.size - size) <= 0.6 and before.column == after.column and 0.8 < (before.y - after.y) / size < 2.2
    ]
    return statistics.median_low(gaps) if gaps else 1.25 * size


def _group(page: Page, size: float, leading: float) -> Iterator[Piece]:
    piece: Piece | None = None
    for line in page.lines:
        kind = _kind_of(line, piece, page, size)
        if piece is not None and _belongs(line, kind, piece, page, leading * max(0.8, line.size / size)):
            piece.lines.append(line)
            continue
        if piece is not None:
            yield _settle(piece, page, size)
        piece = Piece(kind, [line], _style(line))
    if piece is not None:
        yield _settle(piece, page, size)


def _style(line: Line) -> Style:
    return round(line.size * 2) / 2, line.share("bold") > 0.7


def _kind_of(line: Line, piece: Piece | None, page: Page, size: float) -> BlockKind:
    if line.footnote and not _CAPTION.match(line.text):
        return "caption" if piece is not None and piece.kind == "caption" else "reference"
    if _runs_on(line, piece, size):
        return "paragraph"
    signs: tuple[tuple[BlockKind, bool], ...] = (
        ("table", has_dot_leader(line.text)),
        ("caption", _CAPTION.match(line.text) is not None),
        ("code", (line.share("mono") > 0.8 and len(line.text) > 2) or _is_letter_spaced(line.text)),
        ("heading", _looks_like_heading(line, piece, page, size)),
        ("table", line.in_row),
        ("list_item", _opens_item(line)),
    )
    return next((kind for kind, shown in signs if shown), "paragraph")


def _runs_on(line: Line, piece: Piece | None, size: float) -> bool:
    """Whether a line follows closely on an unfinished line of a paragraph.

    Then `Fig. 1.` or a name in fixed-width type at its start is part of the sentence.
    """
    if piece is None or piece.kind not in ("paragraph", "list_item") or _BULLET.match(line.text):
        return False
    if piece.kind == "list_item" and _opens_item(line) and line.text[0] != "[":
        return False
    last = piece.lines[-1]
    close = 0 < last.y - line.y < 1.35 * size and last.column == line.column
    return close and abs(last.size - line.size) < 1.1 and len(last.text) > 30 and not TERMINAL.search(last.text)


def _is_letter_spaced(text: str) -> bool:
    """Whether letters stand apart, as in a listing set in columns: `j o i n p a t h ( d i r`."""
    tokens = text.split()
    return len(tokens) > 7 and sum(len(token) == 1 for token in tokens) > 0.6 * len(tokens)


def _opens_item(line: Line) -> bool:
    return bool(_BULLET.match(line.text) or _ENUMERATED.match(line.text))


def _looks_like_heading(line: Line, piece: Piece | None, page: Page, size: float) -> bool:
    text = line.text
    larger, bold = line.size >= size + 0.9, line.share("bold") > 0.85 and line.size > size - 0.8
    numbered = NUMBERED.match(text) is not None and line.share("italic") + line.share("bold") > 0.85
    if not (larger or bold or numbered) or line.in_row or len(text) > 160 or len(_LETTER.findall(text)) < 3:
        return False
    if (text[-1] in ".,;" and not larger) or text[-1] == "-":
        return False
    if not (text[0].isupper() or text[0].isdigit() or larger):
        return False
    if not larger and piece is not None and piece.kind in ("paragraph", "list_item", "caption"):
        last = piece.lines[-1]
        # A bold line that goes on from a paragraph is emphasis.
        if last.column == line.column and last.y - line.y < 1.3 * size and not TERMINAL.search(last.text):
            return False
    return line.x1 - line.x0 < 1.05 * page.column_of(line).width


def _belongs(line: Line, kind: BlockKind, piece: Piece, page: Page, leading: float) -> bool:
    """Whether a line continues the block before it."""
    last, kinds = piece.lines[-1], {kind, piece.kind}
    gap = last.y - line.y
    if "heading" in kinds:
        same = kind == piece.kind and _style(line) == _style(last) and line.column == last.column
        return same and 0 < gap < 1.6 * line.size and len(piece.lines) < 4 and not NUMBERED.match(line.text)
    if "reference" in kinds:
        return kind == piece.kind and line.column == last.column and not line.text[0].isdigit()
    if kinds & {"code", "table"}:
        same_row = abs(gap) < 0.4 * line.size
        return (kind == piece.kind or (same_row and piece.kind != "paragraph")) and -2 < gap < 3.2 * leading
    return _continues_prose(line, kind, piece, page, leading)


def _continues_prose(line: Line, kind: BlockKind, piece: Piece, page: Page, leading: float) -> bool:
    last, first = piece.lines[-1], piece.lines[0]
    gap = last.y - line.y
    same_column = line.column == last.column or (last.column == -1 and abs(line.x0 - last.x0) < 2 * line.size)
    if kind == "caption" or not same_column or abs(line.size - last.size) > 1.2:
        return kind == "paragraph" and _is_fraction_of(line, last, gap)
    if kind == "list_item" or (piece.kind == "list_item" and _leaves_item(line, first, last, page)):
        return False
    return -0.8 * line.size < gap <= 1.32 * leading and not _starts_paragraph(line, last, page)


def _leaves_item(line: Line, first: Line, last: Line, page: Page) -> bool:
    """Whether a line stands left of the text of the item before it, and so is no part of it."""
    if line.x0 > first.x0 + 1:
        return False
    column = page.column_of(line)
    short = last.x1 < column.right - 0.12 * column.width
    return line.x0 < first.x0 - 3 or TERMINAL.search(last.text) is not None or (short and line.text[0].isupper())


def _is_fraction_of(line: Line, last: Line, gap: float) -> bool:
    """Whether a line in other type is a piece of a formula set within the paragraph."""
    return line.column == last.column and abs(gap) < 0.9 * last.size and len(line.text) < 12 and line.size < last.size


def _starts_paragraph(line: Line, last: Line, page: Page) -> bool:
    if not TERMINAL.search(last.text):
        return False
    column = page.column_of(line)
    indented = line.x0 > column.left + 0.7 * line.size and last.x0 < column.left + 0.5 * line.size
    short = last.x1 < column.right - 0.18 * column.width
    return (indented or short) and (line.text[0].isupper() or line.text[0].isdigit() or not line.text[0].isalnum())


def _settle(piece: Piece, page: Page, size: float) -> Piece:
    """Turn scattered small text, such as the labels of a figure, into a table."""
    if piece.kind != "paragraph":
        return piece
    width = page.column_of(piece.lines[0]).width
    text = " ".join(line.text for line in piece.lines)
    narrow = max(line.x1 - line.x0 for line in piece.lines) < 0.5 * width
    letters = len(_LETTER.findall(text))
    small = piece.style[0] <= size - 1
    if (narrow and small and not TERMINAL.search(text)) or letters < 0.4 * len(text.replace(" ", "")):
        piece.kind = "table"
    return piece


def _mark_references(pieces: Sequence[Piece]) -> None:
    inside = False
    for piece in pieces:
        if piece.kind == "heading" and piece.level > 1:
            text = " ".join(line.text for line in piece.lines)
            inside = REFERENCES.fullmatch(text) is not None or (inside and not _APPENDIX.fullmatch(text))
        elif piece.kind in ("paragraph", "list_item", "table", "code") and (
            inside or _CITED_WORK.match(" ".join(line.text for line in piece.lines), 0, _LONGEST_ENTRY)
        ):
            piece.kind = "reference"


def _join_over_breaks(pieces: Sequence[Piece]) -> list[Piece]:
    """Join a paragraph cut off by a column or page end, or by a float, to its continuation."""
    joined: list[Piece] = []
    open_piece: Piece | None = None
    for piece in pieces:
        if piece.kind == "paragraph" and open_piece is not None and _continues(open_piece, piece):
            formulas = []
            while joined[-1] is not open_piece and _is_formula(joined[-1], open_piece, piece):
                formulas.append(joined.pop())
            for formula in reversed(formulas):
                open_piece.lines += formula.lines
            open_piece.lines += piece.lines
        else:
            joined.append(piece)
            if piece.kind in ("paragraph", "list_item"):
                open_piece = piece
        if piece.kind == "heading":
            open_piece = None
    return joined


def _is_formula(piece: Piece, before: Piece, after: Piece) -> bool:
    """Whether a piece is a displayed formula within a sentence: its place is between the sentence's two lines."""
    last, first = before.lines[-1], after.lines[0]
    if piece.kind != "table" or len(piece.lines) > 8 or (last.page, last.column) != (first.page, first.column):
        return False
    return all(
        (line.page, line.column) == (last.page, last.column) and first.y - line.size < line.y < last.y + line.size
        for line in piece.lines
    )


def _continues(before: Piece, after: Piece) -> bool:
    last, first = before.lines[-1], after.lines[0]
    if abs(last.size - first.size) > 0.8:
        return False
    moved = (last.page, last.column) != (first.page, first.column)
    if first.text[0].islower():
        return moved or not TERMINAL.search(last.text)
    return not TERMINAL.search(last.text) and (moved or not first.text[0].isalpha())


def _text_of(piece: Piece, vocabulary: frozenset[str]) -> str:
    if piece.kind == "code":
        return _code_text(piece.lines)
    if piece.kind == "table":
        return piece.text or remove_dot_leaders(to_plain_rows(piece.lines))
    text = join_lines([line.text for line in piece.lines], vocabulary)
    if piece.kind == "list_item":
        text = re.sub(r"^(?:[•‣◦▪▫■□●○∗⁃➢➤✓–-]\s+|—\s?)", "", text)
    if piece.kind == "caption":
        text = remove_credit(text)
    return remove_dot_leaders(text).strip()


def _code_text(lines: Sequence[Line]) -> str:
    left = min(line.x0 for line in lines)
    return "\n".join(" " * round((line.x0 - left) / (0.55 * line.size)) + line.text for line in lines)
