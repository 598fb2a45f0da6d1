"""Takes questions with answers as vectors, leaves those that say nearly the same in other words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from glossator.curation.decontamination.overlap import Finding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Embed = Callable[[Sequence[str]], Any]
"""Takes texts, leaves a row of numbers for each."""

_NUMBERS_AT_ONCE = 1 << 24


def embed_all(texts: Sequence[str], embed: Embed) -> Vectors:
    """Take texts, leave a row of unit length for each; equal texts are embedded once."""
    import numpy as np

    distinct = list(dict.fromkeys(texts))
    place_of = {text: place for place, text in enumerate(distinct)}
    if not distinct:
        return np.zeros((0, 1), np.float32)
    rows = np.asarray(embed(distinct), np.float32)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    unit: Vectors = rows[[place_of[text] for text in texts]] if len(distinct) < len(texts) else rows
    return unit


def find_alike(taught: Vectors, held: Vectors, cosine: float) -> list[Finding]:
    """Take both sides' vectors, leave for each taught text the held one that it is most like, if it is like enough."""
    import numpy as np

    found = []
    for start, block in _blocks(taught, max(1, len(held))):
        like = block @ held.T if len(held) else np.zeros((len(block), 0), np.float32)
        if not like.size:
            continue
        nearest = like.argmax(axis=1)
        value = like[np.arange(len(block)), nearest]
        found += [
            Finding(start + place, int(nearest[place]), "cosine", min(1.0, float(value[place])))
            for place in np.flatnonzero(value >= cosine).tolist()
        ]
    return found


def find_alike_again(taught: Vectors, held: Vectors, cosine: float) -> set[int]:
    """Take both sides' vectors, leave the places of the taught texts that a held one is like.

    Another way to the same end, for the check after removal: held texts are looked up one block after the other by
    their distance, in double precision.
    """
    import numpy as np

    found: set[int] = set()
    most = 2.0 - 2.0 * cosine
    for _, block in _blocks(held, max(1, len(taught))):
        inner = np.einsum("hd,td->ht", block, taught, optimize=True)
        near_held, near_taught = np.nonzero(2.0 - 2.0 * inner <= most + 1e-3)
        apart = block[near_held].astype(np.float64) - taught[near_taught]
        found.update(near_taught[(apart**2).sum(axis=1) <= most - 1e-5].tolist())
    return found


def _blocks(rows: Vectors, width: int) -> Iterator[tuple[int, Vectors]]:
    """Cut rows into blocks, so that a block's products with `width` others stay within bounds."""
    height = max(1, _NUMBERS_AT_ONCE // width)
    yield from ((start, rows[start : start + height]) for start in range(0, len(rows), height))
