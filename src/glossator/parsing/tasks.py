"""One document in, its blocks out: the functions that executors map, with nothing in them that needs this machine."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from glossator.errors import ParsingError
from glossator.executors.files import local_copy
from glossator.parsing import auto, fast, ocr, plain
from glossator.parsing.options import PARSERS, ParseOptions
from glossator.parsing.ranges import page_count, plan_ranges
from glossator.records import ContentHash, Outcome, ParsedDocument

PDF, HTML = "application/pdf", "text/html"
PAGES_A_TASK = 200
"""A PDF with more pages is parsed in ranges of about so many, each with the limits of a document of its own."""
_BLOCK_BYTES = 1 << 20
IMAGES_A_TASK = 2
"""Of a PDF with more pages to be read from their images, so many are read by one task; a page takes seconds."""


class Parser(Protocol):
    """A kind of parser: a module of this package, named like the kind."""

    VERSION: str
    """Raised when its rules change what comes out."""

    def parse(self, path: Path, document_id: str, options: ParseOptions) -> ParsedDocument:
        """Read a file; whatever is wrong with it is the outcome, never an exception."""


@dataclass(frozen=True, slots=True)
class ParseTask:
    """What a worker is told of one document, or of a range of its pages."""

    document_id: str
    media_type: str
    path: str | None
    """A file or an fsspec URL; None for a document that is only text."""
    text: str | None
    options: ParseOptions
    read: ocr.ReadPages | None = None
    """What other tasks read on the images of its pages."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a worker made of it: the document, or what has to be done before."""

    document: ParsedDocument
    """Without blocks if one of the following is given."""
    ranges: tuple[tuple[int, int], ...] = ()
    """First and last page of the ranges that a very long document is to be parsed in."""
    unread: tuple[int, ...] = ()
    """Pages whose images are to be read first."""


@dataclass(frozen=True, slots=True)
class ImageTask:
    """What a worker is told of a few pages that have to be read from their images."""

    document_id: str
    path: str
    pages: tuple[int, ...]
    options: ParseOptions


def parser_kind(media_type: str, options: ParseOptions) -> str:
    """The kind of parser that reads a media type."""
    if media_type == PDF:
        return options.parser
    return "html" if media_type == HTML else "plain"


def open_parser(kind: str) -> Parser:
    """The module of a kind of parser for files that are no text.

    Raises:
        ParsingError: there is no such kind.
    """
    if kind not in (*PARSERS, "html"):
        raise ParsingError(f"parser {kind!r} is unknown; use one of: {', '.join(PARSERS)}")
    return cast("Parser", importlib.import_module(f"glossator.parsing.{kind}"))


def parse_task(task: ParseTask) -> Parsed:
    """Parse one document, or a range of its pages; or tell in what parts it is to be worked on."""
    if task.path is None:
        markdown = task.media_type == "text/markdown"
        return Parsed(plain.parse_text(task.text or "", task.document_id, markdown=markdown))
    try:
        with local_copy(task.path) as path:
            if task.media_type == PDF and task.options.parser in PARSERS and _holds(path, task.document_id):
                return _parse_pdf(path, task)
            return Parsed(parse_file(path, task.media_type, task.document_id, task.options))
    except OSError as error:
        return Parsed(_unopened(task.document_id, Path(task.path).name, error))


def _parse_pdf(path: Path, task: ParseTask) -> Parsed:
    nothing = failed(task.document_id, "unreadable", "only its parts are parsed")
    if task.options.pages is None:
        ranges = plan_ranges(page_count(path, task.options), pages_a_task=PAGES_A_TASK)
        if len(ranges) > 1:
            return Parsed(nothing, ranges=tuple(ranges))
    kind = task.options.parser
    if kind not in ("auto", "ocr"):
        return Parsed(open_parser(kind).parse(path, task.document_id, task.options))
    attempt = auto.attempt if kind == "auto" else ocr.attempt
    done = attempt(path, task.document_id, task.options, read=task.read, at_most=IMAGES_A_TASK)
    return Parsed(done) if isinstance(done, ParsedDocument) else Parsed(nothing, unread=done)


def read_images(task: ImageTask) -> ocr.ReadPages:
    """Read a few pages of a PDF from their images."""
    with local_copy(task.path) as path:
        return ocr.read_pages(fast.open_pdf(path, task.options), task.pages, task.options)


def parse_file(path: Path, media_type: str, document_id: str, options: ParseOptions | None = None) -> ParsedDocument:
    """Parse one file in this process; what is wrong with the file is the outcome, never an exception.

    Args:
        path: the file.
        media_type: `application/pdf`, `text/html`, `text/markdown` or `text/plain`.
        document_id: the hash of the file's bytes; a file that no longer has it is `unreadable`.
        options: how; all pages by `auto` if left out.

    Raises:
        MissingExtraError: the library that reads this type is not installed.
        ParsingError: there is no such parser, or it cannot work here.
    """
    options = options or ParseOptions()
    try:
        if not _holds(path, document_id):
            return failed(document_id, "unreadable", "the file has changed since it was collected")
        if path.stat().st_size == 0:
            return failed(document_id, "empty", "the file is empty")
        kind = parser_kind(media_type, options)
        if kind != "plain":
            return open_parser(kind).parse(path, document_id, options)
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        return failed(document_id, "unreadable", f"not UTF-8 text: byte {error.start}")
    except OSError as error:
        return _unopened(document_id, path.name, error)
    return plain.parse_text(text, document_id, markdown=media_type == "text/markdown")


def failed(document_id: str, outcome: Outcome, reason: str) -> ParsedDocument:
    """A document that could not be parsed: no blocks, an outcome and a reason."""
    return ParsedDocument(document_id, outcome, reason, 0, (), "none")


def _holds(path: Path, document_id: str) -> bool:
    """Whether a file still has the bytes that the document was collected by; read in blocks."""
    whole = ContentHash(path.stat().st_size)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            whole.add(block)
    return whole.complete and whole.id == document_id


def _unopened(document_id: str, name: str, error: OSError) -> ParsedDocument:
    return failed(document_id, "unreadable", f"{name}: {error.strerror or error}")
