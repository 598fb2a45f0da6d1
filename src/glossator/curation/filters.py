"""What may not become a sample, one small class a filter: samples in, samples and rejects out.

Every filter keeps the order of what it lets through, rejects the whole record so that it can be re-admitted, and
takes time in proportion to the number of samples. The filters that a task's nature can rule out (an analogy has no
literal evidence) look only at samples of the tasks that name them; the others look at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from glossator import records
from glossator.curation.normalize import normalize
from glossator.records import Chunk, Reject, Sample, Split

Outcome = tuple[list[Sample], list[Reject]]
CountTokens = Callable[[Sequence[Sample]], list[int]]

PRIORITY: Mapping[Split, int] = {"test": 0, "dev": 1, "test_seen": 2, "train": 3, "pool": 4}
"""Which side survives when two samples cannot both stay: the held-out one."""

_BATCH = 2048


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


def by_priority(sample: Sample) -> tuple[int, str, tuple[str, ...]]:
    """The order in which samples are kept and written: split (test, dev, test_seen, train, pool), then id."""
    return (PRIORITY[sample.split], sample.id, sample.chunk_ids)


def is_ready(sample: Sample) -> bool:
    """Whether a sample came as it is from a source, so that no chunk and no evidence lies behind it."""
    return not sample.chunk_ids and not sample.evidence


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Rejects a sample whose question or answer holds no letter, digit or sign (`empty`)."""

    name: str = "empty"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those that ask something and answer something."""
        return _sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> tuple[str, str] | None:
        if not sample.messages or sample.messages[-1].role != "assistant":
            return "empty", "the last message is not the assistant's"
        if not normalize(sample.question):
            return "empty", "the question is empty"
        return None if normalize(sample.answer) else ("empty", "the answer is empty")


@dataclass(frozen=True, slots=True)
class AnswerNotInQuestion:
    """Rejects a sample whose answer stands, word for word, in its own question (`answer_in_question`)."""

    tasks: Collection[str] | None = None
    """The tasks it looks at; None: all."""
    name: str = "answer_in_question"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose question does not give its answer away."""
        return _sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> tuple[str, str] | None:
        if self.tasks is not None and sample.task not in self.tasks:
            return None
        # Spaces at both ends make it a match of whole words: `is` does not stand in `this`.
        if f" {normalize(sample.answer)} " in f" {normalize(sample.question)} ":
            return "answer_in_question", "the question contains its answer"
        return None


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """Rejects a sample whose evidence is missing or does not stand in its chunk at its offsets (`evidence`).

    A ready sample has no chunk to stand in, so it is let through, whatever its task.
    """

    chunks_by_id: Mapping[str, Chunk]
    tasks: Collection[str] | None = None
    """The tasks it looks at; None: all."""
    name: str = "evidence"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose every piece of evidence is where it says."""
        return _sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> tuple[str, str] | None:
        if is_ready(sample) or (self.tasks is not None and sample.task not in self.tasks):
            return None
        if not sample.evidence:
            return "evidence", "no evidence is given"
        for evidence in sample.evidence:
            chunk = self.chunks_by_id.get(evidence.chunk_id)
            place = f"[{evidence.start}:{evidence.end}] of chunk {evidence.chunk_id}"
            if chunk is None or evidence.chunk_id not in sample.chunk_ids:
                return "evidence", f"{place}: not a chunk of this sample"
            if not evidence.text.strip() or not 0 <= evidence.start < evidence.end <= len(chunk.text):
                return "evidence", f"{place}: no such span in a text of {len(chunk.text)} characters"
            if chunk.text[evidence.start : evidence.end] != evidence.text:
                return "evidence", f"{place}: the text there is another one"
        return None


@dataclass(frozen=True, slots=True)
class TokenBudget:
    """Rejects a sample whose whole conversation is longer than the student can be trained on (`over_budget`)."""

    max_tokens: int
    """In tokens of the student's tokenizer, prompt and answer together."""
    count_tokens: CountTokens
    """Takes samples, leaves the length of each; called with at most 2,048 at once."""
    name: str = "over_budget"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those of at most `max_tokens` tokens."""
        kept: list[Sample] = []
        rejects: list[Reject] = []
        for start in range(0, len(samples), _BATCH):
            batch = samples[start : start + _BATCH]
            for sample, tokens in zip(batch, self.count_tokens(batch), strict=True):
                if tokens <= self.max_tokens:
                    kept.append(sample)
                    continue
                detail = f"{tokens} tokens, {self.max_tokens} allowed"
                rejects.append(reject_sample(sample, stage=self.name, reason="over_budget", detail=detail))
        return kept, rejects


@dataclass(frozen=True, slots=True)
class OneSplitPerChunk:
    """Rejects a sample that uses a chunk which a sample of a more guarded split uses as well (`straddles`).

    Splits are made by document or section before any question exists, so this finds nothing unless something
    upstream went wrong; then the held-out side survives. `train` and `test_seen` share their chunks by intention.
    """

    name: str = "straddles"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose chunks serve one side only."""
        side_of: dict[str, Split] = {}
        for sample in sorted(samples, key=by_priority):
            for chunk_id in sample.chunk_ids:
                side_of.setdefault(chunk_id, _side(sample))

        def fault(sample: Sample) -> tuple[str, str] | None:
            for chunk_id in sample.chunk_ids:
                if side_of[chunk_id] != _side(sample):
                    return "straddles", f"in {sample.split}, but chunk {chunk_id} serves {side_of[chunk_id]}"
            return None

        return _sift(samples, self.name, fault)


@dataclass(frozen=True, slots=True)
class DistinctQuestions:
    """Rejects the later of two samples that ask the same (`duplicate_question`); test comes first, pool last.

    Questions are compared without case, punctuation and white space. Two samples ask the same when

    - question and answer are the same, whatever the task, group or passage: it is the same thing to learn; or
    - question, task and group are the same, and the passage is the same or is not part of the prompt. "What is the
      goal of the package?" put to two passages is two questions; put without a passage it is one. Three personas
      that explain one section are three tasks or groups, hence three questions; or
    - the question is the same, no passage is part of either prompt, and the two stand in different splits: then even
      another task or group would have shown the student the held-out question.
    """

    name: str = "duplicate_question"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave one of each question, from the most guarded split it stands in."""
        first_with: dict[str, Sample] = {}
        first_asked: dict[str, Sample] = {}
        earlier: dict[int, Sample] = {}
        for place in sorted(range(len(samples)), key=lambda place: by_priority(samples[place])):
            sample = samples[place]
            question = normalize(sample.question)
            keys = list(_identities(sample, question))
            before = next((first_with[key] for key in keys if key in first_with), None)
            if before is None and sample.context != "chunk":
                asked = first_asked.setdefault(records.content_id(question), sample)
                before = asked if asked.split != sample.split else None
            if before is None:
                first_with.update((key, sample) for key in keys)
            else:
                earlier[place] = before
        kept = [sample for place, sample in enumerate(samples) if place not in earlier]
        rejects = [
            reject_sample(
                samples[place],
                stage=self.name,
                reason="duplicate_question",
                detail=f"asked in {before.split} by {before.id}",
            )
            for place, before in sorted(earlier.items())
        ]
        return kept, rejects


def _identities(sample: Sample, question: str) -> Iterator[str]:
    # Hashes instead of texts keep the memory of a large set small.
    yield records.content_id("pair", question, normalize(sample.answer))
    passage: tuple[str, ...] = ()
    if sample.context == "chunk":
        # A ready sample has no chunk; the prompt holds its passage.
        passage = sample.chunk_ids or tuple(message.content for message in sample.prompt)
    yield records.content_id("question", question, sample.task, repr(sample.group), *passage)


def _side(sample: Sample) -> Split:
    return "train" if sample.split == "test_seen" else sample.split


def _sift(samples: Sequence[Sample], stage: str, fault: Callable[[Sample], tuple[str, str] | None]) -> Outcome:
    kept: list[Sample] = []
    rejects: list[Reject] = []
    for sample in samples:
        found = fault(sample)
        if found is None:
            kept.append(sample)
        else:
            rejects.append(reject_sample(sample, stage=stage, reason=found[0], detail=found[1]))
    return kept, rejects
