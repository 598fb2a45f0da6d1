"""Cuts the passage in a sample's prompt, sentence by sentence, as far from its evidence as possible.

What goes first: passages that hold no evidence where others do (distractors), the last one first; then whole sentences
from the two ends of what is left, always from the end that is farther from the evidence; without evidence from the end
of the text. Evidence stays whole. The prompt is composed anew by `llm.chat_format.student_messages`, never patched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from glossator.curation.filters.prompt import Passage, read_passage
from glossator.records import Chunk, Sample, content_id
from glossator.text.sentences import split_sentences

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Trimming:
    """The ways to cut one sample's passage, from the least to the most."""

    sample: Sample
    passage: Passage
    cuts: tuple[tuple[Span, ...], ...]
    """What is left of the passage after each step, as parts of it in order."""
    chunk_spans: Mapping[str, Span]
    """Where the sample's chunks stand in the passage; only those that stand there."""

    def __len__(self) -> int:
        """How many steps there are."""
        return len(self.cuts)

    @classmethod
    def plan(cls, sample: Sample, chunks_by_id: Mapping[str, Chunk]) -> Trimming | None:
        """Take a sample, leave the ways to cut it; None where the form of its prompt, or its evidence, is not known."""
        passage = read_passage(sample) if sample.chunk_ids else None
        if passage is None:
            return None
        spans: dict[str, Span] = {}
        for chunk_id in sample.chunk_ids:
            chunk = chunks_by_id.get(chunk_id)
            start = passage.text.find(chunk.text) if chunk is not None else -1
            if chunk is not None and start >= 0:
                spans[chunk_id] = (start, start + len(chunk.text))
        needed = []
        for evidence in sample.evidence:
            if evidence.chunk_id not in spans:
                return None
            start = spans[evidence.chunk_id][0]
            needed.append((start + evidence.start, start + evidence.end))
        return cls(sample, passage, tuple(_cuts(passage.text, spans, needed)), spans)

    def after(self, steps: int) -> Sample:
        """Take a number of steps, from 1, leave the sample after them: with another prompt, hence another id."""
        left = self.cuts[steps - 1]
        text = _SEAM.join(self.passage.text[start:end] for start, end in left)
        messages = self.passage.with_text(self.sample, text)
        chunk_ids = tuple(name for name in self.sample.chunk_ids if self._is_left(name, left))
        cut = len(self.passage.text) - sum(end - start for start, end in left)
        sample = self.sample
        return replace(
            sample,
            id=content_id(sample.task, *(part for message in messages for part in (message.role, message.content))),
            messages=messages,
            chunk_ids=chunk_ids,
            origin=replace(sample.origin, verdicts={**sample.origin.verdicts, "over_budget": "trimmed"}),
            metadata={**sample.metadata, "trimmed": f"{cut} characters", "trimmed_from": sample.id},
        )

    def _is_left(self, chunk_id: str, left: tuple[Span, ...]) -> bool:
        if chunk_id not in self.chunk_spans:
            return True
        start, end = self.chunk_spans[chunk_id]
        return any(first < end and start < last for first, last in left)


_SEAM = "\n\n"
"""Between two passages of one prompt."""


def _cuts(text: str, spans: Mapping[str, Span], needed: list[Span]) -> list[tuple[Span, ...]]:
    blocks = sorted(set(spans.values()))
    apart = all(one[1] <= other[0] for one, other in pairwise(blocks))
    if len(blocks) < 2 or not apart:
        return [(kept,) for kept in _shorter(text, (0, len(text)), needed)]
    cuts: list[tuple[Span, ...]] = []
    if needed:
        idle = [block for block in blocks if not any(_within(span, block) for span in needed)]
        for block in reversed(idle):
            blocks.remove(block)
            cuts.append(tuple(blocks))
    while True:
        # The longest passage gives first, so that of two that are both needed none is cut to the bone alone.
        shorter = [(end - start, place) for place, (start, end) in enumerate(blocks)]
        for _, place in sorted(shorter, reverse=True):
            own = [span for span in needed if _within(span, blocks[place])]
            made = next(iter(_shorter(text, blocks[place], own)), None)
            if made is not None:
                blocks[place] = made
                cuts.append(tuple(blocks))
                break
        else:
            return cuts


def _shorter(text: str, block: Span, needed: list[Span]) -> list[Span]:
    """Cut a block sentence by sentence; leave what is left after each cut, as long as a sentence is."""
    first, last = block
    sentences = [(first + start, first + end) for start, end in split_sentences(text[first:last])]
    low, high = 0, len(sentences) - 1
    least = min((span[0] for span in needed), default=None)
    most = max((span[1] for span in needed), default=None)
    left: list[Span] = []
    while low < high:
        before = least - sentences[low][1] if least is not None else -1
        after = sentences[high][0] - most if most is not None else 0
        if max(before, after) < 0:
            break
        if after >= before:
            high -= 1
        else:
            low += 1
        left.append((sentences[low][0], sentences[high][1]))
    return left


def _within(span: Span, block: Span) -> bool:
    return block[0] <= span[0] and span[1] <= block[1]
