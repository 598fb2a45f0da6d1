"""A parsed document in, Markdown out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from glossator.records import Block, Figure, ParsedDocument

_TILDES = re.compile(r"~{4,}")
_MARK = re.compile(r"^(\s*)(?=#{1,6}(?:\s|$)|[-*+](?:\s|$)|>|\||`{3}|~{3}|([-*_])(?:\s*\2){2,}\s*$)", re.MULTILINE)
"""Where a line of prose would be read as a heading, an item, a quotation, a row, a fence or a rule."""
_NUMBER_MARK = re.compile(r"^(\s*\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)


def to_markdown(parsed: ParsedDocument, *, figures: str = "figures") -> str:
    """Write a parsed document as Markdown; an empty string if it has no blocks.

    Args:
        parsed: with blocks in reading order.
        figures: the folder of its images, as the Markdown is to name it.
    """
    by_id = {figure.id: figure for figure in parsed.figures}
    pieces = [_piece(block, by_id, figures) for block in parsed.blocks]
    return "\n\n".join(pieces) + "\n" if pieces else ""


def _piece(block: Block, figures: Mapping[str, Figure], folder: str) -> str:
    if block.kind == "heading":
        return f"{'#' * max(1, block.level)} {' '.join(block.text.split())}"
    if block.kind == "list_item":
        return f"- {_escaped(block.text)}"
    if block.kind == "figure":
        figure = figures.get(block.text)
        label = figure.label if figure else ""
        return f"![{label}]({folder}/{block.text}.png)"
    if block.kind == "table" and block.text.startswith("|"):
        return block.text
    if block.kind in ("code", "table"):
        fence = (
            "```"
            if "```" not in block.text
            else "~" * max(4, 1 + max(map(len, _TILDES.findall(block.text)), default=0))
        )
        return f"{fence}\n{block.text}\n{fence}"
    return _escaped(block.text)


def _escaped(text: str) -> str:
    """Put a backslash before what would make something else of a line of prose."""
    return _NUMBER_MARK.sub(r"\1\\", _MARK.sub(r"\1\\", text))
