"""What an index must be able to do to be asked from here, and the passages it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

Mode = Literal["hybrid", "dense", "bm25"]
MODES: tuple[Mode, ...] = ("hybrid", "dense", "bm25")


class Passage(Protocol):
    """A passage that was found, as far as it is shown and cited."""

    @property
    def score(self) -> float:
        """How near it is to the question; comparable within one search only."""

    @property
    def chunk_id(self) -> str:
        """Id of the chunk."""

    @property
    def document_id(self) -> str:
        """Id of the chunk's document."""

    @property
    def source_id(self) -> str:
        """The name the document's source knows it by."""

    @property
    def title(self) -> str:
        """The document's title."""

    @property
    def page_first(self) -> int:
        """First page, from 1."""

    @property
    def page_last(self) -> int:
        """Last page, included."""

    @property
    def heading_path(self) -> Sequence[str]:
        """The headings above it, outermost first."""

    @property
    def text(self) -> str:
        """The passage itself."""


class Searches(Protocol):
    """Anything that finds passages."""

    def search(self, queries: Sequence[str], *, k: int, mode: Mode) -> Sequence[Sequence[Passage]]:
        """Find the `k` passages nearest to each query, nearest first."""
