"""Takes the image of a page, leaves its lines of text as spans: turned upright, measured and in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glossator.parsing.layout import PageSpans, Span
from glossator.parsing.ocr_engine import Engine, Reading
from glossator.parsing.ocr_ink import darkness, divide_words, is_monospaced, measure
from glossator.parsing.ocr_order import Place, reading_order

if TYPE_CHECKING:
    from glossator.parsing.ocr_engine import Boxes, Gray

LEAST_SCORE = 0.5
"""Lines that the model is less sure of are pictures, stamps and dirt."""
_SURE = 0.8
"""Mean score of a page's lines above which it certainly stands upright."""
_LEAST_SLANT = 0.05
"""Degrees below which a page is not turned: over the width of a line that is less than half a pixel."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line of a page that was read from its image."""

    span: Span
    stroke: float
    """Mean thickness of its strokes, in points."""

    @property
    def size(self) -> float:
        """Its measured size, in points, to a twentieth."""
        return round(self.span.size * 20) / 20


@dataclass(frozen=True, slots=True)
class OcrPage:
    """What was read on the image of a page."""

    number: int
    height: float
    """In points, after the page was turned upright."""
    lines: tuple[OcrLine, ...]

    def to_spans(self) -> PageSpans:
        """Leave the page as its spans."""
        return PageSpans(self.number, self.height, tuple(line.span for line in self.lines))


def read_page(engine: Engine, image: Gray, number: int, points: float) -> OcrPage:
    """Read the image of a page; a page that lies on its side or upside down, or is a little askew, is turned first.

    Args:
        engine: that finds and reads lines.
        image: grey, rows by columns.
        number: of the page, from 1.
        points: size of a pixel, in points.
    """
    import numpy as np

    boxes = engine.find(image)
    if _lies_on_its_side(boxes):
        image = np.ascontiguousarray(np.rot90(image))
        boxes = engine.find(image)
    image, seen = _read_lines(engine, image, boxes)
    if seen and _mean_score(seen) < _SURE:
        # No line says by its shape which end is up; the one that can be read does.
        turned = np.ascontiguousarray(np.rot90(image, 2))
        turned, again = _read_lines(engine, turned, engine.find(turned))
        if again and _mean_score(again) > _mean_score(seen):
            image, seen = turned, again
    height = image.shape[0]
    lines = [_measure_line(one, height, points) for one in seen if _says_something(one.reading)]
    places = [Place(line.span.x0, line.span.x1, -line.span.y, line.span.size) for line in lines]
    return OcrPage(number, height * points, tuple(lines[i] for i in reading_order(places)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line before it is measured."""

    image: Gray
    left: int
    top: int
    reading: Reading


def _read_lines(engine: Engine, image: Gray, boxes: Boxes) -> tuple[Gray, list[_Seen]]:
    image, boxes = straighten(image, boxes)
    lines = [(image[top:bottom, left:right], left, top) for left, top, right, bottom in _rectangles(boxes, image)]
    return image, [_Seen(line, left, top, engine.read(line)) for line, left, top in lines]


def _mean_score(seen: Sequence[_Seen]) -> float:
    """How well lines can be read, from 0 to 1; long ones count for more."""
    widths = [float(line.image.shape[1]) for line in seen]
    return sum(line.reading.score * width for line, width in zip(seen, widths, strict=True)) / sum(widths)


def _says_something(reading: Reading) -> bool:
    return reading.score >= LEAST_SCORE and bool(reading.text.strip())


def _measure_line(seen: _Seen, height: int, points: float) -> OcrLine:
    dark = darkness(seen.image)
    ink = measure(dark, seen.reading.text)
    text = divide_words(seen.reading, dark, ink.size)
    span = Span(
        text,
        seen.left * points,
        (seen.left + seen.image.shape[1]) * points,
        (height - seen.top - ink.baseline) * points,
        ink.size * points,
        bold=False,
        italic=False,
        mono=is_monospaced(seen.reading, text),
    )
    return OcrLine(span, ink.stroke * points)


def straighten(image: Gray, boxes: Boxes) -> tuple[Gray, Boxes]:
    """Turn an image, and the boxes of its lines, so that its lines run level.

    The angle is the median of the long lines' angles, each counted by its length.
    """
    import cv2
    import numpy as np

    along, across = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 0]
    lengths = np.hypot(along[:, 0], along[:, 1])
    is_long = lengths > 5 * np.hypot(across[:, 0], across[:, 1])
    if not is_long.any():
        return image, boxes
    angles = np.degrees(np.arctan2(along[is_long, 1], along[is_long, 0]))
    order = np.argsort(angles)
    weights = np.cumsum(lengths[is_long][order])
    angle = float(angles[order][np.searchsorted(weights, weights[-1] / 2)])
    if abs(angle) < _LEAST_SLANT:
        return image, boxes
    rows, columns = image.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, 1.0)
    paper = int(np.median(image))
    turned = cv2.warpAffine(
        image, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )
    return np.asarray(turned, np.uint8), boxes @ matrix[:, :2].T + matrix[:, 2]


def _lies_on_its_side(boxes: Boxes) -> bool:
    """Whether most lines run upwards or downwards."""
    import numpy as np

    if len(boxes) == 0:
        return False
    sizes = boxes.max(axis=1) - boxes.min(axis=1)
    return float(np.median(sizes[:, 1] / np.maximum(1, sizes[:, 0]))) > 1.5


def _rectangles(boxes: Boxes, image: Gray) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of level boxes, in whole pixels within the image; slivers are left out."""
    rows, columns = image.shape
    found = []
    for box in boxes:
        left, right = int(box[[0, 3], 0].min()), int(box[[1, 2], 0].max() + 1)
        top, bottom = int(box[[0, 1], 1].mean()), int(box[[2, 3], 1].mean() + 1)
        left, top, right, bottom = max(0, left), max(0, top), min(columns, right), min(rows, bottom)
        if right - left > 3 and bottom - top > 5:
            found.append((left, top, right, bottom))
    return found
