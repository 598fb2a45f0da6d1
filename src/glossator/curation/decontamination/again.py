"""The check after removal: takes the pieces of both sides, leaves the taught ones that still hold what is examined.

It goes another way than the search, so that a mistake there does not hide itself: from the held-out side, with words
cut out by a regular expression, sets of strings, and an inverted index of the taught texts. Its answer must be a part
of what was removed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from glossator.curation.decontamination.overlap import STOCK_CLUSTERS, Rule, compared
from glossator.curation.decontamination.pieces import Piece
from glossator.curation.normalize import normalize
from glossator.text.shingles import shingles


def find_equal(taught: Sequence[Piece], held: Sequence[Piece]) -> set[int]:
    """Take both sides' pieces, leave the places of the taught ones that are, word for word, a held one."""
    texts = defaultdict(list)
    for place, piece in enumerate(taught):
        texts[normalize(piece.text)].append(place)
    return {
        place
        for piece in held
        if (text := normalize(piece.text))
        for place in texts.get(text, ())
        if taught[place].part == piece.part and compared(taught[place], piece)
    }


def find_overlaps_again(taught: Sequence[Piece], held: Sequence[Piece], rule: Rule) -> set[int]:
    """Take both sides' pieces, leave the places of the taught ones that share too many runs with a held one."""
    known = _known(held, rule.words)
    holders, sizes = defaultdict[int, list[int]](list), list[int]()
    for place, runs in enumerate(_runs(taught, rule.words)):
        sizes.append(len(runs))
        for run in runs & known.keys():
            holders[run].append(place)
    stock = {run for run, clusters in known.items() if len(clusters) > STOCK_CLUSTERS}
    for run, places in holders.items():
        if len(known[run].union(taught[place].cluster for place in places)) > STOCK_CLUSTERS:
            stock.add(run)
    telling = list(sizes)
    for run in stock:
        for place in holders.pop(run, ()):
            telling[place] -= 1
    known.clear()
    found: set[int] = set()
    for piece, runs in zip(held, _runs(held, rule.words), strict=True):
        own = runs - stock
        shared = Counter(place for run in own for place in holders.get(run, ()))
        for place, count in shared.items():
            smaller = min(sizes[place], len(runs))
            enough = count >= min(smaller, rule.fewest) and count >= rule.least * smaller
            if enough and count / min(telling[place], len(own)) >= rule.share and compared(taught[place], piece):
                found.add(place)
    return found


def _known(held: Sequence[Piece], words: int) -> dict[int, frozenset[str]]:
    """Of each run of words the clusters that hold it; most sets are of one cluster and shared."""
    alone: dict[str, frozenset[str]] = {}
    known: dict[int, frozenset[str]] = {}
    for piece, runs in zip(held, _runs(held, words), strict=True):
        own = alone.setdefault(piece.cluster, frozenset([piece.cluster]))
        for run in runs:
            clusters = known.get(run, own)
            known[run] = clusters if clusters is own or piece.cluster in clusters else clusters | own
    return known


def _runs(pieces: Sequence[Piece], words: int) -> Iterator[set[int]]:
    """Of each piece its runs of words; numbers instead of strings keep the memory of a large set small."""
    for piece in pieces:
        yield set(map(hash, shingles(piece.text, words=words)))
