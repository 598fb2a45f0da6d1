"""Stage 3a, chunks and ready questions to splits; and reading what stage 3 left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from glossator.artifacts import read_records, write_json, write_records
from glossator.pipeline.context import Context
from glossator.pipeline.documents import is_prose, read_chunks, read_documents, read_ready_samples
from glossator.pipeline.settings import split_key, split_rule
from glossator.pipeline.splits_file import ASSIGNMENT, read_assignment, write_assignment
from glossator.records import Chunk, Document, Sample

if TYPE_CHECKING:
    from glossator.curation import Assignment

SPLIT_NAMES = ("train", "dev", "test", "test_seen", "pool")


def split(context: Context) -> dict[str, int]:
    """Give each document, section or ready pair to one split before any question about it exists."""
    from glossator.curation import Assignment, assign_splits
    from glossator.curation.holdout import check_holdout

    kept = read_assignment(context.road.splits_file)
    documents, chunks, ready = _to_be_split(context)
    if documents and ready:
        context.progress.say(
            "ready questions are not compared with documents: made from these, test answers may stand in train"
        )
    assignment, rejects = assign_splits(
        documents,
        chunks,
        samples=ready,
        rule=split_rule(context.recipe),
        seed=context.recipe.seed,
        previous=Assignment.from_dict(kept) if kept is not None else None,
    )
    if kept is not None:
        check_holdout(Assignment.from_dict(kept), assignment, _present(assignment, chunks, ready))
    inputs = {name: artifact.manifest.fingerprint for name, artifact in context.inputs.items()}
    key = split_key(context.road, inputs)
    # Before the artifact is sealed: killed in between, the next run adds to what is kept and comes to the same.
    write_assignment(context.road.splits_file, key, assignment.to_dict())
    write_json(context.output(ASSIGNMENT), assignment.to_dict())
    if kept is not None:
        units = "questions" if assignment.unit == "pair" else "documents"
        context.progress.say(f"{units} keep the split they had (splits.json); delete that file to draw anew")
    write_records(context.output("rejects.jsonl"), rejects)
    if assignment.unit == "section":
        began = "this recipe began with" if assignment.unit_reason == "kept" else "there are"
        context.progress.say(f"{began} too few documents to hold whole ones out: unseen means unseen sections")
    return {**_assignment_counts(assignment, chunks, ready), "rejected": len(rejects)}


def _to_be_split(context: Context) -> tuple[list[Document], list[Chunk], list[Sample]]:
    """What questions are, or will be, about; documents that are only there to be found are not split."""
    ready = read_ready_samples(context)
    if context.recipe.synthesis is None:
        return [], [], ready
    return [document for document in read_documents(context) if is_prose(document)], read_chunks(context), ready


def _present(assignment: Assignment, chunks: Sequence[Chunk], ready: Sequence[Sample]) -> set[str]:
    """The keys of the units that there is something of; the assignment itself may remember others too."""
    from glossator.curation import unit_key

    units = {unit_key(chunk, assignment.unit) for chunk in chunks} if assignment.unit != "pair" else set()
    return units | {sample.id for sample in ready}


def _assignment_counts(assignment: Assignment, chunks: Sequence[Chunk], ready: Sequence[Sample]) -> dict[str, int]:
    """How many units that are present went where."""
    pairs = {sample.id for sample in ready}
    by_unit = {assignment.unit: _present(assignment, chunks, []), "pair": pairs}
    told: dict[str, int] = {}
    for unit, keys in by_unit.items():
        splits = [assignment.split_of_unit(key) for key in keys]
        counts = {name: splits.count(name) for name in ("train", "dev", "test", "pool")}
        told |= {f"{unit}s_{name}": count for name, count in counts.items() if count}
    return told


def read_splits(context: Context) -> Assignment:
    """The assignment that stage 3a left."""
    from glossator.curation import Assignment

    return Assignment.from_dict(json.loads(context.input("split", ASSIGNMENT).read_text("utf-8")))


def read_samples(context: Context, *splits: str) -> list[Sample]:
    """The curated samples of some splits, in the order named."""
    return [sample for name in splits for sample in read_records(context.input("curate", f"{name}.jsonl"), Sample)]


def cluster_of_samples(
    samples: Sequence[Sample], chunks: Mapping[str, Chunk], assignment: Assignment
) -> dict[str, str]:
    """The unit each sample is resampled with: its cluster of near-duplicate documents, sections or ready pairs."""
    from glossator.curation import unit_key

    clusters = {}
    for sample in samples:
        about = _chunk_of(sample)
        key = unit_key(chunks[about], assignment.unit) if about else original_id(sample)
        clusters[sample.id] = assignment.cluster_of.get(key, key)
    return clusters


def _chunk_of(sample: Sample) -> str | None:
    """The chunk that a sample is about: not one that only stands beside it in the prompt."""
    gold = sample.metadata.get("gold") or next((span.chunk_id for span in sample.evidence), None)
    return str(gold) if gold else next(iter(sample.chunk_ids), None)


def original_id(sample: Sample) -> str:
    """The id that a sample came with, before a person edited it or it was trimmed to fit."""
    return str(sample.metadata.get("edited_from") or sample.metadata.get("trimmed_from") or sample.id)
