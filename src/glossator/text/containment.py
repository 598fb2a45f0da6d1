"""Takes texts as sets of shingle hashes, joins those of which one holds much of the other.

A paper inside a thesis seven times as long is in it word for word, though the two sets overlap by a seventh only. What
tells is the containment: the share of the smaller set that the larger one holds (Broder, "On the resemblance and
containment of documents", 1997). MinHash does not find such pairs. So each text gives its smallest hashes, a random
sample of its shingles, and all other texts are looked through for them: one pass, whatever the texts have in common.
Pairs that share enough of a sample are compared whole.

A licence or a journal's footer is also contained in many texts. A shingle that more than a few clusters hold is
therefore a stock phrase, and proposes nothing.

Where the default comes from: different papers of two journals hold less than .2 of each other, title pages and
references included. Of 8,000 encyclopedia articles 32 joined others at .4 (a country's "Politics of" and the country),
and the largest cluster did not grow. A copy of which 15 % of the words are replaced keeps .61 of its shingles, so at
.4 a third of it may be missing besides.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nsmallest

from glossator.text.forest import Forest

CONTAINMENT = 0.4
"""Share of the smaller text's shingles that the larger one holds, from which the two are joined."""
FEWEST_SHINGLES = 30
"""A shorter text is never joined for being contained: a sentence or two may be quoted anywhere."""
STOCK_CLUSTERS = 5
"""A shingle that is held by more clusters than these besides the text's own is a stock phrase."""

_SAMPLE, _SMALLEST_SAMPLE, _SAMPLED_IN_ALL = 64, 16, 500_000
_SLACK = 0.6
"""A pair is compared from this part of the threshold on: with 64 hashes, about one pair in 200 at .4 falls below."""


def join_contained(forest: Forest[int], hashes: Sequence[array[int]], *, share: float = CONTAINMENT) -> None:
    """Take texts as their distinct shingle hashes, join in the forest those of which one holds the other's `share`.

    The time grows with the number of shingles, the memory with the number of texts: 16 to 64 hashes are kept of each.

    Args:
        forest: positions in `hashes`, joined so far; of a group, the smallest position is the root, and stays so.
        hashes: of each text, evenly spread numbers, so that the smallest are a random sample.
        share: above 0 and at most 1.
    """
    roots = [forest.root(position) for position in range(len(hashes))]
    by_size = sorted(range(len(hashes)), key=lambda position: (len(hashes[position]), position))
    size = max(_SMALLEST_SAMPLE, min(_SAMPLE, _SAMPLED_IN_ALL // max(1, len(hashes))))
    owners = _sample(hashes, by_size, roots, size)
    hits = _count_hits(owners, _find_holders(owners, hashes, by_size[::-1], roots), hashes, roots)
    for (small, large), count in sorted(hits.items()):
        enough = share * _SLACK * min(size, len(hashes[small]))
        first, second = sorted((forest.root(small), forest.root(large)))
        if count >= enough and first != second and containment(hashes[small], hashes[large]) >= share:
            forest.join(first, second)


def containment(smaller: Sequence[int], larger: Sequence[int]) -> float:
    """Take the distinct shingles of two texts, leave the share of the first's that the second holds."""
    return len(set(smaller).intersection(larger)) / len(smaller) if smaller else 0.0


def _sample(
    hashes: Sequence[array[int]], by_size: Sequence[int], roots: Sequence[int], size: int
) -> dict[int, list[int]]:
    """Map each sampled hash to the texts that gave it: of each cluster the smallest, which is the one contained."""
    owners: dict[int, list[int]] = defaultdict(list)
    for position in by_size:
        if len(hashes[position]) < FEWEST_SHINGLES:
            continue
        for number in nsmallest(size, hashes[position]):
            if all(roots[owner] != roots[position] for owner in owners[number]):
                owners[number].append(position)
    return owners


def _find_holders(
    owners: Mapping[int, Sequence[int]], hashes: Sequence[array[int]], from_largest: Sequence[int], roots: Sequence[int]
) -> dict[int, list[int]]:
    """Map each sampled hash to the texts that hold it: the largest of each cluster, and no more than tell stock."""
    sampled = set(owners)
    holders: dict[int, list[int]] = {}
    for position in from_largest:
        for number in sampled.intersection(hashes[position]):
            known = holders.setdefault(number, [])
            if len(known) < STOCK_CLUSTERS + 2 and all(roots[holder] != roots[position] for holder in known):
                known.append(position)
    return holders


def _count_hits(
    owners: Mapping[int, Sequence[int]],
    holders: Mapping[int, Sequence[int]],
    hashes: Sequence[array[int]],
    roots: Sequence[int],
) -> Counter[tuple[int, int]]:
    """Count for each (smaller, larger) pair of two clusters how many hashes of the smaller's sample both hold."""
    hits: Counter[tuple[int, int]] = Counter()
    for number, holding in holders.items():
        if 1 < len(holding) <= STOCK_CLUSTERS + 1:
            hits.update(
                (owner, holder)
                for owner in owners[number]
                for holder in holding
                if roots[owner] != roots[holder] and len(hashes[owner]) <= len(hashes[holder])
            )
    return hits
