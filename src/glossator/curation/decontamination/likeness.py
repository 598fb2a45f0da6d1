"""Takes questions with answers as vectors, leaves those that say nearly the same in other words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from glossator.curation.decontamination.overlap import Finding

if TYPE_CHECKING:
    from glossator.curation.vectors import Vectors

_NUMBERS_AT_ONCE = 1 << 24


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
