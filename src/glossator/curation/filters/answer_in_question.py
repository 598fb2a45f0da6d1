"""Questions that hold their answer, and answers that only say the question again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, sift
from glossator.curation.filters.wording import denials, stems
from glossator.curation.normalize import normalize
from glossator.records import Sample

_OPEN = re.compile(r"\b(?:what|why|how|who|whom|whose|when|where)\b", re.IGNORECASE)
_CHOICE = re.compile(r"\b(?:or|which|between)\b", re.IGNORECASE)
_FEWEST_STEMS = 2
"""An answer of one word with a meaning may be a word of its question and still choose."""


@dataclass(frozen=True, slots=True)
class AnswerNotInQuestion:
    """Rejects a sample whose question gives its answer away, or whose answer adds nothing (`answer_in_question`).

    Given away is an answer that stands, word for word, in its question. Nothing is added by one that consists of words
    of an open question alone ("What is glass annealing?" "Glass annealing is the annealing of glass."); in answer to a
    yes or no question, or to one that lets choose, the same words may say which it is.
    """

    tasks: Collection[str] | None = None
    """The tasks it looks at; None: all."""
    name: str = "answer_in_question"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those whose question does not give its answer away."""
        return sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> Fault | None:
        if self.tasks is not None and sample.task not in self.tasks:
            return None
        # Spaces at both ends make it a match of whole words: `is` does not stand in `this`.
        if f" {normalize(sample.answer)} " in f" {normalize(sample.question)} ":
            return "answer_in_question", "the question contains its answer"
        return ("repeats_question", "the answer says the question again") if repeats(sample) else None


def repeats(sample: Sample) -> bool:
    """Whether the answer has no word with a meaning of its own that its open question does not have."""
    question, answer = sample.question, sample.answer
    if not _OPEN.search(question) or _CHOICE.search(question) or denials(answer) != denials(question):
        return False
    if len(answer) > 3 * len(question):  # so many words are never all the question's
        return False
    told = stems(answer)
    return len(told) >= _FEWEST_STEMS and told <= stems(question)
