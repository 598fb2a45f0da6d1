"""Questions and answers that are too long, too short or ask for nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.curation.filters.filter import Fault, Outcome, sift
from glossator.curation.filters.prompt import is_conversation
from glossator.curation.filters.wording import content_words
from glossator.records import Sample

MAX_QUESTION_WORDS = 60
MAX_ANSWER_WORDS = 1000
"""A reply that never came to its end is longer; of 2,428 answers about diseases five are."""

_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class FittingLength:
    """Rejects a sample whose question or answer is too long, or whose question names nothing (stage `length`).

    A word is what white space parts; in scripts without spaces two characters count as one. A question such as "What
    is it?" holds no word with a meaning of its own, so nobody could know what it asks (`names_nothing`); within a
    conversation it may lean on the turns before.
    """

    max_question_words: int = MAX_QUESTION_WORDS
    max_answer_words: int = MAX_ANSWER_WORDS
    name: str = "length"

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those of a fitting length."""
        return sift(samples, self.name, self._fault)

    def _fault(self, sample: Sample) -> Fault | None:
        asked = count_words(sample.question)
        if asked > self.max_question_words:
            return "question_too_long", f"{asked} words, {self.max_question_words} allowed"
        answered = max(count_words(sample.answer), count_words(sample.rejected))
        if answered > self.max_answer_words:
            return "answer_too_long", f"{answered} words, {self.max_answer_words} allowed"
        if not is_conversation(sample) and not content_words(sample.question):
            return "names_nothing", sample.question.strip()
        return None


def count_words(text: str) -> int:
    """Take a text, leave how many words it has."""
    spaced = len(text.split())
    return spaced if text.isascii() else max(spaced, (len(_UNSPACED.findall(text)) + 1) // 2)
