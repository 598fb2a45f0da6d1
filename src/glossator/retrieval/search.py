"""Takes questions, leaves the passages nearest to them, by meaning, by words, or by both."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from glossator.artifacts import read_table
from glossator.errors import ArtifactError, RetrievalError
from glossator.retrieval.bm25_index import Bm25Index
from glossator.retrieval.build import PASSAGES, WORDS, IndexInfo, read_info
from glossator.retrieval.embedding import Embedder, open_embedder
from glossator.retrieval.faiss_index import FaissIndex
from glossator.retrieval.fusion import fuse_rankings
from glossator.retrieval.passages import MODES, Hit, Mode, Passage

LEAST_DEPTH = 100
"""How far down the rankings by meaning and by words are read to fuse them, at least."""
DEPTH_FACTOR = 5

Ranking = list[tuple[int, float]]
"""Positions of passages with their scores, best first."""


def open_index(directory: Path, *, embedder: Embedder | None = None) -> SearchIndex:
    """Open an index that `build_index` finished.

    Args:
        directory: where it lies.
        embedder: the one it was built with, if it is in memory already; None to load it when a search first needs it.

    Raises:
        RetrievalError: it is missing, unfinished or damaged, has another form, its parts do not belong together, or
            the embedder is another one.
        MissingExtraError: a library of the `retrieval` extra is not installed.
    """
    info = read_info(directory)
    if embedder is not None:
        _check_embedder(info, embedder, directory)
    try:
        passages = read_table(directory / PASSAGES, Passage)
    except (OSError, ArtifactError) as error:
        raise RetrievalError(f"the passages in {directory} cannot be read ({error}); build the index again") from error
    vectors, words = FaissIndex.open(directory), Bm25Index.open(directory / WORDS)
    counts = {len(passages), vectors.passages, words.passages, info.passages}
    if len(counts) > 1 or (vectors.windows, vectors.dimension) != (info.windows, info.dimension):
        raise RetrievalError(
            f"the parts of {directory} do not belong together ({info.passages} passages by index.json,"
            f" {len(passages)} texts, {vectors.passages} with vectors, {words.passages} with words);"
            " build the index again"
        )
    return SearchIndex(directory, info, passages=passages, vectors=vectors, words=words, embedder=embedder)


class SearchIndex:
    """An open index.

    Any number of threads may search it at once: what it holds is never changed, and the embedder, which is loaded at
    most once, reads the questions of one search at a time.
    """

    def __init__(
        self,
        directory: Path,
        info: IndexInfo,
        *,
        passages: Sequence[Passage],
        vectors: FaissIndex,
        words: Bm25Index,
        embedder: Embedder | None,
    ) -> None:
        self.info = info
        self._directory = directory
        self._passages = passages
        self._vectors = vectors
        self._words = words
        self._embedder = embedder
        self._opening = threading.Lock()

    def search(self, queries: Sequence[str], *, k: int = 10, mode: Mode = "hybrid") -> list[list[Hit]]:
        """Find the `k` passages nearest to each query, nearest first; fewer where there are no more.

        Args:
            queries: what is asked, in any language and of any length.
            k: most hits a query.
            mode: `dense` compares meanings and always finds something; `bm25` compares words, needs no model, and
                finds nothing where no word is known; `hybrid` fuses both rankings.

        Raises:
            RetrievalError: a query is empty, `k` or `mode` has no such value, or the embedder cannot be loaded or is
                another one than the index was built with.
        """
        if k < 1:
            raise RetrievalError(f"k is {k}; ask for at least one passage")
        if mode not in MODES:
            raise RetrievalError(f"mode {mode!r} is unknown; use one of {', '.join(MODES)}")
        for number, query in enumerate(queries, start=1):
            if not query.replace("\0", "").strip():
                raise RetrievalError(f"query {number} of {len(queries)} is empty; write what is asked")
        return [self._to_hits(ranking[:k]) for ranking in self._rank(queries, k, mode)]

    def _rank(self, queries: Sequence[str], k: int, mode: Mode) -> list[Ranking]:
        if mode == "bm25":
            return [self._words.search(query, k) for query in queries]
        if mode == "dense":
            return self._rank_by_meaning(queries, k)
        depth = max(LEAST_DEPTH, DEPTH_FACTOR * k)
        by_meaning = self._rank_by_meaning(queries, depth)
        by_words = [self._words.search(query, depth) for query in queries]
        return [
            fuse_rankings([[position for position, _ in ranking] for ranking in rankings])
            for rankings in zip(by_meaning, by_words, strict=True)
        ]

    def _rank_by_meaning(self, queries: Sequence[str], depth: int) -> list[Ranking]:
        return self._vectors.search(self._open_embedder().embed(queries, role="query"), depth)

    def _open_embedder(self) -> Embedder:
        with self._opening:
            if self._embedder is None:
                embedder = open_embedder(self.info.embedder_source)
                _check_embedder(self.info, embedder, self._directory)
                self._embedder = embedder
            return self._embedder

    def _to_hits(self, ranking: Ranking) -> list[Hit]:
        found = [(self._passages[position], score) for position, score in ranking]
        return [
            Hit(
                rank=rank,
                score=score,
                chunk_id=passage.chunk_id,
                document_id=passage.document_id,
                source_id=passage.source_id,
                title=passage.title,
                page_first=passage.page_first,
                page_last=passage.page_last,
                heading_path=passage.heading_path,
                text=passage.text,
            )
            for rank, (passage, score) in enumerate(found, start=1)
        ]


def _check_embedder(info: IndexInfo, embedder: Embedder, directory: Path) -> None:
    if embedder.digest != info.embedder.rpartition("@")[2]:
        raise RetrievalError(
            f"{directory} was built with the embedder {info.embedder}, not with {embedder.name};"
            " open that one, or build the index again"
        )
