"""Takes the measured lines of scanned pages, leaves spans in the few sizes and weights that they were set in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from glossator.parsing.layout import Line, PageSpans
from glossator.parsing.ocr_page import OcrLine, OcrPage

_SPREAD = 0.055
"""How far, as a share, measured sizes of the same type lie from its true size at most."""
_LIKE_KNOWN, _LIKE_BODY = 0.07, 0.12
"""How far a size may lie from a known one, and that of the body from the known body's, to be taken for it: the height
of an x, by which sizes are measured, differs between fonts."""
_BOLDER = 1.28
"""Stroke of bold type, in multiples of that of regular type of the same size."""


def settle_type(pages: Sequence[OcrPage], known: Sequence[Line] = ()) -> list[PageSpans]:
    """Give lines that were set in the same type the same size, and mark those set in bold.

    Measured sizes scatter by a few hundredths, but headings are told from text by less. So the sizes that most text
    has, one after the other, draw in what lies near them. A heading's size has one weight, that of most of its text;
    in the size of the body each line has its own.

    Args:
        pages: as they were read.
        known: lines of other pages of the document, whose type is told by the file.
    """
    lines = [line for page in pages for line in page.lines]
    sizes = _settled_sizes(lines, _count(known))
    of_size: defaultdict[float, list[OcrLine]] = defaultdict(list)
    for line in lines:
        of_size[sizes[line.size]].append(line)
    body = max(of_size, key=lambda size: sum(len(line.span.text) for line in of_size[size]), default=0.0)
    thin = _BOLDER * _stroke(of_size[body])
    bold_sizes = {size for size, those in of_size.items() if size > body and _stroke(those) / size > thin / body}
    bold_sizes = (bold_sizes - set(_count(known))) | {size for size in _bold_sizes(known) if size > body}

    def settle(line: OcrLine) -> OcrLine:
        size = sizes[line.size]
        bold = size in bold_sizes or (size == body and line.stroke > thin and len(line.span.text) > 3)
        # A short heading stands evenly by chance; listings are not set larger than the text.
        mono = line.span.mono and size <= body
        return replace(line, span=replace(line.span, size=size, bold=bold, mono=mono))

    return [replace(page, lines=tuple(settle(line) for line in page.lines)).to_spans() for page in pages]


def _settled_sizes(lines: Sequence[OcrLine], known: Counter[float]) -> dict[float, float]:
    """For each measured size: the size it stands for."""
    counts: Counter[float] = Counter()
    for line in lines:
        counts[line.size] += max(1, len(line.span.text))
    settled: dict[float, float] = {}
    left = sorted(counts)
    while left:
        near = max(
            ([other for other in left if abs(other / size - 1) <= _SPREAD] for size in left),
            key=lambda group: sum(counts[size] for size in group),
        )
        centre = _median([(size, counts[size]) for size in near])
        # What comes first is the body; the document's other pages tell its size, and those of the headings.
        likely = [max(known, key=known.__getitem__)] if known and not settled else []
        for size in [*likely, *sorted(known, key=lambda size: abs(centre / size - 1))[:1]]:
            if abs(centre / size - 1) <= (_LIKE_BODY if size in likely else _LIKE_KNOWN):
                centre = size
                break
        settled |= dict.fromkeys(near, round(centre, 1))
        left = [size for size in left if size not in settled]
    return settled


def _count(known: Sequence[Line]) -> Counter[float]:
    """How many characters of the lines are set in each size."""
    counts: Counter[float] = Counter()
    for line in known:
        counts[line.size] += len(line.text)
    return counts


def _bold_sizes(known: Sequence[Line]) -> set[float]:
    bold = _count([line for line in known if line.share("bold") > 0.7])
    return {size for size, count in _count(known).items() if bold[size] > 0.5 * count}


def _stroke(lines: Sequence[OcrLine]) -> float:
    return _median([(line.stroke, len(line.span.text)) for line in lines])


def _median(weighted: Sequence[tuple[float, int]]) -> float:
    """The value in the middle of values with weights; 0 if there are none."""
    half, seen = sum(weight for _, weight in weighted) / 2, 0
    for value, weight in sorted(weighted):
        seen += weight
        if seen >= half:
            return value
    return 0.0
