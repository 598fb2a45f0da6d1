"""The second library, pypdfium2: reads what pdf_oxide cannot, in the same spans, and cuts pages out of long files."""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from glossator.parsing.layout import PageSpans, Span

_Char = tuple[str, float, float, float, float, str, int]
"""Character, left, right, baseline, font size (points), font name, font flags."""

_LINE_END_HYPHENS = (0x02, 0xFFFE)
"""What pdfium puts in the place of a hyphen that divides a word at a line end."""
_FIXED_WIDTH, _ITALIC, _FORCE_BOLD = 1 << 0, 1 << 6, 1 << 18
"""Bits of a font descriptor's flags, ISO 32000-1 table 123."""


@contextmanager
def open_pdfium(path: Path, passwords: Sequence[str]) -> Iterator[tuple[Any, str]]:
    """Open a file with pypdfium2; leave its document and the password that opened it.

    Raises:
        Exception: pypdfium2 is not installed, no password opens the file, or it is beyond this library too.
    """
    import pypdfium2

    failure: Exception = ValueError("no password was tried")
    for password in passwords:
        try:
            document = pypdfium2.PdfDocument(path, password=password or None)
        except pypdfium2.PdfiumError as error:
            failure = error
            continue
        with closing(document):
            yield document, password
        return
    raise failure


def read_pages(document: Any, numbers: Sequence[int], problem: str) -> list[PageSpans]:
    """Read pages of an open document; a page that cannot be read has no spans and the library's problem.

    Args:
        document: of pypdfium2.
        numbers: of the pages, from 1.
        problem: what is recorded with the pages that can be read.
    """
    return [_read_page(document, number, problem) for number in numbers]


def cut_pages(document: Any, numbers: Sequence[int]) -> bytes:
    """Copy pages of an open document, numbered from 1, to a PDF of their own; leave its bytes.

    Raises:
        Exception: the library cannot copy them.
    """
    import pypdfium2

    with closing(pypdfium2.PdfDocument.new()) as taken:
        taken.import_pages(document, [number - 1 for number in numbers])
        held = io.BytesIO()
        taken.save(held)
        return held.getvalue()


def _read_page(document: Any, number: int, problem: str) -> PageSpans:
    try:
        with closing(document[number - 1]) as page, closing(page.get_textpage()) as text:
            left, bottom, _, top = page.get_mediabox()
            return PageSpans(number, top - bottom, tuple(_spans(_characters(text, left, bottom))), problem)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one unreadable page does not take the others with it
        return PageSpans(number, 842.0, (), str(error) or type(error).__name__)


def _characters(text: Any, left: float, bottom: float) -> Iterator[_Char]:
    """Give the characters of a page in drawing order; rotated ones are left out."""
    import pypdfium2.raw as pdfium

    matrix, flags = pdfium.FS_MATRIX(), ctypes.c_int()
    x, y = ctypes.c_double(), ctypes.c_double()
    box = pdfium.FS_RECTF()
    name = ctypes.create_string_buffer(128)
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        code = ord("-") if code in _LINE_END_HYPHENS else code
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
        turned = abs(matrix.b) > abs(matrix.a)
        placed = pdfium.FPDFText_GetCharOrigin(text, index, x, y) and pdfium.FPDFText_GetLooseCharBox(text, index, box)
        if turned or not placed or not 0 < size < 2000 or not 31 < code < 0x110000 or 0xD7FF < code < 0xE000:
            continue
        length = pdfium.FPDFText_GetFontInfo(text, index, name, len(name), flags)
        font = name.raw[: max(0, min(length, len(name)) - 1)].decode("utf-8", "replace")
        yield chr(code), box.left - left, box.right - left, y.value - bottom, size, font, flags.value


def _spans(characters: Iterator[_Char]) -> Iterator[Span]:
    run: list[_Char] = []
    for character in characters:
        if run and not _same_run(run[-1], character):
            yield _span(run)
            run = []
        run.append(character)
    if run:
        yield _span(run)


def _same_run(before: _Char, after: _Char) -> bool:
    _, _, right, y, size, font, flags = before
    _, left, _, next_y, next_size, next_font, next_flags = after
    if (round(size, 1), font, flags) != (round(next_size, 1), next_font, next_flags):
        return False
    return abs(y - next_y) < 0.1 * size and -0.3 * size < left - right < 0.14 * size


def _span(run: Sequence[_Char]) -> Span:
    _, _, _, y, size, font, flags = run[0]
    lowered = font.lower()
    return Span(
        "".join(character[0] for character in run),
        run[0][1],
        max(character[2] for character in run),
        y,
        size,
        bold=bool(flags & _FORCE_BOLD) or "bold" in lowered or "black" in lowered,
        italic=bool(flags & _ITALIC) or "italic" in lowered or "oblique" in lowered,
        mono=bool(flags & _FIXED_WIDTH) or "mono" in lowered or "courier" in lowered,
    )
