"""Takes the blocks of a born-digital PDF, leaves its figures as images, each with its caption and its place."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glossator.artifacts.atomic import write_bytes
from glossator.errors import MissingExtraError, ParsingError
from glossator.parsing.figure_spots import Spot, find_spots
from glossator.parsing.options import ParseOptions
from glossator.parsing.page_objects import Box
from glossator.records import Block, Figure, content_id

VERSION = "figures/1"

_DPI = 150
_MOST_PIXELS = 4_000_000
_MOST_FIGURES = 2_000
"""Of one document."""
_LEAST_PIXELS = 16
_BLANK = 250
"""A grey value from which on a pixel counts as paper."""


def extract(
    path: Path, document_id: str, blocks: Sequence[Block], options: ParseOptions, *, password: str = ""
) -> tuple[tuple[Block, ...], tuple[Figure, ...]]:
    """Find the figures of a PDF and write each as `<id>.png`; a block of kind `figure` marks its place.

    Above a caption such as `Figure 3: …`, else below it, everything drawn within its column and up to the next line
    of text is its figure. Pictures without a caption are figures if they are large and no page after page repeats
    them; drawings without a caption are not. What cannot be read or drawn is left out, the rest is not touched.

    Args:
        path: the PDF.
        document_id: the hash of its bytes.
        blocks: of the whole document, from any parser.
        options: where figures are written; nowhere, and there are none.
        password: what opens the file.

    Returns:
        The blocks with those of the figures among them, each right before its caption; and the figures, in order.

    Raises:
        MissingExtraError: pypdfium2 or Pillow is not installed.
        ParsingError: the folder cannot be written to.
    """
    if options.figures_folder is None:
        return tuple(blocks), ()
    try:
        import pypdfium2
        from PIL import Image  # noqa: F401 - what is rendered becomes its image
    except ImportError as error:
        raise MissingExtraError(error.name or "pypdfium2", "documents") from error
    figures: dict[str, tuple[int, Figure]] = {}
    with contextlib.suppress(pypdfium2.PdfiumError, OSError), pypdfium2.PdfDocument(path, password or None) as pdf:
        first, last = options.pages or (1, len(pdf))
        spots = find_spots(pdf, blocks, range(max(first, 1), min(last, len(pdf)) + 1))
        for spot in sorted(spots, key=lambda spot: (spot.before, spot.page))[:_MOST_FIGURES]:
            drawn = _draw(pdf, spot)
            if drawn is not None:
                figure, data = _figure(drawn, spot, document_id, len(figures))
                if figure.id not in figures:
                    _write(options.figures_folder, f"{figure.id}.png", data)
                    figures[figure.id] = spot.before, figure
    return _with_figures(blocks, list(figures.values())), tuple(figure for _, figure in figures.values())


def _draw(pdf: Any, spot: Spot) -> tuple[Any, Box] | None:
    """Draw a figure and cut off its blank edges; None if it is blank, or cannot be drawn."""
    try:
        page = pdf[spot.page - 1]
        try:
            width, height = page.get_size()
            whole = Box(0.0, 0.0, width, height)
            box = spot.box.within(whole)
            scale = min(_DPI / 72, (_MOST_PIXELS / max(box.area, 1.0)) ** 0.5)
            crop = (box.left, box.bottom, width - box.right, height - box.top)
            image = page.render(scale=scale, crop=crop).to_pil().convert("RGB")
        finally:
            page.close()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a figure that cannot be drawn costs nothing but itself
        return None
    ink = image.convert("L").point(lambda value: 255 if value < _BLANK else 0).getbbox()
    if ink is None or min(ink[2] - ink[0], ink[3] - ink[1]) < _LEAST_PIXELS:
        return None
    left, top, right, bottom = ink
    trimmed = Box(box.left + left / scale, box.top - bottom / scale, box.left + right / scale, box.top - top / scale)
    return image.crop(ink), trimmed


def _figure(drawn: tuple[Any, Box], spot: Spot, document_id: str, index: int) -> tuple[Figure, bytes]:
    image, box = drawn
    id_ = content_id(document_id, str(spot.page), f"{image.width}x{image.height}", image.tobytes())
    data = io.BytesIO()
    image.save(data, "PNG")
    corners = tuple(round(value, 1) for value in (box.left, box.bottom, box.right, box.top))
    figure = Figure(id_, document_id, index, spot.page, spot.label, spot.caption, image.width, image.height, corners)
    return figure, data.getvalue()


def _write(folder: str, name: str, data: bytes) -> None:
    """Write an image unless it is there already: its name is the hash of what it shows."""
    try:
        if "://" not in folder:
            path = Path(folder) / name
            if not path.is_file():
                write_bytes(path, data)
            return
        _write_remote(folder, name, data)
    except (OSError, ValueError) as error:
        raise ParsingError(
            f"figures cannot be written to {folder}: {error}; name a folder that can be written to"
        ) from error


def _write_remote(folder: str, name: str, data: bytes) -> None:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtraError("fsspec", "documents") from error
    files, root = fsspec.core.url_to_fs(folder)
    path = f"{root.rstrip('/')}/{name}"
    if files.exists(path):
        return
    files.makedirs(root, exist_ok=True)
    # Object stores show a file once it is whole; elsewhere it is moved into place.
    draft = f"{path}.{uuid.uuid4().hex}"
    files.pipe_file(draft, data)
    files.mv(draft, path)


def _with_figures(blocks: Sequence[Block], figures: Sequence[tuple[int, Figure]]) -> tuple[Block, ...]:
    marks: defaultdict[int, list[Block]] = defaultdict(list)
    for before, figure in figures:
        marks[before].append(Block("figure", figure.id, figure.page))
    placed: list[Block] = []
    for index, block in enumerate(blocks):
        placed += [*marks[index], block]
    return (*placed, *marks[len(blocks)])
