"""Stage 3c: what was written and what came ready, to a training set that can be trusted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glossator.artifacts import read_records, write_json, write_records, write_text
from glossator.errors import CurationError, YieldError
from glossator.lineage import links_of
from glossator.pipeline.context import Context, Road
from glossator.pipeline.documents import is_prose, read_chunks, read_documents, read_ready_samples, titles_of
from glossator.pipeline.samples import SPLIT_NAMES, cluster_of_samples, read_splits
from glossator.pipeline.settings import curation_embedder, student_path, task_of
from glossator.pipeline.teaching import open_chat_model
from glossator.recipe import ChatJudgeSection
from glossator.records import Chunk, JsonValue, Reject, Sample

if TYPE_CHECKING:
    from glossator.curation import Curated
    from glossator.curation.judging import Judge, Judged, JudgedAs
    from glossator.curation.reviews import Reviewed
    from glossator.curation.round_trip import RoundTrip
    from glossator.retrieval import Embedder
    from glossator.synthesis import Task


def curate(context: Context) -> dict[str, int]:
    """Filter, judge, hold out `test_seen`, take out what leaks, and write each split with its lineage."""
    from glossator.curation import check_yield

    written, rejects = _written(context)
    reviewed = _review(context, [*written, *_assigned_samples(context)], rejects)
    chunks = {chunk.id: chunk for chunk in read_chunks(context)}
    context.progress.expect(len(reviewed.samples), "samples")
    with _open_embedder(context) as embedder, _open_judge(context, chunks, embedder) as judge:
        trip = _round_trip(context)
        try:
            curated = _curate(context, reviewed, rejects, chunks, embedder=embedder, judge=judge, trip=trip)
        except CurationError:
            if judge is not None and judge.report:  # a judge that failed its test is looked at all the same
                write_json(context.output("judge.json"), judge.report)
                context.progress.say(f"what the judge said of the planted pairs: {context.output('judge.json')}")
            raise
    context.progress.advance(len(reviewed.samples))
    if judge is not None:
        write_json(context.output("judge.json"), judge.report)
    if trip is not None:
        write_json(context.output("round_trip.json"), trip.report)
    counts = _leave(context, curated, reviewed, chunks, rejects)
    try:
        check_yield(counts, len(reviewed.samples), ledger=curated.ledger)
    except YieldError as error:
        raise YieldError(f"{error}; every reject is told in {context.output('rejects.jsonl')}") from error
    return {
        **{name: count for name, count in counts.items() if count or name != "pool"},
        "rejected": len(curated.rejects) + len(reviewed.rejects),
    }


def _written(context: Context) -> tuple[list[Sample], list[Reject]]:
    """What the teacher wrote, and what it wrote in vain; nothing where there is none."""
    if "synthesize" not in context.inputs:
        return [], []
    samples = list(read_records(context.input("synthesize", "samples.jsonl"), Sample))
    return samples, list(read_records(context.input("synthesize", "rejects.jsonl"), Reject))


def _assigned_samples(context: Context) -> list[Sample]:
    """The ready questions with the split that they were given; those without one were set aside by stage 3a."""
    assignment = read_splits(context)
    assigned = [(sample, assignment.split_of_sample(sample)) for sample in read_ready_samples(context)]
    return [dataclasses.replace(sample, split=split) for sample, split in assigned if split is not None]


def _review(context: Context, samples: Sequence[Sample], rejects: Iterable[Reject]) -> Reviewed:
    from glossator.curation.reviews import apply_reviews, read_decisions

    reviewed = apply_reviews(samples, rejects, read_decisions(context.road.reviews_file))
    done = {action: count for action, count in reviewed.counts.items() if count}
    if done:
        told = ", ".join(f"{action} {count}" for action, count in done.items())
        context.progress.say(f"decisions of reviews.jsonl were done again: {told}")
    return reviewed


def _curate(
    context: Context,
    reviewed: Reviewed,
    rejects: Sequence[Reject],
    chunks: Mapping[str, Chunk],
    *,
    embedder: Embedder | None,
    judge: Judged | None,
    trip: RoundTrip | None,
) -> Curated:
    from glossator.curation import curate
    from glossator.curation.filters import FittingLength
    from glossator.llm.chat_format import ChatFormat, load_tokenizer

    section, asked = context.recipe.curation, _asked_about(context)
    chat_format = ChatFormat(load_tokenizer(student_path(context.road)))
    rejecting = trip is not None and section.round_trip is not None and section.round_trip.on_miss == "reject"
    marking = trip if trip is not None and not rejecting else None
    return curate(
        reviewed.samples,
        chunks,
        checks={task.name: tuple(task.checks) for task in _tasks(context.road)},
        max_tokens=section.max_tokens,
        count_tokens=lambda rows: chat_format.count([row.messages for row in rows]),
        test_seen_share=section.test_seen,
        seed=context.recipe.seed,
        fit=section.fit,
        lengths=FittingLength(section.max_question_words, section.max_answer_words),
        languages=section.languages,
        embed=embedder.embed if embedder else None,
        judge=judge,
        further=[trip] if trip is not None and rejecting else [],
        round_trip=(lambda rows: marking(rows)[0]) if marking is not None else None,
        decontaminate=_decontaminate(context, chunks, embedder),
        admitted=reviewed.admitted,
        written_rejects=rejects,
        admitted_rejects=reviewed.taken,
        dropped=reviewed.rejects,
        passages_asked=sum(asked["passages"].values()),
        passages_of_several=asked["groups"],
    )


def _asked_about(context: Context) -> dict[str, JsonValue]:
    """What stage 3b was to ask about; nothing where all samples came ready."""
    if "synthesize" not in context.inputs:
        return {"passages": {}, "groups": {}, "chunks": []}
    return dict(json.loads(context.input("synthesize", "asked.json").read_text("utf-8")))


def _decontaminate(
    context: Context, chunks: Mapping[str, Chunk], embedder: Embedder | None
) -> Callable[[Sequence[Sample]], tuple[list[Sample], list[Reject], Mapping[str, JsonValue]]]:
    from glossator.curation.decontamination import decontaminate, read_benchmark

    section = context.recipe.curation.decontamination
    benchmarks = [read_benchmark(context.road.resolve(name)) for name in section.benchmarks]
    assignment = read_splits(context)

    def clean(samples: Sequence[Sample]) -> tuple[list[Sample], list[Reject], Mapping[str, JsonValue]]:
        cleaned = decontaminate(
            samples,
            cluster_of=cluster_of_samples(samples, chunks, assignment),
            benchmarks=benchmarks,
            threshold=section.threshold,
            cosine=section.cosine,
            embed=embedder.embed if embedder else None,
        )
        return list(cleaned.samples), list(cleaned.rejects), cleaned.report

    return clean


@contextmanager
def _open_embedder(context: Context) -> Iterator[Embedder | None]:
    from glossator.retrieval import open_embedder

    name = curation_embedder(context.road)
    yield open_embedder(name) if name is not None else None


@contextmanager
def _open_judge(context: Context, chunks: Mapping[str, Chunk], embedder: Embedder | None) -> Iterator[Judged | None]:
    """The filter that has the recipe's judge look at each pair; None where it names none."""
    from glossator.curation.judging import open_judge

    section = context.recipe.curation.judge
    if section is None:
        yield None
    elif isinstance(section, ChatJudgeSection):
        with open_chat_model(context.road, section) as model:
            judge = open_judge(
                "chat", model=model, temperature=section.temperature, max_new_tokens=section.max_new_tokens
            )
            yield judged_by(context.road, judge, chunks)
    else:
        yield judged_by(context.road, open_judge("lexical", embedder=embedder), chunks)


def judged_by(road: Road, judge: Judge, chunks: Mapping[str, Chunk], *, tested: bool = True) -> Judged:
    """The filter that has a judge look at a recipe's samples.

    Args:
        road: the recipe and its folder.
        judge: who looks.
        chunks: by id; planted pairs are made of them.
        tested: whether the run stops if the judge is wrong about too many planted pairs.
    """
    from glossator.curation.judging import Judged
    from glossator.llm.answer_styles import load_answer_style
    from glossator.sources.qa_files import TASK

    section = road.recipe.curation.judge
    assert section is not None
    tasks = _tasks(road)
    return Judged(
        judge,
        chunks,
        tasks={TASK: "pair", **{task.name: judged_as(task) for task in tasks}},
        styles={task.name: load_answer_style(task.answer_style).text for task in tasks if task.answer_style},
        planted=section.planted,
        minimum_accuracy=section.minimum_accuracy if tested else 0.0,
        seed=road.recipe.seed,
    )


def judged_as(task: Task) -> JudgedAs:
    """What a judge is to make of a task's samples."""
    if task.question is not None:
        return "persona"
    return "unanswerable" if task.answer is not None else "pair"


def _round_trip(context: Context) -> RoundTrip | None:
    from glossator.curation.round_trip import RoundTrip
    from glossator.retrieval import open_index

    section, retrieval = context.recipe.curation.round_trip, context.recipe.retrieval
    if section is None or retrieval is None:
        return None
    index = open_index(context.inputs["index"].path / "index")
    # Their reader has no passage at hand.
    alone = [task.name for task in _tasks(context.road) if task.context != "chunk"]
    return RoundTrip(index.search, k=section.k, on_miss=section.on_miss, mode=retrieval.mode, tasks=alone)


def _leave(
    context: Context,
    curated: Curated,
    reviewed: Reviewed,
    chunks: Mapping[str, Chunk],
    rejects: Sequence[Reject],
) -> dict[str, int]:
    """Write the splits, what was rejected, the ledger and the rest of the story; leaves the size of each split."""
    from glossator.curation import dataset_stats

    counts: dict[str, int] = {}
    for name in SPLIT_NAMES:
        members = (sample for sample in curated.samples if sample.split == name)
        counts[name] = write_records(context.output(f"{name}.jsonl"), members)
    own_rejects = [*reviewed.rejects, *curated.rejects]
    write_records(context.output("rejects.jsonl"), own_rejects)
    write_json(context.output("ledger.json"), curated.ledger.to_dict())
    write_json(context.output("decontamination.json"), dict(curated.leaks))
    write_json(context.output("dataset_stats.json"), dataset_stats(curated.samples))
    used = {chunk_id for sample in curated.samples for chunk_id in sample.chunk_ids}
    links = links_of(curated.samples, [chunk for chunk in chunks.values() if chunk.id in used], read_documents(context))
    write_records(context.output("lineage.jsonl"), links)
    _cover(context, curated, chunks, [*rejects, *own_rejects])
    return counts


def _cover(context: Context, curated: Curated, chunks: Mapping[str, Chunk], rejects: Sequence[Reject]) -> None:
    """Write which documents, sections and chunks have surviving pairs, and draw it."""
    from glossator.curation.coverage import cover
    from glossator.curation.coverage_picture import coverage_picture

    if not chunks:
        return
    assignment = read_splits(context)
    asked = _asked_about(context)
    coverage = cover(
        [document for document in read_documents(context) if is_prose(document)],
        chunks.values(),
        split_of={chunk.id: assignment.split_of_chunk(chunk) for chunk in chunks.values()},
        samples=curated.samples,
        rejects=[one for reject in rejects for one in _for_each_chunk(reject, asked["groups"])],
        shown=asked["chunks"],
        titles=titles_of(context),
    )
    write_json(context.output("coverage.json"), coverage.to_dict())
    write_text(context.output("coverage.svg"), coverage_picture(coverage))


def _for_each_chunk(reject: Reject, groups: Mapping[str, Sequence[str]]) -> Iterator[Reject]:
    """What is said of a passage of several chunks holds for each of them, unless it was said of one chunk."""
    from glossator.curation.written import OF_A_CHUNK

    if reject.reason in OF_A_CHUNK:
        yield reject
        return
    for chunk_id in groups.get(reject.subject_id, [reject.subject_id]):
        yield dataclasses.replace(reject, subject_id=chunk_id)


def _tasks(road: Road) -> list[Task]:
    section = road.recipe.synthesis
    return [task_of(road, row.prompt) for row in section.tasks] if section else []
