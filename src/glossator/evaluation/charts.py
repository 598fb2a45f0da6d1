"""Takes scores and losses, leaves charts as inline SVG.

Written by hand rather than by a plotting library, because the page's style sheet can then colour them for light and
dark screens. Colours and fonts are classes of that style sheet (`templates/style.css`); text is escaped here.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence

from glossator.evaluation.compare import SplitScore
from glossator.evaluation.intervals import MeanInterval
from glossator.evaluation.metrics import metric_label
from glossator.evaluation.report_data import Checkpoint, LossPoint
from glossator.evaluation.verdict import format_score

_WIDTH = 520
_LEFT, _RIGHT = 150, 410
"""Where the plot of the scores chart begins and ends; labels stand left of it, figures right."""
_ROW = 44

Scale = Callable[[float], float]


def scores_chart(scores: Sequence[SplitScore], titles: dict[str, str]) -> str:
    """Draw base against tuned per metric, one panel a split, with the interval of each mean; gives an `<svg>`.

    Args:
        scores: by split, then metric.
        titles: the heading of each split's panel, by split.
    """
    if not scores:
        return ""
    sides = [side for score in scores for side in (score.base, score.tuned)]
    ends = [end for side in sides for end in (side.mean, side.low, side.high) if end is not None]
    ticks = _ticks(min([*ends, 0.0]), max([*ends, 0.1]))
    scale = _scale(ticks[0], ticks[-1], _LEFT, _RIGHT)
    parts: list[str] = []
    y = 0.0
    for split in dict.fromkeys(score.split for score in scores):
        rows = [score for score in scores if score.split == split]
        parts.append(_text(0, y + 18, titles.get(split, split), "heading"))
        top, bottom = y + 32, y + 32 + _ROW * len(rows)
        for tick in ticks:
            parts.append(_line(scale(tick), top, scale(tick), bottom, "grid"))
            parts.append(_text(scale(tick), bottom + 17, _tick_label(tick), "tick", anchor="middle"))
        for index, row in enumerate(rows):
            middle = top + _ROW * index + _ROW / 2
            parts.append(_text(0, middle + 5, metric_label(row.metric), "label"))
            parts.append(_whisker(scale, row.base, middle - 8, "base"))
            parts.append(_whisker(scale, row.tuned, middle + 8, "tuned"))
            figures = f"{format_score(row.paired.mean_base)} → {format_score(row.paired.mean_tuned)}"
            parts.append(_text(_WIDTH, middle + 5, figures, "label", anchor="end"))
        y = bottom + 34
    parts.append(_legend(y))
    return _svg(y + 22, "Scores of the base and the tuned model per metric, with intervals", parts)


def _whisker(scale: Scale, side: MeanInterval, y: float, style: str) -> str:
    parts = []
    if side.low is not None and side.high is not None:
        parts.append(_line(scale(side.low), y, scale(side.high), y, f"whisker {style}"))
    parts.append(_dot(scale(side.mean), y, 5, style))
    return "".join(parts)


def _legend(y: float) -> str:
    return "".join(
        [
            _dot(_LEFT + 6, y + 4, 5, "base"),
            _text(_LEFT + 18, y + 9, "base model", "tick"),
            _dot(_LEFT + 116, y + 4, 5, "tuned"),
            _text(_LEFT + 128, y + 9, "tuned model", "tick"),
        ]
    )


def training_chart(loss: Sequence[LossPoint], dev_loss: Sequence[LossPoint], checkpoints: Sequence[Checkpoint]) -> str:
    """Draw the loss over the steps, and below it each checkpoint's dev score; gives an `<svg>`, empty without data.

    A loss that is not a finite number is left out of the line.
    """
    train, dev = _finite(loss), _finite(dev_loss)
    steps = [step for step, _ in [*train, *dev]] + [checkpoint.step for checkpoint in checkpoints]
    if not steps:
        return ""
    across = _ticks(0, max(*steps, 1))
    x = _scale(across[0], across[-1], 48, _WIDTH - 24)
    parts: list[str] = []
    y = 0.0
    if train or dev:
        parts.append(_text(0, y + 18, "Loss", "heading"))
        parts.append(_dot(_WIDTH - 190, y + 13, 4, "tuned") + _text(_WIDTH - 180, y + 18, "training", "tick"))
        if dev:
            parts.append(_dot(_WIDTH - 90, y + 13, 4, "base") + _text(_WIDTH - 80, y + 18, "dev", "tick"))
        low, high = min(v for _, v in [*train, *dev]), max(v for _, v in [*train, *dev])
        scale, frame = _frame(x, across, _ticks(low, high), y + 34, 150)
        parts += [frame, _path(x, scale, train, "tuned"), _path(x, scale, dev, "base")]
        y += 220
    if checkpoints:
        parts.append(_text(0, y + 18, "Dev score of each checkpoint", "heading"))
        ticks = _ticks(min(c.score for c in checkpoints), max(c.score for c in checkpoints))
        scale, frame = _frame(x, across, ticks, y + 34, 110)
        points = [(checkpoint.step, checkpoint.score) for checkpoint in checkpoints]
        parts += [frame, _path(x, scale, points, "accent")]
        for checkpoint in checkpoints:
            at = (x(checkpoint.step), scale(checkpoint.score))
            parts.append(_dot(*at, 4, "accent"))
            if checkpoint.chosen:
                side = "end" if at[0] > _WIDTH - 80 else "start" if at[0] < 90 else "middle"
                above = at[1] - 14 if at[1] > y + 60 else at[1] + 24
                parts.append(f'<circle class="ring" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="8"/>')
                parts.append(_text(at[0], above, "chosen", "tick", anchor=side))
        y += 180
    parts.append(_text(_WIDTH - 24, y, "optimizer steps", "tick", anchor="end"))
    return _svg(y + 8, "Training loss and dev score by step", parts)


def _finite(points: Sequence[LossPoint]) -> list[tuple[float, float]]:
    return [(point.step, point.loss) for point in points if point.loss is not None and math.isfinite(point.loss)]


def _frame(x: Scale, across: Sequence[float], up: Sequence[float], top: float, height: float) -> tuple[Scale, str]:
    """Draw grid and tick labels of one panel; gives the vertical scale with the drawing."""
    scale = _scale(up[0], up[-1], top + height, top)
    parts = []
    for tick in up:
        parts.append(_line(x(across[0]), scale(tick), x(across[-1]), scale(tick), "grid"))
        parts.append(_text(x(across[0]) - 8, scale(tick) + 5, _tick_label(tick), "tick", anchor="end"))
    parts += [_text(x(tick), top + height + 19, _tick_label(tick), "tick", anchor="middle") for tick in across]
    return scale, "".join(parts)


def _path(x: Scale, y: Scale, points: Sequence[tuple[float, float]], style: str) -> str:
    if not points:
        return ""
    if len(points) == 1:
        return _dot(x(points[0][0]), y(points[0][1]), 4, style)
    drawn = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in points)
    return f'<polyline class="line {style}" points="{drawn}"/>'


def _ticks(low: float, high: float, intervals: int = 4) -> list[float]:
    """Give round numbers at even distances that span `low` to `high`, at least two."""
    if high <= low:
        low, high = low - abs(low) * 0.1 - 0.05, high + abs(high) * 0.1 + 0.05
    raw = (high - low) / intervals
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _tick_label(value: float) -> str:
    text = f"{value:,.10f}".rstrip("0").rstrip(".")
    text = text[1:] if text.startswith("0.") else text
    return text.replace("-", "−")


def _text(x: float, y: float, content: str, style: str, *, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(content)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _dot(x: float, y: float, radius: float, style: str) -> str:
    return f'<circle class="dot {style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    opening = f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{html.escape(title)}">'
    return f"{opening}{''.join(parts)}</svg>"
