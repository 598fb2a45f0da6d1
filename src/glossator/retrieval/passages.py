"""What goes into an index and what comes out of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["hybrid", "dense", "bm25"]
MODES: tuple[Mode, ...] = ("hybrid", "dense", "bm25")


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk with what is known of its document."""

    chunk_id: str
    document_id: str
    source_id: str
    """The name the document's source knows it by."""
    title: str
    """The document's title."""
    heading_path: tuple[str, ...]
    """The headings above it, outermost first, without the document's title."""
    page_first: int
    page_last: int
    """Pages it spans, from 1, both included."""
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found."""

    rank: int
    """From 1."""
    score: float
    """Cosine (`dense`), BM25 (`bm25`) or reciprocal rank fusion (`hybrid`); comparable within one search only."""
    chunk_id: str
    document_id: str
    source_id: str
    title: str
    page_first: int
    page_last: int
    heading_path: tuple[str, ...]
    text: str
    """The chunk's own text, without title or headings."""
