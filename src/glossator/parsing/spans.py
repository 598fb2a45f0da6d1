"""Takes the runs of text that pdf_oxide finds on a page, leaves spans: upright, indices in their places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from glossator.parsing.layout import Span

_MONO = re.compile(
    r"mono|nimbusmon|courier|consol|inconsolata|menlo|monaco|typewriter|(?:cm|lm|sf|ec|tx|px|zi4|ul)\w?tt|hack-|fira",
    re.IGNORECASE,
)
"""Names of fixed-width fonts, for files that do not say so."""


def take_spans(spans: Sequence[Any], bottom: float) -> list[Span]:
    """Turn pdf_oxide's spans, in drawing order, into ours; rotated text is left out unless it is most of the page.

    Args:
        spans: of one page.
        bottom: the lower edge of the page, in points.
    """
    shown = [span for span in spans if span.font_size > 0]
    turned = [_is_turned(span) for span in shown]
    keep_all = sum(turned) > 0.5 * len(turned)
    kept: list[Span] = []
    held: list[float] = []  # widths of the characters of the last span
    for raw, is_turned in zip(shown, turned, strict=True):
        if is_turned and not keep_all:
            continue
        span = _span(raw, bottom)
        if kept and kept[-1].x0 < span.x0 < kept[-1].x1 - 0.5 and abs(kept[-1].y - span.y) < kept[-1].size:
            held = _insert(kept, held, span)
        else:
            kept.append(span)
            held = list(raw.char_widths)
    return kept


def _span(raw: Any, bottom: float) -> Span:
    left, y, width, _ = raw.bbox
    return Span(
        raw.text,
        left,
        left + width,
        y - bottom,
        raw.font_size,
        bold=raw.is_bold or _named_bold(raw.font_name),
        italic=raw.is_italic,
        mono=raw.is_monospace or _named_mono(raw.font_name),
    )


def _insert(kept: list[Span], widths: list[float], span: Span) -> list[float]:
    """Put an index into the gap within the span before it, which then are two: the widths of the second's characters.

    The library joins `x`, a gap and `,` to one run and gives the index that stands in the gap after it.
    """
    whole = kept[-1]
    if len(widths) != len(whole.text):
        kept.append(span)
        return []
    right = whole.x0
    for index, (character, width) in enumerate(zip(whole.text, widths, strict=True)):
        right += width
        if character == " " and right - width - 0.5 < span.x0 and span.x1 - 0.5 < right:
            head = replace(whole, text=whole.text[:index], x1=right - width)
            tail = replace(whole, text=whole.text[index + 1 :], x0=right)
            kept[-1:] = [head, span, tail]
            return widths[index + 1 :]
    kept.append(span)
    return []


def _is_turned(span: Any) -> bool:
    _, _, width, height = span.page_bbox
    return len(span.text.strip()) > 1 and (width, height) != (span.bbox[2], span.bbox[3]) and height > 1.5 * width


def _named_bold(font: str) -> bool:
    name = font.lower()
    return "bold" in name or "-medi" in name or "black" in name or "cmbx" in name


def _named_mono(font: str) -> bool:
    return _MONO.search(font) is not None
