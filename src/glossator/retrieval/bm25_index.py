"""Takes texts, leaves the ones that share the rarest words with a question.

BM25 as Lucene computes it (Robertson and Zaragoza, "The probabilistic relevance framework", 2009; k1 1.5, b .75), by
the library bm25s: every word's weight in every passage is computed when the index is built. Its files are arrays
and JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError, RetrievalError
from glossator.retrieval.words import index_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1 = 1.5
B = 0.75
NO_WORD = ""
"""Stands in a passage without any word, since the library cannot hold an empty one; no question asks for it."""


class Bm25Index:
    """Words and the passages they stand in.

    Args:
        scorer: a `bm25s.BM25` with its index.
    """

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer

    @classmethod
    def build(cls, texts: Iterable[str]) -> Bm25Index:
        """Index texts, at least one, in their order.

        Raises:
            MissingExtraError: bm25s is not installed.
        """
        vocabulary: dict[str, int] = {NO_WORD: 0}
        passages = [
            [vocabulary.setdefault(word, len(vocabulary)) for word in index_words(text) or [NO_WORD]] for text in texts
        ]
        scorer = _bm25s().BM25(k1=K1, b=B, method="lucene", backend="numpy")
        scorer.index((passages, vocabulary), create_empty_token=False, show_progress=False)
        return cls(scorer)

    @property
    def passages(self) -> int:
        """How many passages it holds."""
        return int(self._scorer.scores["num_docs"])

    def write(self, directory: Path) -> None:
        """Write it as files of its own into a directory."""
        self._scorer.save(directory, allow_pickle=False, show_progress=False)

    @classmethod
    def open(cls, directory: Path) -> Bm25Index:
        """Read what `write` wrote.

        Raises:
            RetrievalError: a file is missing or damaged.
            MissingExtraError: bm25s is not installed.
        """
        library = _bm25s()
        try:
            scorer = library.BM25.load(directory, load_corpus=False, allow_pickle=False, backend="numpy")
            scores, words = scorer.scores, len(scorer.vocab_dict)
            weights, places, starts = scores["data"], scores["indices"], scores["indptr"]
            fit = (
                len(starts) == words + 1
                and starts[-1] == len(weights) == len(places)
                and scores["num_docs"] == places.max() + 1  # every passage has a word, the last one, too
            )
        except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, IndexError) as error:
            raise RetrievalError(f"the words in {directory} cannot be read ({error}); build the index again") from error
        if not fit:
            raise RetrievalError(f"the words in {directory} do not fit each other; build the index again")
        return cls(scorer)

    def search(self, query: str, depth: int) -> list[tuple[int, float]]:
        """Find passages that share a word with the query: (position, score), best first, equal ones in their order."""
        import numpy as np

        known = [word for word in index_words(query) if word in self._scorer.vocab_dict]
        if not known:
            return []
        scores: NDArray[np.float32] = self._scorer.get_scores(known)
        found = np.flatnonzero(scores > 0)
        if len(found) > depth:
            least = np.partition(scores[found], -depth)[-depth]
            found = found[scores[found] >= least]
        order = found[np.lexsort((found, -scores[found]))][:depth]
        return [(int(position), float(scores[position])) for position in order]


def _bm25s() -> Any:
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtraError("bm25s", "retrieval") from error
    return bm25s
