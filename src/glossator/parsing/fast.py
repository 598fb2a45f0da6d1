"""The `fast` parser: born-digital PDFs, hundreds of pages a second, by the place and type of each run of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from glossator.errors import MissingExtraError
from glossator.parsing import fallback, furniture, layout
from glossator.parsing.blocks import build_blocks
from glossator.parsing.layout import PageSpans
from glossator.parsing.options import ParseOptions
from glossator.parsing.spans import take_spans
from glossator.records import Block, Figure, Outcome, ParsedDocument

VERSION = "fast/2"

MAX_PAGES = 20_000
"""A file that claims more pages is refused: its count is more likely a lie than a book."""

_DEFAULTS = ParseOptions()
_LOCKED = "it needs a password"
_SECOND_READER = "read by pypdfium2"
_LONG, _STRETCH = 300, 200
"""A document of more pages than the first is read in copies of as many as the second."""
_TINY = 4.0
"""Type that is smaller, in points, is more likely misread than meant to be read."""


class UnopenedError(Exception):
    """A PDF that cannot be opened; it becomes the outcome of its document.

    Args:
        outcome: `encrypted` or `unreadable`.
        reason: in words.
    """

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome: Outcome = outcome
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class OpenPdf:
    """A PDF file that has been opened."""

    path: Path
    pages: int
    """As many as the document holds, whichever of them are to be read."""
    password: str = field(repr=False)
    """The one that opened it; empty if it needed none."""
    handle: Any = field(repr=False)
    """pdf_oxide's document; None if that library cannot open the file and pypdfium2 can."""


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:
    """Read a PDF file; leave its blocks, or the outcome and reason if it has none to give.

    A file that no password opens is `encrypted`, a damaged one `unreadable`, one without any text `empty`; a file of
    which some pages cannot be read, or only by the second library, is `repaired` and says which.

    Args:
        path: the file.
        document_id: the hash of its bytes.
        options: which pages, which passwords, where figures go.

    Raises:
        MissingExtraError: pdf_oxide is not installed.
    """
    try:
        pdf = open_pdf(path, options)
    except UnopenedError as error:
        return ParsedDocument(document_id, error.outcome, error.reason, 0, (), VERSION)
    return conclude(pdf, document_id, read_pages(pdf, options), options, VERSION)


def open_pdf(path: Path, options: ParseOptions) -> OpenPdf:
    """Open a PDF file, with the first of the passwords that fits if it needs one.

    Raises:
        UnopenedError: it is damaged, no password fits, or it claims more pages than are read.
        MissingExtraError: pdf_oxide is not installed.
    """
    try:
        import pdf_oxide
    except ImportError as error:
        raise MissingExtraError("pdf_oxide", "documents") from error
    pdf_oxide.disable_logging()
    passwords = ("", *options.passwords())
    try:
        pdf = _open_first(pdf_oxide.PdfDocument(str(path)), path, passwords)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library makes of a bad file is that file's outcome
        try:
            pdf = _open_second(path, passwords)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - of two failures the first library's is told
            raise UnopenedError(*_classify(error)) from error
    if pdf.pages > MAX_PAGES:
        raise UnopenedError("unreadable", too_many(pdf.pages))
    return pdf


def too_many(pages: int) -> str:
    """Say why a file that claims so many pages, more than `MAX_PAGES`, is not read; for every parser of PDFs."""
    return f"it says it has {pages:,} pages; at most {MAX_PAGES:,} are read"


def _open_first(handle: Any, path: Path, passwords: Sequence[str]) -> OpenPdf:
    for password in passwords:
        if handle.authenticate(password):
            return OpenPdf(path, _count_pages(handle), password, handle)
    given = len(passwords) - 1
    raise ValueError(f"{_LOCKED}; none of the {given} given opens it" if given else f"{_LOCKED} to be opened")


def _count_pages(handle: Any) -> int:
    """The pages of an open file, also those that it has beyond the count it tells."""
    count = int(handle.page_count)
    while 0 < count <= MAX_PAGES:
        try:
            handle.page_media_box(count)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - the usual case: there is no such page
            break
        count += 1
    return count


def _open_second(path: Path, passwords: Sequence[str]) -> OpenPdf:
    with fallback.open_pdfium(path, passwords) as (document, password):
        return OpenPdf(path, len(document), password, None)


def read_pages(pdf: OpenPdf, options: ParseOptions) -> list[PageSpans]:
    """Read the spans of the pages that `options.pages` names, or of all; no other page is touched.

    A page that pdf_oxide fails on, or finds no text or only tiny type on, is read by pypdfium2 too; if that alone finds
    text, or both fail, the page has a problem.
    """
    first, last = options.pages or (1, pdf.pages)
    numbers = range(max(1, first), min(last, pdf.pages) + 1)
    pages = _read_stretches(pdf, numbers) if pdf.pages > _LONG else [_read_page(pdf.handle, n, n) for n in numbers]
    doubtful = {page.number: page for page in pages if _usual_size(page) < _TINY}
    if not doubtful:
        return pages
    try:
        with fallback.open_pdfium(pdf.path, (pdf.password, *options.passwords())) as (document, _):
            again = fallback.read_pages(document, list(doubtful), _SECOND_READER)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - beyond both libraries: what the first one said stands
        return pages
    better = {page.number: page for page in again if _usual_size(page) > 1.5 * _usual_size(doubtful[page.number])}
    for number, page in better.items():
        if doubtful[number].spans:
            better[number] = replace(page, problem="")  # a scale that was taken twice is no fault of the file
    return [better.get(page.number, page) for page in pages]


def _usual_size(page: PageSpans) -> float:
    """The median size of the page's type, in points; 0 if it has no text."""
    sizes = [span.size for span in page.spans if span.text.strip()]
    return median(sizes) if sizes else 0.0


def assemble(pages: Sequence[PageSpans]) -> list[Block]:
    """Turn the spans of pages, wherever they were read from, into blocks.

    Running heads and feet are found among these pages alone; a block's page is its `PageSpans.number`.
    """
    lines = [layout.build_lines(page.spans, page.number) for page in pages]
    size = layout.body_size(lines)
    left_out = furniture.find_furniture(lines, [page.height for page in pages], size)
    if all(id(line) in left_out for page_lines in lines for line in page_lines):
        left_out = set()
    laid_out = []
    usual: tuple[layout.Column, ...] = ()
    for page, page_lines in zip(pages, lines, strict=True):
        kept = [line for line in page_lines if id(line) not in left_out]
        columns = layout.find_columns(kept, size)
        kept = layout.order_lines(layout.drop_margin(kept, columns, size), columns)
        layout.mark_footnotes(kept, size)
        usual = columns or usual or (layout.Column(0.0, page.height * 0.7),)
        laid_out.append(layout.Page(page.number, page.height, kept, columns or usual))
    return build_blocks(laid_out, size)


def conclude(
    pdf: OpenPdf, document_id: str, pages: Sequence[PageSpans], options: ParseOptions, parser: str
) -> ParsedDocument:
    """Assemble pages that were read to the parsed document: blocks, figures if asked for, outcome and reason.

    Args:
        pdf: the opened file.
        document_id: the hash of its bytes.
        pages: what was read, in page order.
        options: where figures go.
        parser: name and version to be recorded.
    """
    problems = [page for page in pages if page.problem]
    if not any(page.spans for page in pages):
        if problems:
            return ParsedDocument(document_id, *_classify(problems[0].problem), pdf.pages, (), parser)
        reason = "no text on any page; it may be a scan, which needs OCR" if pdf.pages else "it has no pages"
        return ParsedDocument(document_id, "empty", reason, pdf.pages, (), parser)
    blocks = tuple(assemble(pages))
    if not blocks:
        return ParsedDocument(document_id, "empty", "no text that could be laid out", pdf.pages, (), parser)
    shown: tuple[Figure, ...] = ()
    if options.figures_folder is not None:
        from glossator.parsing import figures

        blocks, shown = figures.extract(pdf.path, document_id, blocks, options, password=pdf.password)
    outcome: Outcome = "repaired" if problems else "ok"
    return ParsedDocument(document_id, outcome, _told(problems), pdf.pages, blocks, parser, shown)


def _told(problems: Sequence[PageSpans]) -> str:
    """Say which pages could not be read, and which only by other means."""
    by_words: dict[str, list[int]] = {}
    for page in problems:
        words = page.problem if page.spans else "that could not be read"
        by_words.setdefault(words, []).append(page.number)
    return "; ".join(f"pages {words}: {list_numbers(numbers)}" for words, numbers in by_words.items())


def list_numbers(numbers: Sequence[int]) -> str:
    """Write ascending numbers as ranges, `1-3, 7`; after ten ranges the rest is only counted."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in ranges[:10])
    rest = sum(b - a + 1 for a, b in ranges[10:])
    return f"{shown} and {rest} more" if rest else shown


def _read_stretches(pdf: OpenPdf, numbers: Sequence[int]) -> list[PageSpans]:
    """Read pages of a long document from copies of a few of them: pdf_oxide walks all pages before the one it reads."""
    import pdf_oxide

    pages: list[PageSpans] = []
    for start in range(0, len(numbers), _STRETCH):
        stretch = numbers[start : start + _STRETCH]
        try:
            with fallback.open_pdfium(pdf.path, (pdf.password,)) as (document, _):
                handle = pdf_oxide.PdfDocument.from_bytes(fallback.cut_pages(document, stretch))
            pages += [_read_page(handle, index, number) for index, number in enumerate(stretch, 1)]
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - slower, but the one library may read what the other cannot copy
            pages += [_read_page(pdf.handle, number, number) for number in stretch]
    return pages


def _read_page(handle: Any, place: int, number: int) -> PageSpans:
    """Read one page, the `place`-th from 1 of what is open and the `number`-th of the document."""
    if handle is None:
        return PageSpans(number, 842.0, (), "pdf_oxide cannot open the file")
    try:
        spans = sorted(handle.extract_spans(place - 1), key=lambda span: span.sequence)
        _, bottom, _, top = handle.page_media_box(place - 1)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one unreadable page does not take the others with it
        return PageSpans(number, 842.0, (), str(error) or type(error).__name__)
    return PageSpans(number, top - bottom, take_spans(spans, bottom))


def _classify(error: Exception | str) -> tuple[Outcome, str]:
    message = " ".join(str(error).split())[:300]
    lowered = message.lower()
    if message.startswith(_LOCKED):
        return "encrypted", message
    if "encrypt" in lowered or "password" in lowered:
        return "encrypted", f"{_LOCKED}: {message}"
    return "unreadable", message or type(error).__name__
