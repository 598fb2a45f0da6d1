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
import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from glossator.errors import MissingExtraError
from glossator.text.containment import CONTAINMENT, join_contained
from glossator.text.forest import Forest

SHINGLE_WORDS = 3
THRESHOLD = 0.3
MISS_RATE = 0.01
"""Highest probability that a pair exactly at the threshold is not proposed; more similar pairs are missed less."""
MAX_SIGNATURE = 512
"""Upper bound on the length of a MinHash signature, in 32-bit numbers."""

# Scripts without spaces between words: one character is one word there.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+")
_BATCH = 256


def cluster(
    texts: Mapping[str, str], *, threshold: float = THRESHOLD, contained: float = CONTAINMENT, seed: int = 42
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
            as well.
        seed: decides the random permutations of MinHash, hence which of the pairs around the threshold are missed.

    Raises:
        MissingExtraError: rensa is not installed.
        ValueError: `threshold` or `contained` is out of range.
    """
    for name, value in (("threshold", threshold), ("contained", contained)):
        if not 0 < value <= 1:
            raise ValueError(f"{name} is {value}; it must lie above 0 and not above 1")
    ids = sorted(texts)
    forest: Forest[int] = Forest()
    hashes = _join_similar(forest, [texts[text_id] for text_id in ids], threshold=threshold, seed=seed)
    join_contained(forest, hashes, share=contained)
    return {text_id: ids[forest.root(position)] for position, text_id in enumerate(ids)}


def shingles(text: str, *, words: int = SHINGLE_WORDS) -> set[str]:
    """Take a text, leave its runs of `words` consecutive words, in lower case; empty when it has no word."""
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if not found:
        return set()
    return {" ".join(found[start : start + words]) for start in range(max(1, len(found) - words + 1))}


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


def _join_similar(forest: Forest[int], texts: Sequence[str], *, threshold: float, seed: int) -> list[array[int]]:
    """Join in the forest every proposed pair of positions whose exact similarity reaches the threshold.

    Returns:
        the distinct shingle hashes of each text.
    """
    try:
        import rensa
    except ImportError as error:
        raise MissingExtraError("rensa", "documents") from error
    bands, rows = plan_bands(threshold)
    index = rensa.RMinHashLSH(threshold, bands * rows, bands)
    hashes: list[array[int]] = []
    for position, (hashed, signature) in enumerate(_signatures(rensa, texts, size=bands * rows, seed=seed)):
        hashes.append(hashed)
        if not hashed:
            continue
        own = set(hashed)
        for candidate in sorted(index.query(signature)):
            first, second = sorted((forest.root(candidate), forest.root(position)))
            # A pair that is joined already needs no second proof: this keeps large families of copies cheap.
            if first != second and _jaccard(own, hashes[candidate]) >= threshold:
                forest.join(first, second)
        index.insert(position, signature)
    return hashes


def _signatures(rensa: Any, texts: Sequence[str], *, size: int, seed: int) -> Iterator[tuple[array[int], Any]]:
    """Yield each text's distinct 64-bit shingle hashes with its MinHash signature."""
    remaining = iter(texts)
    while batch := list(islice(remaining, _BATCH)):
        tokens = [list(shingles(text)) for text in batch]
        hashed = rensa.RMinHash.hash_token_sets(tokens)
        signed = rensa.RMinHash.from_token_sets(tokens, size, seed)
        for numbers, signature in zip(hashed, signed, strict=True):
            yield array("Q", numbers), signature


def _jaccard(left: set[int], right: array[int]) -> float:
    shared = sum(1 for number in right if number in left)
    return shared / (len(left) + len(right) - shared)
