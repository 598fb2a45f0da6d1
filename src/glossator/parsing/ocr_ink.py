"""Takes the image of a line of text, leaves its baseline, its size, its weight and where its words are divided."""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from glossator.parsing.ocr_engine import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glossator.parsing.ocr_engine import Gray

_SMALL_LETTERS = 0.46
"""Height of an x as a share of the font size; from .43 (Computer Modern) to .52 (Helvetica)."""
_CAPITALS = 0.69
"""Height of capitals and digits as a share of the font size."""
_LETTER = re.compile(r"[^\W_]")
_LOW, _TALL = re.compile(r"[acegimnopqrsuvwxyz]"), re.compile(r"[A-ZÀ-ÖØ-Þ\dbdfhkl()\[\]/|]")
"""Letters whose body ends at the height of an x, and signs that reach the height of capitals."""
_ASCENDERS = 0.72
"""Height of the tallest letters of a line as a share of the font size."""
_EVEN = 0.18
"""How far letters of fixed width stand from even places, as a share of their distance; others from .2 upwards."""
_FIND_BOX = 1.36
"""Height of the box that the finder draws around a line, as a share of the font size."""


@dataclass(frozen=True, slots=True)
class Ink:
    """What the ink of a line tells about its type."""

    baseline: float
    """In pixels from the top of the image."""
    size: float
    """Font size, in pixels."""
    stroke: float
    """Mean thickness of its strokes, in pixels; 0 if there is no ink."""


def darkness(line: Gray) -> NDArray[np.float32]:
    """Measure how much of each pixel is ink, from 0 to 1, whatever the colours of paper and ink."""
    import numpy as np

    paper, ink = (float(level) for level in np.percentile(line, (90, 1)))
    if np.median(line) < (paper + ink) / 2:  # light letters on dark ground
        paper, ink = (float(level) for level in np.percentile(line, (10, 99)))
    if abs(paper - ink) < 24:
        return np.zeros(line.shape, np.float32)
    share = (paper - line.astype(np.float32)) / np.float32(paper - ink)
    clipped: NDArray[np.float32] = np.clip(share * 1.2 - 0.1, 0.0, 1.0)  # grain of the paper is no ink
    return clipped


def measure(dark: NDArray[np.float32], text: str) -> Ink:
    """Measure a line: baseline, font size and stroke.

    The rows of ink rise steeply at the top of the small letters and fall steeply at the baseline; ascenders and
    descenders are too few to hide that. Where too few letters stand on the line, or where they say what cannot be, the
    height of the image decides. The mean stroke is twice the inked area over the length of its outline, which is the
    sum of the gradient's magnitude (coarea formula) and so needs no black and white.

    Args:
        dark: what `darkness` left, rows by columns.
        text: what the line says.
    """
    import numpy as np

    height, width = dark.shape
    rough = height / _FIND_BOX
    if height < 6 or width < 3 or dark.sum() < height:
        return Ink(0.8 * height, rough, 0.0)
    rows = np.convolve(np.pad(dark.sum(axis=1), 2), [0.25, 0.5, 0.25], "same")[1:-1]
    steps = np.diff(rows)
    baseline = _centre_of(-steps, len(steps) // 2, len(steps))
    top = _centre_of(steps, 0, max(1, int(baseline - 0.15 * height)))
    tallest = baseline - float(np.argmax(rows > 1.0))
    size = _likely((baseline - top) / _SMALL_LETTERS, (baseline - top) / _CAPITALS, tallest / _ASCENDERS, text)
    across, down = np.gradient(dark)
    stroke = 2 * float(dark.sum()) / max(1.0, float(np.hypot(across, down).sum()))
    if len(_LETTER.findall(text)) < 3 or not 0.75 < size / rough < 1.3:
        return Ink(baseline if 0.6 < baseline / height < 0.95 else 0.8 * height, rough, stroke)
    return Ink(baseline, size, stroke)


def _likely(if_low: float, if_tall: float, by_tallest: float, text: str) -> float:
    """Choose between the sizes that a line has if small letters rise on it, and if capitals or figures do.

    Where neither kind of sign prevails, the height of the tallest decides.
    """
    low, tall = len(_LOW.findall(text)), len(_TALL.findall(text))
    if abs(low - tall) >= 0.3 * (low + tall):
        return if_low if low > tall else if_tall
    return min((if_low, if_tall), key=lambda size: abs(math.log(max(size, 0.1) / max(by_tallest, 0.1))))


def _centre_of(steps: NDArray[np.float32], first: int, end: int) -> float:
    """Where, between two rows, the greatest step is, to a fraction of a row."""
    import numpy as np

    at = first + int(np.argmax(steps[first:end]))
    near = np.arange(max(first, at - 1), min(end, at + 2))
    weights = np.maximum(steps[near], 0)
    total = float(weights.sum())
    # Row i of `steps` is the step from row i - 1 to row i of the image: the edge lies at i.
    return float((near * weights).sum()) / total if total else float(at)


def divide_words(reading: Reading, dark: NDArray[np.float32], size: float) -> str:
    """Put spaces where the line has gaps as wide as between its words and the model left them out.

    Args:
        reading: of the line.
        dark: the ink of the same image.
        size: font size, in pixels.
    """
    letters = reading.text.replace(" ", "")
    if len(letters) != len(reading.centres) or len(letters) < 2:
        return reading.text
    gaps = [_gap(dark, left, right) for left, right in pairwise(reading.centres)]
    spaced = _spaced(reading.text)
    known = [gap for gap, is_spaced in zip(gaps, spaced, strict=True) if is_spaced]
    within = [gap for gap, is_spaced in zip(gaps, spaced, strict=True) if not is_spaced]
    usual = statistics.median(known) if known else 0.33 * size
    least = max(0.75 * usual, 0.16 * size, 2.5 * statistics.median(within) if within else 0.0)
    pieces = [letters[0]]
    for letter, gap, is_spaced in zip(letters[1:], gaps, spaced, strict=True):
        pieces.append(f" {letter}" if is_spaced or gap >= least else letter)
    return "".join(pieces)


def _spaced(text: str) -> list[bool]:
    """For each two neighbours among the letters of a text: whether a space stands between them."""
    flags: list[bool] = []
    space = False
    for letter in text.strip():
        if letter == " ":
            space = True
        else:
            flags.append(space)
            space = False
    return flags[1:]


def _gap(dark: NDArray[np.float32], left: float, right: float) -> float:
    """The longest run of columns without ink between two places of a line, in pixels."""
    columns = dark[:, max(0, int(left)) : int(right) + 1].max(axis=0, initial=0.0)
    longest = run = 0
    for column in columns:
        run = run + 1 if column < 0.35 else 0
        longest = max(longest, run)
    return float(longest)


def is_monospaced(reading: Reading, text: str) -> bool:
    """Whether all characters of a line stand equally far apart, as in fixed-width type.

    Args:
        reading: of the line.
        text: the same with its spaces.
    """
    import numpy as np

    at = np.asarray([i for i, letter in enumerate(text) if letter != " "])
    if len(at) < 20 or len(at) != len(reading.centres):
        return False
    centres = np.asarray(reading.centres)
    pitch, start = np.polyfit(at, centres, 1)
    return bool(np.sqrt(np.mean((centres - pitch * at - start) ** 2)) < _EVEN * pitch)
