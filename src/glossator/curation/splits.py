"""Splits before questions: which document, section or ready pair may teach, choose and examine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from glossator.curation.assignment import (
    BOUNDARY,
    NEAR_TWO_SPLITS,
    Assignment,
    DocumentUnit,
    UnitReason,
    unit_key,
)
from glossator.curation.fractions import Fractions, split_by_fractions
from glossator.curation.pairs import cluster_pairs, cluster_some_pairs, traits_of
from glossator.curation.per_group import FEWEST_CLUSTERS, PerGroup, Traits, split_per_group
from glossator.curation.sections import MINIMUM_UNITS, cluster_some, join_chunks, split_sections
from glossator.errors import CurationError
from glossator.records import Chunk, Document, Reject, Sample
from glossator.text import near_duplicates

SplitRule = Fractions | PerGroup
"""The ways to split; each is the `kind` of a recipe's `curation.splits`, `fractions` or `per_group`."""

_Chunks = Mapping[str, Sequence[Chunk]]
_REMEDY_ANEW = "delete splits.json to split anew (scores are then not comparable with earlier runs)"


def assign_splits(
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    *,
    samples: Sequence[Sample] = (),
    rule: SplitRule,
    seed: int,
    previous: Assignment | None = None,
) -> tuple[Assignment, list[Reject]]:
    """Take documents, their chunks and ready samples, leave the split of each unit and what was set aside.

    The unit is the document. With fractions and fewer than six clusters of documents it is the top-level section,
    and chunks on either side of a boundary between two splits are left out. Where units of `previous` are present
    the unit stays theirs, so that nothing that was assigned ever moves; delete the saved splits to go from sections
    to documents. Ready samples are units of their own beside the documents, with quotas of their own, and the only
    ones (`pair`) where there are no chunks. A document is not compared with a ready sample.

    Args:
        documents: what was collected; one without chunks or ready samples is set aside as `no_text`.
        chunks: of these documents; their texts are what near-duplicates are found by.
        samples: ready ones; those of equal id count once.
        rule: how much each split gets.
        seed: decides which clusters go where.
        previous: the assignment of an earlier run of the same recipe.

    Raises:
        CurationError: a chunk belongs to no document, there are too few sections or pairs, or train, dev or test
            would be left without a chunk or pair.
    """
    by_document, ready = _chunks_by_document(documents, chunks), {sample.id: sample for sample in samples}
    sides: list[Assignment] = []
    if chunks or not ready:
        sides.append(_split_documents(documents, by_document, rule, seed=seed, previous=previous))
    if ready:
        sides.append(_split_pairs(ready, rule, seed=seed, previous=previous, alone=not chunks))
    set_aside = [reject for side in sides for reject in side.set_aside]
    assignment = replace(
        sides[0],
        split_of=dict(sorted({key: split for side in sides for key, split in side.split_of.items()}.items())),
        cluster_of=dict(sorted({key: own for side in sides for key, own in side.cluster_of.items()}.items())),
        set_aside=(*set_aside, *_without_text(documents, by_document, samples)),
    )
    old = previous.split_of if previous else {}
    _refuse_bare_splits(assignment, by_document, ready, rule, anew=old.keys().isdisjoint(assignment.cluster_of))
    return assignment, list(assignment.set_aside)


def _split_documents(
    documents: Sequence[Document], by_document: _Chunks, rule: SplitRule, *, seed: int, previous: Assignment | None
) -> Assignment:
    texts = {document_id: join_chunks(own) for document_id, own in by_document.items() if own}
    clusters, again = near_duplicates.cluster(texts), partial(cluster_some, texts)
    assigned = previous.split_of if previous else {}
    present = _present_unit(previous, by_document) if previous else None
    if isinstance(rule, PerGroup):
        if present == "section":
            raise CurationError(
                "sections of these documents were split by an earlier run, and per_group splits whole documents; "
                f"keep kind: fractions, or {_REMEDY_ANEW}"
            )
        traits = {one.id: Traits(one.group or "", len(texts[one.id])) for one in documents if one.id in texts}
        return split_per_group(
            clusters, traits, rule, seed=seed, assigned=assigned, cluster_again=again, unit="document"
        )
    fitting: DocumentUnit = "document" if len(set(clusters.values())) >= MINIMUM_UNITS else "section"
    if (present or fitting) == "document":
        split = split_by_fractions(clusters, rule.shares, seed=seed, assigned=assigned, cluster_again=again)
    else:
        split = split_sections(by_document, rule.shares, seed=seed, assigned=assigned, anew=present is None)
    return replace(split, unit_reason=_say_why(present or fitting, fitting))


def _split_pairs(
    ready: Mapping[str, Sample], rule: SplitRule, *, seed: int, previous: Assignment | None, alone: bool
) -> Assignment:
    clusters, assigned = cluster_pairs(ready.values()), previous.split_of if previous else {}
    again, distinct = partial(cluster_some_pairs, ready), len(set(clusters.values()))
    if alone and distinct < MINIMUM_UNITS and assigned.keys().isdisjoint(ready):
        raise CurationError(
            f"{len(ready)} ready question{'s' * (len(ready) != 1)} with {distinct} different answers cannot be split "
            f"into train, dev and test; give at least {MINIMUM_UNITS} that are not copies of each other"
        )
    if isinstance(rule, PerGroup):
        traits = {key: traits_of(sample) for key, sample in ready.items()}
        split = split_per_group(clusters, traits, rule, seed=seed, assigned=assigned, cluster_again=again)
    else:
        split = split_by_fractions(
            clusters, rule.shares, seed=seed, assigned=assigned, cluster_again=again, unit="pair"
        )
    return replace(split, unit_reason="only_pairs")


def _present_unit(previous: Assignment, by_document: _Chunks) -> DocumentUnit | None:
    """Find the unit that the chunks were assigned by, the latest first; None when none of them was."""
    units: tuple[DocumentUnit, ...] = ("document", "section")
    for unit in sorted(units, key=lambda unit: unit != previous.unit):
        if any(unit_key(chunk, unit) in previous.split_of for own in by_document.values() for chunk in own):
            return unit
    return None


def _say_why(unit: DocumentUnit, fitting: DocumentUnit) -> UnitReason:
    if unit != fitting:
        return "kept"
    return "enough_documents" if unit == "document" else "few_documents"


def _without_text(documents: Sequence[Document], by_document: _Chunks, samples: Sequence[Sample]) -> list[Reject]:
    """Reject the documents there is nothing of; a file of ready samples has those instead of chunks."""
    asked = {document_id for sample in samples for document_id in sample.document_ids}
    return [
        Reject(document.id, "split", "no_text", f"{document.source_id}: no chunk, so nothing to ask about")
        for document in sorted(documents, key=lambda document: document.id)
        if not by_document[document.id] and document.id not in asked
    ]


def _refuse_bare_splits(
    assignment: Assignment, by_document: _Chunks, ready: Mapping[str, Sample], rule: SplitRule, *, anew: bool
) -> None:
    splits = Counter(assignment.split_of_chunk(chunk) for own in by_document.values() for chunk in own)
    splits.update(assignment.split_of_sample(sample) for sample in ready.values())
    bare = [split for split in rule.never_bare if not splits[split]]
    if not bare:
        return
    units, reasons = f"{assignment.unit}s", Counter(reject.reason for reject in assignment.set_aside)
    causes, remedies = [], []
    if isinstance(rule, PerGroup):
        causes.append(f"a group needs at least {FEWEST_CLUSTERS} different {units} to be examined")
        remedies.append("join groups, or split by kind: fractions")
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
        remedies.append(_REMEDY_ANEW)
    noun, wanted = ("question", "ready questions") if assignment.unit == "pair" else ("chunk", "documents")
    raise CurationError(
        f"no {noun} is left for {' and '.join(bare)}: {'; '.join(causes)}; "
        f"give at least {MINIMUM_UNITS} {wanted}{' that are new' * (not anew)}"
        f"{', or longer ones' * (wanted == 'documents')}, or {', or '.join(remedies)}"
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
