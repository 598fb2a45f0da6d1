"""What every filter is, and what all of them share: samples in, samples and rejects out.

Every filter keeps the order of what it lets through, rejects the whole record so that it can be re-admitted, and
takes time in proportion to the number of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from glossator import records
from glossator.records import Reject, Sample, Split

Outcome = tuple[list[Sample], list[Reject]]
CountTokens = Callable[[Sequence[Sample]], list[int]]
Fault = tuple[str, str]
"""Reason and detail."""

PRIORITY: Mapping[Split, int] = {"test": 0, "dev": 1, "test_seen": 2, "train": 3, "pool": 4}
"""Which side survives when two samples cannot both stay: the held-out one."""


EXAMINING: frozenset[Split] = frozenset({"test", "dev", "test_seen"})
"""The splits whose questions are put to a model, and must not have been taught to it."""
HELD_OUT = "held_out_question"
"""Reason of a sample that asks what a more guarded split asks: no person can overrule it."""


class Filter(Protocol):
    """Anything that lets samples through or rejects them with a reason."""

    @property
    def name(self) -> str:
        """The name in the ledger, in verdicts and in a task's `checks`."""

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those that may stay, in the same order, and a reject for each of the others."""


def reject_sample(sample: Sample, *, stage: str, reason: str, detail: str) -> Reject:
    """Take a sample, leave the reject that holds all of it."""
    return Reject(sample.id, stage, reason, detail, records.to_dict(sample))


def is_held_out(before: Sample, sample: Sample) -> bool:
    """Whether the first of two samples that ask the same examines, and the other stands elsewhere."""
    return before.split in EXAMINING and before.split != sample.split


def by_priority(sample: Sample) -> tuple[int, str, tuple[str, ...]]:
    """The order in which samples are kept and written: split (test, dev, test_seen, train, pool), then id."""
    return (PRIORITY[sample.split], sample.id, sample.chunk_ids)


def is_ready(sample: Sample) -> bool:
    """Whether a sample came as it is from a source, so that no chunk and no evidence lies behind it."""
    return not sample.chunk_ids and not sample.evidence


def sift(samples: Sequence[Sample], stage: str, find_fault: Callable[[Sample], Fault | None]) -> Outcome:
    """Take samples and what finds a sample's fault, leave those without one and a reject for each of the others."""
    kept: list[Sample] = []
    rejects: list[Reject] = []
    for sample in samples:
        found = find_fault(sample)
        if found is None:
            kept.append(sample)
        else:
            rejects.append(reject_sample(sample, stage=stage, reason=found[0], detail=found[1]))
    return kept, rejects
