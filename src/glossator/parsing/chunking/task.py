"""Chunking as one function from a plain record to a plain record, for whoever maps it over documents elsewhere."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from glossator.parsing.chunking.documents import chunk_document
from glossator.parsing.chunking.rules import Embed
from glossator.records import Chunk, ParsedDocument, Reject
from glossator.text.tokens import TokenCounter


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """A document to be cut, and how."""

    parsed: ParsedDocument
    tokenizer: str
    """Path of the student's `tokenizer.json`."""
    chunk_by: str = "section"
    min_tokens: int = 20
    max_tokens: int = 500
    overlap: int = 0
    languages: tuple[str, ...] = ()
    """Codes of the languages that are kept; all if empty."""
    embedder: str = "minilm"
    """Name of the embedder that `semantic` compares sentences with; the other kinds open none."""


@dataclass(frozen=True, slots=True)
class Chunked:
    """What one document gave."""

    document_id: str
    chunks: tuple[Chunk, ...]
    rejects: tuple[Reject, ...]


def chunk_task(task: ChunkTask) -> Chunked:
    """Take a document with its instructions, leave its chunks and rejects.

    Tokenizer and embedder are opened once per process. Text that is garbled, repetitive or in no language asked for
    becomes a reject.

    Raises:
        ModelError: the tokenizer is missing or is none.
        ParsingError: as `chunk_document`.
        MissingExtraError: a library that the kind needs is not installed.
    """
    from glossator.executors import shipped
    from glossator.text.quality import problem_of

    chunks, rejects = chunk_document(
        task.parsed,
        count_tokens=_counter(shipped(task.tokenizer)),
        chunk_by=task.chunk_by,
        min_tokens=task.min_tokens,
        max_tokens=task.max_tokens,
        overlap=task.overlap,
        embed=_embedder(task.embedder) if task.chunk_by == "semantic" else None,
        check=functools.partial(problem_of, languages=task.languages),
    )
    return Chunked(task.parsed.document_id, tuple(chunks), tuple(rejects))


@functools.cache
def _counter(path: str) -> TokenCounter:
    return TokenCounter(Path(path))


@functools.cache
def _embedder(name: str) -> Embed:
    from glossator.retrieval import open_embedder

    return open_embedder(name).embed
