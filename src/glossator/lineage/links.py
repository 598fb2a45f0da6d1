"""What came from what, as links: evidence → chunk → document, sample → chunk, sample → teacher."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glossator.errors import ArtifactError
from glossator.lineage.finding import find_lines
from glossator.records import Chunk, Document, Evidence, JsonValue, Sample, from_dict

Kind = Literal["evidence", "chunk", "document", "origin", "prompt", "teacher"]
_ENDS = ("origin", "prompt", "teacher")
"""Kinds of parents that nothing leads on from."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step back: `child` was made from `parent`."""

    child: str
    """Id of a sample, chunk or document."""
    parent: str
    """Id of a chunk or document, or the name of a place, prompt hash or teacher."""
    kind: Kind
    """What the parent is to the child."""
    detail: str = ""
    """Where in the parent: a span, pages and headings, a licence."""


def links_of(samples: Iterable[Sample], chunks: Iterable[Chunk], documents: Iterable[Document]) -> Iterator[Link]:
    """Write down every step from samples back to the places their documents came from, each link once."""
    seen: set[Link] = set()
    for link in _all_links(samples, chunks, documents):
        if link not in seen:
            seen.add(link)
            yield link


def _all_links(samples: Iterable[Sample], chunks: Iterable[Chunk], documents: Iterable[Document]) -> Iterator[Link]:
    needed: set[str] = set()
    for sample in samples:
        yield from _sample_links(sample)
        needed.update(() if sample.chunk_ids else sample.document_ids)
    for chunk in chunks:
        needed.add(chunk.document_id)
        pages = (
            f"{chunk.page_first}" if chunk.page_first == chunk.page_last else f"{chunk.page_first}–{chunk.page_last}"
        )
        yield Link(chunk.id, chunk.document_id, "document", " › ".join([f"page {pages}", *chunk.heading_path]))
    for document in documents:
        if document.id in needed:
            for origin in document.origins:
                yield Link(document.id, origin, "origin", document.license or "licence unknown")


def _sample_links(sample: Sample) -> Iterator[Link]:
    spans: dict[str, list[Evidence]] = defaultdict(list)
    for span in sample.evidence:
        spans[span.chunk_id].append(span)
    for chunk_id in dict.fromkeys([*sample.chunk_ids, *spans]):
        for span in spans[chunk_id]:
            yield Link(sample.id, chunk_id, "evidence", f"characters {span.start}–{span.end}")
        if not spans[chunk_id]:
            yield Link(sample.id, chunk_id, "chunk")
    if not sample.chunk_ids:  # it came ready, from a place in a file
        place = f"{sample.metadata.get('file', '')}, row {sample.metadata.get('row', '?')}"
        yield from (Link(sample.id, document_id, "document", place) for document_id in sample.document_ids)
    yield Link(sample.id, sample.origin.teacher, "teacher")
    yield Link(sample.id, sample.origin.prompt_hash, "prompt", sample.task)


def trace(child: str, links: Sequence[Link]) -> list[Link]:
    """Follow the links from one record back to where everything began, nearest first; a circle is walked once."""
    parents: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        parents[link.child].append(link)
    chain: list[Link] = []
    waiting, seen = [child], {child}
    while waiting:
        for link in parents[waiting.pop(0)]:
            chain.append(link)
            if link.parent not in seen:
                seen.add(link.parent)
                waiting.append(link.parent)
    return chain


def read_links(path: Path, child: str) -> list[Link]:
    """Read from a file of links those that lead back from one record, however many the file holds; nearest first.

    Raises:
        ArtifactError: the file is not one of links.
    """
    found: dict[Link, None] = {}
    wanted, new = {child}, True
    while new:  # a parent's links may stand above its child's: once more over the file, until nothing is added
        new = False
        for row in find_lines(path, *(f'"child": {json.dumps(name, ensure_ascii=False)}' for name in sorted(wanted))):
            link = _link(path, row)
            if link.child in wanted and link not in found:
                found[link] = None
                new = True
        wanted |= {link.parent for link in found if link.kind not in _ENDS}
    return trace(child, list(found))


def _link(path: Path, row: dict[str, JsonValue]) -> Link:
    try:
        return from_dict(Link, row)
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{path} holds no links ({error}); make it again") from error
