"""Stage 3: chunks to splits, splits to samples, samples to a training set that can be trusted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glossator.artifacts import read_records, write_json, write_records
from glossator.errors import EndpointError, YieldError
from glossator.lineage import links_of
from glossator.pipeline.context import Context
from glossator.pipeline.documents import (
    is_prose,
    read_chunks,
    read_documents,
    read_ready_samples,
    reasons_text,
    titles_of,
)
from glossator.pipeline.settings import split_key, split_rule, student_path, task_of
from glossator.pipeline.splits_file import ASSIGNMENT, read_assignment, write_assignment
from glossator.pipeline.teaching import journal_path, open_teacher_of
from glossator.recipe import ChatTeacherSection
from glossator.records import Chunk, Document, Reject, Sample

if TYPE_CHECKING:
    from glossator.curation import Assignment

TEMPORARY = ("timeout", "rate_limited", "server_error", "cut_connection", "unreachable", "no_completion")
"""Why a call may have failed that would succeed another time."""
MOST_UNANSWERED = 0.05
SHOWN_CHARACTERS = 120
SPLIT_NAMES = ("train", "dev", "test", "test_seen", "pool")


def split(context: Context) -> dict[str, int]:
    """Give each document, section or ready pair to one split before any question about it exists."""
    from glossator.curation import Assignment, assign_splits

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


def _assignment_counts(assignment: Assignment, chunks: Sequence[Chunk], ready: Sequence[Sample]) -> dict[str, int]:
    """How many units that are present went where; the assignment itself may remember absent ones too."""
    from glossator.curation import unit_key

    if assignment.unit == "pair":
        splits = [assignment.split_of_sample(sample) for sample in ready]
    else:
        splits = [assignment.split_of_unit(key) for key in {unit_key(chunk, assignment.unit) for chunk in chunks}]
    counts = {name: splits.count(name) for name in ("train", "dev", "test", "pool")}
    return {f"{assignment.unit}s_{name}": count for name, count in counts.items() if count}


def synthesize(context: Context) -> dict[str, int]:
    """Let the teacher write about every chunk of every split but the pool."""
    from glossator.synthesis import synthesize

    section = context.recipe.synthesis
    assert section is not None
    assignment = read_splits(context)
    chunks = read_chunks(context)
    groups = {document.id: document.group for document in read_documents(context)}
    titles = titles_of(context)
    samples: list[Sample] = []
    rejects: list[Reject] = []
    context.progress.expect(len(chunks) * len(section.tasks), "chunks")
    with open_teacher_of(context.road) as opened:
        for row in section.tasks:
            for made in synthesize(
                chunks,
                teacher=opened.teacher,
                task=task_of(context.road, row.prompt),
                split_of=assignment.split_of_chunk,
                groups=dict.fromkeys(groups, row.group) if row.group else groups,
                titles=titles,
                seed=context.recipe.seed,
                on_progress=context.progress.advance,
            ):
                if isinstance(made, Reject):
                    rejects.append(made)
                else:
                    samples.append(made)
        usage = dict(opened.usage())
    if not samples:
        raise YieldError(
            f"{len(chunks)} chunks gave no question ({reasons_text(rejects)}); {_remedy(context, rejects)}"
        )
    _refuse_unanswered(rejects, len(chunks) * len(section.tasks))
    write_records(context.output("samples.jsonl"), samples)
    write_records(context.output("rejects.jsonl"), rejects)
    return {"samples": len(samples), "rejected": len(rejects), **usage}


def _remedy(context: Context, rejects: Sequence[Reject]) -> str:
    """What to do where nothing came of all the chunks: with a chat teacher it is its replies that were no good."""
    section = context.recipe.synthesis
    if section is None or not isinstance(section.teacher, ChatTeacherSection):
        return "give more or longer documents"
    said = next((f"such as: {reject.detail[:SHOWN_CHARACTERS]}; " for reject in rejects if reject.detail), "")
    kept = f"its replies are kept in {journal_path(context.road)}: another seed (--set seed=N) asks anew"
    return f"{said}choose another teacher.model, or mend its prompt; {kept}"


def _refuse_unanswered(rejects: Sequence[Reject], asked: int) -> None:
    """Leave the stage unfinished where a busy or broken server left many passages without a reply.

    A few are let be: one passage that is always too slow must not hold up the rest for good.
    """
    unanswered = [reject for reject in rejects if reject.reason in TEMPORARY]
    if len(unanswered) > MOST_UNANSWERED * asked:
        raise EndpointError(
            f"{len(unanswered)} of {asked} passages have no reply ({reasons_text(unanswered)});"
            " run again later: what was answered is kept and not asked again"
        )


def curate(context: Context) -> dict[str, int]:
    """Filter, hold out `test_seen`, and write each split with its lineage."""
    from glossator.curation import check_yield, curate, dataset_stats
    from glossator.llm.chat_format import ChatFormat, load_tokenizer

    section = context.recipe.curation
    samples = [*_written_samples(context), *_assigned_samples(context)]
    chunks = {chunk.id: chunk for chunk in read_chunks(context)}
    chat_format = ChatFormat(load_tokenizer(student_path(context.road)))
    context.progress.expect(len(samples), "samples")

    def count_tokens(rows: Sequence[Sample]) -> list[int]:
        return [len(chat_format.training_example(row.messages).input_ids) for row in rows]

    curated = curate(
        samples,
        chunks,
        checks=checks_by_task(context),
        max_tokens=section.max_tokens,
        count_tokens=count_tokens,
        test_seen_share=section.test_seen,
        seed=context.recipe.seed,
    )
    context.progress.advance(len(samples))
    counts: dict[str, int] = {}
    for name in SPLIT_NAMES:
        members = [sample for sample in curated.samples if sample.split == name]
        counts[name] = write_records(context.output(f"{name}.jsonl"), members)
    write_records(context.output("rejects.jsonl"), curated.rejects)
    write_json(context.output("ledger.json"), curated.ledger.to_dict())
    write_json(context.output("dataset_stats.json"), dataset_stats(curated.samples))
    used = {chunk_id for sample in curated.samples for chunk_id in sample.chunk_ids}
    links = links_of(curated.samples, [chunk for chunk in chunks.values() if chunk.id in used], read_documents(context))
    write_records(context.output("lineage.jsonl"), links)
    check_yield(counts, len(samples), ledger=curated.ledger)
    return {
        **{name: count for name, count in counts.items() if count or name != "pool"},
        "rejected": len(curated.rejects),
    }


def _written_samples(context: Context) -> list[Sample]:
    """What the teacher wrote; nothing where there is none."""
    if "synthesize" not in context.inputs:
        return []
    return list(read_records(context.input("synthesize", "samples.jsonl"), Sample))


def _assigned_samples(context: Context) -> list[Sample]:
    """The ready questions with the split that they were given; those without one were set aside by stage 3a."""
    assignment = read_splits(context)
    assigned = [(sample, assignment.split_of_sample(sample)) for sample in read_ready_samples(context)]
    return [dataclasses.replace(sample, split=split) for sample, split in assigned if split is not None]


def checks_by_task(context: Context) -> dict[str, tuple[str, ...]]:
    """The checks that each task asks for, by the task's name."""
    section = context.recipe.synthesis
    tasks = [task_of(context.road, row.prompt) for row in section.tasks] if section else []
    return {task.name: tuple(task.checks) for task in tasks}


def read_splits(context: Context) -> Assignment:
    """The assignment that stage 3a left."""
    from glossator.curation import Assignment

    return Assignment.from_dict(json.loads(context.input("split", ASSIGNMENT).read_text("utf-8")))


def read_samples(context: Context, *splits: str) -> list[Sample]:
    """The curated samples of some splits, in the order named."""
    return [sample for name in splits for sample in read_records(context.input("curate", f"{name}.jsonl"), Sample)]
