"""Takes pieces, some of them set like headings, leaves those that are, with their levels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from glossator.parsing.pieces import NUMBERED, TERMINAL, Piece, Style

_INNER_STOP = re.compile(r"[a-z]{2}\. [A-Z]")


def settle_headings(pieces: Sequence[Piece], size: float) -> None:
    """Tell the title, turn what only looks like a heading into what it is, and set levels from 1.

    Args:
        pieces: of the whole document, in reading order; their kinds and levels are changed.
        size: the body's font size, in points.
    """
    _mark_title_and_front_matter(pieces, size)
    _demote_prose(pieces)
    _demote_run_in_headings(pieces, size)
    _demote_labels(pieces)
    _set_levels(pieces)


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


def _demote_prose(pieces: Sequence[Piece]) -> None:
    """Make paragraphs of what is set like a heading and is none: long running text, and its last sentences.

    Text in larger type than most looks like a heading where tables or notes fill most of the document.
    """
    prose: set[Style] = set()
    for piece in pieces:
        if piece.kind != "heading" or piece.level:
            continue
        words = " ".join(line.text for line in piece.lines).split()
        if len(words) > 24 and sum(word[0].islower() for word in words) > 0.6 * len(words):
            piece.kind = "paragraph"
            prose.add(piece.style)
    for piece in pieces:
        ends = piece.lines[-1].text.endswith((".", ";"))
        if piece.kind == "heading" and not piece.level and piece.style in prose and ends:
            piece.kind = "paragraph"


def _demote_run_in_headings(pieces: Sequence[Piece], size: float) -> None:
    """Make paragraphs and labels of what only looks like a heading, told by the lower case that follows it."""
    last: Piece | None = None
    for piece, after in pairwise(pieces):
        if piece.kind in ("paragraph", "list_item"):
            last = piece if _is_prose(piece, size) else None
        text = " ".join(line.text for line in piece.lines)
        if piece.kind != "heading" or piece.level or NUMBERED.match(text) or after.kind != "paragraph":
            continue
        if not after.lines[0].text[0].islower():
            continue
        cut = last is not None and not TERMINAL.search(last.lines[-1].text)
        if cut:
            piece.kind = "table"
        elif len(text.split()) > (3 if piece.style[0] < size + 0.9 else 8) or _INNER_STOP.search(text):
            piece.kind = "paragraph"


def _demote_labels(pieces: Sequence[Piece]) -> None:
    """Make labels of what only looks like a heading amid the labels and caption of a figure, such as a logo in it.

    A style in which any heading stands elsewhere is a style of headings.
    """
    labels: list[Piece] = []
    for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False):
        if piece.kind != "heading" or piece.level or NUMBERED.match(piece.lines[0].text):
            continue
        cut = before.kind == "paragraph" and not TERMINAL.search(before.lines[-1].text)
        if after.kind in ("table", "caption") and (cut or before.kind in ("table", "caption")):
            labels.append(piece)
    amid = {id(piece) for piece in labels}
    styles = {piece.style for piece in pieces if piece.kind == "heading" and id(piece) not in amid}
    for piece in labels:
        if piece.style not in styles:
            piece.kind = "table"


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
        number = NUMBERED.match(piece.lines[0].text)
        depths.setdefault(piece.style, [])
        if number and number[1][0].isdigit():
            depths[piece.style].append(number[1].count(".") + 1)
    ranked = sorted(depths, reverse=True)
    for piece in headings:
        number = NUMBERED.match(piece.lines[0].text)
        if number and number[1][0].isdigit():
            depth = number[1].count(".") + 1
        elif depths[piece.style]:
            depth = min(depths[piece.style])
        else:
            depth = ranked.index(piece.style) + 1
        piece.level = min(depth + 1, 6)
