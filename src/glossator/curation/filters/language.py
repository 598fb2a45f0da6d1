"""Questions and answers in another language than the text they were made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from glossator.curation.filters.filter import Fault, Outcome, sift
from glossator.curation.filters.prompt import read_passage
from glossator.records import Chunk, Sample
from glossator.text.language import UNKNOWN, Language, identify

Identify = Callable[[str], Language]

LEAST_CONFIDENCE = 0.8
"""A guess about a question or an answer that is less sure rejects nothing, unless it has no letter of its passage.

Names make "Is systemic lupus erythematosus inherited?" Latin at .73; docs/curation.md has what other bounds do.
"""
_READ = 500
"""Characters that are looked at: they tell a language as well as more do, in a sixth of the time."""
_KNOWN_WORDS = 0.5
"""Share of a text's words in its passage from which no model is asked: nobody translates that much into itself."""
_ALIKE = (frozenset({"bs", "hr", "sr", "me"}), frozenset({"id", "ms"}), frozenset({"nb", "nn", "no", "da"}))
"""Languages that are hardly told apart in writing."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class SameLanguage:
    """Rejects a sample whose question or answer is certainly in another language (stage `language`).

    Another one than that of its passage, or than those that are given. Short texts and lists of names are hard to tell,
    so only a confident disagreement counts; without languages to compare with and without a passage nothing is said.
    Without given languages a passage that itself is between two languages allows any.
    """

    chunks_by_id: Mapping[str, Chunk]
    languages: Collection[str] | None = None
    """ISO 639-1 codes; None: that of the passage; empty: nothing is looked at."""
    identify: Identify = identify
    least_confidence: float = LEAST_CONFIDENCE
    name: str = "language"
    _passages: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, samples: Sequence[Sample]) -> Outcome:
        """Take samples, leave those in the language of their passage, or in one of those given."""
        if self.languages is not None and not self.languages:
            return list(samples), []
        try:
            return sift(samples, self.name, self._fault)
        finally:
            self._passages.clear()

    def _fault(self, sample: Sample) -> Fault | None:
        own, words = self._of_passage(sample)
        allowed = frozenset(self.languages) if self.languages is not None else frozenset({own} - {UNKNOWN})
        if not allowed:
            return None
        for part, text in (("question", sample.question), ("answer", sample.answer)):
            if own in allowed and _mostly_of(text, words):
                continue
            found = self.identify(text[:_READ])
            sure = found.confidence >= self.least_confidence or _shares_no_letter(text, words)
            if sure and not _is_one_of(found.code, allowed):
                detail = f"in {found.code} at {found.confidence:.2f}, not in {' or '.join(sorted(allowed))}"
                return part, detail
        return None

    def _of_passage(self, sample: Sample) -> tuple[str, frozenset[str]]:
        """The language of the text behind a sample, `und` where there is none, with the words of that text."""
        key = "\n".join(sample.chunk_ids)
        if key and key in self._passages:
            return self._passages[key]
        if key:
            text = "\n".join(self.chunks_by_id[name].text for name in sample.chunk_ids if name in self.chunks_by_id)
        else:
            passage = read_passage(sample)
            text = passage.text if passage is not None else ""
        found = self.identify(text[:_READ]) if text else Language(UNKNOWN, 0.0)
        known = (found.code if found.confidence >= self.least_confidence else UNKNOWN, _words(text))
        if key:
            self._passages[key] = known
        return known


def _mostly_of(text: str, words: frozenset[str]) -> bool:
    own = _words(text)
    return len(own & words) >= _KNOWN_WORDS * len(own)


def _shares_no_letter(text: str, words: frozenset[str]) -> bool:
    own = set("".join(_words(text)))
    return bool(words) and not any(own & set(word) for word in words)


def _words(text: str) -> frozenset[str]:
    return frozenset(map(str.lower, _WORD.findall(text)))


def _is_one_of(code: str, allowed: frozenset[str]) -> bool:
    return code == UNKNOWN or code in allowed or any(code in alike and alike & allowed for alike in _ALIKE)
