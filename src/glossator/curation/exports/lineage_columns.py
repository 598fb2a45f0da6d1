"""Takes a sample and what it was made from, leaves columns that tell where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from glossator.records import Chunk, Document, JsonValue, Sample, Split

Columns = dict[str, JsonValue]
Lineage = Callable[[Sample], Columns]
"""Takes a sample, leaves its columns, each a text or a list of texts; the same ones for every sample."""
Written = Mapping[Split, Sequence[Sample]]
"""What is exported: split → its samples, none of them empty."""
Files = dict[Split, str]
"""Split → the file or folder that holds it, below the export's folder."""
Writer = Callable[[Written, Path, Lineage], Files]
"""Takes samples by split, an empty folder and the columns to add; leaves the files."""


def no_columns(_: Sample) -> Columns:
    """Take a sample, leave no column."""
    return {}


def lineage_columns(documents: Mapping[str, Document], chunks: Mapping[str, Chunk]) -> Lineage:
    """Take documents and chunks by id, leave a function that tells a sample's lineage in columns.

    What there may be several of is a list, in one order for documents (id, title, licence) and in one for chunks
    (pages, section); verdicts are one JSON text, since each task has others.
    """

    def tell(sample: Sample) -> Columns:
        own = [documents[name] for name in sample.document_ids if name in documents]
        passages = [chunks[name] for name in sample.chunk_ids if name in chunks]
        return {
            "id": sample.id,
            "group": sample.group or "",
            "split": sample.split,
            "task": sample.task,
            "document_ids": list(sample.document_ids),
            "titles": [document.title for document in own],
            "licenses": [document.license or "unknown" for document in own],
            "pages": [_pages(chunk) for chunk in passages],
            "sections": [" › ".join(chunk.heading_path) for chunk in passages],
            "evidence": [evidence.text for evidence in sample.evidence],
            "teacher": sample.origin.teacher,
            "prompt_hash": sample.origin.prompt_hash,
            "style_hash": sample.origin.style_hash or "",
            "verdicts": json.dumps(dict(sample.origin.verdicts), ensure_ascii=False, sort_keys=True),
        }

    return tell


def _pages(chunk: Chunk) -> str:
    return f"{chunk.page_first}" if chunk.page_first == chunk.page_last else f"{chunk.page_first}–{chunk.page_last}"
