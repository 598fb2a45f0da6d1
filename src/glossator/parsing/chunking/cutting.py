"""Takes a part of a text that is too long, leaves parts of it: cut at sentence ends, else words, else anywhere."""

from __future__ import annotations

import re

from glossator.parsing.chunking.prose import Run, Span
from glossator.text.sentences import split_sentences

_SPACES = re.compile(r"\s+")
_WORD_ENDS = re.compile(r"(?<=\S)(?P<gap>\s+)|[。、，；：！？]+[」』）]*")
_WORD_START = re.compile(r"(?<=\s)\S")


def trimmed(text: str, start: int, end: int) -> Span:
    """Narrow a span to what is not white space at its ends."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def skip_space(text: str, start: int) -> int:
    """Find the first character from `start` on that is no white space; the end of the text if there is none."""
    match = _SPACES.match(text, start)
    return match.end() if match else start


def word_end(text: str, start: int, end: int) -> int:
    """Find where the last word that ends by `end` ends; `end` itself if none does between the two.

    In scripts without spaces a word ends where there is punctuation.
    """
    if end >= len(text) or text[end].isspace() or end <= start:
        return end
    cuts = [match.start("gap") if match["gap"] else match.end() for match in _WORD_ENDS.finditer(text, start, end)]
    return cuts[-1] if cuts and cuts[-1] > start else end


def word_start(text: str, start: int, end: int) -> int:
    """Find where the first word that starts between the two starts; `end` if none does."""
    if start == 0 or (text[start - 1].isspace() and not text[start].isspace()):
        return start
    match = _WORD_START.search(text, start, end)
    return match.start() if match else end


def divide_evenly(run: Run, span: Span, max_tokens: int) -> list[Span]:
    """Cut a sentence of too many tokens at words, into as few and as equal parts as fit."""
    start, end = span
    parts: list[Span] = []
    while (left := run.length(start, end)) > max_tokens and end - start > 1:
        room = max(1, max_tokens - 1)  # A part that opens within the line has one token more.
        even = -(-left // -(-left // room))
        cut = word_end(run.text, start, max(start + 1, run.tokens.reach(start, even, end)))
        parts.append(trimmed(run.text, start, cut))
        start = min(end, skip_space(run.text, cut))
    return [*parts, (start, end)] if start < end else parts


def halve(text: str, span: Span) -> list[Span]:
    """Cut a part of a text in two near its middle, at a sentence end if there is one in its middle half.

    A single character stays whole.
    """
    start, end = span
    size = end - start
    if size < 2:
        return [span]
    middle = start + size // 2
    ends = [start + last for _, last in split_sentences(text[start:end])]
    near = [place for place in ends if abs(place - middle) <= size // 4 and place < end]
    if not near:
        spaces = _SPACES.finditer(text, start + size // 4, end - size // 4)
        near = [match.start() for match in spaces if start < match.start() < end] or [middle]
    cut = min(near, key=lambda place: abs(place - middle))
    return [trimmed(text, start, cut), trimmed(text, cut, end)]
