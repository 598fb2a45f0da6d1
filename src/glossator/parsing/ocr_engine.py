"""Takes images, leaves where text stands on them and what it says: rapidocr with the models of its wheel."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError, ParsingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    """A grey image: rows, columns; 0 is black."""
    Boxes = NDArray[np.float64]
    """Quadrangles in pixels: box, corner (upper left, upper right, lower right, lower left), x and y."""

FIND_SIDE = 1280
"""Longest side, in pixels, of the image in which lines are looked for: about 110 dots per inch of an A4 page.

On a full A4 page of 10 point type 960, 1280 and 1600 find the same lines in .25, .4 and .75 seconds of one core and
365, 475 and 580 MB; 1280 leaves room for smaller type.
"""

_MARGIN = 40
"""Pixels around what is written that are looked at with it."""
_LEAST_SIDE = 16
"""An image narrower than that, in pixels, holds no line."""
_CONTRAST = 48
"""How much darker or lighter than the paper ink is at least, of 255."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says."""

    text: str
    centres: tuple[float, ...]
    """About where each character that is no space stands, in pixels from the left edge of the line's image."""
    score: float
    """How sure the model is of the characters, on average, from 0 to 1."""


class Engine:
    """The two models: one finds lines of text, the other reads them.

    Args:
        models: the folder that holds them.

    Raises:
        ParsingError: they are not there.
    """

    def __init__(self, models: Path) -> None:
        import cv2
        from rapidocr import RapidOCR

        # Several workers read at once; a worker that took every core would only slow the others.
        cv2.setNumThreads(1)
        self._rapid: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.use_preprocess_img": False,
                "Global.use_vertical_padding": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # With the models named, the library has nothing to download.
                "Det.model_path": _model(models, "det"),
                "Rec.model_path": _model(models, "rec"),
                "Det.limit_type": "max",
                "Det.limit_side_len": FIND_SIDE,
            }
        )

    def find(self, image: Gray) -> Boxes:
        """Find the lines of text on an image; leave a box for each, none if there is no text.

        Only the part that is not blank is looked at: the model overlooks a single word on an empty sheet.
        """
        import cv2
        import numpy as np

        left, top, right, bottom = _written(image)
        part = image[top:bottom, left:right]
        if min(part.shape) < _LEAST_SIDE:
            return np.zeros((0, 4, 2))
        scale = min(1.0, FIND_SIDE / max(image.shape))
        small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else part
        found = self._rapid(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), use_det=True, use_rec=False)
        if found.boxes is None:
            return np.zeros((0, 4, 2))
        boxes: Boxes = np.asarray(found.boxes, dtype=np.float64) / scale + (left, top)
        return boxes

    def read(self, line: Gray) -> Reading:
        """Read the image of one upright line.

        Lines are read one by one: in a batch, all are filled up to the width of the longest, and a page takes a third
        longer on one core.
        """
        import cv2

        seen = self._rapid(cv2.cvtColor(line, cv2.COLOR_GRAY2BGR), use_det=False, use_rec=True, return_word_box=True)
        if not seen.txts:
            return Reading("", (), 0.0)
        words = seen.word_results[0]
        steps = [step for columns in words.word_cols for step in columns]
        pixels = line.shape[1] / words.line_txt_len if words.line_txt_len else 0.0
        return Reading(seen.txts[0], tuple((step + 0.5) * pixels for step in steps), float(seen.scores[0]))


def _written(image: Gray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what differs from the paper, with a margin; all 0 if nothing does."""
    import numpy as np

    paper = int(np.median(image))
    marked = (image > min(255, paper + _CONTRAST)) | (image < max(0, paper - _CONTRAST))
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if len(rows) == 0:
        return 0, 0, 0, 0
    height, width = image.shape
    return (
        max(0, int(columns[0]) - _MARGIN),
        max(0, int(rows[0]) - _MARGIN),
        min(width, int(columns[-1]) + _MARGIN),
        min(height, int(rows[-1]) + _MARGIN),
    )


@functools.lru_cache(maxsize=1)
def load_engine() -> Engine:
    """Load the models, once in a process.

    Raises:
        MissingExtraError: rapidocr or its onnxruntime is not installed.
        ParsingError: rapidocr came without its models.
    """
    try:
        import onnxruntime  # noqa: F401 - rapidocr needs it, but says so only when the first page is read
        import rapidocr
    except ImportError as error:
        raise MissingExtraError(error.name or "rapidocr", "ocr") from error
    return Engine(Path(rapidocr.__file__).parent / "models")


def _model(folder: Path, task: str) -> str:
    found = sorted(folder.glob(f"*_{task}_*.onnx"))
    if not found:
        raise ParsingError(f"{folder}: rapidocr came without its '{task}' model; install rapidocr>=3.10 from its wheel")
    return str(found[-1])
