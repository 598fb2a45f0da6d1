"""Makes preferences from plain pairs: beside the right quote the nearest other sentence of the chunk."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from glossator.records import Chunk
from glossator.synthesis.open_questions import why_not_open
from glossator.synthesis.teachers.drafts import Draft
from glossator.synthesis.teachers.grammar.names import Names
from glossator.synthesis.teachers.grammar.screening import MIN_ANSWER_WORDS, read_sentence, why_not_answer
from glossator.synthesis.teachers.grammar.words import CLOSED_CLASS, stem
from glossator.text.sentences import split_sentences

_MOST_UNLIKE = 2.0
"""How many times longer one answer may be than the other, so that length alone tells nothing."""


def with_worse(chunk: Chunk, drafts: Sequence[Draft]) -> list[Draft]:
    """Add to each draft the sentence of the chunk that comes nearest to its question without answering it.

    The worse answer is true, and beside the point. Drafts without such a sentence are left out.
    """
    plain = [
        read_sentence(chunk.text, start, end, Names())
        for start, end in split_sentences(chunk.text)
        if end - start <= 500
    ]
    fit = [sentence for sentence in plain if why_not_answer(sentence.text, sentence) is None]
    made = []
    for draft in drafts:
        taken = [(evidence.start, evidence.end) for evidence in draft.evidence]
        others = [s.text for s in fit if not any(start < s.end and s.start < end for start, end in taken)]
        worse = _nearest(draft, others)
        if worse is not None:
            made.append(dataclasses.replace(draft, rejected=f"{worse}.", metadata={"flaw": "other"}))
    return made


def _nearest(draft: Draft, others: Sequence[str]) -> str | None:
    asked = {stem(word) for word in _content(draft.question)}
    length = len(draft.answer.split())
    best, most = None, 0
    for other in others:
        words = len(other.split())
        alike = len(asked & _stems(other))
        if why_not_open(draft.question, other) == "answered":
            continue
        if alike > most and max(length, words) <= _MOST_UNLIKE * max(MIN_ANSWER_WORDS, min(length, words)):
            best, most = other, alike
    return best


def _content(text: str) -> list[str]:
    words = re.findall(r"[\w'’.+#-]*\w[+#]*", text)[1:]
    return [word for word in words if word.lower() not in CLOSED_CLASS]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[\w'’.+#-]*\w[+#]*", text))
