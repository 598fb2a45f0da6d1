"""Takes chunks, leaves for each those of its split that speak of the same things without repeating it.

Two chunks are alike by the rare words they share: a word counts by its inverse document frequency (Spärck Jones 1972),
and only a chunk's most telling words are looked up, each in a bounded number of other chunks, so that the time grows
with the number of chunks and not with its square. No library is needed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from glossator.records import Chunk
from glossator.text.shingles import shingles

_WORD = re.compile(r"[^\W\d_]{3,}")
_TELLING = 24
"""Words of a chunk that others are looked up by."""
_MOST_HOLDERS = 60
"""Chunks a word may stand in to be looked up; a commoner one tells little."""
_REPEATS = 0.4
"""Share of the smaller chunk's three-word runs in the other from which both say the same; see `text.containment`."""
_FEWEST_SHARED = 2
"""Telling words that two chunks share at least."""


class Likeness:
    """The chunks of one split, to look up which are alike.

    Args:
        chunks: of one split.
    """

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks
        counted = [Counter(word.casefold() for word in _WORD.findall(chunk.text)) for chunk in chunks]
        found: Counter[str] = Counter(word for words in counted for word in words)
        self._weight = {word: math.log(len(chunks) / count) for word, count in found.items() if count > 1}
        self._telling = [self._most_telling(words, found) for words in counted]
        self._holders: dict[str, list[int]] = {}
        for place, words in enumerate(self._telling):
            for word in words:
                self._holders.setdefault(word, []).append(place)

    def _most_telling(self, words: Counter[str], found: Counter[str]) -> list[str]:
        rare = (word for word in words if 1 < found[word] <= _MOST_HOLDERS)
        # What is said again and again is what a chunk is about; ties fall the same way every time.
        return sorted(rare, key=lambda word: (-self._weight[word] * (1 + math.log(words[word])), word))[:_TELLING]

    def nearest(self, place: int) -> Iterator[int]:
        """Yield the places of the chunks most like one, best first; neighbours and repetitions are left out."""
        scores: dict[int, float] = {}
        shared: Counter[int] = Counter()
        for word in self._telling[place]:
            for other in self._holders[word]:
                scores[other] = scores.get(other, 0.0) + self._weight[word]
                shared[other] += 1
        scores.pop(place, None)
        for other in sorted(scores, key=lambda other: (-scores[other], other)):
            if shared[other] >= _FEWEST_SHARED and not self.repeat(place, other):
                yield other

    def repeat(self, one: int, other: int) -> bool:
        """Whether two chunks follow each other in a document, or say much the same."""
        first, second = self._chunks[one], self._chunks[other]
        if first.document_id == second.document_id and abs(first.index - second.index) <= 1:
            return True
        smaller, larger = sorted((_runs(first.text), _runs(second.text)), key=len)
        return len(smaller & larger) >= _REPEATS * max(1, len(smaller))


@lru_cache(maxsize=4096)
def _runs(text: str) -> frozenset[str]:
    return frozenset(shingles(text))
