"""Knows whether `the …` says which one it means: by a name, by an `of …`, or as a concept that has only one meaning."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.names import Names, is_common
from glossator.synthesis.teachers.grammar.words import (
    BASE_VERBS,
    CLOSED_CLASS,
    LANGUAGES,
    NOUN_LIKE_VERBS,
    PARTICIPLES,
    THIRD_PERSON,
    is_adverb,
    looks_like_name,
    word_set,
)

_ONE_OF_A_KIND = word_set(
    """
    internet web cloud world brain atmosphere ocean earth sun moon literature industry user users
    programmer developer browser past future public universe body compiler
    """
)
"""Nouns that need no telling which one, or mean any one."""
_CONCEPTS = word_set(
    """
    method algorithm theorem principle equation equations problem effect law transform rule paradigm distribution
    estimator decomposition factorization inequality criterion
    """
)
"""Nouns that two words before them make a known concept: `the conjugate gradient method`."""
_POINTING = word_set(
    """
    new initial main final full whole entire complete overall current present presented whole usual actual original
    different additional extra further specific particular main key proper respective corresponding resulting
    underlying simple general basic two three four five six same other total whole desired required chosen
    """
)
"""Adjectives that make no concept: `the new algorithm`."""
_AMOUNTS = word_set(
    "series set sets list sequence collection group groups types kinds parts rest remainder majority pair"
)
"""Nouns that stay open with an `of …`: `the series of filters`."""
_SERIAL = re.compile(r"(?i)(?:section|chapter|part|lesson|listing|figure|table|step|session|unit|module|exercise)s?")


def anchored(words: list[str], names: Names) -> list[str] | None:
    """Turn a noun phrase into one whose every `the …` can be understood unseen; None where one cannot.

    `the package` becomes its name where the chunk told it before.
    """
    if any(_SERIAL.fullmatch(word) and words[i + 1][0].isdigit() for i, word in enumerate(words[:-1])):
        return None  # `Part 2` of what?
    words = _called(words, names)
    made: list[str] = []
    i = 0
    while i < len(words):
        if words[i].lower() != "the":
            made.append(words[i])
            i += 1
            continue
        end = next((j for j in range(i + 1, len(words)) if _ends_phrase(words[j])), len(words))
        phrase = words[i + 1 : end]
        if not phrase:
            return None
        if _stands_alone(phrase, words[end:]):
            made += words[i:end]
        else:
            return None
        i = end
    return made


_OWN = word_set("training learning online teaching software present educational accompanying open-source")
"""Adjectives that say no more than the noun: `the training course`."""
_VARIABLE = re.compile(r"(?!ggplot2|utf8|base64)[a-z]+\d|[A-Z]\d")
"""Names that only a formula or a piece of code explains: `writer1`, `X2`."""


def _called(words: list[str], names: Names) -> list[str]:
    """Put the name of `the package` in its place."""
    made: list[str] = []
    for i, word in enumerate(words):
        if made and made[-1].lower() == "the" and word in _OWN and i + 1 < len(words) and names.call(words[i + 1]):
            continue
        opens = made and made[-1].lower() == "the" and (i + 1 == len(words) or _ends_phrase(words[i + 1]))
        name = names.call(word.rstrip(",")) if opens else None
        if name:
            made[-1:] = name.split()
        else:
            made.append(word)
    return made


def leans(question: str) -> bool:
    """Whether a `the …` inside a question leaves open which one; subjects were read more closely before."""
    words = question.rstrip("?").replace(",", " ,").split()
    parts = (_SERIAL.fullmatch(word) and words[i + 1][0].isdigit() for i, word in enumerate(words[:-1]))
    if any(_VARIABLE.fullmatch(word) for word in words) or any(parts):
        return True
    for i, word in enumerate(words):
        if word != "the":
            continue
        phrase = words[i + 1 : i + 2]
        for following in words[i + 2 : i + 8]:
            if _ends_phrase(following) or _is_verb(following):
                break
            phrase.append(following)
        if not phrase or not _stands_alone(phrase, words[i + 1 + len(phrase) :]):
            return True
    return False


def _stands_alone(phrase: list[str], after: list[str]) -> bool:
    head = phrase[-1].rstrip(",").lower()
    named = any(_is_name(word) for word in phrase) and not (len(phrase) == 1 and is_common(head))
    if (named and not _only_language(phrase)) or (len(phrase) == 1 and head in _ONE_OF_A_KIND):
        return True
    if len(after) > 1 and after[0] in ("of", "between", "behind", "for", "in", "on"):
        if head in _AMOUNTS or phrase[0] in _POINTING or after[1] in ("which", "that", "this", "these", "them", "it"):
            return False
        return after[0] in ("of", "between", "behind", "on") or any(_is_name(word) for word in after[1:])
    if head in _CONCEPTS and len(re.split(r" |(?<=[a-z])-(?=[a-z])", " ".join(phrase))) > 2:
        return not _POINTING & {word.lower() for word in phrase} and not any(word in PARTICIPLES for word in phrase)
    return False


def _only_language(phrase: list[str]) -> bool:
    """Whether the only name says in what a thing is written: `the Julia interface` may be that of any program."""
    names = [word for word in phrase if _is_name(word)]
    known = phrase[-1].lower() in _OF_LANGUAGES or len(names) == len(phrase)
    return not known and all(word.strip(",").lower() in LANGUAGES | {"github"} for word in names)


_OF_LANGUAGES = word_set(
    "language languages community ecosystem library compiler syntax runtime notebook notebooks foundation"
)


def _is_name(word: str) -> bool:
    bare = word.strip(",").removesuffix("’s").removesuffix("'s")
    return looks_like_name(bare) or bare[:1].isupper() or "_" in bare


def _ends_phrase(word: str) -> bool:
    return word in CLOSED_CLASS or word == ","


def _is_verb(word: str) -> bool:
    if is_adverb(word):
        return True
    return word in (BASE_VERBS - NOUN_LIKE_VERBS) or word in PARTICIPLES or word in THIRD_PERSON
