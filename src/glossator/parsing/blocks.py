"""Takes the lines of a document's pages in reading order, leaves its blocks: headings, paragraphs, lists, captions."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glossator.parsing.cleaning import join_lines, remove_dot_leaders, words_of
from glossator.parsing.layout import Line, Page
from glossator.records import Block, BlockKind

_CAPTION = re.compile(
    r"(?:Fig(?:ure|\.)?|Table|Tab\.|Listing|Algorithm|Scheme|Plate|Box)\s*(?:S?\d+|[IVX]+|[A-Z]\.\d+)\s*(?:[.:|–—-]|$)"
)
_BULLET = re.compile(r"[•‣◦▪▫■□●○∗⁃➢➤✓–-]\s+\S|—\s?[A-Z]")
_ENUMERATED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})\)|\d{1,2}\.)\s+\S|\[\d{1,3}\]\s+\S")
_NUMBERED = re.compile(r"((?:\d{1,2}|[A-Z]|[IVX]{1,5})(?:\.\d{1,2})*)\.?\s+(?=\S)")
_TERMINAL = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_REFERENCES = re.compile(
    r"(?:[\dIVX.]+\s+)?(?:references?(?: and notes| cited)?|bibliography|literature(?: cited)?|works cited)[.:]?",
    re.IGNORECASE,
)
_APPENDIX = re.compile(r"(?:[\dA-Z.]+\s+)?(?:appendi(?:x|ces)|supplement\w*|supporting information)\b.*", re.IGNORECASE)
_CITED_WORK = re.compile(
    r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?, (?:[A-Z]\.[ -]?)+.{0,400}?\((?:19|20)\d\d[a-z]?\)\..*(?:https?://|\d+\(\d+\)|pp\.)",
    re.DOTALL,
)
"""An entry of a list of references in author-year style."""
_INNER_STOP = re.compile(r"[a-z]{2}\. [A-Z]")
_LETTER = re.compile(r"[^\W\d_]")

Style = tuple[float, bool]
"""Font size to half a point, and whether bold: what headings of one level share."""


@dataclass(slots=True)
class Piece:
    """A block being built from lines."""

    kind: BlockKind
    lines: list[Line]
    style: Style = (0.0, False)
    level: int = 0


def build_blocks(pages: Sequence[Page], size: float) -> list[Block]:
    """Group lines to blocks, set heading levels and join paragraphs that run over a column or page break.

    Args:
        pages: with lines in reading order.
        size: the body's font size, in points.
    """
    leading = _typical_leading(pages, size)
    pieces = [piece for page in pages for piece in _group(page, size, leading)]
    _mark_title_and_front_matter(pieces, size)
    _demote_run_in_headings(pieces, size)
    _set_levels(pieces)
    _mark_references(pieces)
    pieces = _join_over_breaks(pieces)
    vocabulary = words_of([line.text for page in pages for line in page.lines])
    blocks = (Block(piece.kind, _text_of(piece, vocabulary), piece.lines[0].page, piece.level) for piece in pieces)
    return [block for block in blocks if block.text]


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
    return close and abs(last.size - line.size) < 1.1 and len(last.text) > 30 and not _TERMINAL.search(last.text)


def _is_letter_spaced(text: str) -> bool:
    """Whether letters stand apart, as in a listing set in columns: `j o i n p a t h ( d i r`."""
    tokens = text.split()
    return len(tokens) > 7 and sum(len(token) == 1 for token in tokens) > 0.6 * len(tokens)


def _opens_item(line: Line) -> bool:
    return bool(_BULLET.match(line.text) or _ENUMERATED.match(line.text))


def _looks_like_heading(line: Line, piece: Piece | None, page: Page, size: float) -> bool:
    text = line.text
    larger, bold = line.size >= size + 0.9, line.share("bold") > 0.85 and line.size > size - 0.8
    numbered = _NUMBERED.match(text) is not None and line.share("italic") + line.share("bold") > 0.85
    if not (larger or bold or numbered) or line.in_row or len(text) > 160 or len(_LETTER.findall(text)) < 3:
        return False
    if (text[-1] in ".,;" and not larger) or text[-1] == "-":
        return False
    if not (text[0].isupper() or text[0].isdigit() or larger):
        return False
    if not larger and piece is not None and piece.kind in ("paragraph", "list_item", "caption"):
        last = piece.lines[-1]
        # A bold line that goes on from a paragraph is emphasis.
        if last.column == line.column and last.y - line.y < 1.3 * size and not _TERMINAL.search(last.text):
            return False
    return line.x1 - line.x0 < 1.05 * page.column_of(line).width


def _belongs(line: Line, kind: BlockKind, piece: Piece, page: Page, leading: float) -> bool:
    """Whether a line continues the block before it."""
    last, kinds = piece.lines[-1], {kind, piece.kind}
    gap = last.y - line.y
    if "heading" in kinds:
        same = kind == piece.kind and _style(line) == _style(last) and line.column == last.column
        return same and 0 < gap < 1.6 * line.size and len(piece.lines) < 4 and not _NUMBERED.match(line.text)
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
    return line.x0 < first.x0 - 3 or _TERMINAL.search(last.text) is not None or (short and line.text[0].isupper())


def _is_fraction_of(line: Line, last: Line, gap: float) -> bool:
    """Whether a line in other type is a piece of a formula set within the paragraph."""
    return line.column == last.column and abs(gap) < 0.9 * last.size and len(line.text) < 12 and line.size < last.size


def _starts_paragraph(line: Line, last: Line, page: Page) -> bool:
    if not _TERMINAL.search(last.text):
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
    if (narrow and small and not _TERMINAL.search(text)) or letters < 0.4 * len(text.replace(" ", "")):
        piece.kind = "table"
    return piece


def _mark_title_and_front_matter(pieces: Sequence[Piece], size: float) -> None:
    """Make the largest heading of the first page the title, and what stands before the text no heading.

    Names and affiliations are often set in heading type. Between title and first body text only the last heading,
    which announces that text, stays one.
    """
    headings = [i for i, p in enumerate(pieces) if p.kind == "heading" and p.lines[0].page == 1]
    if not headings:
        return
    title = max(headings, key=lambda i: (pieces[i].style[0], -i))
    if pieces[title].style[0] < size + 2 or title > headings[0] + 2:
        return
    pieces[title].level = 1
    prose = next((i for i in range(title + 1, len(pieces)) if _is_prose(pieces[i], size)), None)
    if prose is None:
        return
    for i in headings:
        is_last = i == prose - 1 and not _lists_names(pieces[i])
        if i != title and i < prose and not is_last:
            pieces[i].kind = "paragraph"


def _demote_run_in_headings(pieces: Sequence[Piece], size: float) -> None:
    """Make paragraphs and labels of what only looks like a heading, told by the lower case that follows it."""
    last: Piece | None = None
    for piece, after in pairwise(pieces):
        if piece.kind in ("paragraph", "list_item"):
            last = piece if _is_prose(piece, size) else None
        text = " ".join(line.text for line in piece.lines)
        if piece.kind != "heading" or piece.level or _NUMBERED.match(text) or after.kind != "paragraph":
            continue
        if not after.lines[0].text[0].islower():
            continue
        cut = last is not None and not _TERMINAL.search(last.lines[-1].text)
        if cut:
            piece.kind = "table"
        elif len(text.split()) > (3 if piece.style[0] < size + 0.9 else 8) or _INNER_STOP.search(text):
            piece.kind = "paragraph"


def _is_prose(piece: Piece, size: float) -> bool:
    words = " ".join(line.text for line in piece.lines).split()
    lower = sum(word[0].islower() for word in words)
    return (
        piece.kind == "paragraph" and abs(piece.style[0] - size) < 1.3 and len(words) > 20 and lower > 0.6 * len(words)
    )


def _lists_names(piece: Piece) -> bool:
    text = " ".join(line.text for line in piece.lines)
    return any(not span.text for line in piece.lines for span in line.spans) or text.count(",") >= 2 or "@" in text


def _set_levels(pieces: Sequence[Piece]) -> None:
    """Give each heading style a level: by its numbering where it has one, else by its rank in size."""
    headings = [piece for piece in pieces if piece.kind == "heading" and piece.level == 0]
    depths: dict[Style, list[int]] = {}
    for piece in headings:
        number = _NUMBERED.match(piece.lines[0].text)
        depths.setdefault(piece.style, [])
        if number and number[1][0].isdigit():
            depths[piece.style].append(number[1].count(".") + 1)
    ranked = sorted(depths, reverse=True)
    for piece in headings:
        number = _NUMBERED.match(piece.lines[0].text)
        if number and number[1][0].isdigit():
            depth = number[1].count(".") + 1
        elif depths[piece.style]:
            depth = min(depths[piece.style])
        else:
            depth = ranked.index(piece.style) + 1
        piece.level = min(depth + 1, 6)


def _mark_references(pieces: Sequence[Piece]) -> None:
    inside = False
    for piece in pieces:
        if piece.kind == "heading" and piece.level > 1:
            text = " ".join(line.text for line in piece.lines)
            inside = _REFERENCES.fullmatch(text) is not None or (inside and not _APPENDIX.fullmatch(text))
        elif piece.kind in ("paragraph", "list_item", "table", "code") and (
            inside or _CITED_WORK.match(" ".join(line.text for line in piece.lines))
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
        return moved or not _TERMINAL.search(last.text)
    return not _TERMINAL.search(last.text) and (moved or not first.text[0].isalpha())


def _text_of(piece: Piece, vocabulary: frozenset[str]) -> str:
    if piece.kind == "code":
        return _code_text(piece.lines)
    if piece.kind == "table":
        return _table_text(piece.lines)
    text = join_lines([line.text for line in piece.lines], vocabulary)
    if piece.kind == "list_item":
        text = re.sub(r"^(?:[•‣◦▪▫■□●○∗⁃➢➤✓–-]\s+|—\s?)", "", text)
    return remove_dot_leaders(text).strip()


def _code_text(lines: Sequence[Line]) -> str:
    left = min(line.x0 for line in lines)
    return "\n".join(" " * round((line.x0 - left) / (0.55 * line.size)) + line.text for line in lines)


def _table_text(lines: Sequence[Line]) -> str:
    rows: list[list[Line]] = []
    for line in lines:
        if rows and abs(rows[-1][-1].y - line.y) < 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return "\n".join(" | ".join(line.text for line in row) for row in rows)
