"""Takes the places of the lines found on a page, leaves the order in which they are read."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_FEWEST = 3
"""Lines that a column has at least."""
_NARROWEST = 7.0
"""Width of the lines of a column, on average, in multiples of their height: cells of a table are narrower."""
_LOOSEST = 2.2
"""Distance of the baselines of a column, for the most part, in multiples of its height: rows of a table stand farther
apart where a cell has more than one line."""
_CROSSING = 0.35
"""Share of the lines that may run across the gutter, as titles and wide captions do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands; pixels from the upper left corner."""

    left: float
    right: float
    baseline: float
    height: float


def reading_order(places: Sequence[Place]) -> list[int]:
    """Put lines in reading order: column by column between the lines that run across, each from top to bottom.

    Args:
        places: of the lines.

    Returns:
        Positions in `places`.
    """
    return list(_order(places, list(range(len(places)))))


def _order(places: Sequence[Place], here: Sequence[int]) -> Iterator[int]:
    gutter = _gutter([places[i] for i in here])
    rows = _by_rows(places, here)
    if gutter is None:
        yield from rows
        return
    band: list[int] = []
    for i in [*rows, -1]:
        if i >= 0 and not places[i].left < gutter < places[i].right:
            band.append(i)
            continue
        yield from _order(places, [j for j in band if places[j].right <= gutter])
        yield from _order(places, [j for j in band if places[j].left >= gutter])
        band = []
        if i >= 0:
            yield i


def _by_rows(places: Sequence[Place], here: Sequence[int]) -> list[int]:
    """From top to bottom, and from left to right where lines share a baseline."""
    rows: list[list[int]] = []
    for i in sorted(here, key=lambda i: places[i].baseline):
        place = places[i]
        if rows and place.baseline - places[rows[-1][0]].baseline < 0.4 * min(place.height, places[rows[-1][0]].height):
            rows[-1].append(i)
        else:
            rows.append([i])
    return [i for row in rows for i in sorted(row, key=lambda i: places[i].left)]


def _gutter(places: Sequence[Place]) -> float | None:
    """Where two columns of lines are divided: the place that the fewest lines run across; None if there is none."""
    if len(places) < 2 * _FEWEST:
        return None
    edges = sorted({place.left - 1 for place in places})
    crossing = {x: sum(place.left < x < place.right for place in places) for x in edges}
    for x in sorted(edges, key=lambda x: crossing[x]):
        if crossing[x] > _CROSSING * len(places):
            return None
        before = [place for place in places if place.right <= x]
        after = [place for place in places if place.left >= x]
        if _is_column(before) and _is_column(after) and _side_by_side(before, after):
            return x
    return None


def _is_column(places: Sequence[Place]) -> bool:
    """Whether lines are a column of text: some, not too short, and for the most part close below one another."""
    if len(places) < _FEWEST:
        return False
    baselines = sorted(place.baseline for place in places)
    leading = statistics.median(after - before for before, after in pairwise(baselines))
    height = statistics.median(place.height for place in places)
    widths = statistics.mean((place.right - place.left) / place.height for place in places)
    return leading <= _LOOSEST * height and widths >= _NARROWEST


def _side_by_side(before: Sequence[Place], after: Sequence[Place]) -> bool:
    """Whether the shorter of two columns stands beside the other for at least half its height."""
    tops, ends = ([edge(p.baseline for p in side) for side in (before, after)] for edge in (min, max))
    shared = min(ends) - max(tops)
    return shared > 0 and shared >= 0.5 * min(end - top for top, end in zip(tops, ends, strict=True))
