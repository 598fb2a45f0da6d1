"""Takes an open PDF and its blocks, leaves where its figures are: page, rectangle, caption, place among the blocks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glossator.parsing.figure_regions import loose_images, region_of
from glossator.parsing.page_objects import Box, PageObjects, Place, furniture_places, has_large_image, read_objects
from glossator.parsing.page_text import find_caption, find_columns, lay_out, squeeze
from glossator.records import Block

_LABEL = re.compile(r"(?:Fig(?:ure|\.)?|Scheme|Plate|Chart)\s*(S?\d+[a-z]?|[IVX]+|[A-Z]\.?\d+)\b", re.IGNORECASE)
_LABELLED = re.compile(rf"{_LABEL.pattern}\s*[.:|–—]", re.IGNORECASE)
_NAMES = {"scheme": "Scheme", "plate": "Plate", "chart": "Chart"}
_MOST_CAPTIONS = 40
"""Of one page."""
_CARRIED = frozenset({"paragraph", "list_item", "reference"})
"""What may go on from the page before."""
_LINES_ABOVE = 5
_PAGES_COMPARED = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """A figure that was found and not yet drawn."""

    page: int
    """From 1."""
    before: int
    """The place of the block before which it stands."""
    box: Box
    label: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class _Usual:
    """What the pages of a document share."""

    furniture: frozenset[Place]
    columns: tuple[tuple[float, float], ...]


def label_of(caption: str) -> str:
    """Turn a caption into how the text refers to its figure, such as `Figure 3`; empty for a table's or no caption."""
    match = _LABEL.match(caption)
    if match is None:
        return ""
    return f"{_NAMES.get(caption[: match.start(1)].strip(' .').lower(), 'Figure')} {match[1]}"


def find_spots(pdf: Any, blocks: Sequence[Block], pages: range) -> list[Spot]:
    """Find where figures stand, page by page; a page that cannot be looked at has none.

    Args:
        pdf: from pypdfium2.
        blocks: of the whole document.
        pages: numbers of the pages to look at, from 1.
    """
    by_page: defaultdict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        by_page[block.page].append(index)
    usual = _usual(pdf, blocks, pages)
    spots: list[Spot] = []
    images: list[tuple[tuple[int, ...], Spot]] = []
    for number in pages:
        captions = [index for index in by_page[number] if _is_caption(blocks[index])][:_MOST_CAPTIONS]
        try:
            page = pdf[number - 1]
            try:
                if captions or has_large_image(page):
                    here, loose = _of_page(page, number, blocks, captions, by_page, usual)
                    spots += here
                    images += [((round(s.box.left), round(s.box.bottom), round(s.box.width)), s) for s in loose]
            finally:
                page.close()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - a page that cannot be looked at takes no other with it
            continue
    often = Counter(place for place, _ in images)
    most = max(2, 0.3 * len(pages))
    return spots + [spot for place, spot in images if often[place] <= most]


def _usual(pdf: Any, blocks: Sequence[Block], pages: Sequence[int]) -> _Usual:
    """Look at a few pages for what they share; nothing where they cannot be looked at, or no caption asks for it."""
    letters: Counter[int] = Counter()
    for block in blocks:
        letters[block.page] += len(block.text) * (block.kind == "paragraph" and block.page in pages)
    opened: list[Any] = []
    try:
        if any(_is_caption(block) for block in blocks):
            opened = [pdf[number - 1] for number in (letters.most_common(1)[0][0], *pages[:_PAGES_COMPARED])]
            fullest = read_objects(opened[0])
            columns = find_columns(fullest.lines, fullest.width)
            return _Usual(furniture_places(opened[1:]), columns)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001, S110 - then a figure at the edge may hold a logo
        pass
    finally:
        for page in opened:
            page.close()
    return _Usual(frozenset(), ())


def _is_caption(block: Block) -> bool:
    if block.kind == "caption":
        return _LABEL.match(block.text) is not None
    return block.kind == "paragraph" and _LABELLED.match(block.text) is not None


def _of_page(  # noqa: PLR0917
    page: Any,
    number: int,
    blocks: Sequence[Block],
    captions: Sequence[int],
    by_page: Mapping[int, Sequence[int]],
    usual: _Usual,
) -> tuple[list[Spot], list[Spot]]:
    """Find the figures of one page: those with a caption, and pictures without one."""
    objects = read_objects(page, usual.furniture)
    # A paragraph that began on the page before has lines here as well.
    before = [index for index in by_page.get(number - 1, ()) if blocks[index].kind in _CARRIED]
    indices = [*before[-1:], *by_page.get(number, ())]
    here = [replace(blocks[index], kind="caption") if index in captions else blocks[index] for index in indices]
    sheets = [lay_out(objects, here, listings=listings, usual=usual.columns) for listings in (True, False)]
    spots: list[Spot] = []
    for index in captions:
        caption = blocks[index].text
        place = find_caption(objects, caption)
        region = place and region_of(place, sheets, [spot.box for spot in spots])
        if region:
            spots.append(Spot(number, index, region, label_of(caption), caption))
    loose = loose_images(objects, [spot.box for spot in spots])
    return spots, [Spot(number, _place_of(box, objects, blocks, indices, number), box) for box in loose]


def _place_of(box: Box, objects: PageObjects, blocks: Sequence[Block], indices: Sequence[int], number: int) -> int:
    """The place of the block after the text right above a picture; of the page's first block if there is none."""
    above = [line for line in objects.lines if line.box.bottom >= box.top - 2 and line.box.beside(box) > 0.3]
    for line in sorted(above, key=lambda line: line.box.bottom)[:_LINES_ABOVE]:
        words = squeeze(line.text)
        for index in reversed(indices):
            if words and words in squeeze(blocks[index].text):
                return index + 1
    return next((index for index, block in enumerate(blocks) if block.page >= number), len(blocks))
