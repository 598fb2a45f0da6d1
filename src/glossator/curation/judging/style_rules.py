"""Takes the words of an answer style, leaves the plain rules among them that can be checked without a model.

Read are how many sentences or words an answer may have, and which of examples, lists and greetings it should leave
out. A style that says nothing of the kind gives no rule but one: an answer does not begin or end with courtesies.
What a question asks for itself is allowed: a list where it says "list", more sentences where it says "explain".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from glossator.text.sentences import sentences

_COUNTS = {
    word: count
    for count, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)  # noqa: SIM905
}
_COUNT = rf"(\d{{1,3}}|{'|'.join(_COUNTS)})"
_SENTENCES = re.compile(rf"\b(?:{_COUNT} (?:or|to) )?{_COUNT}(?: [a-z]+){{0,2}} sentences?\b", re.IGNORECASE)
_WORDS = re.compile(rf"\b(?:at most|no more than|up to|within|under) {_COUNT} words\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\b(?:no|without|avoid|never|don't|do not)\b[^.;]*", re.IGNORECASE)

_COURTESY = re.compile(
    r"^\W*(?:(?:sure|certainly|of course|absolutely|hello|hi|thanks(?! to))(?: [^.!?:,\n]{0,40})?[!:,.]"
    r"|thank you for\b|(?:that(?:'s| is) )?(?:an? )?(?:great|good|excellent|interesting) (?:question|point|query)\b"
    r"|dear (?:user|student|reader|friend|sir)|(?:i(?:'d| would) be |i am |i'm )?(?:happy|glad) to\b|let me\b"
    r"|here(?:'s| is| are) (?:the|an?|your|my) (?:\w+ )?(?:answer|explanation|summary|list|response)\b"
    r"|as an? (?:ai|language model)\b)"
    r"|\b(?:i hope (?:this|that)|feel free to|let me know|if you have any)\b[^.!?]*[.!]?\s*$",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:^|\n)\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+\S")
_EXAMPLE = re.compile(r"\b(?:for (?:example|instance)|e\.g\.|as an example)", re.IGNORECASE)
_ASKS_MORE = re.compile(r"\b(?:explain|why|how (?:do|does|did|is|are|can)|describe|in detail)\b", re.IGNORECASE)
_ASKS_LIST = re.compile(r"\b(?:list|enumerate|name (?:all|the|\w+ )|steps)\b", re.IGNORECASE)
_ASKS_EXAMPLE = re.compile(r"\b(?:example|instance)", re.IGNORECASE)
_EXPLAINED = 3
"""How many times as long an answer may be where the question asks for an explanation."""


@dataclass(frozen=True, slots=True)
class StyleRules:
    """What of an answer style can be checked."""

    max_sentences: int | None
    max_words: int | None
    lists: bool
    """Whether they are allowed unasked."""
    examples: bool
    """Likewise."""

    def breaches(self, question: str, answer: str) -> Iterator[str]:
        """Turn a question and its answer into what is wrong with the manner of it, one short clause each."""
        factor = _EXPLAINED if _ASKS_MORE.search(question) else 1
        if _COURTESY.search(answer):
            yield "it has a preamble or a closing that nobody asked for"
        listed = not self.lists and _LIST.search(answer) is not None
        if listed and not _ASKS_LIST.search(question):
            yield "it is a list"
        if not self.examples and _EXAMPLE.search(answer) and not _ASKS_EXAMPLE.search(question):
            yield "it gives an example unasked"
        count = len(sentences(answer))
        if self.max_sentences is not None and count > self.max_sentences * factor:
            yield f"it has {count} sentences, {self.max_sentences * factor} are allowed"
        words = len(answer.split())
        if self.max_words is not None and words > self.max_words * factor:
            yield f"it has {words} words, {self.max_words * factor} are allowed"


@lru_cache(maxsize=64)
def rules_of(style: str) -> StyleRules:
    """Turn the words of an answer style into its rules."""
    sentence_counts = [_number(found[2]) for found in _SENTENCES.finditer(style)]
    word_counts = [_number(found[1]) for found in _WORDS.finditer(style)]
    left_out = " ".join(found[0].lower() for found in _WITHOUT.finditer(style))
    return StyleRules(
        max_sentences=max(sentence_counts, default=None),
        max_words=max(word_counts, default=None),
        lists=not re.search(r"\b(?:lists?|bullets?)\b", left_out),
        examples="example" not in left_out,
    )


def _number(text: str) -> int:
    return _COUNTS.get(text.lower()) or int(text)
