"""Takes the Markdown that a library made of each page, leaves the blocks of one document with the pages' numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from glossator.parsing.cleaning import furniture_key, is_page_number, join_lines
from glossator.parsing.plain import parse_text
from glossator.records import Block

_FENCED = re.compile(r"^(```.*?^```[ \t]*)$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(
    r"(?:(?<=[^\W\d_]{3})|(?<=[.,;:!?)\]]))\s?<sup>[\d\s,∗*†‡§¶‖]{1,8}</sup>(?=[\s.,;:]|$)", re.MULTILINE
)
"""A footnote mark behind a word: it leaves no text in the sentence."""
_TAG = re.compile(r"</?(?:sup|sub|u|mark|b|i|em|strong)>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--[^<>]{0,200}-->")
# Runs are bounded: hostile text must not be scanned to its end from each of its characters.
_ITALIC = re.compile(r"(?<![^\W_])_(?=\S)([^_\n]{1,500}?)(?<=\S)_(?![^\W_])")
_STRUCK = re.compile(r"~~([^~\n]{1,500})~~")
_INLINE_CODE = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
_BEFORE_MARK = re.compile(r"(?<=\w) (?=[,;](?:\s|$))")
_REFERENCES = re.compile(
    r"(?:[\dIVX.]+\s+)?(?:references?(?: and notes| cited)?|bibliography|literature(?: cited)?|works cited)[.:]?",
    re.IGNORECASE,
)
_TERMINAL = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_INTERLUDES = frozenset({"caption", "table", "figure", "reference"})
_EDGE_KINDS = frozenset({"paragraph", "reference"})
_EDGE = 2
"""Blocks at the top and at the bottom of a page among which running heads, feet and page numbers are looked for."""


def page_blocks(markdown: str, page: int) -> list[Block]:
    """Turn the Markdown of one page into blocks that stand on it; none for a page without text."""
    pieces = _FENCED.split(markdown)
    cleaned = "".join(piece if index % 2 else plain_inline(piece) for index, piece in enumerate(pieces))
    # A rule at the top of a page is no front matter, so something stands above it.
    return [replace(block, page=page) for block in parse_text(f"\n{cleaned}", "", markdown=True).blocks]


def plain_inline(text: str) -> str:
    """Take the marks of type off a text: raised, underlined and struck letters, italics, code and line breaks."""
    text = _COMMENT.sub("", _BREAK.sub(" ", text))
    text = _TAG.sub("", _MARK.sub("", text))
    text = _INLINE_CODE.sub(r"\1", _STRUCK.sub(r"\1", _ITALIC.sub(r"\1", text)))
    return _BEFORE_MARK.sub("", text)


def join_pages(pages: Sequence[Sequence[Block]]) -> tuple[Block, ...]:
    """Turn the blocks of each page into those of the document.

    Running heads, feet and page numbers are dropped, a paragraph that goes on over a column or page break becomes one,
    and what stands under a heading such as `References` is marked.
    """
    joined: list[Block] = []
    for block in (block for blocks in _without_furniture(pages) for block in blocks):
        last = _unfinished(joined)
        if last is not None and _goes_on(block, joined[last]):
            joined[last] = replace(joined[last], text=join_lines([joined[last].text, block.text]))
        else:
            joined.append(block)
    return mark_references(joined)


def mark_references(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Give the blocks under a heading such as `References` the kind `reference`, up to a heading of its level."""
    marked: list[Block] = []
    inside = 0
    for block in blocks:
        if block.kind == "heading":
            if _REFERENCES.fullmatch(block.text):
                inside = block.level
            elif inside and block.level <= inside:
                inside = 0
        elif inside and block.kind in ("paragraph", "list_item"):
            block = replace(block, kind="reference")  # noqa: PLW2901
        marked.append(block)
    return tuple(marked)


def _without_furniture(pages: Sequence[Sequence[Block]]) -> list[list[Block]]:
    places: defaultdict[str, set[int]] = defaultdict(set)
    for number, blocks in enumerate(pages):
        for index in _edges(blocks):
            places[furniture_key(blocks[index].text)].add(number)
    kept = []
    for blocks in pages:
        dropped = {
            index
            for index in _edges(blocks)
            if is_page_number(blocks[index].text) or len(places[furniture_key(blocks[index].text)]) > 1
        }
        kept.append([block for index, block in enumerate(blocks) if index not in dropped])
    return kept


def _edges(blocks: Sequence[Block]) -> list[int]:
    near = sorted({*range(min(_EDGE, len(blocks))), *range(max(0, len(blocks) - _EDGE), len(blocks))})
    return [index for index in near if blocks[index].kind in _EDGE_KINDS and len(blocks[index].text) < 250]


def _unfinished(blocks: Sequence[Block]) -> int | None:
    """The place of the last piece of prose, if its last sentence has no end yet."""
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].kind in _INTERLUDES:
            continue
        return index if not _TERMINAL.search(blocks[index].text) else None
    return None


def _goes_on(block: Block, before: Block) -> bool:
    """Whether a paragraph goes on from unfinished prose: over a page break, or over a column break within a page."""
    if block.kind != "paragraph" or before.kind not in ("paragraph", "list_item"):
        return False
    if block.page == before.page:
        return before.kind == "paragraph" and block.text[0].islower()
    return block.text[0].islower() or not block.text[0].isalnum()
