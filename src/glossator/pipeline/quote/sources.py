"""What there is to work with: what lies on this machine, and at most how much others will give; nothing is fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glossator.artifacts import Artifact, read_records, read_table
from glossator.pipeline.context import Road
from glossator.pipeline.documents import is_prose, read_sources
from glossator.recipe import ArxivSection, KaggleSection, SourceSection, UrlsSection, WebSearchSection
from glossator.records import Document, Reject, Sample

Form = Literal["pdf", "abstracts", "html"]


@dataclass(frozen=True, slots=True)
class Expected:
    """Documents that are not here yet."""

    fetched: int
    """At most so many things are fetched."""
    documents: int
    """Documents that these make at most; fewer where several are joined into one."""
    form: Form
    joined: float = 1.0
    """Things in one document."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What there is to work with."""

    documents: list[Document]
    """Those to be read."""
    ready: list[Sample]
    rejected: int
    expected: tuple[Expected, ...] = ()
    """What is yet to be fetched, at most."""
    bytes: int = 0
    documents_found: int = 0
    """All of them, files of ready questions among them."""

    @property
    def to_fetch(self) -> int:
        """At most how many documents are fetched."""
        return sum(one.fetched for one in self.expected)


def read_all_sources(road: Road, done: Mapping[str, Artifact]) -> Sources:
    """What stage 1 left, else what the sources on this machine hold and at most how much the others will give."""
    if "collect" in done:
        documents = read_table(done["collect"].file("documents.parquet"), Document)
        ready = list(read_records(done["collect"].file("samples.jsonl"), Sample))
        return Sources([one for one in documents if is_prose(one)], ready, 0, documents_found=len(documents))
    found: dict[str, Document] = {}
    ready_by_id: dict[str, Sample] = {}
    rejected = 0
    for one in read_sources(road.without_fetching()):
        if isinstance(one, Reject):
            rejected += 1
        elif isinstance(one, Sample):
            ready_by_id[one.id] = one
        else:
            found[one.id] = one
    size = int(sum(size_of(document) for document in found.values()))
    expected = tuple(expected_documents(road))
    documents = [document for document in found.values() if is_prose(document)]
    return Sources(documents, list(ready_by_id.values()), rejected, expected, size, len(found))


def size_of(document: Document) -> float:
    """Bytes of its file, or characters of its text."""
    return float(Path(document.path).stat().st_size if document.path else len(document.text or ""))


def expected_documents(road: Road) -> Iterator[Expected]:
    """What each fetching source of a recipe will give at most."""
    for source in road.recipe.sources:
        fetched = at_most(road, source)
        # A snapshot that lies here is not fetched, but what is chosen from it is not known before it is read.
        most = source.max_results if isinstance(source, KaggleSection) else fetched
        if most:
            size = getattr(source, "group_size", 0) or 1
            documents = math.ceil(most / size)
            yield Expected(fetched, documents, _form(source), joined=most / documents)


def at_most(road: Road, source: SourceSection) -> int:
    """The most documents that are fetched for a source."""
    if isinstance(source, UrlsSection):
        from glossator.sources.urls import read_list

        listed = read_list(road.resolve(source.path)) if source.path else ()
        return len({*source.urls, *listed})
    if isinstance(source, WebSearchSection):
        return source.max_results * (1 if isinstance(source.query, str) else len(source.query))
    if isinstance(source, ArxivSection):
        searches = source.query or source.categories or source.date_from or source.date_to
        return source.max_results if searches else len(source.ids)
    if isinstance(source, KaggleSection):
        return source.max_results if source.path is None or source.content == "pdf" else 0
    return 0


def _form(source: SourceSection) -> Form:
    if isinstance(source, ArxivSection | KaggleSection):
        return "pdf" if source.content == "pdf" else "abstracts"
    if isinstance(source, WebSearchSection):
        return "pdf" if source.mode == "pdf" else "html"
    return "html"
