"""Takes texts as sets of shingle hashes, joins those of which one holds much of the other.

A paper inside a thesis seven times as long is in it word for word, though the two sets overlap by a seventh only. What
tells is the containment: the share of the smaller set that the larger one holds (Broder, "On the resemblance and
containment of documents", 1997). MinHash does not find such pairs. So the hashes of all texts are sorted together, and
where several texts hold the same one, it counts for those to which it is one of their smallest hashes, a random sample
of their shingles. Pairs that share enough of a sample are compared whole.

A licence or a journal's footer is also contained in many texts. A shingle that more than a few clusters hold is
therefore a stock phrase, and proposes nothing.

Where the default comes from: different papers of two journals hold less than .2 of each other, title pages and
references included. Of 8,000 encyclopedia articles 32 joined others at .4 (a country's "Politics of" and the country),
and the largest cluster did not grow. A copy of which 15 % of the words are replaced keeps .61 of its shingles, so at
.4 a third of it may be missing besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glossator.text.forest import Forest
from glossator.text.shingles import Shingles, count_shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from glossator.text.shingles import Numbers, Places

CONTAINMENT = 0.4
"""Share of the smaller text's shingles that the larger one holds, from which the two are joined."""
FEWEST_SHINGLES = 30
"""A shorter text is never joined for being contained: a sentence or two may be quoted anywhere."""
STOCK_CLUSTERS = 5
"""A shingle that is held by more clusters than these besides the text's own is a stock phrase."""

_SAMPLE = 64
_SLACK = 0.6
"""A pair is compared from this part of the threshold on: with 64 hashes, about one pair in 200 at .4 falls below."""
_SORTED_AT_ONCE = 1 << 23
"""Hashes that are sorted together; of more, those of one range after the other."""


def join_contained(forest: Forest[int], hashed: Shingles, *, share: float = CONTAINMENT) -> None:
    """Take texts as their distinct shingles, join in the forest those of which one holds the other's `share`.

    The time grows with the number of shingles. The memory is that of the shingles, and 64 hashes of each text.

    Args:
        forest: positions in `hashed`, joined so far; of a group, the smallest position is the root, and stays so.
        hashed: of each text, evenly spread numbers, so that the smallest are a random sample.
        share: above 0 and at most 1.
    """
    import numpy as np

    sizes = hashed.sizes()
    by_size = np.lexsort((np.arange(len(hashed)), sizes))
    roots = np.array([forest.root(position) for position in range(len(hashed))], dtype=np.int64)
    hits = [np.zeros(0, np.int64)]
    for hashes, ranks, sampled in _shared(hashed, by_size):
        hits.append(_pair(hashes, by_size[ranks], sampled, roots, sizes))
    pairs, counts = np.unique(np.concatenate(hits), return_counts=True)
    enough = share * _SLACK * np.minimum(_SAMPLE, sizes[pairs // max(1, len(hashed))])
    for pair in pairs[counts >= enough].tolist():
        small, large = divmod(pair, len(hashed))
        first, second = sorted((forest.root(small), forest.root(large)))
        if first != second and containment(hashed.of(small), hashed.of(large)) >= share:
            forest.join(first, second)


def containment(smaller: Numbers, larger: Numbers) -> float:
    """Take the distinct shingles of two texts, ascending, leave the share of the first's that the second holds."""
    return count_shared(smaller, larger) / len(smaller) if len(smaller) else 0.0


def _shared(hashed: Shingles, by_size: Places) -> Iterator[tuple[Numbers, Places, NDArray[np.bool_]]]:
    """Yield the hashes that at least two texts hold, in order, with each holder's rank by size, smallest first.

    The last of the three tells whether the hash is one of the holder's sample. Of a hash its upper bits are told; two
    that agree in them are taken for one, which makes a pair be compared in vain now and then.
    """
    import numpy as np

    sizes = hashed.sizes()
    rank_of = np.empty(len(hashed), np.uint32)
    rank_of[by_size] = np.arange(len(hashed), dtype=np.uint32)
    ranks = np.repeat(rank_of, sizes)
    sampled = _mark_samples(hashed)
    low = np.uint64(len(hashed).bit_length() + 1)
    part_bits = (len(hashed.numbers) // _SORTED_AT_ONCE).bit_length()
    for part in range(1 << part_bits):
        least, most = (end << 64 - part_bits for end in (part, part + 1))
        inside = (hashed.numbers >= np.uint64(least)) & (hashed.numbers <= np.uint64(most - 1))
        keys = hashed.numbers[inside] >> low << low
        keys |= ranks[inside].astype(np.uint64) << np.uint64(1) | sampled[inside]
        keys.sort()
        same = keys[1:] >> low == keys[:-1] >> low
        edge = np.zeros(min(1, len(keys)), bool)
        keys = keys[np.concatenate((edge, same)) | np.concatenate((same, edge))]
        rank = (keys & ((np.uint64(1) << low) - np.uint64(1))) >> np.uint64(1)
        yield keys >> low, rank.astype(np.int64), (keys & np.uint64(1)).astype(bool)


def _mark_samples(hashed: Shingles) -> NDArray[np.bool_]:
    """Mark the smallest numbers of each text that is long enough to be joined for being contained."""
    import numpy as np

    sizes = hashed.sizes()
    taken = np.where(sizes >= FEWEST_SHINGLES, np.minimum(sizes, _SAMPLE), 0)
    offsets = np.arange(_SAMPLE)
    marked = np.zeros(len(hashed.numbers), bool)
    marked[(hashed.starts[:-1, None] + offsets)[offsets < taken[:, None]]] = True
    return marked


def _pair(hashes: Numbers, holders: Places, sampled: NDArray[np.bool_], roots: Places, sizes: Places) -> Places:
    """Take who holds each hash, smaller texts first, leave (contained, containing) pairs of different clusters.

    Of each cluster the smallest text that gave the hash may be contained and the largest that holds it may contain.

    Returns:
        each pair as one number, its first times the number of texts plus its second, once for every hash.
    """
    import numpy as np

    if not len(hashes):
        return np.zeros(0, np.int64)
    owners = roots[holders]
    runs = np.flatnonzero(np.concatenate((np.ones(1, bool), hashes[1:] != hashes[:-1])))
    telling = np.minimum.reduceat(owners, runs) != np.maximum.reduceat(owners, runs)
    telling &= np.maximum.reduceat(sampled, runs)
    kept = np.repeat(telling, np.diff(np.append(runs, len(hashes))))
    hashes, holders, sampled = hashes[kept], holders[kept], sampled[kept]
    order = np.lexsort((roots[holders], hashes))  # stable: within a cluster still by size
    hashes, holders, sampled = hashes[order], holders[order], sampled[order]
    owners = roots[holders]
    changes = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    begins = np.flatnonzero(np.concatenate((np.ones(min(1, len(hashes)), bool), changes)))
    if not len(begins):
        return begins
    ends = np.append(begins[1:], len(hashes)) - 1
    givers = np.minimum.reduceat(np.where(sampled, np.arange(len(hashes)), len(hashes)), begins)
    known, clusters = np.unique(hashes[begins], return_inverse=True)
    count = np.bincount(clusters, minlength=len(known))[clusters]
    # A cluster without a giver within its own entries has none: the next one's place lies beyond its end.
    givers = np.where((givers <= ends) & (count <= STOCK_CLUSTERS + 1), givers, -1)
    pairs = [np.zeros(0, np.int64)]
    for apart in range(1, STOCK_CLUSTERS + 1):
        together = np.flatnonzero(clusters[apart:] == clusters[:-apart])
        for giver, holder in ((together, together + apart), (together + apart, together)):
            small, large = holders[givers[giver]], holders[ends[holder]]
            fitting = (givers[giver] >= 0) & (sizes[small] <= sizes[large])
            pairs.append((small * len(sizes) + large)[fitting])
    return np.concatenate(pairs)
