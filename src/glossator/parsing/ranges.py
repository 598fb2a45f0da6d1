"""Takes a very long document, leaves page ranges for independent tasks, and one parsed document of what they made."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from glossator.parsing import fast
from glossator.parsing.blocks import REFERENCES
from glossator.parsing.cleaning import furniture_key, join_lines, words_of
from glossator.parsing.options import ParseOptions
from glossator.records import Block, ParsedDocument

_OPEN_ENDED = re.compile(r"[^.!?:;…\"'”’)\]]\s*$")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s")


def page_count(path: Path, options: ParseOptions) -> int:
    """Count the pages of a PDF without reading any; 0 if the file cannot be opened or claims too many.

    Raises:
        MissingExtraError: pdf_oxide is not installed.
    """
    try:
        return fast.open_pdf(path, options).pages
    except fast.UnopenedError:
        return 0


def plan_ranges(pages: int, *, pages_a_task: int = 200) -> list[tuple[int, int]]:
    """Divide a document into page ranges of about equal length, each for a task of its own.

    Args:
        pages: of the document.
        pages_a_task: at most so many in one range.

    Returns:
        First and last page of each range, from 1, both included; none for a document that has no pages or more than
        are read, which one task then tells.
    """
    if not 0 < pages <= fast.MAX_PAGES:
        return []
    count = math.ceil(pages / pages_a_task)
    ends = [pages * (index + 1) // count for index in range(count)]
    return [(before + 1, end) for before, end in zip([0, *ends], ends, strict=False)]


def merge(parts: Sequence[ParsedDocument], *, ranges: Sequence[tuple[int, int]] = ()) -> ParsedDocument:
    """Join what the ranges of one document became; `repaired` if only some of them have text.

    Running heads were found within each range. A paragraph that goes on over a border becomes one again and a list of
    references goes on, but neither over a part that has no blocks; figures are counted through. Headings without
    numbers take the level that headings of the same words, numbers aside, have in the ranges before: a range cannot
    know the sizes of type in the others.

    Args:
        parts: of one document, in page order.
        ranges: first and last page of each part, to name those that failed; without them they are counted.

    Raises:
        ValueError: there are no parts, they are of different documents, or there are not as many ranges.
    """
    if not parts or len({part.document_id for part in parts}) > 1:
        raise ValueError("merge takes the parts of one document, at least one")
    if ranges and len(ranges) != len(parts):
        raise ValueError(f"{len(parts)} parts and {len(ranges)} ranges; give one range for each part")
    if len(parts) == 1:
        return parts[0]
    pages = max(part.pages for part in parts)
    if not any(part.blocks for part in parts):
        return replace(_worst(parts), pages=pages)
    blocks: list[Block] = []
    adjoins = True  # whether the part before has blocks: over what was lost nothing goes on
    for part in parts:
        levelled = _level_like(blocks, _continue_references(blocks, part.blocks) if adjoins else part.blocks)
        if adjoins:
            _extend(blocks, levelled)
        else:
            blocks += levelled
        adjoins = bool(part.blocks)
    reason = "; ".join(_reasons(parts, ranges))
    figures = tuple(
        replace(figure, index=index) for index, figure in enumerate(figure for part in parts for figure in part.figures)
    )
    first = next(part for part in parts if part.blocks)
    return ParsedDocument(
        first.document_id, "repaired" if reason else "ok", reason, pages, tuple(blocks), first.parser, figures
    )


def _worst(parts: Sequence[ParsedDocument]) -> ParsedDocument:
    """The part that tells why there is nothing: any failure before an empty one."""
    return next((part for part in parts if part.outcome != "empty"), parts[0])


def _reasons(parts: Sequence[ParsedDocument], ranges: Sequence[tuple[int, int]]) -> Iterable[str]:
    for index, part in enumerate(parts):
        if part.outcome == "ok":
            continue
        if part.blocks:
            yield part.reason
        else:
            name = f"pages {ranges[index][0]}-{ranges[index][1]}" if ranges else f"part {index + 1} of {len(parts)}"
            yield f"{name} ({part.outcome}): {part.reason}"


def _continue_references(before: Sequence[Block], blocks: Sequence[Block]) -> Sequence[Block]:
    """Mark what stands before a part's first heading as references, if the last heading before it announced them."""
    heading = next((block for block in reversed(before) if block.kind == "heading"), None)
    if heading is None or REFERENCES.fullmatch(heading.text) is None:
        return blocks
    end = next((i for i, block in enumerate(blocks) if block.kind == "heading"), len(blocks))
    taken = ("paragraph", "list_item", "code", "table")
    return [
        replace(block, kind="reference") if i < end and block.kind in taken else block for i, block in enumerate(blocks)
    ]


def _level_like(before: Sequence[Block], blocks: Sequence[Block]) -> Sequence[Block]:
    """Shift the levels of a part's unnumbered headings to those of like headings before."""
    known = {furniture_key(b.text): b.level for b in before if b.kind == "heading" and not _NUMBERED.match(b.text)}
    free = [i for i, b in enumerate(blocks) if b.kind == "heading" and not _NUMBERED.match(b.text)]
    shifts = [known[key] - blocks[i].level for i in free if (key := furniture_key(blocks[i].text)) in known]
    shift = statistics.median_low(shifts) if shifts else 0
    if not shift:
        return blocks
    levelled = list(blocks)
    for i in free:
        levelled[i] = replace(blocks[i], level=min(max(2, blocks[i].level + shift), 6))
    return levelled


def _extend(blocks: list[Block], more: Sequence[Block]) -> None:
    """Append a part, joining a sentence that its border cuts."""
    more = list(more)
    start = next((i for i, block in enumerate(more) if block.kind not in ("caption", "figure", "table")), None)
    end = _last_prose(blocks)
    if start is not None and end is not None and _goes_on(blocks[end], more[start]):
        vocabulary = words_of([block.text for block in (*blocks[-100:], *more[:100])])
        blocks[end] = replace(blocks[end], text=join_lines([blocks[end].text, more.pop(start).text], vocabulary))
    blocks += more


def _last_prose(blocks: Sequence[Block]) -> int | None:
    """The index of the last paragraph or item on the last page; notes, captions and tables may stand below it."""
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].kind in ("paragraph", "list_item"):
            return index
        if blocks[index].kind == "heading" or blocks[index].page < blocks[-1].page:
            return None
    return None


def _goes_on(before: Block, after: Block) -> bool:
    return after.kind == "paragraph" and (after.text[:1].islower() or _OPEN_ENDED.search(before.text) is not None)
