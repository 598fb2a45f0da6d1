"""Takes the scores of base and tuned model, leaves what changed: per split and metric, per group, per question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from glossator.errors import EvaluationError
from glossator.evaluation.intervals import Interval, MeanInterval, mean_interval, paired_difference
from glossator.records import Sample, Score
from glossator.text.forest import Forest

Values = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Scores by model (`base`, `tuned`), metric and sample id."""

Unit = Literal["document", "section", "pair", "source"]
"""What the test split holds that training never saw: whole documents, sections of known ones, ready pairs of a question
and its answer (near-duplicate pairs are one), or, where documents and ready pairs are mixed, any of these."""


class Bootstrap(TypedDict):
    """How intervals are drawn; see `intervals.paired_difference`."""

    seed: int
    resamples: int
    confidence: float


@dataclass(frozen=True, slots=True)
class SplitScore:
    """One metric on one split."""

    split: str
    metric: str
    base: MeanInterval
    tuned: MeanInterval
    paired: Interval


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One metric on one group's questions of one split."""

    split: str
    group: str
    metric: str
    base: float
    tuned: float
    questions: int


@dataclass(frozen=True, slots=True)
class Flip:
    """One question whose score changed."""

    sample_id: str
    split: str
    base: float
    tuned: float

    @property
    def change(self) -> float:
        """Tuned minus base."""
        return self.tuned - self.base


@dataclass(frozen=True, slots=True)
class Comparison:
    """What tuning changed."""

    primary_metric: str
    """The metric that the verdict and the flips are about."""
    unit: Unit
    scores: tuple[SplitScore, ...]
    """By split (`test` first), then by metric in the order given."""
    groups: tuple[GroupScore, ...]
    """By split, group and metric; empty where no sample has a group."""
    improved: tuple[Flip, ...]
    """Questions whose primary metric rose, biggest change first, of all splits."""
    worsened: tuple[Flip, ...]
    """Questions whose primary metric fell, biggest change first, of all splits."""

    def find(self, split: str, metric: str) -> SplitScore | None:
        """Give the score of one split and metric; None where the split holds no questions."""
        return next((score for score in self.scores if (score.split, score.metric) == (split, metric)), None)


def compare(
    base: Sequence[Score],
    tuned: Sequence[Score],
    samples: Sequence[Sample],
    *,
    metrics: Sequence[str],
    primary_metric: str,
    unit: Unit = "document",
    clusters: Mapping[str, str] | None = None,
    splits: Sequence[str] = ("test", "test_seen"),
    seed: int = 0,
    resamples: int = 10_000,
    confidence: float = 0.95,
) -> Comparison:
    """Compare base and tuned scores of the same samples; gives intervals, group means and flips.

    Args:
        base: scores of the base model, in any order; scores of other samples or metrics are not looked at.
        tuned: scores of the tuned model.
        samples: the questions, each with its split; those of splits not asked for are left out.
        metrics: the metrics to compare, at least `primary_metric`.
        primary_metric: the one that decides.
        unit: what "unseen" means, for the record.
        clusters: by sample id, the document (or section, or near-duplicate cluster) that is resampled as a whole;
            without it, samples that share a document, directly or through others, form a cluster.
        splits: the splits to compare, in the order of the result. One without questions is left out.
        seed: of the bootstrap.
        resamples: number of bootstrap resamples.
        confidence: of the intervals.

    Raises:
        EvaluationError: `primary_metric` is not among `metrics`, a sample has no score by base or tuned, or no cluster.
        MissingExtraError: numpy is not installed.
    """
    if primary_metric not in metrics:
        raise EvaluationError(f"primary metric {primary_metric!r} is not compared; add it to {', '.join(metrics)}")
    by_split = {split: [sample for sample in samples if sample.split == split] for split in splits}
    by_split = {split: members for split, members in by_split.items() if members}
    used = [sample for members in by_split.values() for sample in members]
    values = {"base": _by_sample(base, used, metrics, "base"), "tuned": _by_sample(tuned, used, metrics, "tuned")}
    if clusters is None:
        clusters = document_clusters(used)
    loose = [sample.id for sample in used if sample.id not in clusters]
    if loose:
        raise EvaluationError(f"{len(loose)} samples have no cluster, such as {loose[0]}; give each its document")
    bootstrap = Bootstrap(seed=seed, resamples=resamples, confidence=confidence)
    scores = [
        _split_score(split, metric, members, values, clusters=clusters, bootstrap=bootstrap)
        for split, members in by_split.items()
        for metric in metrics
    ]
    before, after = values["base"][primary_metric], values["tuned"][primary_metric]
    flips = [Flip(sample.id, sample.split, before[sample.id], after[sample.id]) for sample in used]
    return Comparison(
        primary_metric=primary_metric,
        unit=unit,
        scores=tuple(scores),
        groups=tuple(_group_scores(by_split, values, metrics)),
        improved=tuple(sorted((f for f in flips if f.change > 0), key=lambda f: (-f.change, f.sample_id))),
        worsened=tuple(sorted((f for f in flips if f.change < 0), key=lambda f: (f.change, f.sample_id))),
    )


def _split_score(
    split: str,
    metric: str,
    samples: Sequence[Sample],
    values: Values,
    *,
    clusters: Mapping[str, str],
    bootstrap: Bootstrap,
) -> SplitScore:
    base, tuned = ([values[model][metric][sample.id] for sample in samples] for model in ("base", "tuned"))
    units = [clusters[sample.id] for sample in samples]
    return SplitScore(
        split=split,
        metric=metric,
        base=mean_interval(base, units, **bootstrap),
        tuned=mean_interval(tuned, units, **bootstrap),
        paired=paired_difference(base, tuned, units, **bootstrap),
    )


def document_clusters(samples: Sequence[Sample]) -> dict[str, str]:
    """Take samples, give each one's cluster by sample id: samples linked by a shared document are in one cluster.

    A cluster is named after the alphabetically first of its documents. A sample without documents is its own. Passages
    that only stand beside the right one in a prompt link nothing.
    """
    forest: Forest[str] = Forest()
    asked = {sample.id: _documents_asked_about(sample) for sample in samples}
    for own in asked.values():
        for other in own[1:]:
            forest.join(*sorted((forest.root(own[0]), forest.root(other))))
    return {name: forest.root(own[0]) if own else f"sample {name}" for name, own in asked.items()}


def _documents_asked_about(sample: Sample) -> Sequence[str]:
    """The document of the right passage among others, where it can be told; else all documents."""
    gold = sample.metadata.get("gold")
    apart = len(sample.chunk_ids) == len(sample.document_ids) and "trimmed_from" not in sample.metadata
    if gold not in sample.chunk_ids or not apart:
        return sample.document_ids
    # As many documents as chunks, both in the order of the prompt: each chunk is of a document of its own.
    return (sample.document_ids[sample.chunk_ids.index(str(gold))],)


def _by_sample(
    scores: Sequence[Score], samples: Sequence[Sample], metrics: Sequence[str], model: str
) -> dict[str, dict[str, float]]:
    """Arrange scores by metric and sample id, and see to it that each sample has one."""
    arranged: dict[str, dict[str, float]] = {metric: {} for metric in metrics}
    for score in scores:
        if score.metric in arranged:
            arranged[score.metric][score.sample_id] = score.value
    for metric, column in arranged.items():
        missing = [sample.id for sample in samples if sample.id not in column]
        if missing:
            raise EvaluationError(
                f"{len(missing)} of {len(samples)} samples have no {metric} score of the {model} model, such as "
                f"{missing[0]}; predict and score them first"
            )
    return arranged


def _group_scores(
    by_split: Mapping[str, Sequence[Sample]],
    values: Values,
    metrics: Sequence[str],
) -> list[GroupScore]:
    rows = []
    for split, samples in by_split.items():
        for group in sorted({sample.group for sample in samples if sample.group is not None}):
            ids = [sample.id for sample in samples if sample.group == group]
            for metric in metrics:
                base, tuned = (
                    math.fsum(values[model][metric][i] for i in ids) / len(ids) for model in ("base", "tuned")
                )
                rows.append(GroupScore(split, group, metric, base, tuned, len(ids)))
    return rows
