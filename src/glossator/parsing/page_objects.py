"""Takes an open PDF page, leaves what stands where on it: its lines of text, its pictures and its drawings."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_MOST_OBJECTS = 20_000
"""Drawings of a page that are looked at one by one: a scatter plot may hold a million, and its frame comes early."""
_MOST_RECTS = 5_000
_DEPTH = 6
"""How deep forms within forms are looked into."""


_MOST_AT_EDGE = 2_000
"""Drawings of a page that are looked at for what other pages repeat."""

Place = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in points from the lower left corner of the page as it is shown."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """In points."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In points."""
        return self.top - self.bottom

    @property
    def area(self) -> float:
        """In square points; 0 for a rectangle turned inside out."""
        return max(0.0, self.width) * max(0.0, self.height)

    def within(self, other: Box) -> Box:
        """Return the part of it that lies in another one; its area is 0 if there is none."""
        return Box(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def beside(self, other: Box) -> float:
        """Measure how much of its width stands above or below another one, from 0 to 1."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return max(0.0, shared) / max(self.width, 0.1)


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest rectangle that holds all of at least one."""
    found = list(boxes)
    return Box(
        min(box.left for box in found),
        min(box.bottom for box in found),
        max(box.right for box in found),
        max(box.top for box in found),
    )


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A line of text, or the part of one that stands in one column."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """A picture or a piece of a drawing."""

    kind: Literal["image", "drawing", "form"]
    """A form is what holds pictures, drawings and text that come from another file, such as a chart."""
    box: Box


@dataclass(frozen=True, slots=True)
class PageObjects:
    """What stands on one page."""

    width: float
    height: float
    """In points, as the page is shown."""
    lines: tuple[PlacedText, ...]
    """In the order in which they are drawn."""
    objects: tuple[PlacedObject, ...]

    @property
    def box(self) -> Box:
        """The page itself."""
        return Box(0.0, 0.0, self.width, self.height)


def read_objects(page: Any, furniture: Collection[Place] = ()) -> PageObjects:
    """Turn a page of pypdfium2 into what stands on it, turned as the page is shown.

    Args:
        page: from pypdfium2.
        furniture: places of drawings that are left out, from `furniture_places`.

    Raises:
        pypdfium2.PdfiumError: the page is too broken to be looked at.
    """
    width, height = page.get_size()
    turn = _Turn(page, width, height)
    whole = Box(0.0, 0.0, width, height)
    lines = tuple(_join_rects(_rects(page, turn)))
    objects = tuple(
        PlacedObject(found.kind, box)
        for found in _drawn(page, turn)
        if (box := found.box.within(whole)).width >= 0 and box.height >= 0 and place_of(box) not in furniture
    )
    return PageObjects(width, height, lines, objects)


def has_large_image(page: Any) -> bool:
    """Whether a page holds a picture that may show something; quick, for pages that name no figure."""
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    turn = _Turn(page, width, height)
    return any(
        placed.kind == "image" and placed.box.area >= 0.02 * width * height
        for placed in _drawn(page, turn, (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM))
    )


def furniture_places(pages: Iterable[Any]) -> frozenset[Place]:
    """Find what stands at the same place at the edge of more than one page, such as a journal's logo."""
    counts: Counter[Place] = Counter()
    for page in pages:
        width, height = page.get_size()
        turn = _Turn(page, width, height)
        drawn = (placed.box for placed in itertools.islice(_drawn(page, turn), _MOST_AT_EDGE))
        counts.update({place_of(box) for box in drawn if box.bottom > 0.87 * height or box.top < 0.13 * height})
    return frozenset(place for place, count in counts.items() if count > 1)


def place_of(box: Box) -> Place:
    """Round a rectangle to what two pages share that show the same thing at the same place."""
    return round(box.left), round(box.bottom), round(box.right), round(box.top)


class _Turn:
    """Turns a rectangle of a page's own coordinates as the page is shown."""

    def __init__(self, page: Any, width: float, height: float) -> None:
        self._left, self._bottom, *_ = page.get_bbox()
        self._rotation = int(page.get_rotation()) % 360
        self._width, self._height = width, height

    def __call__(self, left: float, bottom: float, right: float, top: float) -> Box:
        x0, x1 = sorted((left - self._left, right - self._left))
        y0, y1 = sorted((bottom - self._bottom, top - self._bottom))
        if self._rotation == 90:
            return Box(y0, self._height - x1, y1, self._height - x0)
        if self._rotation == 180:
            return Box(self._width - x1, self._height - y1, self._width - x0, self._height - y0)
        if self._rotation == 270:
            return Box(self._width - y1, x0, self._width - y0, x1)
        return Box(x0, y0, x1, y1)


def _rects(page: Any, turn: _Turn) -> Iterator[PlacedText]:
    textpage = page.get_textpage()
    try:
        for index in range(min(textpage.count_rects(), _MOST_RECTS)):
            rect = textpage.get_rect(index)
            text = textpage.get_text_bounded(*rect)
            if text.strip():
                yield PlacedText(" ".join(text.split()), turn(*rect))
    finally:
        textpage.close()


def _join_rects(rects: Iterable[PlacedText]) -> Iterator[PlacedText]:
    """Join the runs of one line: a change of type divides them, a gap as wide as between columns parts them."""
    held: PlacedText | None = None
    for rect in rects:
        if held is not None and _on_one_line(held.box, rect.box):
            gap = " " if rect.box.left - held.box.right > 1 else ""
            held = PlacedText(f"{held.text}{gap}{rect.text}", around((held.box, rect.box)))
            continue
        if held is not None:
            yield held
        held = rect
    if held is not None:
        yield held


def _on_one_line(before: Box, after: Box) -> bool:
    shared = min(before.top, after.top) - max(before.bottom, after.bottom)
    gap = after.left - before.right
    return shared > 0.4 * min(before.height, after.height) and -2 < gap < 9


def _drawn(page: Any, turn: _Turn, types: Sequence[int] = ()) -> Iterator[PlacedObject]:
    """Give every picture and drawing; those within forms with the form's own matrices applied."""
    import pypdfium2.raw as pdfium

    kinds: dict[int, Literal["image", "drawing", "form"]] = {
        pdfium.FPDF_PAGEOBJ_FORM: "form",
        pdfium.FPDF_PAGEOBJ_IMAGE: "image",
        pdfium.FPDF_PAGEOBJ_PATH: "drawing",
        pdfium.FPDF_PAGEOBJ_SHADING: "drawing",
    }
    matrices: list[Any] = []
    # A form comes right before what it holds, one level deeper.
    for count, found in enumerate(page.get_objects(filter=list(types), max_depth=_DEPTH)):
        if count == _MOST_OBJECTS:
            break
        del matrices[found.level :]
        kind = kinds.get(found.type)
        if kind is not None:
            yield PlacedObject(kind, turn(*_placed(found, matrices)))
        if kind == "form":
            matrix = found.get_matrix()
            matrices.append(matrix.multiply(matrices[-1]) if matrices else matrix)
    else:
        return
    for found in itertools.islice(page.get_objects(filter=list(kinds), max_depth=1), _MOST_OBJECTS):
        yield PlacedObject("drawing", turn(*_placed(found, ())))  # a form as a whole, where its parts are too many


def _placed(found: Any, matrices: Sequence[Any]) -> tuple[float, float, float, float]:
    left, bottom, right, top = found.get_bounds()
    if not matrices:
        return left, bottom, right, top
    return tuple(matrices[-1].on_rect(left, bottom, right, top))
