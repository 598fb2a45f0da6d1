"""Takes chunks and what became of the questions about them, leaves which have some and why the others have none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from glossator.records import Chunk, Document, JsonValue, Reject, Sample, Split

State = Literal["many", "one", "vain", "unasked"]
"""Of a chunk: two pairs or more, one, none though it was asked about, none since nobody asked."""

SET_ASIDE, POOL, NOTHING, NOT_SHOWN = "set_aside", "pool", "no_pair", "not_shown"
NOT_ASKED = frozenset(
    {SET_ASIDE, POOL, NOT_SHOWN, "back_matter", "budget", "chunk_blank", "chunk_too_long", "no_split"}
)
"""Reasons for which nobody asked about a chunk."""
MOST_DOCUMENTS = 5_000
"""Documents that are told one by one; of more, the totals tell."""
_HEADING = 120


@dataclass(frozen=True, slots=True)
class ChunkCoverage:
    """What became of one chunk."""

    id: str
    section: str
    """Its outermost heading; empty above the first."""
    split: Split | None
    """None for one that was set aside."""
    pairs: int
    """Samples about it that survived; one about two chunks counts for both."""
    why: str
    """Why there are none; empty where there are some."""

    @property
    def state(self) -> State:
        """How well it is covered."""
        if self.pairs:
            return "one" if self.pairs == 1 else "many"
        return "unasked" if self.why in NOT_ASKED else "vain"


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """What became of one document."""

    id: str
    title: str
    chunks: tuple[ChunkCoverage, ...]
    """In reading order."""

    @property
    def covered(self) -> int:
        """Chunks with at least one pair."""
        return sum(chunk.pairs > 0 for chunk in self.chunks)

    def sections(self) -> Iterator[tuple[str, tuple[ChunkCoverage, ...]]]:
        """Leave the runs of chunks under one top-level heading, in reading order."""
        for heading, own in groupby(self.chunks, key=lambda chunk: chunk.section):
            yield heading, tuple(own)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of all documents."""

    documents: tuple[DocumentCoverage, ...]
    """By title, then id; those without a chunk as well."""
    pairs: int
    """Samples about chunks, each once."""
    ready: int
    """Samples that came ready, about no chunk."""

    def to_dict(self) -> dict[str, JsonValue]:
        """Leave plain data for `coverage.json`: totals, then a row a document with a row a section.

        `chunks` of a section lists the pairs of each of its chunks in order; `why` counts the reasons of those with
        none. `share` is of the chunks that were asked about, and null where none was.
        """
        chunks = [chunk for document in self.documents for chunk in document.chunks]
        shown = self.documents[:MOST_DOCUMENTS]
        return {
            "totals": {
                "documents": len(self.documents),
                "documents_covered": sum(document.covered > 0 for document in self.documents),
                "sections": sum(1 for document in self.documents for _ in document.sections()),
                "sections_covered": sum(
                    any(chunk.pairs for chunk in own) for document in self.documents for _, own in document.sections()
                ),
                "pairs": self.pairs,
                "ready": self.ready,
                **_counts(chunks),
                "splits": {split or SET_ASIDE: _counts(own) for split, own in _by_split(chunks).items()},
            },
            "documents": [_row(document) for document in shown],
            "documents_not_listed": len(self.documents) - len(shown),
        }


def cover(
    documents: Iterable[Document],
    chunks: Iterable[Chunk],
    *,
    split_of: Mapping[str, Split | None],
    samples: Iterable[Sample],
    rejects: Iterable[Reject],
    titles: Mapping[str, str] | None = None,
    shown: Collection[str] | None = None,
) -> Coverage:
    """Take what was read, what was asked and what was left, leave how well each document is covered.

    Args:
        documents: those that were read.
        chunks: of these documents.
        split_of: chunk id → split; None, or no entry, for one that was set aside.
        samples: those that survived.
        rejects: of the split, of synthesis and of curation. A reject belongs to the chunks that its record asks about,
            or to the one whose id is its own.
        titles: document id → title, where a better one is known than the source's.
        shown: ids of the chunks that stood in some passage for a teacher; the others have no pair since they are
            `not_shown`: no figure, no related chunk. None: all of them.
    """
    own_chunks: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in sorted(chunks, key=lambda chunk: (chunk.index, chunk.id)):
        own_chunks[chunk.document_id].append(chunk)
    pairs, about_chunks, ready = Counter[str](), 0, 0
    for sample in samples:
        evidence = (one.chunk_id for one in sample.evidence)
        pairs.update(_about(evidence, sample.metadata.get("gold"), sample.chunk_ids))
        about_chunks, ready = about_chunks + bool(sample.chunk_ids), ready + (not sample.chunk_ids)
    reasons = _reasons(rejects)

    def describe(chunk: Chunk) -> ChunkCoverage:
        split, found = split_of.get(chunk.id), pairs[chunk.id]
        section = chunk.heading_path[0] if chunk.heading_path else ""
        unseen = shown is not None and chunk.id not in shown
        why = "" if found else _why(split, reasons.get(chunk.id), unseen=unseen)
        return ChunkCoverage(chunk.id, section, split, found, why)

    told = [
        DocumentCoverage(
            document.id,
            (titles or {}).get(document.id) or document.title or document.source_id,
            tuple(describe(chunk) for chunk in own_chunks[document.id]),
        )
        for document in documents
    ]
    return Coverage(tuple(sorted(told, key=lambda one: (one.title.casefold(), one.id))), about_chunks, ready)


def _about(evidence: Iterable[str], gold: JsonValue, chunk_ids: Iterable[str]) -> set[str]:
    """The chunks that a sample asks about: not those that only stand beside them in its prompt."""
    return set(evidence) or ({str(gold)} if gold else set(chunk_ids))


def _about_record(record: Mapping[str, JsonValue]) -> set[str]:
    """The chunks that a rejected record asks about; none where it is no sample."""
    evidence = [str(one["chunk_id"]) for one in record.get("evidence") or ()]
    return _about(evidence, (record.get("metadata") or {}).get("gold"), record.get("chunk_ids") or ())


def _reasons(rejects: Iterable[Reject]) -> dict[str, Counter[str]]:
    """Chunk id → how often each reason left something out that was about it."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for reject in rejects:
        for chunk_id in _about_record(reject.record or {}) or (reject.subject_id,):
            reasons[chunk_id][reject.reason] += 1
    return reasons


def _why(split: Split | None, reasons: Counter[str] | None, *, unseen: bool) -> str:
    """Why a chunk has no pair: its split, else the reason that was given most often, else that nobody was shown it."""
    if split is None:
        return SET_ASIDE
    if split == "pool":
        return POOL
    if not reasons:
        return NOT_SHOWN if unseen else NOTHING
    return min(reasons, key=lambda reason: (-reasons[reason], reason))


def _counts(chunks: Sequence[ChunkCoverage]) -> dict[str, JsonValue]:
    states = Counter(chunk.state for chunk in chunks)
    asked, covered = len(chunks) - states["unasked"], states["one"] + states["many"]
    why = Counter(chunk.why for chunk in chunks if chunk.why)
    return {
        "chunks": len(chunks),
        "asked": asked,
        "covered": covered,
        "share": round(covered / asked, 4) if asked else None,
        "why": dict(why.most_common()),
    }


def _by_split(chunks: Sequence[ChunkCoverage]) -> dict[Split | None, list[ChunkCoverage]]:
    by_split: dict[Split | None, list[ChunkCoverage]] = defaultdict(list)
    for chunk in chunks:
        by_split[chunk.split].append(chunk)
    return dict(sorted(by_split.items(), key=lambda item: item[0] or "~"))


def _row(document: DocumentCoverage) -> dict[str, JsonValue]:
    return {
        "id": document.id,
        "title": document.title,
        "splits": sorted({chunk.split or SET_ASIDE for chunk in document.chunks}),
        **_counts(document.chunks),
        "sections": [
            {
                "heading": heading[:_HEADING],
                "chunks": [chunk.pairs for chunk in own],
                "why": dict(Counter(chunk.why for chunk in own if chunk.why).most_common()),
            }
            for heading, own in document.sections()
        ],
    }
