"""Takes unit vectors, leaves the pairs of them that point in nearly the same direction, without comparing all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAREST = 32
"""Neighbours of a vector that are looked at."""
EXACT = 8192
"""Up to so many vectors all are compared; of more, those whose nearest cluster centres are the same."""

_AT_ONCE = 1024
_PROBES = 16
_TRAINED_ON = 64
"""Vectors for each cluster centre, from which the centres are learned."""


def find_neighbours(vectors: NDArray[np.float32], least: float) -> list[tuple[int, int, float]]:
    """Take unit vectors as rows, leave (later, sooner, cosine) of those whose cosine is at least `least`.

    Of each row the 32 nearest are looked at. Of more than 8,192 rows an inverted file of about 4 √n clusters is
    searched, 16 clusters a row: the time grows as n √n, and a pair may be missed where a border of clusters parts it.

    Raises:
        MissingExtraError: faiss is not installed.
    """
    import numpy as np

    if not len(vectors):
        return []
    index = _build(vectors)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(vectors), _AT_ONCE):
        cosines, places = index.search(vectors[start : start + _AT_ONCE], min(NEAREST, len(vectors)))
        rows, columns = np.nonzero((cosines >= least) & (places >= 0))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            one, other = start + row, int(places[row, column])
            if one != other:
                found[max(one, other), min(one, other)] = float(cosines[row, column])
    return [(later, sooner, cosine) for (later, sooner), cosine in found.items()]


def _build(vectors: NDArray[np.float32]) -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("faiss", "retrieval") from error
    import numpy as np

    dimension = vectors.shape[1]
    index: Any
    if len(vectors) <= EXACT:
        index = faiss.IndexFlatIP(dimension)
    else:
        centres = int(4 * len(vectors) ** 0.5)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, centres, faiss.METRIC_INNER_PRODUCT)
        index.cp.max_points_per_centroid = _TRAINED_ON
        index.nprobe = _PROBES
        index.train(np.ascontiguousarray(vectors))
    for start in range(0, len(vectors), _AT_ONCE):
        index.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE]))
    return index
