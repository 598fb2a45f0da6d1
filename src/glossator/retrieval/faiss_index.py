"""Takes vectors, leaves the passages nearest to a question's: every vector is compared, nothing is approximated.

A passage has one vector for each window of its text, and its score is that of its best window. Comparing all of them
is exact and still quick (figures: `docs/retrieval.md`); an approximate index would have to be trained and tuned, and
would find a little less.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.artifacts.atomic import replacing
from glossator.errors import MissingExtraError, RetrievalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VECTORS = "vectors.faiss"
WINDOWS = "windows.npy"
_DIGITS = 6
"""Of a score: noise of single precision begins at the seventh, and equal texts must score equally."""
_QUERIES_AT_ONCE = 64


class FaissIndex:
    """Vectors and the passages they belong to.

    Args:
        dimension: length of the vectors.
        index: a `faiss.IndexFlatIP` with one row a window; None for an empty one.
        windows: how many windows each passage has, in the order of the passages.
    """

    def __init__(self, dimension: int, index: Any = None, windows: list[int] | None = None) -> None:
        self._index = _faiss().IndexFlatIP(dimension) if index is None else index
        self._windows = windows or []
        self._owners: NDArray[np.int64] | None = None

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    @property
    def passages(self) -> int:
        """How many passages it holds."""
        return len(self._windows)

    @property
    def windows(self) -> int:
        """How many vectors it holds."""
        return int(self._index.ntotal)

    def add(self, vectors: NDArray[np.float32], windows: list[int]) -> None:
        """Add passages: their vectors of unit length, one row a window, and how many windows each has."""
        self._index.add(vectors)
        self._windows.extend(windows)
        self._owners = None

    def _owners_of_rows(self) -> NDArray[np.int64]:
        """The passage of each row; threads that ask at once for the first time do the same work twice."""
        import numpy as np

        owners = self._owners
        if owners is None:
            owners = self._owners = np.repeat(np.arange(len(self._windows)), self._windows)
        return owners

    def write(self, directory: Path) -> None:
        """Write the vectors and the table of windows, each file atomically."""
        import numpy as np

        with replacing(directory / VECTORS) as file:
            _faiss().write_index(self._index, _faiss().PyCallbackIOWriter(file.write))
        with replacing(directory / WINDOWS) as file:
            np.save(file, np.asarray(self._windows, dtype=np.int32), allow_pickle=False)

    @classmethod
    def open(cls, directory: Path) -> FaissIndex:
        """Read what `write` wrote.

        Raises:
            RetrievalError: a file is missing or damaged.
            MissingExtraError: faiss is not installed.
        """
        import numpy as np

        faiss = _faiss()
        try:
            for name in (VECTORS, WINDOWS):
                (directory / name).open("rb").close()
            index = faiss.read_index(str(directory / VECTORS))
            windows = np.load(directory / WINDOWS, allow_pickle=False)
        except (OSError, ValueError, EOFError, RuntimeError, MemoryError) as error:
            line = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise RetrievalError(
                f"the vectors in {directory} cannot be read ({line}); build the index again"
            ) from error
        fit = windows.dtype == np.int32 and windows.ndim == 1 and (windows > 0).all() and windows.sum() == index.ntotal
        if not fit or not isinstance(index, faiss.IndexFlat) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise RetrievalError(f"the vectors in {directory} do not fit their table; build the index again")
        return cls(index.d, index, windows.tolist())

    def search(self, queries: NDArray[np.float32], depth: int) -> list[list[tuple[int, float]]]:
        """Find the passages nearest to each query: (position, cosine), nearest first, equal ones in their order."""
        ranked: list[list[tuple[int, float]]] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            ranked += self._search_batch(queries[start : start + _QUERIES_AT_ONCE], depth)
        return ranked

    def _search_batch(self, queries: NDArray[np.float32], depth: int) -> list[list[tuple[int, float]]]:
        wanted = min(depth, self.passages)
        # A passage may take several of the rows found; where too few passages are among them, more rows are asked for.
        rows = min(2 * wanted, self.windows)
        scores, found = self._index.search(queries, rows)
        ranked = [self._best_windows(*pair, wanted) for pair in zip(found, scores, strict=True)]
        for position, ranking in enumerate(ranked):
            rows_here = rows
            while len(ranking) < wanted and rows_here < self.windows:
                rows_here = min(2 * rows_here, self.windows)
                scores, found = self._index.search(queries[position : position + 1], rows_here)
                ranking = self._best_windows(found[0], scores[0], wanted)  # noqa: PLW2901
            ranked[position] = ranking
        return ranked

    def _best_windows(
        self, rows: NDArray[np.int64], scores: NDArray[np.float32], depth: int
    ) -> list[tuple[int, float]]:
        import numpy as np

        passages, first = np.unique(self._owners_of_rows()[rows], return_index=True)  # rows come best first
        best = np.round(scores[first].astype(np.float64), _DIGITS)
        order = np.lexsort((passages, -best))[:depth]
        return [(int(passages[place]), float(best[place])) for place in order]


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("faiss", "retrieval") from error
    return faiss
