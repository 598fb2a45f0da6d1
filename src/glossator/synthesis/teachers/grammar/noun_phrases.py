"""Decides whether words are a noun phrase that is clear on its own, and how it reads inside a question."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.anchors import anchored
from glossator.synthesis.teachers.grammar.names import Names
from glossator.synthesis.teachers.grammar.words import (
    BASE_VERBS,
    BE,
    CLOSED_CLASS,
    COUNTED_NOUNS,
    DEICTIC,
    DETERMINERS,
    FIGURE_WORDS,
    HAVE,
    LONELY_NOUNS,
    MODALS,
    NOUN_LIKE_VERBS,
    NOUN_PHRASE_PREPOSITIONS,
    PARTICIPLES,
    PEOPLE,
    PREPOSITIONS,
    PRONOUNS,
    QUANTITY_NOUNS,
    RELATIONAL_NOUNS,
    SUBORDINATORS,
    VAGUE_NOUNS,
    VAGUE_STARTS,
    is_adverb,
    is_plural,
    looks_like_name,
    word_set,
)

MAX_NOUN_PHRASE_WORDS = 12
NO_NAMES = Names()
_TO_NOUNS = word_set("approach approaches access introduction alternative interface solution extension guide")
_EXCLUDED = (
    PRONOUNS
    | SUBORDINATORS
    | BE
    | MODALS
    | HAVE
    | word_set("not also then thus or but so only been do does did had et al than be every each")
)
_PARTICIPLE_OPENINGS = word_set("having being given using based depending according")
_COMMON_ENDINGS = ("ing", "tion", "sion", "ment", "ity", "ness", "ance", "ence", "ism", "logy", "sis")
_UNTOLD = word_set(
    """
    different multiple various additional better performance execution alternative common further new existing larger
    smaller higher lower own main
    """
)
"""Openings of a plural that only the passage makes clear: `different variables`, `common estimators`."""
_MEASURED = word_set("results times benchmarks experiments benchmark timings measurements speedups speed-ups")
_WORD = re.compile(r"[\w'’./+#-]*\w[+#]{0,2}")
_PROPER = word_set(
    """
    python julia jupyter numpy scipy pandas matplotlib github git docker linux windows binder conda sage
    moodle bayesian gaussian fortran matlab stata excel markdown newton euler markov monte english european
    american german french spanish wikipedia google slack zoom canvas fourier laplace hamiltonian lagrangian
    colab sphinx quarto lorenz kalman poisson krylov chebyshev fibonacci galerkin hessian jacobian boolean
    unix bash android twitter mathematica modelica keras tensorflow pytorch cython javascript typescript
    scala java rust ruby perl sweden canada germany france italy europe africa asia america london paris
    berlin oxford cambridge carpentries pandas pluto javis makie enzyme turing gridap trixi flux
    """
)


def noun_phrase(words: list[str], names: Names = NO_NAMES, *, vague: bool = False) -> str | None:
    """Read words as a noun phrase that is clear on its own, written as inside a question.

    Returns:
        None for pronouns, pointing words (`this`, `the latter`), clauses, vague quantities, a bare common noun with
        an article (`the method`), and everything that is not plainly a noun phrase.
    """
    if not words or len(words) > MAX_NOUN_PHRASE_WORDS:
        return None
    lowered = [word.lower().rstrip(",") for word in words]
    bare = lowered[1:] if lowered[0] in DETERMINERS else lowered
    if not bare or bare[0] in CLOSED_CLASS or lowered[-1] in CLOSED_CLASS or is_adverb(words[-1]):
        return None
    if not _plain_words(words, lowered) or any(word in DEICTIC for word in lowered):
        return None
    if vague:
        return " ".join(words)
    if lowered[0] in VAGUE_STARTS or _says_too_little(words, lowered[0], bare, names):
        return None
    opened = [_inside_question(words[0], words[1:], names), *words[1:]]
    clear = anchored(opened, names)
    return None if clear is None else " ".join(clear).rstrip(",")


def _says_too_little(words: list[str], first: str, bare: list[str], names: Names) -> bool:
    """Whether the phrase needs an adjective to be clear (`the method`, `a tool`), or opens with a command."""
    if len(bare) == 1 and first in DETERMINERS:
        if first == "the":
            return bare[0] in VAGUE_NOUNS and names.call(bare[0]) is None
        return words[1].lower() in VAGUE_NOUNS | COUNTED_NOUNS | PEOPLE
    command = first in BASE_VERBS - NOUN_LIKE_VERBS and not looks_like_name(words[0])
    return (
        command
        or first in _PARTICIPLE_OPENINGS
        or bare[-1] in RELATIONAL_NOUNS
        or bare[0] in QUANTITY_NOUNS
        or bool(FIGURE_WORDS & set(bare))
        or (first in _UNTOLD and not any(map(looks_like_name, words)))
        or (first in ("a", "an") and bare[0] in ("final", "new", "further"))
        or (first not in DETERMINERS and "of" not in bare and bare[-1] in _MEASURED)
        or (len(words) == 1 and first in LONELY_NOUNS)
        or (len(words) > 1 and first not in DETERMINERS and bare[-1] in COUNTED_NOUNS and words[-1].islower())
        or (bare[-2:-1] == ["the"] and bare[-1] in VAGUE_NOUNS)
        or _holds_heading(words)
    )


def _holds_heading(words: list[str]) -> bool:
    """Whether a heading such as `Getting Started` stands inside."""
    return any(word.istitle() and word.lower() in PARTICIPLES for word in words[1:])


def _plain_words(words: list[str], lowered: list[str]) -> bool:
    """Whether every word may stand in a noun phrase, and commas only part a list that ends with `and`."""
    if not all(_plain_word(word, lowered[i - 1] if i else "") for i, word in enumerate(lowered)):
        return False
    if any(len(word) == 1 and word.isalpha() and word not in ("a", "A", "R", "C") for word in words):
        return False
    return not any(word.endswith(",") for word in words) or ("and" in lowered and len(words) <= 8)


def _plain_word(word: str, before: str) -> bool:
    if word in DETERMINERS:
        return not before or _opens_inner_phrase(before)
    if word == "to":
        return before in _TO_NOUNS
    if word in PREPOSITIONS:
        return word in NOUN_PHRASE_PREPOSITIONS
    return word not in _EXCLUDED and _WORD.fullmatch(word) is not None


def _opens_inner_phrase(word: str) -> bool:
    """Whether a determiner may follow this word inside a noun phrase: `of the`, `studying the`."""
    return word in NOUN_PHRASE_PREPOSITIONS | {"and", "to", "by"} or word.endswith("ing")


def _inside_question(first: str, others: list[str], names: Names) -> str:
    """Lower the first letter of a word that is capitalised only for opening the sentence."""
    owner = re.sub(r"['’]s?$", "", first)
    if len(first) == 1 and first not in "Aa":
        return first
    if looks_like_name(owner) or first in names or owner in names or owner.lower() in _PROPER:
        return first
    second = others[1] if others[:1] == ["and"] and len(others) > 1 else others[0] if others else ""
    if second.istitle() and second.lower() not in _PROPER and first.lower() not in DETERMINERS and first[-3:] != "ing":
        return first
    common = (
        others
        or (first.lower() in names.common and first.lower() not in PARTICIPLES)
        or is_plural(first)
        or first.endswith(_COMMON_ENDINGS)
    )
    return first[0].lower() + first[1:] if common else first
