"""Takes what stands on a page and its blocks, leaves which of its lines are text and which may belong to a figure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from glossator.parsing.page_objects import Box, PageObjects, PlacedText, around
from glossator.records import Block

_LABEL = re.compile(r"[a-z]+\d+")
_LETTERS = re.compile(r"[\W_]+")
_PROSE = frozenset({"paragraph", "list_item", "reference"})
_LONG = 150
"""Characters of a paragraph that is no label of a figure."""
_BROKEN_ROWS = 4
"""Lines of a table in a row that may not be found in it."""
_FEW = 20
"""Lines of text that tell a page's columns no better than another page does."""
_TELLING = 12
"""Letters of a caption by which it is told from a mention."""
_ALIKE = 8
_CAPTION_LINES = 30
_SENTENCE = 50
"""Characters of one that ends with a full stop."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with what its blocks say about its lines."""

    page: PageObjects
    bodies: tuple[Box, ...]
    """Lines of text that are part of no figure."""
    labels: tuple[Box, ...]
    """Other lines: names of axes, legends, words of a flow chart."""
    columns: tuple[tuple[float, float], ...]
    """Left and right edge of each column of text, one or two; none for a page without text."""


def squeeze(text: str) -> str:
    """Reduce a text to its letters and digits in lower case: what two readers of a page agree on."""
    return _LETTERS.sub("", text).lower()


def lay_out(
    page: PageObjects, blocks: Sequence[Block], *, listings: bool, usual: Sequence[tuple[float, float]] = ()
) -> Sheet:
    """Tell the lines that belong to the text of a page from those that may belong to a figure.

    Args:
        page: what stands on it.
        blocks: the document's that stand on this page, and those that go on from the page before.
        listings: whether code belongs to the text; there are figures that show nothing else.
        usual: the columns of a page with much text, for one with little.
    """
    everything = "".join(squeeze(block.text) for block in blocks)
    furniture = [line.box for line in page.lines if _is_furniture(line, page, everything)]
    kept = [line for line in page.lines if line.box not in furniture]
    columns = find_columns(kept, page.width, usual)
    captions = [box for block in blocks if block.kind == "caption" and (box := find_caption(page, block.text))]
    bodies = _bodies(kept, blocks, columns)
    frames = [placed.box for placed in page.objects if _frames(placed.box, page.box)]
    bodies -= _framed(kept, bodies, frames, columns)
    bodies |= _rows_of_tables(kept, blocks)
    if listings:
        bodies |= _listed(kept, blocks, columns)
    bodies |= {index for index, line in enumerate(kept) if any(_holds(box, line.box) for box in captions)}
    return Sheet(
        page,
        tuple(furniture) + tuple(kept[index].box for index in sorted(bodies)),
        tuple(line.box for index, line in enumerate(kept) if index not in bodies),
        columns,
    )


def find_caption(page: PageObjects, caption: str) -> Box | None:
    """Find where a caption stands on a page: the lines that hold most of it; None if its beginning is not there."""
    wanted = squeeze(caption)
    label = _LABEL.match(wanted)
    best: list[Box] = []
    # A mention at the start of a line, such as `Fig. 6.`, is as long as a label and no longer.
    most = min(len(wanted), _TELLING) - 1
    for index in range(len(page.lines)):
        if label and not squeeze(page.lines[index].text).startswith(label[0]):
            continue
        boxes, told = _told_by(page.lines[index : index + _CAPTION_LINES], wanted)
        if told > most:
            best, most = boxes, told
    return around(best) if best else None


def _told_by(lines: Sequence[PlacedText], wanted: str) -> tuple[list[Box], int]:
    """How many letters of a caption these lines begin with, and the lines that do."""
    told = 0
    boxes: list[Box] = []
    for line in lines:
        words = squeeze(line.text)
        if boxes and not -3 < boxes[-1].bottom - line.box.bottom < 2.5 * max(boxes[-1].height, 6):
            break
        if words and wanted.startswith(words, told):
            told += len(words)
        else:
            # Formulas come out otherwise by another reader: what is alike in the line decides.
            alike = _alike(words, wanted, told) if boxes else _prefix(words, wanted)
            if alike <= told:
                break
            told = alike
        boxes.append(line.box)
        if told >= len(wanted):
            break
    return boxes, told


def _prefix(words: str, wanted: str) -> int:
    differ = (index for index, (one, other) in enumerate(zip(words, wanted, strict=False)) if one != other)
    alike = next(differ, min(len(words), len(wanted)))
    return alike if alike >= min(len(words), _ALIKE) else 0


def _alike(words: str, wanted: str, told: int) -> int:
    """The place in a caption up to which a line goes that shares a run of letters with it; 0 if it shares none."""
    for start in range(len(words) - _ALIKE, -1, -2):
        found = wanted.find(words[start : start + _ALIKE], told, told + len(words) + 2 * _ALIKE)
        if found >= 0:
            return found + _ALIKE
    return 0


def _is_furniture(line: PlacedText, page: PageObjects, everything: str) -> bool:
    """Whether a line at the edge of a page is in none of its blocks: the parser took it for a running head or foot."""
    inner = 0.08 * page.height < line.box.bottom < 0.92 * page.height
    return not inner and squeeze(line.text) not in everything


def find_columns(
    lines: Sequence[PlacedText], width: float, usual: Sequence[tuple[float, float]] = ()
) -> tuple[tuple[float, float], ...]:
    """Find the left and right edge of the one or two columns of text on a page; `usual` where it holds little text."""
    long = [line.box for line in lines if len(line.text) >= 30 and line.box.width > 0.25 * width]
    if len(long) < (_FEW if usual else 4):
        return tuple(usual)
    left, right = min(box.left for box in long), max(box.right for box in long)
    middle = (left + right) / 2
    halves = [[box for box in long if box.right <= middle + 6], [box for box in long if box.left >= middle - 6]]
    crossing = len(long) - sum(map(len, halves))
    if crossing > 0.4 * len(long) or not all(len(half) >= 3 for half in halves):
        return ((left, right),)
    return tuple((min(box.left for box in half), max(box.right for box in half)) for half in halves)


def _is_prose(block: Block) -> bool:
    """Whether a block is text that runs on: long, or a sentence; what a parser makes of labels is neither."""
    if block.kind not in _PROSE:
        return False
    return len(block.text) >= _LONG or (len(block.text) >= _SENTENCE and _is_sentence(block))


def _is_sentence(block: Block) -> bool:
    return block.kind in _PROSE and block.text.endswith((".", ":", "!", "?")) and " " in block.text


def _rows_of_tables(lines: Sequence[PlacedText], blocks: Sequence[Block]) -> set[int]:
    """The places of lines behind the caption of a table that stand in it: they are no part of a figure below."""
    named = [(block, after) for block, after in pairwise(blocks) if block.text.startswith("Tab")]
    named = [(block, after) for block, after in named if (block.kind, after.kind) == ("caption", "table")]
    heads, tables = [squeeze(block.text) for block, _ in named], "".join(squeeze(after.text) for _, after in named)
    found: set[int] = set()
    last = -_BROKEN_ROWS - 1
    for index, line in enumerate(lines):
        words = squeeze(line.text)
        if words and any(head.startswith(words) or (len(words) > 18 and words in head) for head in heads):
            last = index
        elif words in tables and index - last <= _BROKEN_ROWS:
            # Cells of more than one line stand otherwise in the table than on the page.
            found |= set(range(last + 1, index + 1))
            last = index
    return found


def _listed(lines: Sequence[PlacedText], blocks: Sequence[Block], columns: Sequence[tuple[float, float]]) -> set[int]:
    """The places of lines of code: two that follow each other there and here, so that no word of a chart is one."""
    code = "".join(squeeze(block.text) for block in blocks if block.kind == "code")
    words = [squeeze(line.text) for line in lines]
    found: set[int] = set()
    for index in range(len(lines) - 1):
        one, other = words[index], words[index + 1]
        if one and other and one + other in code:
            found |= {index, index + 1}
        elif index in found and _goes_on(lines[index].box, lines[index + 1].box, columns):
            found.add(index + 1)
        elif len(one) >= _TELLING and one in code and _at_edge(lines[index].box, columns):
            found.add(index)
    return found


def _framed(
    lines: Sequence[PlacedText], bodies: set[int], frames: Sequence[Box], columns: Sequence[tuple[float, float]]
) -> set[int]:
    """Those of the lines of text that stand inside a drawing: words of a chart that the text has as well.

    A drawing that holds a paragraph is none: it lies behind the text, or reaches further than what is seen of it. Nor
    are lines that begin at the very edge of their column, as those of a paragraph do.
    """
    inner = {index for index in bodies if all(abs(lines[index].box.left - left) >= 3 for left, _ in columns)}
    found: set[int] = set()
    for frame in frames:
        held = {index for index in bodies if _holds(frame, lines[index].box)}
        if sum(len(squeeze(lines[index].text)) >= 30 for index in held) < 3:
            found |= held & inner
    return found


def _frames(box: Box, page: Box) -> bool:
    """Whether a drawing is large enough to hold a figure's labels, and too small to hold a page of text."""
    return box.area > 3000 and box.height > 40 and box.area < 0.6 * page.area


def _holds(frame: Box, line: Box) -> bool:
    return line.within(frame).area > 0.6 * line.area


def _bodies(
    lines: Sequence[PlacedText],
    blocks: Sequence[Block],
    columns: Sequence[tuple[float, float]],
) -> set[int]:
    """The places of the lines of text: those that stand in a paragraph, and short ones that end one."""
    prose = [squeeze(block.text) for block in blocks if _is_prose(block)]
    # A short paragraph or a heading is told by its whole text, so that no label is taken for a part of it.
    whole = {squeeze(block.text) for block in blocks if block.kind == "heading" or _is_sentence(block)}
    found: set[int] = set()
    for index, line in enumerate(lines):
        words = squeeze(line.text)
        told = words in whole
        if not told and (len(words) >= 30 or (len(words) >= 18 and _at_edge(line.box, columns))):
            told = any(words[:-1] in text for text in prose)
        if told or (index - 1 in found and _goes_on(lines[index - 1].box, line.box, columns)):
            found.add(index)
    return found


def _at_edge(box: Box, columns: Sequence[tuple[float, float]]) -> bool:
    if box.height > box.width:  # the name of an axis
        return False
    return any(abs(box.left - left) < 16 or abs(box.right - right) < 6 for left, right in columns)


def _goes_on(before: Box, after: Box, columns: Sequence[tuple[float, float]]) -> bool:
    """Whether a line stands right below a line of text, at the edge of its column: the end of a paragraph."""
    near = 0 < before.bottom - after.bottom < 1.7 * max(before.height, 6)
    return near and any(abs(after.left - left) < 3 for left, _ in columns)
