"""Takes passages, leaves sentences of them with a question that each plainly answers: pairs that are known to be right.

A sentence is taken if it can stand alone and begins with what it is about: "Tidal pools are habitats of …" is asked
"What are tidal pools?". Written for English; few sentences are taken, and those few are sure.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glossator.text.sentences import sentences

_LONGEST_PASSAGE = 20_000
"""Characters of a passage that are looked through."""
_VERB = (
    r"is|are|was|were|has|have|had|can|could|may|might|will|would|must|should|consists?|provides?|allows?|contains?|"
    r"includes?|requires?|enables?|became|began|remains?|depends?|produces?"
)
_SENTENCE = re.compile(
    rf"(?P<subject>(?:(?:The|A|An) )?(?!(?:The|A|An) )[^\W_][\w’'+-]*(?: [\w’'+-]+){{0,6}}?)"
    rf" (?P<verb>{_VERB}) (?P<rest>[^:;•|<>{{}}\[\]\n]+)[.]"
)
_LEANS = re.compile(
    r"\b(?:this|these|those|that|it|its|they|them|their|he|she|his|her|him|we|our|us|i|my|you|your|there|here|such|same|other|others"
    r"|another|both|each|all|some|many|most|several|one|two|three|first|second|latter|former|above|below|following|who|which|what|when|whether|how|why"
    r"|where|while|if|as|because|although|since|after|before|during|until|once|despite|under|over|within|by|with|at|on|to|from|also|however|then|thus|following|previous|paper|section|figure"
    r"|table|chapter|article|study|authors?|examples?|\w+ly|not|no|none|never|is|are|was|were|be|been|has|have|had|can|could|may|will|would)\b",
    re.IGNORECASE,
)
_REST_LEANS = re.compile(
    r"\b(?:this|these|those|we|our|us|i|my|above|below|following|figure|fig|table|section|chapter"
    r"|respectively|et al)\b",
    re.IGNORECASE,
)
_NO_OPENING = re.compile(r"(?:of|and|for|in) ", re.IGNORECASE)
_FEWEST_WORDS, _MOST_WORDS = 8, 35
_LONGEST_TRIED = 400
"""Characters: a longer sentence is not looked at."""


@dataclass(frozen=True, slots=True)
class PlainPair:
    """A sentence of a passage, and a question that it answers."""

    place: int
    """Which of the passages."""
    question: str
    sentence: str


def plain_pairs(
    passages: Sequence[str], rng: random.Random, *, alone: bool, most: int = 100_000
) -> Iterator[PlainPair]:
    """Turn passages into such pairs, at most one a passage, in an order drawn by `rng`; read as they are asked for.

    Args:
        passages: of any number; each is looked through only when its turn comes.
        rng: draws the order, and the sentence where several would do.
        alone: whether a question must be clear to a reader who does not have the passage.
        most: passages that are looked through, so that texts without a plain sentence cost no more.
    """
    for place in rng.sample(range(len(passages)), min(len(passages), most)):
        passage = passages[place][:_LONGEST_PASSAGE]
        found = [(asked, text) for text in sentences(passage) if (asked := ask_plainly(text, passage, alone=alone))]
        if found:
            question, sentence = rng.choice(found)
            yield PlainPair(place, question, sentence)


def ask_plainly(sentence: str, passage: str, *, alone: bool) -> str | None:
    """Turn a sentence into the question it plainly answers; None where it leans on others or is no plain statement.

    Args:
        sentence: of the passage.
        passage: all of it, which tells names from other words.
        alone: whether the question must be clear without the passage: `the package` is not, `the Modia3D package` is.
    """
    if len(sentence) > _LONGEST_TRIED or not _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS:
        return None
    found = _SENTENCE.fullmatch(sentence)
    if found is None or _leans(found["subject"]) or _REST_LEANS.search(found["rest"]):
        return None
    if sentence.count("(") != sentence.count(")") or _is_noise(sentence):
        return None
    subject = _lowered(found["subject"], passage)
    if alone and not re.search(r"[A-Z\d]", subject):
        return None
    verb = found["verb"]
    if verb in ("is", "are", "was", "were"):
        return f"What {verb} {subject}?" if _names_a_kind(found["rest"]) else f"What is known about {subject}?"
    return f"What is known about {subject}?"


def _leans(subject: str) -> bool:
    return _LEANS.search(subject) is not None or _NO_OPENING.match(subject) is not None


def _names_a_kind(rest: str) -> bool:
    """Whether what stands behind `is` says what the thing is, not how it is: `a habitat`, not `deep`."""
    return re.match(r"(?:an?|the|one of the)\s", rest) is not None


def _lowered(subject: str, passage: str) -> str:
    """The subject as it stands inside a sentence: its article in small letters, and its first word if it is no name."""
    first, _, rest = subject.partition(" ")
    if first in ("The", "A", "An"):
        return f"{first.lower()} {rest}"
    lowered = first[0].lower() + first[1:]
    inside = first[1:].islower() and re.search(rf"(?<![.!?] )\b{re.escape(lowered)}\b", passage)
    return subject if not inside else f"{lowered}{' ' if rest else ''}{rest}"


def _is_noise(sentence: str) -> bool:
    """Whether formulas, addresses or debris of a broken page stand in a sentence."""
    letters = sum(char.isalpha() or char.isspace() for char in sentence)
    return letters < 0.85 * len(sentence) or re.search(r"https?:|www\.|doi\b|[=@\\^~_]", sentence) is not None
