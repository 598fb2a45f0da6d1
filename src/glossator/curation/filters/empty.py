"""Samples that ask or answer nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, sift
from glossator.curation.normalize import normalize
from glossator.records import Sample


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Rejects a sample whose question or answer holds no letter, digit or sign (`empty`).

    Of a conversation every turn is looked at, of a preference the worse answer too.
    """

    name: str = "empty"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those that ask something and answer something."""
        return sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> Fault | None:
        if not sample.messages or sample.messages[-1].role != "assistant":
            return "empty", "the last message is not the assistant's"
        if not normalize(sample.question):
            return "empty", "the question is empty"
        if not normalize(sample.answer):
            return "empty", "the answer is empty"
        if any(message.role != "system" and not normalize(message.content) for message in sample.prompt):
            return "empty", "a turn is empty"
        return ("empty", "the worse answer is empty") if sample.rejected and not normalize(sample.rejected) else None
