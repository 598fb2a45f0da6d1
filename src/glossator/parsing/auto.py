"""The `auto` parser: the text layer of each page where it can be used, the page's image where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from glossator.parsing import fast, layout, ocr
from glossator.parsing.layout import PageSpans
from glossator.parsing.options import ParseOptions
from glossator.parsing.text_layer import Fault, find_faults
from glossator.records import ParsedDocument

VERSION = f"{fast.VERSION}+{ocr.VERSION}"
"""What parsed a document of which some pages were read from their image; the others are `fast`'s alone."""

_DEFAULTS = ParseOptions()


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:
    """Read a PDF file; leave its blocks, or the outcome and reason if it has none to give.

    A file whose pages all have a usable text layer comes out as from `fast`, to the letter. Of another, the pages
    without one are read from their image and laid out together with the others; then `parser` is `VERSION`, or that of
    `ocr` if all pages were. Without rapidocr these pages are left out: the outcome is `repaired`, or `empty` if there
    are no others, and the reason names them and says what to install.

    Args:
        path: the file.
        document_id: the hash of its bytes.
        options: which pages, at which resolution images are read, which passwords, where figures go.

    Raises:
        MissingExtraError: pdf_oxide is not installed.
        ParsingError: rapidocr came without its models.
    """
    done = attempt(path, document_id, options)
    assert isinstance(done, ParsedDocument)
    return done


def attempt(
    path: Path,
    document_id: str,
    options: ParseOptions = _DEFAULTS,
    *,
    read: ocr.ReadPages | None = None,
    at_most: int | None = None,
) -> ParsedDocument | tuple[int, ...]:
    """Parse, as `parse` does; or leave the numbers of the pages whose images have to be read first.

    Args:
        path: the file.
        document_id: the hash of its bytes.
        options: as for `parse`.
        read: what was read on images of its pages before.
        at_most: so many images are read here; with more, and none read before, the numbers are left. None: any number.

    Raises:
        MissingExtraError: pdf_oxide is not installed.
        ParsingError: rapidocr came without its models.
    """
    try:
        pdf = fast.open_pdf(path, options)
    except fast.UnopenedError as error:
        return ParsedDocument(document_id, error.outcome, error.reason, 0, (), fast.VERSION)
    pages = fast.read_pages(pdf, options)
    faults = find_faults(pdf.path, pdf.password, pages)
    if not faults:
        return fast.conclude(pdf, document_id, pages, options, fast.VERSION)
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        usable = [PageSpans(p.number, p.height) if p.number in faults else p for p in pages]
        return _without_ocr(fast.conclude(pdf, document_id, usable, options, fast.VERSION), faults)
    if read is None and at_most is not None and len(faults) > at_most:
        return tuple(faults)
    usable = [page for page in pages if page.number not in faults]
    known = [line for page in usable for line in layout.build_lines(page.spans, page.number)]
    spans = ocr.to_spans(read or ocr.read_pages(pdf, list(faults), options), known)
    together = sorted([*usable, *spans], key=lambda page: page.number)
    return fast.conclude(pdf, document_id, together, options, VERSION if usable else ocr.VERSION)


def _without_ocr(parsed: ParsedDocument, faults: Mapping[int, Fault]) -> ParsedDocument:
    """Say in the outcome and its reason which pages were left out for lack of OCR."""
    by_fault: dict[Fault, list[int]] = {}
    for number, fault in faults.items():
        by_fault.setdefault(fault, []).append(number)
    named = [f"pages with {fault}: {fast.list_numbers(numbers)}" for fault, numbers in by_fault.items()]
    told = [parsed.reason] if parsed.outcome not in ("ok", "empty") else []
    reason = "; ".join([*told, *named, "to read them run: pip install 'glossator[ocr]'"])
    return replace(parsed, outcome="repaired" if parsed.blocks else parsed.outcome, reason=reason)
