"""The `pymupdf` parser: PDFs through PyMuPDF's Markdown, with or without its model of a page's layout."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError
from glossator.parsing import fast, figures
from glossator.parsing.markdown_pages import join_pages, page_blocks
from glossator.parsing.options import ParseOptions
from glossator.records import Block, Outcome, ParsedDocument

VERSION = "pymupdf/1"

_PICTURE_TEXT = re.compile(r"<!-- (?:Start|End) of picture text -->")
_DROPPED = frozenset({"page-header", "page-footer", "picture"})
"""What the layout model tells apart that is no text of the document; the words in a picture are labels of its axes."""

_COLUMN = 0.28
"""Share of the page's width that a column of text has at least."""
_DEFAULTS = ParseOptions()


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:
    """Read a PDF file; leave its blocks, or the outcome and reason if it has none to give.

    Nothing is sent through OCR: a page without text gives no blocks. A file whose structure had to be rebuilt, or of
    which some pages cannot be read, is `repaired` and says so.

    Raises:
        MissingExtraError: pymupdf is not installed.
    """
    library, markdown = _load(layout=options.layout)
    try:
        with contextlib.closing(library.open(str(path), filetype="pdf")) as pdf:
            password = ""
            if pdf.needs_pass:
                password = next((one for one in options.passwords() if pdf.authenticate(one)), "")
                if not password:
                    return _failed(document_id, "encrypted", "it needs a password to be opened", pages=0)
            parsed = _read(pdf, markdown, document_id, options)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library makes of a bad file is that file's outcome
        return _failed(document_id, "unreadable", _one_line(error).replace(str(path), path.name), pages=0)
    if options.figures_folder is None or not parsed.blocks:
        return parsed
    blocks, shown = figures.extract(path, document_id, parsed.blocks, options, password=password)
    return replace(parsed, blocks=blocks, figures=shown)


def _load(*, layout: bool) -> tuple[Any, Any]:
    """Import the library and its Markdown writer, silence both, and choose the writer."""
    try:
        # By name: this module has the library's own.
        library = importlib.import_module("pymupdf")
        markdown = importlib.import_module("pymupdf4llm")
    except ImportError as error:
        raise MissingExtraError("pymupdf", "pymupdf") from error
    library.TOOLS.mupdf_display_errors(on=False)
    library.TOOLS.mupdf_display_warnings(on=False)
    library.set_messages(stream=io.StringIO())
    markdown.use_layout(layout)
    return library, markdown


def _read(pdf: Any, markdown: Any, document_id: str, options: ParseOptions) -> ParsedDocument:
    count = int(pdf.page_count)
    if count > fast.MAX_PAGES:
        return _failed(document_id, "unreadable", fast.too_many(count), pages=0)
    first, last = options.pages or (1, count)
    wanted = list(range(max(first, 1) - 1, min(last, count)))
    if not wanted:
        reason = f"it has {count} pages; {first} to {last} were asked for" if count else "it has no pages"
        return _failed(document_id, "empty" if count else "unreadable", reason, pages=count)
    chunks, problems = _chunks(pdf, markdown, wanted, layout=options.layout)
    blocks = join_pages([list(_blocks_of(chunk, number, pdf[number - 1].rect.width)) for number, chunk in chunks])
    unread = ", ".join(str(number) for number, _ in problems)
    if not blocks:
        if problems:
            return _failed(document_id, "unreadable", problems[0][1], pages=count)
        return _failed(document_id, "empty", "no text on any page; it may be a scan, which needs OCR", pages=count)
    reasons = ["the file is damaged and was rebuilt"] if pdf.is_repaired else []
    reasons += [f"pages that could not be read: {unread}"] if problems else []
    return ParsedDocument(document_id, "repaired" if reasons else "ok", "; ".join(reasons), count, blocks, VERSION)


def _chunks(
    pdf: Any, markdown: Any, wanted: Sequence[int], *, layout: bool
) -> tuple[list[tuple[int, Mapping[str, Any]]], list[tuple[int, str]]]:
    """Write the pages' Markdown at once, so that headings have one scale; page by page where that fails."""
    try:
        made = _write(pdf, markdown, wanted, layout=layout)
        return [(index + 1, chunk) for index, chunk in zip(wanted, made, strict=True)], []
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one unreadable page does not take the others with it
        chunks, problems = [], []
        for index in wanted:
            try:
                chunks.append((index + 1, _write(pdf, markdown, [index], layout=layout)[0]))
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                problems.append((index + 1, _one_line(error)))
        return chunks, problems


def _write(pdf: Any, markdown: Any, wanted: Sequence[int], *, layout: bool) -> list[Mapping[str, Any]]:
    only_with_layout = {"header": False, "footer": False, "use_ocr": False} if layout else {"ignore_images": True}
    # The library tells of tables it gave up on through `print`.
    with contextlib.redirect_stdout(io.StringIO()):
        made = markdown.to_markdown(pdf, pages=list(wanted), page_chunks=True, show_progress=False, **only_with_layout)
    return list(made)


def _blocks_of(chunk: Mapping[str, Any], page: int, width: float) -> Iterator[Block]:
    """Turn a page's Markdown into blocks; the layout model tells which part of it is what."""
    boxes, text = chunk.get("page_boxes") or (), str(chunk["text"])
    if not any("pos" in box for box in boxes):
        yield from page_blocks(text, page)
        return
    for box in _without_margins(boxes, width):
        start, end = box["pos"]
        yield from _of_class(str(box["class"]), text[start:end], page)


def _without_margins(boxes: Sequence[Mapping[str, Any]], width: float) -> list[Mapping[str, Any]]:
    """Leave out pictures, heads and feet, and what stands beside the text area, such as a journal's sidebar."""
    boxes = [box for box in boxes if box["class"] not in _DROPPED]
    wide = [box["bbox"] for box in boxes if box["bbox"][2] - box["bbox"][0] > _COLUMN * width]
    if not wide:
        return boxes
    left, right = min(box[0] for box in wide), max(box[2] for box in wide)
    return [box for box in boxes if box["bbox"][2] > left + 2 and box["bbox"][0] < right - 2]


def _of_class(box: str, text: str, page: int) -> Iterator[Block]:
    for block in page_blocks(_PICTURE_TEXT.sub("", text), page):
        if box == "caption" and block.kind in ("paragraph", "list_item"):
            yield replace(block, kind="caption")
        elif box == "footnote" and block.kind == "paragraph":
            yield replace(block, kind="reference", text=block.text.removeprefix(">").lstrip())
        else:
            yield block


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _failed(document_id: str, outcome: Outcome, reason: str, *, pages: int) -> ParsedDocument:
    return ParsedDocument(document_id, outcome, reason, pages, (), VERSION)
