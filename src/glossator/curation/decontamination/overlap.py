"""Takes texts that teach and texts that examine, leaves those that share too many runs of words.

Runs of words (n-grams) are compared as hashes. Those of the examining side are sorted; of the teaching side only what
is found among them is kept, block by block, so that the memory is the held-out side's. A run that more than a few
clusters of near-duplicates hold is a stock phrase and counts for nothing.

How much is shared is told by the share of the runs of the one text, or of the other, whichever is larger: a held-out
question with its answer may stand in the middle of a long passage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glossator.curation.decontamination.pieces import Piece
from glossator.text.shingles import Shingles, hash_shingles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

STOCK_CLUSTERS = 5
"""A run of words that more clusters than these hold is a stock phrase."""

_BLOCK = 4096
_PAIRS_AT_ONCE = 1 << 21
_FILTER_BITS = 26


@dataclass(frozen=True, slots=True)
class Rule:
    """How texts are compared by their runs of words."""

    words: int
    """Words of a run."""
    share: float
    """Share of the runs of either text, from which they share too many."""
    fewest: int
    """Fewest runs that they have to share, or all of a text that has fewer."""
    least: float = 0.0
    """Share of the runs of the shorter text that they have to share where stock phrases count as well: the few words
    that a text of stock phrases holds besides do not decide."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A text that teaches what another examines."""

    taught: int
    """Place among the texts that teach."""
    held: int
    """Place among the texts that examine."""
    measure: str
    """`equal`, `8-grams`, `3-grams` or `cosine`."""
    value: float
    """From 0 to 1."""


def compared(taught: Piece, held: Piece) -> bool:
    """Whether two pieces are compared: with questions held out of train documents, not the passages."""
    return held.side != "test_seen" or taught.part == held.part == "dialogue"


def find_overlaps(taught: Sequence[Piece], held: Sequence[Piece], rule: Rule) -> list[Finding]:
    """Take both sides' pieces, leave for each piece that shares too much the one that it shares most with.

    Raises:
        MissingExtraError: numpy is not installed.
    """
    if not taught or not held:
        return []
    import numpy as np

    index = _Index.of(hash_shingles([piece.text for piece in held], words=rule.words))
    hits, sizes = _look_up(index, taught, rule.words)
    stock = _mark_stock(index, hits, taught, held)
    hits, taught_sizes, held_sizes = _without_stock(index, hits, sizes, stock)
    seen = np.array([piece.side == "test_seen" for piece in held])
    passage = np.array([piece.part == "passage" for piece in taught])
    found: list[Finding] = []
    for one, other, shared in _pairs(index, hits):
        smaller = np.minimum(sizes[one], index.sizes[other])
        value = shared / np.minimum(taught_sizes[one], held_sizes[other])
        enough = (value >= rule.share) & (shared >= np.minimum(smaller, rule.fewest)) & (shared >= rule.least * smaller)
        enough &= ~(seen[other] & passage[one])
        found += _best(one[enough], other[enough], value[enough], f"{rule.words}-grams")
    return found


@dataclass(frozen=True, slots=True)
class _Index:
    """Who holds each run of words of the examining side."""

    known: NDArray[np.uint64]
    """The distinct runs, ascending."""
    begins: Places
    """Where the holders of each begin; one more than there are runs."""
    holders: Places
    sizes: Places
    """Runs of each text."""

    @classmethod
    def of(cls, hashed: Shingles) -> _Index:
        import numpy as np

        order = np.argsort(hashed.numbers, kind="stable")
        known, begins = np.unique(hashed.numbers[order], return_index=True)
        holders = np.repeat(np.arange(len(hashed)), hashed.sizes())[order]
        return cls(known, np.append(begins, len(holders)), holders, hashed.sizes())


@dataclass(frozen=True, slots=True)
class _Hits:
    """Which known runs stand in which taught texts, text after text."""

    runs: Places
    texts: Places


def _look_up(index: _Index, taught: Sequence[Piece], words: int) -> tuple[_Hits, Places]:
    import numpy as np

    # Most runs are not known: a table of their first bits says so faster than a search.
    bits = min(_FILTER_BITS, len(index.known).bit_length() + 4)
    shift = np.uint64(64 - bits)
    maybe = np.zeros(1 << bits, bool)
    maybe[(index.known >> shift).astype(np.int64)] = True
    runs, texts, sizes = [], [], []
    for start in range(0, len(taught), _BLOCK):
        hashed = hash_shingles([piece.text for piece in taught[start : start + _BLOCK]], words=words)
        sizes.append(hashed.sizes())
        likely = np.flatnonzero(maybe[(hashed.numbers >> shift).astype(np.int64)])
        places = np.minimum(np.searchsorted(index.known, hashed.numbers[likely]), max(0, len(index.known) - 1))
        there = index.known[places] == hashed.numbers[likely] if len(index.known) else np.zeros(0, bool)
        runs.append(places[there].astype(np.int32))
        owners = np.searchsorted(hashed.starts, likely[there], side="right") - 1
        texts.append((owners + start).astype(np.int32))
    return _Hits(np.concatenate(runs), np.concatenate(texts)), np.concatenate(sizes)


def _mark_stock(index: _Index, hits: _Hits, taught: Sequence[Piece], held: Sequence[Piece]) -> NDArray[np.bool_]:
    """Mark the runs that more than a few clusters hold, of either side."""
    import numpy as np

    numbers: dict[str, int] = {}
    own = np.array([numbers.setdefault(piece.cluster, len(numbers)) for piece in held], np.int64)
    others = np.array([numbers.setdefault(piece.cluster, len(numbers)) for piece in taught], np.int64)
    count = np.int64(len(numbers))
    runs = np.repeat(np.arange(len(index.known)), np.diff(index.begins))
    pairs = np.concatenate((runs * count + own[index.holders], hits.runs * count + others[hits.texts]))
    clusters = np.bincount(np.unique(pairs) // count, minlength=len(index.known))
    marked: NDArray[np.bool_] = clusters > STOCK_CLUSTERS
    return marked


def _without_stock(index: _Index, hits: _Hits, sizes: Places, stock: NDArray[np.bool_]) -> tuple[_Hits, Places, Places]:
    """Leave the hits of what is no stock phrase, and how many such runs each taught and each held text has."""
    import numpy as np

    idle = stock[hits.runs]
    taught_sizes = sizes - np.bincount(hits.texts[idle], minlength=len(sizes))
    held_idle = index.holders[np.repeat(stock, np.diff(index.begins))]
    held_sizes = index.sizes - np.bincount(held_idle, minlength=len(index.sizes))
    return _Hits(hits.runs[~idle], hits.texts[~idle]), taught_sizes, held_sizes


def _pairs(index: _Index, hits: _Hits) -> Iterator[tuple[Places, Places, Places]]:
    """Yield pairs of a taught and a held text with the runs they share, all pairs of a taught text at once."""
    import numpy as np

    counts, width = np.diff(index.begins), np.int64(len(index.sizes))
    for first, last in _blocks(counts[hits.runs], hits.texts):
        runs = hits.runs[first:last]
        lengths = counts[runs]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        others = index.holders[np.repeat(index.begins[runs], lengths) + offsets]
        codes = np.repeat(hits.texts[first:last].astype(np.int64), lengths) * width + others
        pairs, shared = np.unique(codes, return_counts=True)
        yield pairs // width, pairs % width, shared


def _best(one: Places, other: Places, value: NDArray[np.float64], measure: str) -> list[Finding]:
    """Of each taught text the held one that it shares most with."""
    import numpy as np

    order = np.lexsort((other, -value, one))
    first = np.concatenate((np.ones(min(1, len(order)), bool), one[order][1:] != one[order][:-1]))
    return [Finding(int(one[n]), int(other[n]), measure, float(value[n])) for n in order[first].tolist()]


def _blocks(lengths: Places, texts: Places) -> Iterator[tuple[int, int]]:
    """Cut the hits into runs of whole texts, each of a bounded number of pairs unless one text has more."""
    import numpy as np

    ends = np.append(np.flatnonzero(texts[1:] != texts[:-1]) + 1, len(texts))
    total = np.append(0, np.cumsum(lengths))
    first = 0
    while first < len(texts):
        fitting = int(np.searchsorted(total[ends], total[first] + _PAIRS_AT_ONCE, side="right")) - 1
        last = int(ends[max(fitting, int(np.searchsorted(ends, first, side="right")))])
        yield first, last
        first = last
