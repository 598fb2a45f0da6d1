"""Questions that are asked twice, word for word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from glossator import records
from glossator.curation.filters.filter import HELD_OUT, Outcome, by_priority, is_held_out, reject_sample
from glossator.curation.filters.prompt import earlier_turns
from glossator.curation.normalize import normalize
from glossator.records import Sample


@dataclass(frozen=True, slots=True)
class DistinctQuestions:
    """Rejects the later of two samples that ask the same (`duplicate_question`); test comes first, pool last.

    Where the earlier one examines and this one stands in another split, the reason is `held_out_question`.

    Questions are compared without case, punctuation and white space. Two samples ask the same when

    - question and answer are the same, whatever the task, group or passage: it is the same thing to learn; or
    - question, task and group are the same, and the passage is the same or is not part of the prompt. "What is the
      goal of the package?" put to two passages is two questions; put without a passage it is one. Three personas
      that explain one section are three tasks or groups, hence three questions; or
    - the question is the same, no passage is part of either prompt, and the two stand in different splits: then even
      another task or group would have shown the student the held-out question.

    The turns before the last question of a conversation belong to it. A preference, which has a worse answer beside the
    right one, repeats no sample of its own split that has none: the two serve different trainings.
    """

    name: str = "duplicate_question"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave one of each question, from the most guarded split it stands in."""
        seen = _Seen()
        earlier: dict[int, Sample] = {}
        for place in sorted(range(len(samples)), key=lambda place: by_priority(samples[place])):
            before = seen.find_or_add(samples[place])
            if before is not None:
                earlier[place] = before
        kept = [sample for place, sample in enumerate(samples) if place not in earlier]
        rejects = [
            reject_sample(
                samples[place],
                stage=self.name,
                reason=HELD_OUT if is_held_out(before, samples[place]) else "duplicate_question",
                detail=f"asked in {before.split} by {before.id}",
            )
            for place, before in sorted(earlier.items())
        ]
        return kept, rejects


@dataclass(slots=True)
class _Seen:
    """The first sample of each question, found by hashes, which keep the memory of a large set small."""

    first_with: dict[str, Sample] = field(default_factory=dict)
    """What makes two samples the same wherever they stand."""
    first_asked: dict[str, Sample] = field(default_factory=dict)
    """What may not be asked in two splits; its first sample is of the most guarded."""

    def find_or_add(self, sample: Sample) -> Sample | None:
        """The earlier sample that asks the same; None where there is none, and then this one is remembered."""
        asked = "\n".join((*map(normalize, earlier_turns(sample)), normalize(sample.question)))
        answer = normalize(sample.answer)
        keys = list(_identities(sample, asked, answer))
        guarded = [records.content_id("pair", asked, answer)]
        if sample.context == "none":
            guarded.append(records.content_id("asked", asked))
        found = [self.first_with[key] for key in keys if key in self.first_with]
        found += [first for key in guarded if (first := self.first_asked.get(key, sample)).split != sample.split]
        if found:
            # One that is held out says more than one of the same split: only the latter may be overruled.
            return next((before for before in found if is_held_out(before, sample)), found[0])
        self.first_with.update((key, sample) for key in keys)
        for key in guarded:
            self.first_asked.setdefault(key, sample)
        return None


def _identities(sample: Sample, asked: str, answer: str) -> Iterator[str]:
    kind = "preference" if sample.rejected else "answer"
    yield records.content_id("pair", kind, asked, answer)
    passage: tuple[str, ...] = ()
    if sample.context != "none":
        # A ready sample has no chunk; the prompt holds its passage.
        passage = sample.chunk_ids or tuple(message.content for message in sample.prompt)
    yield records.content_id("question", kind, asked, sample.task, repr(sample.group), *passage)
