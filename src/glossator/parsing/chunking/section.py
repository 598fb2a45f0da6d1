"""Chunks by section: what stands under one heading stays together while it fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glossator.parsing.chunking.cutting import divide_evenly
from glossator.parsing.chunking.prose import Path, Run, Span
from glossator.parsing.chunking.rules import Rules


def cut(runs: Sequence[Run], rules: Rules) -> list[list[Span]]:
    """Take measured runs, leave the spans of each that make a chunk.

    The paragraphs and list items under one heading are put together up to `max_tokens`. A section that is too short
    alone joins its neighbours under the same top-level heading. A paragraph longer than `max_tokens` is divided at
    sentence ends; only a sentence that is itself too long is divided at words.
    """
    return [list(_pack(run, rules)) for run in runs]


def _pack(run: Run, rules: Rules) -> Iterator[Span]:
    """Group passages to chunks: within a section while they fit, over sections only to reach `min_tokens`."""
    group: Span | None = None
    last: Path = ()
    for (start, end), path in _passages(run, rules.max_tokens):
        if group is not None:
            apart = (
                last != path
                and run.tokens.count(*group) >= rules.min_tokens
                and run.tokens.count(start, end) >= rules.min_tokens
            )
            if apart or run.length(group[0], end) > rules.max_tokens:
                yield group
                group = None
        group, last = (group[0] if group else start, end), path
    if group is not None:
        yield group


def _passages(run: Run, max_tokens: int) -> Iterator[tuple[Span, Path]]:
    """Yield each block, or what it has to be divided into, with the headings above it."""
    for place in run.places:
        if run.length(place.start, place.end) <= max_tokens:
            yield (place.start, place.end), place.path
            continue
        for span in _fill(run, divide_sentences(run, run.sentences(place), max_tokens), max_tokens):
            yield span, place.path


def divide_sentences(run: Run, sentences: Sequence[Span], max_tokens: int) -> Iterator[Span]:
    """Yield each sentence, or what one that is too long has to be divided into."""
    for span in sentences:
        if run.length(*span) <= max_tokens:
            yield span
        else:
            yield from divide_evenly(run, span, max_tokens)


def _fill(run: Run, units: Iterator[Span], max_tokens: int) -> Iterator[Span]:
    """Put consecutive units together while they fit."""
    group: Span | None = None
    for start, end in units:
        if group is not None and run.length(group[0], end) > max_tokens:
            yield group
            group = None
        group = (group[0] if group else start, end)
    if group is not None:
        yield group
