"""What every kind of chunking is told: bounds, and the functions it measures with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glossator.errors import ParsingError
from glossator.text.tokens import CountTokens, LocatesTokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Takes texts, leaves one row of unit length for each."""

KINDS = ("section", "token", "recursive", "semantic")
"""How prose can be cut; each is the module of that name in this package."""
OVERLAPPING = ("token", "recursive")
"""The kinds whose chunks may share text with their neighbours."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How chunks are cut.

    Raises:
        ParsingError: the kind is unknown, the bounds leave no room, or the kind cannot do what is asked.
    """

    chunk_by: str
    min_tokens: int
    max_tokens: int
    overlap: int
    count_tokens: CountTokens | LocatesTokens
    embed: Embed | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        if self.chunk_by not in KINDS:
            raise ParsingError(f"chunk_by {self.chunk_by!r} is unknown; use {', '.join(map(repr, KINDS))}")
        least, most, overlap = self.min_tokens, self.max_tokens, self.overlap
        if not 0 <= least <= most or most < 1:
            raise ParsingError(f"min_tokens {least} and max_tokens {most} leave no room; lower the minimum")
        if overlap and self.chunk_by not in OVERLAPPING:
            kinds = " or ".join(OVERLAPPING)
            raise ParsingError(f"chunk_by {self.chunk_by!r} has no overlap, but {overlap} is asked for; use {kinds}")
        if not 0 <= overlap <= most // 2:
            raise ParsingError(f"overlap {overlap} is not between 0 and half of max_tokens {most}; lower it")
        if self.chunk_by == "semantic" and self.embed is None:
            raise ParsingError("chunk_by 'semantic' compares sentences by their meaning; give an embedder")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text."""
        counter = self.count_tokens
        return counter.count(texts) if isinstance(counter, LocatesTokens) else counter(texts)
