"""Takes texts, leaves unit vectors: what an embedder makes of them, each text once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Embed = Callable[[Sequence[str]], Any]
"""Takes texts, leaves a row of numbers for each."""

AT_ONCE = 1024
"""Texts that an embedder is given at most at one time."""


def embed_all(texts: Sequence[str], embed: Embed) -> Vectors:
    """Take texts, leave a row of unit length for each; equal texts are embedded once."""
    import numpy as np

    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return np.zeros((0, 1), np.float32)
    place_of = {text: place for place, text in enumerate(distinct)}
    parts = [np.asarray(embed(distinct[at : at + AT_ONCE]), np.float32) for at in range(0, len(distinct), AT_ONCE)]
    rows = np.concatenate(parts)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    unit: Vectors = rows[[place_of[text] for text in texts]] if len(distinct) < len(texts) else rows
    return unit
