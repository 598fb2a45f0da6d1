"""The `plain` parser: Markdown and plain text to blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glossator.parsing.cleaning import (
    collapse_whitespace,
    expand_ligatures,
    is_credit,
    join_lines,
    remove_dot_leaders,
    remove_image_tags,
)
from glossator.records import Block, BlockKind, ParsedDocument

VERSION = "plain/3"

_ATX = re.compile(r" {0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*$")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(.*)")
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
# Runs are bounded: hostile text must not be scanned to its end from each of its characters.
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\((?:[^()\s]|\([^()\s]*\))+(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*\*\*|\*\*|\*)(?=\S)(.{1,500}?)(?<=\S)\1(?![\w*])")
_ESCAPED_MARK = re.compile(r"^(\d{0,9})\\(?=[-#*+>|`~_.)])")
"""The backslash that keeps the start of a paragraph from being read as a heading, an item, a row or a fence."""
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table)\s*\d+\s*[.:]")
_REFERENCES = re.compile(r"(?:\d+\.?\s+)?(?:references?|bibliography|literature|works cited)\.?", re.IGNORECASE)


def parse_text(text: str, document_id: str, *, markdown: bool) -> ParsedDocument:
    """Split Markdown or plain text into blocks; blank text has the outcome `empty`.

    Plain text knows no headings, lists or fences: its blocks are paragraphs divided by blank lines.
    """
    if not text.strip():
        return ParsedDocument(document_id, "empty", "no text", 1, (), VERSION)
    raw = _markdown_blocks(text) if markdown else _plain_blocks(text)
    blocks = tuple(b for b in _with_references(raw) if b.text and not (b.kind == "paragraph" and is_credit(b.text)))
    if not blocks:
        return ParsedDocument(document_id, "empty", "nothing but images and rules", 1, (), VERSION)
    return ParsedDocument(document_id, "ok", "", 1, blocks, VERSION)


def _plain_blocks(text: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\f", "\n\n")):
        yield Block("paragraph", _prose(paragraph.splitlines()), 1)


def _markdown_blocks(text: str) -> Iterator[Block]:
    lines = text.replace("\r\n", "\n").split("\n")
    lines = lines[_front_matter_end(lines) :]
    kind: BlockKind = "paragraph"
    held: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        fence, heading, item = _FENCE.match(line), _ATX.match(line), _ITEM.match(line)
        underline = _UNDERLINE.match(line) if kind == "paragraph" and len(held) == 1 else None
        if underline and held[0].strip():
            yield _heading(held[0], 1 if underline[1][0] == "=" else 2)
            held = []
            continue
        starts = fence or heading or _RULE.match(line) or item or not line.strip()
        is_row = _TABLE_ROW.match(line) is not None
        if starts or is_row != (kind == "table"):
            if held:
                yield _block(kind, held)
            kind, held = "paragraph", []
        if fence:
            end = next((i for i in range(position, len(lines)) if lines[i].strip().startswith(fence[1])), len(lines))
            yield Block("code", "\n".join(lines[position:end]).strip("\n"), 1)
            position = end + 1
        elif heading:
            yield _heading(heading[2], len(heading[1]))
        elif item and not _RULE.match(line):
            kind, held = "list_item", [item[1]]
        elif not starts:
            kind = "table" if is_row else kind
            held.append(line)
    if held:
        yield _block(kind, held)


def _front_matter_end(lines: list[str]) -> int:
    """The number of lines of YAML front matter at the top; 0 if there is none."""
    if not lines or lines[0].strip() != "---":
        return 0
    return next((i + 1 for i in range(1, len(lines)) if lines[i].strip() in ("---", "...")), 0)


def _heading(text: str, level: int) -> Block:
    return Block("heading", _prose([text]), 1, level)


def _block(kind: BlockKind, lines: list[str]) -> Block:
    if kind == "table":
        return Block("table", "\n".join(collapse_whitespace(line) for line in lines), 1)
    text = _prose(lines)
    return Block("caption" if kind == "paragraph" and _CAPTION.match(text) else kind, text, 1)


def _prose(lines: list[str]) -> str:
    cleaned = [remove_dot_leaders(collapse_whitespace(expand_ligatures(line))) for line in lines]
    text = remove_image_tags(_ESCAPED_MARK.sub(r"\1", join_lines(cleaned)))
    text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
    return collapse_whitespace(text)


def _with_references(blocks: Iterator[Block]) -> Iterator[Block]:
    inside = 0
    for block in blocks:
        if block.kind == "heading":
            if _REFERENCES.fullmatch(block.text):
                inside = block.level
            elif inside and block.level <= inside:
                inside = 0
            yield block
        elif inside:
            yield Block("reference", block.text, block.page)
        else:
            yield block
