"""Takes a page whose lines are told apart, and where its captions are, leaves the rectangles of its figures."""

from __future__ import annotations

from collections.abc import Sequence

from glossator.parsing.page_objects import Box, PageObjects, PlacedObject, around
from glossator.parsing.page_text import Sheet

_GAP = 34.0
"""Blank points between the parts of one figure, at most."""
_MARGIN = 3.0
"""Points left around a figure, as far as no text begins there."""
_RULE_GAP = 10.0
_REACH = 60.0
"""Points between a figure and its caption, at most."""
_SCRAP = 2500.0
"""Square points of a figure that is looked at no further."""
_LEAST = 30.0
"""Points that a figure is wide, at least; half of that high."""


def region_of(caption: Box, sheets: Sequence[Sheet], taken: Sequence[Box] = ()) -> Box | None:
    """Find the rectangle of the figure of a caption: above it, else below it; None if there is nothing drawn.

    It goes up to the next line of the text, as far as there are no wide blanks within it.

    Args:
        caption: where it stands.
        sheets: its page, laid out in one or more ways; a later one is looked at where an earlier one shows no more
            than a scrap.
        taken: the rectangles of other figures, which are not looked into.
    """
    found: Box | None = None
    for sheet in sheets:
        column = _column_of(caption, sheet)
        for above in (True, False):
            region = _grow(caption, sheet, column, taken, above=above)
            if region is not None and region.area >= _SCRAP:
                return region
            found = found or region
    return found


def loose_images(objects: PageObjects, taken: Sequence[Box]) -> list[Box]:
    """Find the pictures of a page that are large enough to show something and belong to no caption's figure."""
    page = objects.box
    found: list[Box] = []
    for placed in objects.objects:
        box = placed.box
        large = min(box.width, box.height) >= 60 and box.area >= 0.02 * page.area
        if placed.kind != "image" or not large or _is_backdrop(placed, page):
            continue
        if any(box.within(other).area > 0.3 * box.area and _overlap(box, other) for other in (*taken, *found)):
            continue
        found.append(box)
    return found


def _overlap(box: Box, other: Box) -> bool:
    shared = box.within(other)
    return shared.width > 0 and shared.height > 0


def _is_backdrop(placed: PlacedObject, page: Box) -> bool:
    """Whether something lies behind most of the page, such as a scan or its paper."""
    return placed.box.area > 0.8 * page.area


def _column_of(box: Box, sheet: Sheet) -> tuple[float, float]:
    if not sheet.columns:
        return 0.0, sheet.page.width
    if len(sheet.columns) == 2:
        middle = (sheet.columns[0][1] + sheet.columns[1][0]) / 2
        if box.right <= middle + 4:
            return sheet.columns[0][0], middle
        if box.left >= middle - 4:
            return middle, sheet.columns[1][1]
    return sheet.columns[0][0], sheet.columns[-1][1]


def _grow(caption: Box, sheet: Sheet, column: tuple[float, float], taken: Sequence[Box], *, above: bool) -> Box | None:
    page = sheet.page.box
    strip = Box(column[0] - 8, caption.top, column[1] + 8, page.top)
    if not above:
        strip = Box(column[0] - 8, page.bottom, column[1] + 8, caption.bottom)
    strip = _up_to(strip, [box for box in (*sheet.bodies, *taken) if box != caption], above=above)
    objects = [placed.box for placed in sheet.page.objects if _is_part(placed, strip, page)]
    labels = [box for box in sheet.labels if _stands_in(box, strip)]
    parts = _chain(caption, [*objects, *labels], above=above)
    if not parts:
        return None
    # A figure may be wider than its column of text, but not where there is another one beside it.
    alone = len(sheet.columns) < 2 or strip.width > 0.6 * page.width
    found = around(parts)
    found = Box(found.left - _MARGIN, found.bottom - _MARGIN, found.right + _MARGIN, found.top + _MARGIN)
    region = found.within(Box(0.0, strip.bottom, page.right, strip.top) if alone else strip)
    drawn = not set(objects).isdisjoint(parts)
    enough = region.width >= _LEAST and region.height >= _LEAST / 2
    return region if enough and (drawn or (above and len(parts) > 1)) else None


def _is_part(placed: PlacedObject, strip: Box, page: Box) -> bool:
    if placed.kind == "form" or _is_backdrop(placed, page):
        return False
    return _stands_in(placed.box, strip) and not _is_head_rule(placed.box, page)


def _up_to(strip: Box, bodies: Sequence[Box], *, above: bool) -> Box:
    """Cut a strip off at the first line of text that crosses it."""
    crossing = [box for box in bodies if box.beside(strip) > 0.3]
    if above:
        ends = [box.bottom for box in crossing if box.bottom >= strip.bottom - 1]
        return Box(strip.left, strip.bottom, strip.right, min(ends, default=strip.top))
    ends = [box.top for box in crossing if box.top <= strip.top + 1]
    return Box(strip.left, max(ends, default=strip.bottom), strip.right, strip.top)


def _stands_in(box: Box, strip: Box) -> bool:
    """Whether most of something lies in a strip; a picture may reach a little into the text with its blank edge."""
    middle = (box.bottom + box.top) / 2
    shared = min(box.top, strip.top) - max(box.bottom, strip.bottom)
    inside = strip.bottom <= middle <= strip.top and shared >= 0.7 * box.height
    return inside and box.beside(strip) > 0.5


def _is_head_rule(box: Box, page: Box) -> bool:
    """Whether a drawing is the rule below a running head or above a foot."""
    outer = box.bottom > 0.9 * page.top or box.top < 0.1 * page.top
    return outer and box.height < 3 and box.width > 0.3 * page.width


def _chain(caption: Box, parts: Sequence[Box], *, above: bool) -> list[Box]:
    """Take the parts from the caption on, until a blank is too wide; a rule alone at the far end is none of them."""
    chained: list[Box] = []
    edge, reach = (caption.top if above else -caption.bottom), _REACH
    # Below a caption the page is looked at upside down.
    sides = [(box.bottom, box.top, box) if above else (-box.top, -box.bottom, box) for box in parts]
    for near, far, box in sorted(sides, key=lambda side: side[:2]):
        if near > edge + reach:
            break
        chained.append(box)
        edge, reach = max(edge, far), _GAP
    while len(chained) > 1 and _is_rule(chained[-1]) and _apart(chained[-1], chained[:-1]) > _RULE_GAP:
        chained.pop()
    return chained


def _is_rule(box: Box) -> bool:
    """Whether something is a line, or the lower edge of a frame around code."""
    return box.height < 6 or (box.height < 12 and box.width > 15 * box.height)


def _apart(box: Box, others: Sequence[Box]) -> float:
    rest = around(others)
    return max(box.bottom - rest.top, rest.bottom - box.top)
