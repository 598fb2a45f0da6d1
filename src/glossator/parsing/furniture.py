"""Takes the lines of all pages, tells which are running heads, feet and page numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from glossator.parsing.cleaning import furniture_key, is_page_number
from glossator.parsing.layout import Line

_MARGIN_ZONE = 0.11
"""Share of the page height at the top and at the bottom where running heads and feet stand."""
_SAME_ROW = 2.0
"""Baselines no further apart than these points are of one row."""


def find_furniture(pages: Sequence[Sequence[Line]], heights: Sequence[float], size: float) -> set[int]:
    """Find running heads, feet and page numbers: the `id()` of each such line.

    A line in the outer zone of the page is furniture if the same words, numbers aside, stand at the same height on
    another page, if it is nothing but a page number, or if it is short and stands far from all other text. A page
    number and what stands beside it is also told further in, as the first or last line apart from the text.

    Args:
        pages: the lines of each page.
        heights: of each page, in points.
        size: the body's font size, in points.
    """
    places: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    outer: list[tuple[Line, str, int]] = []
    found = set()
    for index, (lines, height) in enumerate(zip(pages, heights, strict=True)):
        ends = _detached_rows(lines, size)
        for line in lines:
            inside = _MARGIN_ZONE * height < line.y < (1 - _MARGIN_ZONE) * height
            if inside and round(line.y) not in ends:
                continue
            key, place = furniture_key(line.text), round(line.y / 3)
            outer.append((line, key, place))
            if not inside:
                places[key, place].add(index)
            elif is_page_number(line.text):
                found.add(id(line))
    baselines = {lines[0].page: sorted(line.y for line in lines) for lines in pages if lines}
    for line, key, place in outer:
        told = places.get((key, place)) and (is_page_number(line.text) or _is_remote(line, baselines[line.page], size))
        if told or _repeats([places.get((key, near), set()) for near in (place - 1, place, place + 1)]):
            found.add(id(line))
    return _with_neighbours(found, outer)


def _detached_rows(lines: Sequence[Line], size: float) -> set[int]:
    """The heights, in whole points, of the first and the last row of a page, where they stand apart from the others."""
    rows = sorted({round(line.y) for line in lines})
    ends = [(rows[0], rows[1]), (rows[-1], rows[-2])] if len(rows) > 1 else [(rows[0], 1 << 20)] if rows else []
    return {row for row, beside in ends if abs(row - beside) > 1.8 * size}


def _repeats(on_pages: Sequence[set[int]]) -> bool:
    """Whether there are two different pages in these sets together."""
    some = [pages for pages in on_pages if pages]
    return any(len(pages) > 1 for pages in some) or any(one != other for one, other in pairwise(some))


def _is_remote(line: Line, baselines: Sequence[float], size: float) -> bool:
    """Whether a line is short, in no larger type than the text, and far from all baselines but its own."""
    if len(line.text) > 70 or line.size > size + 0.1 or line.text.endswith((".", ":")):
        return False
    above = bisect_right(baselines, line.y + _SAME_ROW)
    below = bisect_right(baselines, line.y - _SAME_ROW) - 1
    apart = [baselines[above] - line.y] if above < len(baselines) else []
    apart += [line.y - baselines[below]] if below >= 0 else []
    return bool(apart) and min(apart) > 2.4 * size


def _with_neighbours(found: set[int], outer: Sequence[tuple[Line, str, int]]) -> set[int]:
    """Add small lines that share a baseline with furniture: the issue number beside a journal's name."""
    rows = {(line.page, round(line.y)) for line, _, _ in outer if id(line) in found}
    beside = {id(line) for line, _, _ in outer if (line.page, round(line.y)) in rows and len(line.text) < 60}
    return found | beside
