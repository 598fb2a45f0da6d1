"""Tells by their words whether a passage answers a question that is meant to be left open."""

from __future__ import annotations

from glossator.retrieval.words import index_words
from glossator.text.sentences import split_sentences

ANSWERED = 0.75
"""Share of a question's content words in two neighbouring sentences from which the passage is held to answer it.

On 473 questions of 20 encyclopedia articles: 60 of 100 questions are told to be answered by their own paragraph, 0.4 of
100 by another paragraph of the same article. At .6 it is 84 and 2.7, at .9 it is 26 and 0.4. The rest is for a judge.
"""
_NEIGHBOURS = 2


def why_not_open(question: str, passage: str) -> str | None:
    """Turn a question into why it is none that the passage leaves open; None where it may well be one.

    Returns:
        `answered`: its words stand together in the passage. `off_subject`: the passage has none of them.
    """
    asked = set(index_words(question))
    sentences = [set(index_words(passage[start:end])) for start, end in split_sentences(passage)]
    together = [
        set[str]().union(*sentences[at : at + _NEIGHBOURS]) for at in range(max(1, len(sentences) - _NEIGHBOURS + 1))
    ]
    if not asked & set[str]().union(*sentences):
        return "off_subject"
    most = max(len(asked & words) for words in together)
    return "answered" if most >= ANSWERED * len(asked) else None


def told_by_one(text: str, passages: list[str]) -> bool:
    """Whether some passage has nothing to add to a text: no content word of it stands in that passage alone."""
    words = set(index_words(text))
    known = [words & set(index_words(passage)) for passage in passages]
    return any(not own - set[str]().union(*known[:at], *known[at + 1 :]) for at, own in enumerate(known))
