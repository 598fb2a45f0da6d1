"""Chunks by meaning: cut where the sentences before and after a gap are least alike.

The method compares what stands on either side of each gap between sentences, as TextTiling does (Hearst, "TextTiling:
segmenting text into multi-paragraph subtopic passages", Computational Linguistics 23(1), 1997: blocks of sentences,
compared by their words), with sentence embeddings for the words and a percentile of the distances as threshold
(Kamradt, "5 Levels of Text Splitting", 2023, level 4). On top of both stand the bounds: a segment that is too long is
cut at its largest distances, one that is too short joins the neighbour it is nearer to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from glossator.parsing.chunking.prose import Run, Span
from glossator.parsing.chunking.rules import Embed, Rules
from glossator.parsing.chunking.section import divide_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PERCENTILE = 80
"""A gap is cut if its distance is above this percentile of the document's, and no gap near it is wider."""
BLOCK = 3
"""Sentences on either side of a gap that are compared. This and the percentile are measured: `docs/parsing.md`."""
NEAR = 2
"""Gaps before and after that must not be wider: next to a change of subject every block of sentences straddles it."""
_BATCH = 1_024
"""Sentences embedded at once."""
_DIGITS = 4
"""Decimal places of a distance that count: the last bits of an embedding depend on the machine."""


def cut(runs: Sequence[Run], rules: Rules) -> list[list[Span]]:
    """Take measured runs, leave the spans of each that make a chunk.

    Args:
        runs: of one document: the threshold is a percentile of all its distances.
        rules: with an embedder.
    """
    embed = rules.embed
    if embed is None:  # Rules refuse this; the type does not know.
        return [[] for _ in runs]
    units = [_units(run, rules.max_tokens) for run in runs]
    gaps = [list(distances(run.text, own, embed)) for run, own in zip(runs, units, strict=True)]
    threshold = threshold_of([distance for own in gaps for distance in own])
    return [_join(run, own, far, threshold, rules) for run, own, far in zip(runs, units, gaps, strict=True)]


def _units(run: Run, max_tokens: int) -> list[Span]:
    sentences = [span for place in run.places for span in run.sentences(place)]
    return list(divide_sentences(run, sentences, max_tokens))


def distances(text: str, units: Sequence[Span], embed: Embed) -> Iterator[float]:
    """Yield for each gap between neighbours the cosine distance of the means of the blocks before and after it."""
    import numpy as np

    nothing = None
    window: deque[NDArray[np.float32] | None] = deque([nothing] * BLOCK, maxlen=2 * BLOCK)
    rows = _rows([text[start:end] for start, end in units], embed)
    window.extend(islice(rows, BLOCK))
    for _ in range(len(units) - 1):
        window.append(next(rows, nothing))
        vectors = list(window)
        before = np.sum([v for v in vectors[:BLOCK] if v is not None], axis=0)
        after = np.sum([v for v in vectors[BLOCK:] if v is not None], axis=0)
        yield _distance(before, after)


def _distance(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    import numpy as np

    length = float(np.linalg.norm(before) * np.linalg.norm(after))
    return round(1.0 - float(before @ after) / length, _DIGITS) if length else 0.0


def _rows(texts: Sequence[str], embed: Embed) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(texts), _BATCH):
        yield from embed(texts[start : start + _BATCH])


def find_breaks(gaps: Sequence[float], threshold: float) -> Iterator[int]:
    """Yield the gaps that are wider than the threshold and than what is near them; of equal ones the first."""
    for number, gap in enumerate(gaps):
        before, after = gaps[max(0, number - NEAR) : number], gaps[number + 1 : number + 1 + NEAR]
        if gap > threshold and gap > max(before, default=-1.0) and gap >= max(after, default=-1.0):
            yield number


def threshold_of(distances: Sequence[float]) -> float:
    """Take all distances of a document, leave the percentile of them that parts cuts from the rest."""
    ordered = sorted(distances)
    return ordered[min(len(ordered) - 1, len(ordered) * PERCENTILE // 100)] if ordered else 0.0


def _join(run: Run, units: Sequence[Span], gaps: Sequence[float], threshold: float, rules: Rules) -> list[Span]:
    """Turn sentences into segments: between gaps above the threshold, within the bounds."""
    segments: list[tuple[int, int]] = []
    first = 0
    for number in [*find_breaks(gaps, threshold), len(units) - 1]:
        segments.extend(_fit(run, units, gaps, (first, number), rules.max_tokens))
        first = number + 1
    merged = _merge_short(run, units, gaps, segments, rules)
    return [(units[first][0], units[last][1]) for first, last in merged]


def _fit(
    run: Run, units: Sequence[Span], gaps: Sequence[float], segment: tuple[int, int], max_tokens: int
) -> Iterator[tuple[int, int]]:
    """Yield a segment, given by its first and last sentence, as segments that fit.

    Each is cut at the largest distance in the second half of what fits, so that no part is a scrap.
    """
    first, last = segment
    starts = [start for start, _ in units[first : last + 1]]
    ends = [end for _, end in units[first : last + 1]]
    begin = 0
    while run.length(starts[begin], ends[-1]) > max_tokens:
        fits = max(begin, bisect_right(ends, run.reach(starts[begin], max_tokens, ends[-1])) - 1)
        half = max(begin, bisect_right(ends, run.reach(starts[begin], max_tokens // 2, ends[-1])) - 1)
        chosen = max(range(min(half, fits), fits + 1), key=lambda place: (gaps[first + place], place))
        yield first + begin, first + chosen
        begin = chosen + 1
    yield first + begin, last


def _merge_short(
    run: Run, units: Sequence[Span], gaps: Sequence[float], segments: Iterable[tuple[int, int]], rules: Rules
) -> list[tuple[int, int]]:
    """Join each segment that is too short to the neighbour it is nearer to, if the two fit together."""

    def tokens(first: int, last: int) -> int:
        return run.length(units[first][0], units[last][1])

    kept: list[tuple[int, int]] = []
    waiting = deque(segments)
    while waiting:
        first, last = waiting.popleft()
        if tokens(first, last) >= rules.min_tokens:
            kept.append((first, last))
            continue
        before = bool(kept) and tokens(kept[-1][0], last) <= rules.max_tokens
        after = bool(waiting) and tokens(first, waiting[0][1]) <= rules.max_tokens
        if before and (not after or gaps[first - 1] <= gaps[last]):
            kept[-1] = (kept[-1][0], last)
        elif after:
            waiting[0] = (first, waiting[0][1])
        else:
            kept.append((first, last))
    return kept
