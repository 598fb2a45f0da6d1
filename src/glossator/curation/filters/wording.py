"""The words of a question or an answer that carry its meaning, told in a form that can be compared."""

from __future__ import annotations

import re
from collections import Counter

from glossator.curation.normalize import normalize

_FUNCTION_WORDS = frozenset(
    """a about all also am an and any are as at be because been before being between but by can could did do does doing
    during each either else every for from further had has have having he her here hers him his how i if in into is it
    its itself just let like many may me might more most much must my no nor not of off on once one ones only or other
    our out over own per please shall she should so some such than that the their theirs them then there these they
    thing things this those through to too under until up us very was we were what when where whether which while who
    whom whose why will with would you your yours isn doesn don didn wasn weren aren cannot s t re ve ll d""".split()  # noqa: SIM905
)
_ASKING = frozenset({"tell", "explain", "describe", "give", "name", "say"})
"""Words of many a question that tell nothing of its subject."""
_DENIALS = frozenset(
    {"no", "not", "never", "none", "neither", "nor", "without", "cannot", "nobody", "nothing", "hardly", "except"}
)
_CONTRACTED = re.compile(r"n['’]t\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ENDINGS = re.compile(r"(?<=\w{3})(?:ies|ied|ingly|ing|edly|ed|es|s|ly|e|y)$")


def content_words(text: str) -> set[str]:
    """Take a text, leave its words in lower case without those of grammar (English ones; others are kept)."""
    return set(normalize(text).split()) - _FUNCTION_WORDS


def stems(text: str) -> frozenset[str]:
    """Take a text, leave the stems of the words that carry its meaning: `builds` and `building` are one."""
    return frozenset(map(stem, content_words(text) - _ASKING))


def stem(word: str) -> str:
    """Take a word in lower case, leave it without common English endings: `glasses` and `glass` are one."""
    while (shorter := _ENDINGS.sub("", word)) != word:
        word = shorter
    return word


def numbers(text: str) -> Counter[str]:
    """Take a text, leave its numbers, each as often as it stands there."""
    return Counter(_NUMBER.findall(text))


def denials(text: str) -> int:
    """Take a text, leave how many of its words deny."""
    told = _CONTRACTED.sub(" not", text)
    return sum(word in _DENIALS for word in normalize(told).split())
