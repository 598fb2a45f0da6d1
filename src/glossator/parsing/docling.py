"""The `docling` parser: PDFs through Docling's layout and table models, which must lie on this machine."""

from __future__ import annotations

import functools
import importlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError, ParsingError
from glossator.parsing import fast, figures
from glossator.parsing.cleaning import collapse_whitespace, expand_ligatures
from glossator.parsing.markdown_pages import mark_references
from glossator.parsing.options import ParseOptions
from glossator.records import Block, BlockKind, Figure, Outcome, ParsedDocument

VERSION = "docling/1"

ARTIFACTS_VARIABLE = "DOCLING_ARTIFACTS_PATH"
"""The environment variable that names the folder of Docling's models; the hub's cache is looked into without it."""

MEMORY_MB = 3000
"""A worker with its models holds more than the usual limit: give `memory_mb` of so many MiB or more."""

_HUB_SECONDS = "10"
_KINDS: dict[str, BlockKind] = {
    "caption": "caption",
    "checkbox_selected": "list_item",
    "checkbox_unselected": "list_item",
    "code": "code",
    "footnote": "reference",
    "list_item": "list_item",
    "reference": "reference",
}
"""Docling's labels and what they are here; any other text is a paragraph."""
_DROPPED = frozenset({"page_header", "page_footer", "document_index", "empty_value", "marker"})
_DEFAULTS = ParseOptions()


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:
    """Read a PDF file; leave its blocks, or the outcome and reason if it has none to give.

    Nothing is sent through OCR. A file of which some pages cannot be read is `repaired` and says so. With its models
    this process holds more than most: a worker wants a `memory_mb` of `MEMORY_MB`.

    Raises:
        MissingExtraError: docling is not installed.
        ParsingError: its models are not on this machine.
    """
    converter = load_converter()
    opened = _open(path, options)
    if isinstance(opened, ParsedDocument):
        return _failed(document_id, opened.outcome, opened.reason, pages=opened.pages)
    password, count = opened
    if count > fast.MAX_PAGES:
        return _failed(document_id, "unreadable", fast.too_many(count), pages=0)
    first, last = options.pages or (1, count)
    if first > count:
        return _failed(document_id, "empty", f"it has {count} pages; {first} to {last} were asked for", pages=count)
    try:
        _set_password(converter, password)
        result = converter.convert(path, raises_on_error=False, page_range=(max(first, 1), min(last, count)))
        blocks = to_blocks(result.document)
        status, errors = str(result.status.value), [str(error.error_message) for error in result.errors]
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library makes of a bad file is that file's outcome
        return _failed(document_id, "unreadable", _one_line(str(error)) or type(error).__name__, pages=count)
    reason = "" if status == "success" else _one_line("; ".join(errors)) or f"docling says {status}"
    if not blocks:
        empty = "no text on any page; it may be a scan, which needs OCR"
        return _failed(document_id, "unreadable" if reason else "empty", reason or empty, pages=count)
    shown: tuple[Figure, ...] = ()
    if options.figures_folder is not None:
        blocks, shown = figures.extract(path, document_id, blocks, options, password=password)
    return ParsedDocument(document_id, "repaired" if reason else "ok", reason, count, blocks, VERSION, shown)


@functools.cache
def load_converter() -> Any:
    """Load Docling with its models, once a process: seconds, and gigabytes of memory.

    Call it before many documents are parsed: what is missing is then told once.

    Raises:
        MissingExtraError: docling is not installed.
        ParsingError: a model is not on this machine; the message says how to get it.
    """
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        os.environ.setdefault(name, _HUB_SECONDS)  # read when the hub's library is imported: no endless waiting
    logging.getLogger("docling").setLevel(logging.CRITICAL)  # it logs what it could not read; the outcome tells that
    try:
        # By name: this module has the library's own.
        base = importlib.import_module("docling.datamodel.base_models")
        pipeline = importlib.import_module("docling.datamodel.pipeline_options")
        library = importlib.import_module("docling.document_converter")
    except ImportError as error:
        raise MissingExtraError("docling", "docling") from error
    settings = pipeline.PdfPipelineOptions(do_ocr=False, do_table_structure=True)
    option = library.PdfFormatOption(pipeline_options=settings)
    pdf = base.InputFormat.PDF
    converter = library.DocumentConverter(allowed_formats=[pdf], format_options={pdf: option})
    try:
        converter.initialize_pipeline(pdf)
    except MemoryError:
        raise
    except Exception as error:
        raise ParsingError(
            f"parser 'docling' cannot load its models: {_one_line(str(error))[:200]}; run"
            f" `docling-tools models download` where there is a network, and name the folder in {ARTIFACTS_VARIABLE};"
            f" give each worker memory_mb of {MEMORY_MB} or more"
        ) from error
    return converter


def to_blocks(document: Any) -> tuple[Block, ...]:
    """Turn a `DoclingDocument` into blocks, in its reading order; running heads and feet are left out.

    An item without a place stands on the page of the item before it.
    """
    titled = any(str(item.label.value) == "title" for item in document.texts)
    told: set[str] = set()
    blocks: list[Block] = []
    page = 1
    for item, _ in document.iterate_items():
        if item.self_ref in told:
            continue
        told.add(item.self_ref)
        places = getattr(item, "prov", None)
        page = int(places[0].page_no) if places else page
        for caption in getattr(item, "captions", None) or ():
            # A caption may stand before its table as well, or be reachable through it only.
            if caption.cref not in told:
                told.add(caption.cref)
                blocks += _text_blocks(caption.resolve(document), page, titled=titled)
        blocks += _blocks_of(item, document, page, titled=titled)
    return mark_references(block for block in blocks if block.text)


def _blocks_of(item: Any, document: Any, page: int, *, titled: bool) -> Iterator[Block]:
    if hasattr(item, "data") and hasattr(item, "export_to_markdown"):
        if str(item.label.value) not in _DROPPED:
            rows = str(item.export_to_markdown(doc=document)).splitlines()
            yield Block("table", "\n".join(row for row in rows if row.startswith("|")), page)  # the caption is told
    elif hasattr(item, "text"):
        yield from _text_blocks(item, page, titled=titled)


def _text_blocks(item: Any, page: int, *, titled: bool) -> Iterator[Block]:
    label = str(item.label.value)
    if label in _DROPPED:
        return
    text = str(item.text or getattr(item, "orig", "") or "")
    if label == "code":
        yield Block("code", text.strip("\n"), page)
        return
    text = collapse_whitespace(expand_ligatures(text)).replace("\n", " ")
    if label == "title":
        yield Block("heading", text, page, 1)
    elif label == "section_header":
        yield Block("heading", text, page, int(getattr(item, "level", 1)) + titled)
    else:
        yield Block(_KINDS.get(label, "paragraph"), text, page)


def _open(path: Path, options: ParseOptions) -> tuple[str, int] | ParsedDocument:
    """Find the password that opens a file, and count its pages; or say why that cannot be done."""
    import pypdfium2

    locked = False
    for password in ("", *options.passwords()):
        try:
            with pypdfium2.PdfDocument(path, password=password or None) as pdf:
                return password, len(pdf)
        except pypdfium2.PdfiumError as error:
            locked = "password" in str(error).lower()
            if not locked:
                return _failed("", "unreadable", _one_line(str(error)), pages=0)
        except OSError as error:
            return _failed("", "unreadable", error.strerror or type(error).__name__, pages=0)
    return _failed("", "encrypted", "it needs a password to be opened", pages=0)


def _set_password(converter: Any, password: str) -> None:
    # On the loaded converter: a new one would load the models again.
    backend = importlib.import_module("docling.datamodel.backend_options")
    option = next(iter(converter.format_to_options.values()))
    option.backend_options = backend.PdfBackendOptions(password=password) if password else None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


def _failed(document_id: str, outcome: Outcome, reason: str, *, pages: int) -> ParsedDocument:
    return ParsedDocument(document_id, outcome, reason, pages, (), VERSION)
