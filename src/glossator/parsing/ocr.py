"""The `ocr` parser: every page is rendered and read from its image, whatever text the file may hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.parsing import fallback, fast, layout
from glossator.parsing.layout import PageSpans
from glossator.parsing.ocr_page import OcrPage
from glossator.parsing.options import ParseOptions
from glossator.records import ParsedDocument

if TYPE_CHECKING:
    from glossator.parsing.ocr_engine import Gray

VERSION = "ocr/1"

MAX_PIXELS = 16_000_000
"""A page is rendered in fewer dots per inch than asked for rather than in more pixels; A4 at 300 has 8.7 million."""

_DEFAULTS = ParseOptions()


@dataclass(frozen=True, slots=True)
class ReadPages:
    """What was read on the images of some pages."""

    pages: tuple[OcrPage, ...]
    problems: tuple[PageSpans, ...]
    """The pages that could not be rendered or read: no spans, and why."""


def parse(path: Path, document_id: str, options: ParseOptions = _DEFAULTS) -> ParsedDocument:
    """Read the images of a PDF's pages; leave its blocks, or the outcome and reason if it has none to give.

    Args:
        path: the file.
        document_id: the hash of its bytes.
        options: which pages, at which resolution, which passwords, where figures go.

    Raises:
        MissingExtraError: rapidocr, its onnxruntime or pdf_oxide is not installed.
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
    read: ReadPages | None = None,
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
        MissingExtraError: rapidocr, its onnxruntime or pdf_oxide is not installed.
        ParsingError: rapidocr came without its models.
    """
    try:
        pdf = fast.open_pdf(path, options)
    except fast.UnopenedError as error:
        return ParsedDocument(document_id, error.outcome, error.reason, 0, (), VERSION)
    first, last = options.pages or (1, pdf.pages)
    numbers = range(max(1, first), min(last, pdf.pages) + 1)
    if read is None and at_most is not None and len(numbers) > at_most:
        return tuple(numbers)
    spans = to_spans(read or read_pages(pdf, numbers, options))
    parsed = fast.conclude(pdf, document_id, spans, options, VERSION)
    if parsed.outcome == "empty":
        return replace(parsed, reason="no text was found on the image of any page")
    return parsed


def read_pages(pdf: fast.OpenPdf, numbers: Sequence[int], options: ParseOptions) -> ReadPages:
    """Render pages of an opened PDF, one at a time, and read each from its image.

    Args:
        pdf: the opened file.
        numbers: of the pages, from 1.
        options: at which resolution.

    Raises:
        MissingExtraError: rapidocr or its onnxruntime is not installed.
        ParsingError: rapidocr came without its models.
    """
    from glossator.parsing.ocr_engine import load_engine
    from glossator.parsing.ocr_page import read_page

    engine = load_engine()
    pages, problems = [], []
    try:
        with fallback.open_pdfium(pdf.path, (pdf.password,)) as (document, _):
            for number in numbers:
                try:
                    image, points = render(document, number, options.dpi)
                    pages.append(read_page(engine, image, number, points))
                except MemoryError:
                    raise
                except Exception as error:  # noqa: BLE001 - one bad page does not take the others with it
                    problems.append(_problem(number, error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the file cannot be opened for rendering: none of its pages can be read
        problems = [_problem(number, error) for number in numbers]
    return ReadPages(tuple(pages), tuple(problems))


def to_spans(read: ReadPages, known: Sequence[layout.Line] = ()) -> list[PageSpans]:
    """Settle the type of the pages that were read; leave all pages in order, those with a problem too.

    Args:
        read: what was read.
        known: lines of other pages of the document, whose type is told by the file.
    """
    from glossator.parsing.ocr_type import settle_type

    return sorted([*settle_type(read.pages, known), *read.problems], key=lambda page: page.number)


def render(document: Any, number: int, dpi: int) -> tuple[Gray, float]:
    """Render one page of a document of pypdfium2; leave its grey image and the size of a pixel in points."""
    import numpy as np

    with closing(document[number - 1]) as page:
        width, height = page.get_size()
        scale = min(dpi / 72, math.sqrt(MAX_PIXELS / max(1.0, width * height)))
        with closing(page.render(scale=scale, grayscale=True)) as bitmap:
            image = np.array(bitmap.to_numpy(), dtype=np.uint8, copy=True)
    return image.reshape(image.shape[:2]), 1 / scale


def _problem(number: int, error: Exception) -> PageSpans:
    return PageSpans(number, 842.0, (), " ".join(str(error).split())[:300] or type(error).__name__)
