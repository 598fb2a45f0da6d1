"""What a chat judge will take: of samples that are there its very questions, looked up in the journal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glossator.artifacts import Artifact, read_records, read_table
from glossator.pipeline.context import Road
from glossator.pipeline.curating import judged_by
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.asking import Recorder
from glossator.pipeline.quote.calls import NO_CALLS, CallQuote, Meter, Typical
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.quote.replies import kept_replies
from glossator.pipeline.quote.standing import Standing
from glossator.pipeline.settings import curation_embedder, student_path, task_of
from glossator.pipeline.splits_file import ASSIGNMENT
from glossator.pipeline.teaching import journal_path
from glossator.recipe import ChatJudgeSection
from glossator.records import Chunk, Reject, Sample

if TYPE_CHECKING:
    from glossator.curation.judging import Case, Judge, Judged, JudgedAs, Unjudged, Verdict
    from glossator.curation.reviews import Reviewed

_MOST_FILTERED = 20_000
"""Samples that the filters before the judge are run over; of more, all are taken to come to it."""
_MOST_EMBEDDED = 2_000
"""Samples that are compared by meaning, where the recipe names an embedder."""


def quote_judging(standing: Standing, samples: Range, rows: Sequence[Sample]) -> CallQuote:
    """Quote a chat model that judges every sample, and the planted pairs among them.

    Args:
        standing: the recipe and what is done of it.
        samples: how many there will be, where they are not written yet.
        rows: some as they will be like.
    """
    judge = standing.road.recipe.curation.judge
    if not isinstance(judge, ChatJudgeSection):
        return NO_CALLS
    section = standing.road.recipe.synthesis
    prices = standing.road.resolve(section.prices) if section and section.prices else None
    meter = Meter(judge, standing.counter, prices, place="curation.judge")
    recorder = meter.recorder(standing.road.recipe.seed)
    if standing.ready_for("curate"):
        return _composed(standing, judge, meter, recorder)
    cases = samples + Range(judge.planted, 2 * judge.planted)
    lengths = standing.counter.count(["\n".join(message.content for message in row.messages) for row in rows[:100]])
    read = [length + (0 if row.context != "none" else 250) for length, row in zip(lengths, rows[:100], strict=True)]
    mean = sum(read) / len(read) if read else 300.0
    like = Typical(
        tokens_out=typical.VERDICT_TOKENS,
        extra_tokens_in=typical.JUDGE_PROMPT_TOKENS + Range(0.8 * mean, 1.3 * mean),
    )
    return meter.quote(recorder, cases.rounded(), {}, like)


def _composed(standing: Standing, section: ChatJudgeSection, meter: Meter, recorder: Recorder) -> CallQuote:
    """Have the judge ask about what is written as the run will, and look its questions up."""
    road, done = standing.road, standing.done
    chunks = {}
    if "chunk" in done:
        chunks = {chunk.id: chunk for chunk in read_table(done["chunk"].file("chunks.parquet"), Chunk)}
    judged = _judge(road, section, recorder, chunks)
    reviewed = _written(road, done)
    count = len(reviewed.samples)
    embedded = curation_embedder(road) is not None
    exact = count <= (_MOST_EMBEDDED if embedded else _MOST_FILTERED)
    if count <= _MOST_FILTERED:
        _filter(road, reviewed, chunks, judged, embedded=embedded and exact)
    else:
        judged(reviewed.samples)
    asked = len(recorder.keys)
    cases = Range.of(asked) if exact else Range.of(asked).scaled(typical.CURATED.low, 1.0).rounded()
    kept = kept_replies(journal_path(road), list(dict.fromkeys(recorder.keys)))
    return meter.quote(recorder, cases, kept, Typical(tokens_out=typical.VERDICT_TOKENS))


@dataclass(frozen=True, slots=True)
class _Content:
    """A judge that asks as another one does, and is content with everything: no one answers."""

    judge_: Judge

    @property
    def name(self) -> str:
        return self.judge_.name

    @property
    def judges(self) -> Collection[JudgedAs]:
        return self.judge_.judges

    def judge(self, cases: Iterable[Case]) -> Iterator[Verdict | Unjudged]:
        from glossator.curation.judging import Verdict

        for _ in self.judge_.judge(cases):
            yield Verdict(support=True, answerable=True, style=True)


def _judge(road: Road, section: ChatJudgeSection, recorder: Recorder, chunks: Mapping[str, Chunk]) -> Judged:
    from glossator.curation.judging import open_judge

    judge = open_judge("chat", model=recorder, temperature=section.temperature, max_new_tokens=section.max_new_tokens)
    return judged_by(road, _Content(judge), chunks, tested=False)


def _written(road: Road, done: Mapping[str, Artifact]) -> Reviewed:
    """What was written and what came ready, with people's decisions, as curation takes it in."""
    from glossator.curation import Assignment
    from glossator.curation.reviews import apply_reviews, read_decisions

    samples: list[Sample] = []
    rejects: list[Reject] = []
    if "synthesize" in done:
        samples += read_records(done["synthesize"].file("samples.jsonl"), Sample)
        rejects += read_records(done["synthesize"].file("rejects.jsonl"), Reject)
    assignment = Assignment.from_dict(json.loads(done["split"].file(ASSIGNMENT).read_text("utf-8")))
    for sample in read_records(done["collect"].file("samples.jsonl"), Sample):
        split = assignment.split_of_sample(sample)
        if split is not None:
            samples.append(replace(sample, split=split))
    return apply_reviews(samples, rejects, read_decisions(road.reviews_file))


def _filter(road: Road, reviewed: Reviewed, chunks: Mapping[str, Chunk], judged: Judged, *, embedded: bool) -> None:
    """Run the filters that come before the judge, so that it is asked about what they let through."""
    from glossator.curation import curate
    from glossator.curation.filters import FittingLength
    from glossator.llm.chat_format import ChatFormat, load_tokenizer
    from glossator.retrieval import open_embedder

    section, teaching = road.recipe.curation, road.recipe.synthesis
    chat_format = ChatFormat(load_tokenizer(student_path(road)))
    tasks = [task_of(road, row.prompt) for row in teaching.tasks] if teaching else []
    curate(
        reviewed.samples,
        chunks,
        checks={task.name: tuple(task.checks) for task in tasks},
        max_tokens=section.max_tokens,
        count_tokens=lambda rows: chat_format.count([row.messages for row in rows]),
        test_seen_share=0.0,
        seed=road.recipe.seed,
        fit=section.fit,
        lengths=FittingLength(section.max_question_words, section.max_answer_words),
        languages=section.languages,
        embed=open_embedder(curation_embedder(road) or "").embed if embedded else None,
        judge=judged,
        admitted=reviewed.admitted,
    )
