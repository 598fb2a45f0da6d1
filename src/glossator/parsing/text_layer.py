"""Takes a page's text layer, leaves whether it can be used or the page is better read from its image."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from glossator.parsing import fallback
from glossator.parsing.layout import PageSpans
from glossator.text.quality import GARBLED, garbled

Fault = Literal["no text layer", "a garbled text layer"]
"""Why a page must be read from its image."""

_FEW = 200
"""A page with fewer visible characters may be a scan that somebody stamped: `Downloaded from …`, a page number."""
_NONE = 20
"""With fewer than these a page has no text: a page number at best."""
_COVERED = 0.6
"""Share of a page that images cover on a scan that was stamped; below, it is a page with a picture and a caption."""
_EDGE = 0.1
"""Share of the page at each of its four sides where stamps stand; what is seen further in is text of the page."""
_SHOWN = 0.02
"""Share of a page that images cover at least where a page without text shows anything."""
_DRAWN = 100
"""Paths on a page without text from which on they may be letters drawn as outlines; frames and rules are fewer."""
_SAMPLE = 1200
"""Characters by which a layer is judged, from all over the page; judging all of them takes a fifth of parsing."""
_DEPTH = 4
"""How deep forms may lie in forms when images are looked for."""


def find_faults(path: Path, password: str, pages: Sequence[PageSpans]) -> dict[int, Fault]:
    """Find the pages whose text layer cannot be used.

    A page needs its image read if its text is garbled, if it has none but shows something, or if it has hardly any, at
    its edges only, and images cover it. Text that is invisible, as on a scan made searchable, is text like any other. A
    blank page needs nothing. The file is opened again only if a page has little text.

    Args:
        path: the file.
        password: that opens it; empty if it needs none.
        pages: as they were read.

    Returns:
        The fault of each such page, by its number.
    """
    texts = {page.number: [span.text for span in page.spans] for page in pages}
    sizes = {number: _visible(spans) for number, spans in texts.items()}
    faults: dict[int, Fault] = {
        number: "a garbled text layer" for number, spans in texts.items() if garbled(_sample(spans)) >= GARBLED
    }
    bare = {number: size for number, size in sizes.items() if size < _FEW and number not in faults}
    if not bare:
        return faults
    try:
        with fallback.open_pdfium(path, (password,)) as (document, _):
            faults |= {
                page.number: "no text layer"
                for page in pages
                if page.number in bare and _is_scan(document, page, bare[page.number])
            }
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - what cannot be opened cannot be rendered either
        return faults
    return dict(sorted(faults.items()))


def _visible(spans: Sequence[str]) -> int:
    """How many characters can be seen; where they are many, spaces count too, since counting takes time."""
    total = sum(map(len, spans))
    return total if total > 5 * _FEW else sum(len("".join(text.split())) for text in spans)


def _sample(spans: Sequence[str]) -> str:
    """About `_SAMPLE` characters of a page: every so manieth span, in order."""
    total = sum(map(len, spans))
    return " ".join(spans[:: max(1, round(total / _SAMPLE))])


def _is_scan(document: Any, read: PageSpans, size: int) -> bool:
    import pypdfium2.raw as pdfium

    try:
        with closing(document[read.number - 1]) as page:
            covered = _share_of_images(page)
            if size >= _NONE:
                return covered >= _COVERED and _visible(_inner(read, page.get_size()[0])) < _NONE
            if covered >= _SHOWN:
                return True
            drawn = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=_DEPTH)
            return sum(1 for _ in islice(drawn, _DRAWN)) == _DRAWN
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a page that cannot be loaded cannot be rendered either
        return False


def _inner(read: PageSpans, width: float) -> list[str]:
    """The text of a page that does not stand at one of its edges."""
    left, right = _EDGE * width, (1 - _EDGE) * width
    low, high = _EDGE * read.height, (1 - _EDGE) * read.height
    return [span.text for span in read.spans if low < span.y < high and span.x1 > left and span.x0 < right]


def _share_of_images(page: Any) -> float:
    """The share of a page that is covered by images, or by forms that hold one; more than 1 where they overlap."""
    import pypdfium2.raw as pdfium

    image, form = pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM
    left, bottom, right, top = page.get_bbox()
    covered = 0.0
    for item in page.get_objects(filter=[image, form], max_depth=1):
        if item.type == form and not any(page.get_objects(filter=[image], max_depth=_DEPTH, form=item, level=1)):
            continue
        x0, y0, x1, y1 = item.get_bounds()
        covered += max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
    return float(covered / max(1.0, (right - left) * (top - bottom)))
