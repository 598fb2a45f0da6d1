"""Gathers from every stage what the report of a run says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from glossator.curation import Assignment
from glossator.evaluation import Comparison, compare, judge, write_report
from glossator.evaluation.compare import Unit
from glossator.evaluation.examples import choose_examples
from glossator.evaluation.report_data import Checkpoint, Funnel, LossPoint, RejectCount, ReportData
from glossator.pipeline.context import Context
from glossator.pipeline.documents import read_chunks, read_rejects, titles_of
from glossator.pipeline.samples import SPLIT_NAMES, cluster_of_samples, read_splits
from glossator.pipeline.student import read_training
from glossator.pipeline.summary import funnel_of
from glossator.pipeline.versions import library_versions
from glossator.records import Chunk, Prediction, Sample, Score

REJECTING = ("collect", "parse", "chunk", "split", "synthesize", "curate")


def write_run_report(
    context: Context,
    samples: Sequence[Sample],
    *,
    base: Sequence[Prediction],
    tuned: Sequence[Prediction],
    scores: Sequence[Score],
    looks: int,
) -> None:
    """Compare base and tuned, judge, and write `report.json`, `report.md` and `report.html` into the draft."""
    evaluation, training = context.recipe.evaluation, context.recipe.training
    assert evaluation is not None
    assert training is not None
    chunks = {chunk.id: chunk for chunk in read_chunks(context)}
    comparison = compare_models(context, samples, scores, chunks)
    history = read_training(context)
    counts = {name: dict(artifact.manifest.counts) for name, artifact in context.inputs.items()}
    examples = choose_examples(
        comparison,
        samples,
        base,
        tuned,
        scores,
        titles=titles_of(context),
        pages={chunk.id: chunk.page_first for chunk in chunks.values()},
    )
    data = ReportData(
        recipe=context.recipe.name,
        base_model=base[0].model if base else training.base_model,
        adapter=read_selection(context)["chosen"],
        verdict=judge(comparison),
        comparison=comparison,
        test_looks=looks,
        funnel=Funnel(**funnel_of(counts)),
        rejects=count_rejects(context),
        splits={name: counts["curate"].get(name, 0) for name in SPLIT_NAMES},
        checkpoints=checkpoints_of(read_selection(context)),
        loss=tuple(LossPoint(step, loss) for step, loss in history["losses"]),
        dev_loss=tuple(LossPoint(step, loss) for step, loss in history["dev_losses"]),
        examples=examples,
        generation={
            "temperature": 0,
            "max_new_tokens": evaluation.max_new_tokens,
            "batch_size": evaluation.batch_size,
            "quantization": training.quantization,
        },
        timings={name: artifact.manifest.seconds for name, artifact in context.inputs.items()},
        versions=library_versions(),
        run=context.fingerprint,
    )
    write_report(data, context.draft.path)


def compare_models(
    context: Context, samples: Sequence[Sample], scores: Sequence[Score], chunks: Mapping[str, Chunk]
) -> Comparison:
    """Compare base and tuned as the recipe says, over whole documents, sections or clusters of pairs."""
    evaluation = context.recipe.evaluation
    assert evaluation is not None
    assignment = read_splits(context)
    return compare(
        [score for score in scores if score.model == "base"],
        [score for score in scores if score.model == "tuned"],
        samples,
        metrics=evaluation.metrics,
        primary_metric=evaluation.primary,
        unit=_unit_of([sample for sample in samples if sample.split == "test"], assignment),
        clusters=cluster_of_samples(samples, chunks, assignment),
        seed=context.recipe.seed,
        resamples=evaluation.resamples,
        confidence=evaluation.confidence,
    )


def _unit_of(tested: Sequence[Sample], assignment: Assignment) -> Unit:
    """What the test questions are about: they decide what "unseen" means, not what else the recipe reads."""
    ready = sum(not sample.chunk_ids for sample in tested)
    if ready == len(tested):
        return "pair"
    return "source" if ready else assignment.unit


def count_rejects(context: Context) -> tuple[RejectCount, ...]:
    """How often each stage left something out, by reason, most frequent first."""
    rows: list[RejectCount] = []
    for stage in (stage for stage in REJECTING if stage in context.inputs):
        counts = Counter(reject.reason for reject in read_rejects(context, stage))
        rows.extend(RejectCount(stage, reason, count) for reason, count in counts.most_common())
    return tuple(rows)


def read_selection(context: Context) -> dict[str, Any]:
    """What stage 4c decided."""
    return dict(json.loads(context.input("select", "selection.json").read_text("utf-8")))


def checkpoints_of(selection: dict[str, Any]) -> tuple[Checkpoint, ...]:
    """The checkpoints with their dev scores, in the order of their steps."""
    rows = [
        Checkpoint(
            name=row["name"],
            step=int(re.sub(r"\D", "", row["name"]) or 0),
            score=row["score"],
            metrics=row["metrics"],
            chosen=row["name"] == selection["chosen"],
        )
        for row in selection["ranking"]
    ]
    return tuple(sorted(rows, key=lambda row: row.step))
