"""Takes texts by id, leaves the cluster of near-duplicates each of them belongs to.

Two texts are near-duplicates when the sets of their three-word shingles overlap: Jaccard similarity (size of the
intersection over size of the union) of at least the threshold. MinHash signatures and locality-sensitive hashing
(Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3) propose the pairs, the exact
similarity decides. A text that is mostly contained in a longer one joins it as well (`glossator.text.containment`).
Clusters are the connected components.

Where the default threshold comes from: with a share p of the words replaced at random, a three-word shingle survives
with probability s = (1 - p)³ and the similarity is s / (2 - s): .75 at 5 %, .57 at 10 %, .44 at 15 %. Different papers
of one journal stay below .03. A threshold of .3 lies well between the two, and still joins a text with a version of
itself that has grown to three times its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError
from glossator.text.containment import CONTAINMENT, join_contained
from glossator.text.forest import Forest
from glossator.text.shingles import Shingles, hash_shingles, shingles, similarity

if TYPE_CHECKING:
    from glossator.text.shingles import Numbers, Places

__all__ = ["MAX_SIGNATURE", "MISS_RATE", "THRESHOLD", "cluster", "plan_bands", "shingles"]

THRESHOLD = 0.3
MISS_RATE = 0.01
"""Highest probability that a pair exactly at the threshold is not proposed; more similar pairs are missed less."""
MAX_SIGNATURE = 512
"""Upper bound on the length of a MinHash signature, in 32-bit numbers."""

_SIGNED_AT_ONCE = 39
"""Numbers of every text's signature that are in memory at a time."""


def cluster(
    texts: Mapping[str, str], *, threshold: float = THRESHOLD, contained: float | None = CONTAINMENT, seed: int = 42
) -> dict[str, str]:
    """Take texts by id, leave the id of each text's cluster: the smallest id among its members.

    Case, punctuation and white space do not count. A text shorter than three words is one shingle; a text without
    any word is alone in its cluster. The order of the mapping does not matter. A text added later can join clusters;
    it parts two that were together only where one contains the other by phrases that have become stock.

    Args:
        texts: id → text.
        threshold: Jaccard similarity of three-word shingles, above 0 and at most 1, from which two texts count as
            near-duplicates.
        contained: share of the smaller text's shingles in the larger one, above 0 and at most 1, from which they do
            as well; None: containment does not count.
        seed: decides the random permutations of MinHash, hence which of the pairs around the threshold are missed.

    Raises:
        MissingExtraError: rensa or numpy is not installed.
        ValueError: `threshold` or `contained` is out of range.
    """
    for name, value in (("threshold", threshold), ("contained", contained)):
        if value is not None and not 0 < value <= 1:
            raise ValueError(f"{name} is {value}; it must lie above 0 and not above 1")
    try:
        import rensa
    except ImportError as error:
        raise MissingExtraError("rensa", "documents") from error
    ids = sorted(texts)
    forest: Forest[int] = Forest()
    hashed = hash_shingles([texts[text_id] for text_id in ids])
    for proposed in _propose(rensa, hashed, threshold=threshold, seed=seed):
        _join_similar(forest, hashed, *proposed, threshold)
    if contained is not None:
        join_contained(forest, hashed, share=contained)
    return {text_id: ids[forest.root(position)] for position, text_id in enumerate(ids)}


def plan_bands(threshold: float) -> tuple[int, int]:
    """Take a threshold, leave (bands, rows per band) of the locality-sensitive hashing.

    A pair of similarity s is proposed with probability 1 - (1 - s^rows)^bands. Chosen is the largest number of rows,
    hence the fewest useless proposals, that keeps `MISS_RATE` at the threshold within `MAX_SIGNATURE` numbers.
    """
    best = (MAX_SIGNATURE, 1)
    for rows in range(1, 16):
        hit = threshold**rows
        bands = 1 if hit >= 1 else math.ceil(math.log(MISS_RATE) / math.log1p(-hit))
        if bands * rows > MAX_SIGNATURE:
            break
        best = (bands, rows)
    return best


def _propose(rensa: Any, hashed: Shingles, *, threshold: float, seed: int) -> Iterator[tuple[Places, Places]]:
    """Yield the texts that agree in all rows of a band, several bands at a time: positions and where groups begin.

    Each time some more numbers of every signature are made, with permutations of their own, and forgotten again: the
    memory is the shingles', not the signatures'.
    """
    import numpy as np

    positions = np.flatnonzero(hashed.sizes())
    bands, rows = plan_bands(threshold) if len(positions) > 1 else (0, 1)
    at_once = max(1, _SIGNED_AT_ONCE // rows)
    for first in range(0, bands, at_once):
        count = min(at_once, bands - first)
        own_seed = (seed + first * 0x9E3779B9) & 0xFFFFFFFF
        matrix = _sign(rensa, hashed, positions, count * rows, own_seed)
        index = rensa.RMinHashLSH(threshold, count * rows, count)
        # Most texts are like no other; only the rest is worth taking out of the library's memory number by number.
        alike = np.flatnonzero(index.query_duplicate_flags_matrix_one_shot(matrix))
        if not len(alike):
            continue
        compared = positions
        if len(alike) < len(positions) // 2:
            compared = positions[alike]
            matrix = _sign(rensa, hashed, compared, count * rows, own_seed)
        numbers = np.fromiter(chain.from_iterable(matrix.to_rows()), np.uint64, len(compared) * count * rows)
        places, begins = _group_equal(numbers.reshape(len(compared), count, rows))
        yield compared[places], begins


def _sign(rensa: Any, hashed: Shingles, positions: Places, size: int, seed: int) -> Any:
    """Make `size` numbers of the signature of each text."""
    import numpy as np

    sizes = hashed.sizes()
    ends = np.cumsum(np.concatenate((np.zeros(1, np.uint64), sizes[positions].astype(np.uint64))))
    numbers = hashed.numbers
    if ends[-1] < len(numbers):
        chosen = np.zeros(len(hashed), bool)
        chosen[positions] = True
        numbers = numbers[np.repeat(chosen, sizes)]
    return rensa.RMinHash.digest_matrix_from_flat_token_hashes(numbers, ends, size, seed)


def _group_equal(signatures: Numbers) -> tuple[Places, Places]:
    """Take signatures as (texts, bands, rows), leave groups of at least two places that agree in a band.

    Returns:
        the groups' places behind one another, ascending in each, and where each group begins.
    """
    import numpy as np

    groups, sizes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for band in range(signatures.shape[1]):
        keys = signatures[:, band, 0]
        for row in range(1, signatures.shape[2]):
            keys = keys * np.uint64(0x9E3779B97F4A7C15) + signatures[:, band, row]
        order = np.argsort(keys, kind="stable")
        begins = np.flatnonzero(np.concatenate((np.ones(1, bool), keys[order[1:]] != keys[order[:-1]])))
        lengths = np.diff(np.append(begins, len(keys)))
        groups.append(order[np.repeat(lengths > 1, lengths)])
        sizes.append(lengths[lengths > 1])
    ends = np.cumsum(np.concatenate(sizes))
    return np.concatenate(groups), np.append(0, ends[:-1])


def _join_similar(forest: Forest[int], hashed: Shingles, places: Places, begins: Places, threshold: float) -> None:
    """Join every pair within a group whose exact similarity reaches the threshold.

    A pair that is joined already needs no second proof. So first everyone is held against the first of its group:
    families of copies, however large, need no more than that.
    """
    import numpy as np

    if not len(begins):
        return
    sizes = np.diff(np.append(begins, len(places)))
    leaders = np.repeat(places[begins], sizes)
    roots = _roots(forest, places, len(hashed))
    apart = roots[leaders] != roots[places]
    pairs = np.unique(leaders[apart] * np.int64(len(hashed)) + places[apart])
    for one, other in zip((pairs // len(hashed)).tolist(), (pairs % len(hashed)).tolist(), strict=True):
        _join_if_similar(forest, hashed, one, other, threshold)
    if not len(pairs):
        return
    roots = _roots(forest, places, len(hashed))[places]
    mixed = np.minimum.reduceat(roots, begins) != np.maximum.reduceat(roots, begins)
    seen: set[tuple[int, int]] = set()
    for group in np.flatnonzero(mixed & (sizes > 2)).tolist():
        for pair in combinations(places[begins[group] + 1 : begins[group] + sizes[group]].tolist(), 2):
            if pair not in seen:
                seen.add(pair)
                _join_if_similar(forest, hashed, *pair, threshold)


def _roots(forest: Forest[int], places: Places, count: int) -> Places:
    """Look up the root of each place that occurs; by place, of `count` in all."""
    import numpy as np

    occurring = np.zeros(count, bool)
    occurring[places] = True
    members = np.flatnonzero(occurring)
    roots = np.zeros(count, np.int64)
    roots[members] = np.fromiter(map(forest.root, members.tolist()), np.int64, len(members))
    return roots


def _join_if_similar(forest: Forest[int], hashed: Shingles, one: int, other: int, threshold: float) -> None:
    first, second = sorted((forest.root(one), forest.root(other)))
    if first != second and similarity(hashed.of(one), hashed.of(other)) >= threshold:
        forest.join(first, second)
