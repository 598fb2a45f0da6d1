"""The record that a report is written from, and the records it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glossator.evaluation.compare import Comparison
from glossator.evaluation.examples import Example
from glossator.evaluation.verdict import Verdict
from glossator.records import JsonValue


@dataclass(frozen=True, slots=True)
class Funnel:
    """How much came in and how much was left, stage by stage."""

    documents: int
    pages: int
    chunks: int
    samples: int
    """Samples that were kept, over all splits."""
    rejected: int
    """Questions, or sentences that nearly made one, that were rejected."""


@dataclass(frozen=True, slots=True)
class RejectCount:
    """How often one stage left something out for one reason."""

    stage: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint with its dev scores."""

    name: str
    step: int
    """Optimizer steps it was saved after."""
    score: float
    """Weighted dev score, see `select`."""
    metrics: Mapping[str, float]
    """Mean over the dev questions, by metric."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class LossPoint:
    """The loss at one step."""

    step: int
    loss: float | None
    """Mean cross-entropy per answer token, in nats; None where it was not a finite number."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report says."""

    recipe: str
    """Name of the recipe."""
    base_model: str
    adapter: str | None
    """Name of the chosen adapter."""
    verdict: Verdict
    comparison: Comparison
    test_looks: int
    """How many different tuned models were scored on these test documents under this recipe, this one included."""
    funnel: Funnel
    rejects: tuple[RejectCount, ...]
    splits: Mapping[str, int]
    """Number of samples by split."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """In the order of their steps."""
    loss: tuple[LossPoint, ...] = ()
    """Training loss, in the order of steps."""
    dev_loss: tuple[LossPoint, ...] = ()
    """Loss on dev, in the order of steps; empty where it was not measured."""
    examples: tuple[Example, ...] = ()
    generation: Mapping[str, JsonValue] = field(default_factory=dict)
    """How answers were generated: temperature, max_new_tokens, batch_size, …"""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage, in order."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the program and of its libraries, by name."""
    run: str = ""
    """The run's name or fingerprint; empty when it has none."""
