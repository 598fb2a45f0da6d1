"""Takes parsed documents, leaves chunks of their prose: of bounded length, within one top-level section.

How the prose is cut is a kind: `section`, `token`, `recursive` or `semantic`, each the module of that name.
"""

from glossator.parsing.chunking.documents import Check, chunk_document, chunk_documents
from glossator.parsing.chunking.rules import KINDS, OVERLAPPING, Embed, Rules
from glossator.parsing.chunking.task import Chunked, ChunkTask, chunk_task

__all__ = [
    "KINDS",
    "OVERLAPPING",
    "Check",
    "ChunkTask",
    "Chunked",
    "Embed",
    "Rules",
    "chunk_document",
    "chunk_documents",
    "chunk_task",
]
