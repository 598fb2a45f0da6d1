"""Splits before questions: which document, or which section, may teach, choose and examine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import get_args

from glossator.curation.assignment import (
    BOUNDARY,
    HOLDOUT,
    NEAR_TWO_SPLITS,
    Assignment,
    Unit,
    UnitReason,
    section_key,
    unit_key,
)
from glossator.curation.fractions import FEWEST_CLUSTERS, check_shares, split_by_fractions
from glossator.errors import CurationError
from glossator.records import Chunk, Document, Reject, Split
from glossator.text import near_duplicates
from glossator.text.forest import Forest

_ROOM = 3
"""Chunks of which at least one is left when the first and the last touch another split."""

MINIMUM_UNITS = 6
"""Fewer documents than this are split by section; fewer sections than this cannot be split at all."""


def assign_splits(
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    *,
    train: float,
    dev: float,
    test: float,
    pool: float,
    seed: int,
    previous: Assignment | None = None,
) -> tuple[Assignment, list[Reject]]:
    """Take documents and their chunks, leave the split of each document (or section) and what was set aside.

    The unit is the document. With fewer than six clusters of documents it is the top-level section, and chunks on
    either side of a boundary between two splits are left out. Where units of `previous` are present the unit stays
    theirs, so that nothing that was assigned ever moves; delete the saved splits to go from sections to documents.

    Args:
        documents: what was collected; one without chunks is set aside as `no_text`.
        chunks: of these documents; their texts are what near-duplicates are found by.
        train: share of the clusters, as `dev`, `test` and `pool`; the four sum to 1.
        dev: share that chooses.
        test: share that examines.
        pool: share kept for later rounds.
        seed: decides the order in which clusters fill the quotas.
        previous: the assignment of an earlier run of the same recipe.

    Raises:
        CurationError: the shares do not sum to 1, a chunk belongs to no document, there are too few sections, or
            train, dev or test would be left without a chunk.
    """
    shares: dict[Split, float] = {"train": train, "dev": dev, "test": test, "pool": pool}
    check_shares(shares)
    by_document = _chunks_by_document(documents, chunks)
    texts = {document_id: _joined(own) for document_id, own in by_document.items() if own}
    clusters = near_duplicates.cluster(texts)
    fitting: Unit = "document" if len(set(clusters.values())) >= MINIMUM_UNITS else "section"
    assigned = previous.split_of if previous else {}
    present = _present_unit(previous, chunks) if previous else None
    if (present or fitting) == "document":
        again = partial(_cluster_some, texts)
        split = split_by_fractions(clusters, shares, seed=seed, assigned=assigned, cluster_again=again)
    else:
        split = _split_sections(by_document, shares, seed=seed, assigned=assigned, anew=present is None)
    set_aside = (*split.set_aside, *_without_text(documents, texts))
    assignment = replace(split, set_aside=set_aside, unit_reason=_say_why(split.unit, fitting))
    _refuse_bare_splits(assignment, by_document, shares, anew=present is None)
    return assignment, list(assignment.set_aside)


def _present_unit(previous: Assignment, chunks: Sequence[Chunk]) -> Unit | None:
    """Find the unit that the chunks were assigned by, the latest first; None when none of them was."""
    units: tuple[Unit, ...] = get_args(Unit)
    for unit in sorted(units, key=lambda unit: unit != previous.unit):
        if any(unit_key(chunk, unit) in previous.split_of for chunk in chunks):
            return unit
    return None


def _say_why(unit: Unit, fitting: Unit) -> UnitReason:
    if unit != fitting:
        return "kept"
    return "enough_documents" if unit == "document" else "few_documents"


def _without_text(documents: Sequence[Document], texts: Mapping[str, str]) -> list[Reject]:
    return [
        Reject(document.id, "split", "no_text", f"{document.source_id}: no chunk, so nothing to ask about")
        for document in sorted(documents, key=lambda document: document.id)
        if document.id not in texts
    ]


def _split_sections(
    by_document: Mapping[str, Sequence[Chunk]],
    shares: Mapping[Split, float],
    *,
    seed: int,
    assigned: Mapping[str, Split],
    anew: bool,
) -> Assignment:
    """Split by section; `anew` when none of the sections that are present was assigned before."""
    sections: dict[str, list[Chunk]] = defaultdict(list)
    for own in by_document.values():
        for chunk in own:
            sections[section_key(chunk)].append(chunk)
    texts = {key: _joined(own) for key, own in sections.items()}
    clusters = near_duplicates.cluster(texts)
    tied = _tie_short_neighbours(by_document, clusters, assigned)
    distinct = len(set(clusters.values()))
    # With fewer runs than the minimum of all splits, sections stand alone, though some may lose all their chunks.
    if not anew or len(set(tied.values())) >= FEWEST_CLUSTERS:
        clusters = tied
    if anew and distinct < MINIMUM_UNITS:
        raise CurationError(
            f"{len(by_document)} document{'s' * (len(by_document) != 1)} with {distinct} different top-level sections "
            f"cannot be split into train, dev and test; give at least {MINIMUM_UNITS} documents that are not copies "
            f"of each other, or a longer one with at least {MINIMUM_UNITS} top-level sections"
        )
    again = partial(_cluster_some, texts)
    split = split_by_fractions(clusters, shares, seed=seed, assigned=assigned, cluster_again=again, unit="section")
    return replace(split, set_aside=(*split.set_aside, *_boundary_chunks(by_document, split)))


def _cluster_some(texts: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return near_duplicates.cluster({key: texts[key] for key in keys})


def _tie_short_neighbours(
    by_document: Mapping[str, Sequence[Chunk]], clusters: Mapping[str, str], assigned: Mapping[str, Split]
) -> dict[str, str]:
    """Join the clusters of neighbouring sections until each run has three chunks.

    Two of a run's chunks can touch another split; a section of one or two chunks would be lost whole. Documents that
    were assigned earlier keep the clusters they had.
    """
    forest: Forest[str] = Forest()
    for own in by_document.values():
        lengths = Counter(section_key(chunk) for chunk in own)
        if not assigned.keys().isdisjoint(lengths):
            continue
        run_start, run_length, previous_start = "", 0, ""
        for key, length in lengths.items():
            if run_length >= _ROOM:
                previous_start, run_start, run_length = run_start, "", 0
            run_start = run_start or key
            run_length += length
            forest.join(clusters[run_start], clusters[key])
        if previous_start and run_length < _ROOM:
            forest.join(clusters[previous_start], clusters[run_start])
    return {key: forest.root(own) for key, own in clusters.items()}


def _boundary_chunks(by_document: Mapping[str, Sequence[Chunk]], assignment: Assignment) -> list[Reject]:
    """Find the chunks that directly precede or follow a chunk of another split.

    A passage that runs on across a heading, or a chunk that repeats the end of the one before, would carry text of
    the held-out side into train; so both sides give way.
    """
    found: dict[str, Reject] = {}
    for own in by_document.values():
        for left, right in pairwise(own):
            one, other = assignment.split_of_chunk(left), assignment.split_of_chunk(right)
            if one is None or other is None or one == other:
                continue
            for chunk in (left, right):
                detail = f"between {one} ({section_key(left)}) and {other} ({section_key(right)})"
                found.setdefault(chunk.id, Reject(chunk.id, "split", BOUNDARY, detail))
    return list(found.values())


def _refuse_bare_splits(
    assignment: Assignment, by_document: Mapping[str, Sequence[Chunk]], shares: Mapping[Split, float], *, anew: bool
) -> None:
    splits = Counter(assignment.split_of_chunk(chunk) for own in by_document.values() for chunk in own)
    bare = [split for split in ("train", *HOLDOUT) if shares[split] > 0 and not splits[split]]
    if not bare:
        return
    units, reasons = f"{assignment.unit}s", Counter(reject.reason for reject in assignment.set_aside)
    causes, remedies = [], []
    if reasons[BOUNDARY]:
        causes.append(
            f"sections are so short that {reasons[BOUNDARY]} of {splits.total()} chunks touch a section of another "
            "split"
        )
        remedies.append("cut smaller chunks")
    if reasons[NEAR_TWO_SPLITS]:
        causes.append(f"{reasons[NEAR_TWO_SPLITS]} {units} are near-duplicates of {units} of another split")
    if not anew:
        causes.append(f"{units} that earlier runs assigned keep their split, and too few others came")
        remedies.append("delete splits.json to split anew (scores are then not comparable with earlier runs)")
    raise CurationError(
        f"no chunk is left for {' and '.join(bare)}: {'; '.join(causes)}; give at least {MINIMUM_UNITS} documents"
        f"{' that are new' * (not anew)}, or longer ones, or {', or '.join(remedies)}"
    )


def _chunks_by_document(documents: Sequence[Document], chunks: Sequence[Chunk]) -> dict[str, list[Chunk]]:
    by_document: dict[str, list[Chunk]] = {document_id: [] for document_id in sorted(d.id for d in documents)}
    for chunk in sorted(chunks, key=lambda chunk: (chunk.index, chunk.id)):
        if chunk.document_id not in by_document:
            raise CurationError(
                f"chunk {chunk.id} belongs to document {chunk.document_id}, which is not among the documents; "
                "give documents and chunks of the same run"
            )
        by_document[chunk.document_id].append(chunk)
    return by_document


def _joined(chunks: Iterable[Chunk]) -> str:
    return "\n".join(chunk.text for chunk in chunks)
