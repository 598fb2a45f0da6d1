"""Chunks by length alone: windows of nearly `max_tokens`, which may share their ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from glossator.parsing.chunking.cutting import skip_space, trimmed, word_end, word_start
from glossator.parsing.chunking.prose import Run, Span
from glossator.parsing.chunking.rules import Rules


def cut(runs: Sequence[Run], rules: Rules) -> list[list[Span]]:
    """Take measured runs, leave the spans of each that make a chunk.

    A window ends with the last sentence that fits, else with the last word that does. The next one opens with the
    sentences of its last `overlap` tokens, else with the words of them. Only top-level headings are respected.
    """
    return [list(_windows(run, rules)) for run in runs]


def _windows(run: Run, rules: Rules) -> Iterator[Span]:
    text, size = run.text, len(run.text)
    sentences = [span for place in run.places for span in run.sentences(place)]
    start, done = 0, 0
    while start < size:
        end = run.reach(start, rules.max_tokens, size)
        if end < size:
            whole = bisect_right(sentences, end, key=_end) - 1
            last = sentences[whole][1] if whole >= 0 else 0
            end = last if last > max(start, done) else word_end(text, max(start, done), end)
        if end <= done:  # The overlap left no room for anything new.
            start, done = skip_space(text, done), 0
            continue
        end = max(end, start + 1)
        yield trimmed(text, start, end)
        if end >= size:
            return
        start, done = _next_start(run, sentences, (start, end), rules), end


def _next_start(run: Run, sentences: Sequence[Span], window: Span, rules: Rules) -> int:
    """Where the window after this one opens: early enough to overlap, late enough to hold the next sentence whole."""
    start, done = window
    following = skip_space(run.text, done)
    if not rules.overlap:
        return following
    earliest = max(start + 1, run.tokens.reach_back(done, rules.overlap))
    hold = -1
    coming = bisect_right(sentences, done, key=_end)
    if coming < len(sentences):
        hold = run.tokens.reach_back(sentences[coming][1], max(1, rules.max_tokens - 1))
    if earliest < hold <= following:
        earliest = hold
    place = bisect_left(sentences, earliest, key=_start)
    if place < len(sentences) and sentences[place][0] < done:
        return sentences[place][0]
    word = done if earliest == hold else word_start(run.text, earliest, done)
    return word if word < done else following


def _start(span: Span) -> int:
    return span[0]


def _end(span: Span) -> int:
    return span[1]
