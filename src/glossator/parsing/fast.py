"""The `fast` parser: born-digital PDFs, hundreds of pages a second, by the place and type of each run of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError
from glossator.parsing import layout
from glossator.parsing.blocks import build_blocks
from glossator.records import Block, Outcome, ParsedDocument

VERSION = "fast/1"

_MONO = re.compile(
    r"mono|nimbusmon|courier|consol|inconsolata|menlo|monaco|typewriter|(?:cm|lm|sf|ec|tx|px|zi4|ul)\w?tt|hack-|fira",
    re.IGNORECASE,
)
"""Names of fixed-width fonts, for files that do not say so."""


def parse(path: Path, document_id: str) -> ParsedDocument:
    """Read a PDF file; leave its blocks, or the outcome and reason if it has none to give.

    A password-protected file is `encrypted`, a damaged one `unreadable`, one without any text `empty`; a file of
    which some pages cannot be read is `repaired` and says which.

    Raises:
        MissingExtraError: pdf_oxide is not installed.
    """
    try:
        import pdf_oxide
    except ImportError as error:
        raise MissingExtraError("pdf_oxide", "documents") from error
    pdf_oxide.disable_logging()
    try:
        pdf = pdf_oxide.PdfDocument(str(path))
        if not pdf.authenticate(""):
            return _failed(document_id, "encrypted", "it needs a password to be opened", pages=0)
        count = int(pdf.page_count())
    except Exception as error:  # noqa: BLE001 - whatever the library makes of a bad file is that file's outcome
        return _failed(document_id, *_classify(error), pages=0)
    pages, heights, problems = _read_pages(pdf, count)
    if not any(pages):
        if problems:
            return _failed(document_id, *_classify(problems[0][1]), pages=count)
        return _failed(document_id, "empty", "no text on any page; it may be a scan, which needs OCR", pages=count)
    blocks = tuple(assemble(pages, heights))
    if not blocks:
        return _failed(document_id, "empty", "no text that could be laid out", pages=count)
    unread = ", ".join(str(number) for number, _ in problems)
    reason = f"pages that could not be read: {unread}" if problems else ""
    return ParsedDocument(document_id, "repaired" if problems else "ok", reason, count, blocks, VERSION)


def assemble(pages: Sequence[Sequence[layout.Span]], heights: Sequence[float]) -> list[Block]:
    """Turn the spans of each page, in drawing order, into blocks.

    Args:
        pages: one sequence of spans per page.
        heights: height of each page, in points.
    """
    lines = [layout.build_lines(spans, number) for number, spans in enumerate(pages, 1)]
    size = layout.body_size(lines)
    furniture = layout.find_furniture(lines, heights, size)
    if all(id(line) in furniture for page_lines in lines for line in page_lines):
        furniture = set()
    laid_out = []
    usual: tuple[layout.Column, ...] = ()
    for number, (page_lines, height) in enumerate(zip(lines, heights, strict=True), 1):
        kept = [line for line in page_lines if id(line) not in furniture]
        columns = layout.find_columns(kept, size)
        kept = layout.order_lines(layout.drop_margin(kept, columns, size), columns)
        layout.mark_footnotes(kept, size)
        usual = columns or usual or (layout.Column(0.0, height * 0.7),)
        laid_out.append(layout.Page(number, height, kept, columns or usual))
    return build_blocks(laid_out, size)


def _read_pages(pdf: Any, count: int) -> tuple[list[list[layout.Span]], list[float], list[tuple[int, Exception]]]:
    pages: list[list[layout.Span]] = []
    heights: list[float] = []
    problems: list[tuple[int, Exception]] = []
    for index in range(count):
        try:
            spans = sorted(pdf.extract_spans(index), key=lambda span: span.sequence)
            _, bottom, _, top = pdf.page_media_box(index)
        except Exception as error:  # noqa: BLE001 - one unreadable page does not take the others with it
            problems.append((index + 1, error))
            spans, bottom, top = [], 0.0, 842.0
        pages.append(_upright([span for span in spans if span.font_size > 0], bottom))
        heights.append(top - bottom)
    return pages, heights, problems


def _upright(spans: Sequence[Any], bottom: float) -> list[layout.Span]:
    """Leave out rotated text, such as a stamp along the edge, unless it is most of the page."""
    turned = [_is_turned(span) for span in spans]
    keep_all = sum(turned) > 0.5 * len(turned)
    return [
        layout.Span(
            span.text,
            span.bbox[0],
            span.bbox[0] + span.bbox[2],
            span.bbox[1] - bottom,
            span.font_size,
            bold=span.is_bold or _named_bold(span.font_name),
            italic=span.is_italic,
            mono=span.is_monospace or _named_mono(span.font_name),
        )
        for span, is_turned in zip(spans, turned, strict=True)
        if keep_all or not is_turned
    ]


def _is_turned(span: Any) -> bool:
    _, _, width, height = span.page_bbox
    return len(span.text.strip()) > 1 and (width, height) != (span.bbox[2], span.bbox[3]) and height > 1.5 * width


def _named_bold(font: str) -> bool:
    name = font.lower()
    return "bold" in name or "-medi" in name or "black" in name or "cmbx" in name


def _named_mono(font: str) -> bool:
    return _MONO.search(font) is not None


def _classify(error: Exception) -> tuple[Outcome, str]:
    message = " ".join(str(error).split())[:300]
    lowered = message.lower()
    if "encrypt" in lowered or "password" in lowered:
        return "encrypted", f"it needs a password: {message}"
    return "unreadable", message or type(error).__name__


def _failed(document_id: str, outcome: Outcome, reason: str, *, pages: int) -> ParsedDocument:
    return ParsedDocument(document_id, outcome, reason, pages, (), VERSION)
