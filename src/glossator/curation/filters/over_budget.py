"""Samples that are longer than the student can be trained on: rejected, or their passage cut until they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from glossator.curation.filters.filter import CountTokens, Outcome, reject_sample
from glossator.curation.filters.trimming import Trimming
from glossator.records import Chunk, Message, Reject, Sample

Fit = Literal["reject", "trim"]

_BATCH = 2048


@dataclass(frozen=True, slots=True)
class TokenBudget:
    """Rejects a sample whose whole conversation is longer than the student can be trained on (`over_budget`).

    With `fit="trim"`, the passage in its prompt is cut as `glossator.curation.filters.trimming` says, and only what
    cannot be cut to size is rejected.
    """

    max_tokens: int
    """In tokens of the student's tokenizer, prompt and answer together; of a preference, the longer answer."""
    count_tokens: CountTokens
    """Takes samples, leaves the length of each; called with at most 2,048 at once."""
    fit: Fit = "reject"
    chunks_by_id: Mapping[str, Chunk] = field(default_factory=dict)
    """Needed to cut: tells which part of a prompt is which chunk."""
    name: str = "over_budget"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those of at most `max_tokens` tokens."""
        kept: list[Sample] = []
        rejects: list[Reject] = []
        for start in range(0, len(samples), _BATCH):
            batch = samples[start : start + _BATCH]
            tokens = self._lengths(batch)
            over = [place for place, length in enumerate(tokens) if length > self.max_tokens]
            trimmed = self._trim([batch[place] for place in over])
            fitting = dict(zip(over, trimmed, strict=True))
            for place, sample in enumerate(batch):
                found = fitting.get(place, sample)
                if found is not None:
                    kept.append(found)
                    continue
                detail = f"{tokens[place]} tokens, {self.max_tokens} allowed"
                rejects.append(reject_sample(sample, stage=self.name, reason="over_budget", detail=detail))
        return kept, rejects

    def _trim(self, samples: Sequence[Sample]) -> list[Sample | None]:
        """Cut each as far as it must be; None where that is impossible or not wanted.

        All are cut in step, each by halving the steps between too long and short enough, so that the tokenizer is given
        many texts at a time.
        """
        if self.fit == "reject":
            return [None] * len(samples)
        steps = [Trimming.plan(sample, self.chunks_by_id) for sample in samples]
        # Of each sample: the most that was cut and was too little, and the least that was enough.
        least = [0] * len(samples)
        enough = [len(plan) if plan else 0 for plan in steps]
        fitting: list[Sample | None] = [None] * len(samples)
        tried = [(place, plan.after(len(plan))) for place, plan in enumerate(steps) if plan is not None and len(plan)]
        cuts = {place: enough[place] for place, _ in tried}
        while tried:
            for (place, made), length in zip(tried, self._lengths([made for _, made in tried]), strict=True):
                if length <= self.max_tokens:
                    enough[place], fitting[place] = cuts[place], made
                else:
                    least[place] = cuts[place]
            tried = []
            for place, plan in enumerate(steps):
                if plan is not None and fitting[place] is not None and enough[place] - least[place] > 1:
                    cuts[place] = (least[place] + enough[place]) // 2
                    tried.append((place, plan.after(cuts[place])))
        return fitting

    def _lengths(self, samples: Sequence[Sample]) -> list[int]:
        """The length of each conversation, with the longer of its two answers where there is a worse one."""
        lengths = list(self.count_tokens(samples)) if samples else []
        preferences = [place for place, sample in enumerate(samples) if sample.rejected]
        if preferences:
            worse = [_with_worse_answer(samples[place]) for place in preferences]
            for place, length in zip(preferences, self.count_tokens(worse), strict=True):
                lengths[place] = max(lengths[place], length)
        return lengths


def _with_worse_answer(sample: Sample) -> Sample:
    return replace(sample, messages=(*sample.prompt, Message("assistant", sample.rejected)))
