"""Splits a sentence into preface, subject, verb and rest, and turns statements into questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from glossator.synthesis.teachers.grammar.names import Names
from glossator.synthesis.teachers.grammar.noun_phrases import MAX_NOUN_PHRASE_WORDS, NO_NAMES, noun_phrase
from glossator.synthesis.teachers.grammar.words import (
    ALSO_NOUNS,
    BASE_VERBS,
    BE,
    CLOSED_CLASS,
    DETERMINERS,
    HAVE,
    MODALS,
    NOUN_LIKE_VERBS,
    NOUN_PHRASE_PREPOSITIONS,
    NUMBER_WORDS,
    PARTICIPLES,
    PAST,
    SUBORDINATORS,
    THIRD_PERSON,
    is_adverb,
    is_plural,
    word_set,
)

Form = Literal["be", "passive", "modal", "modal_passive", "perfect_passive", "third", "base", "past"]
PASSIVES = frozenset({"passive", "modal_passive", "perfect_passive"})
_SENTENCE_ADVERB = re.compile(r"^(?:[A-Z][a-z]+ly|Often|Today), ")
_ASIDE = re.compile(r" \([^()]{1,40}\)")
_PREFACE_PREPOSITIONS = word_set("in at during within on for after before throughout under with")
_SEQUENCE = frozenset(
    {
        "also",
        "additionally",
        "further",
        "then",
        "thus",
        "therefore",
        "hence",
        "subsequently",
        "similarly",
        "likewise",
        "consequently",
        "finally",
    }
)
"""Adverbs that tie a sentence to the one before it."""
_EMPTY_PREFACE = word_set(
    "similar comparison addition contrast terms respect line accordance particular general example instance fact short "
    "summary observation turn response conclusion detail essence side plus hand level levels construction default"
)
_PARTICIPLE_NOUNS = word_set("set run data")


class _VerbGroup(NamedTuple):
    form: Form
    auxiliary: str
    adverb: str
    verb: str
    used: int
    """How many words it takes."""
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement taken apart. All parts are plain text without the final full stop."""

    preface: str
    """A prepositional phrase before the subject, lower-cased, without its comma; empty if there is none."""
    subject: str
    """The subject as it reads inside a question: the article lower-cased, names kept."""
    form: Form
    auxiliary: str
    """The form of be or the modal; empty for plain verbs."""
    adverb: str
    verb: str
    """The participle after be, the base form after everything else; empty for `is` with a complement."""
    rest: str
    """All that follows the verb."""
    plural: bool
    """Whether the verb form is plural."""

    @property
    def words(self) -> list[str]:
        """The words of the rest."""
        return self.rest.split()

    def ask(self, question_word: str, *, verb: str | None = None, tail: str = "") -> str:
        """Turn the statement into a question, as in `What does <subject> provide <tail>?`.

        Args:
            question_word: what opens it: `What`, `How many students`, `Why`.
            verb: overrides the verb; empty for none.
            tail: what follows the verb.
        """
        verb = self.verb if verb is None else verb
        if self.form in ("be", "passive") or self.form == "modal":
            parts = [question_word, self.auxiliary, self.subject, verb, tail, self.preface]
        elif self.form == "modal_passive":
            parts = [question_word, self.auxiliary, self.subject, f"be {verb}", tail, self.preface]
        elif self.form == "perfect_passive":
            parts = [question_word, self.auxiliary, self.subject, f"been {verb}", tail, self.preface]
        else:
            helper = {"third": "does", "base": "do", "past": "did"}[self.form]
            parts = [question_word, helper, self.subject, verb, tail, self.preface]
        return " ".join(part for part in parts if part) + "?"


def parse_clause(sentence: str, names: Names = NO_NAMES, *, vague: bool = False) -> Clause | None:
    """Take one sentence without its final full stop apart.

    Args:
        sentence: plain text.
        names: words that keep their capital wherever they stand.
        vague: also take subjects that are no topic of their own, such as `many factors`.

    Returns:
        None where the subject is not a plain noun phrase, or no verb of the lists follows it.
    """
    preface, main = _split_preface(_SENTENCE_ADVERB.sub("", sentence), names)
    words = _ASIDE.sub("", main, count=1).split()
    for i in range(1, min(len(words), MAX_NOUN_PHRASE_WORDS + 1)):
        found = _verb_at(words, i)
        if found is None:
            continue
        if i == 1 and is_plural(words[0]) and (found.form == "third" or found.auxiliary in ("is", "was")):
            names = names.with_word(words[0])
        end = i - 1 if i > 1 and is_adverb(words[i - 1]) else i
        subject = noun_phrase(words[:end], names, vague=vague)
        if subject is None or _is_stray_verb(words[end - 1]) or _disagrees(words[:end], found):
            return None
        adverb = found.adverb or (words[end] if end < i else "")
        if adverb in _SEQUENCE:
            return None
        rest = " ".join(words[i + found.used :])
        return Clause(preface, subject, found.form, found.auxiliary, adverb, found.verb, rest, found.plural)
    return None


def _is_stray_verb(word: str) -> bool:
    """Whether the last word of a subject is rather a verb: `the database used`, `X.jl implement`."""
    if word in PARTICIPLES:
        return word not in _PARTICIPLE_NOUNS
    return word in BASE_VERBS - NOUN_LIKE_VERBS and f"{word}s" not in ALSO_NOUNS


def _split_preface(sentence: str, names: Names) -> tuple[str, str]:
    """Cut `In Julia, ` off: a short prepositional phrase that may close a question just as well."""
    head, comma, main = sentence.partition(", ")
    words = head.split()
    if not comma or not 2 <= len(words) <= 8 or words[0].lower() not in _PREFACE_PREPOSITIONS:
        return "", sentence
    inner = noun_phrase(words[1:], names)
    if inner is None or not main[:1].isalpha() or _EMPTY_PREFACE & set(words):
        return "", sentence
    return f"{words[0].lower()} {inner}", main[0].upper() + main[1:] if main.split()[0] in DETERMINERS else main


def _verb_at(words: list[str], i: int) -> _VerbGroup | None:
    """Read the verb group that starts at word `i`; None if none does."""
    word = words[i]
    following = words[i + 1 :]
    if word in BE:
        return _be_group(word, following)
    if word in MODALS:
        return _modal_group(word, following)
    if word in HAVE:
        return _have_group(word, following)
    return None if _is_noun_here(words, i) else _plain_verb(words, i)


def _is_noun_here(words: list[str], i: int) -> bool:
    """Whether what could be a verb is a noun: `the model results`, `uses of`, `maps illustrate`."""
    word, after = words[i], words[i + 1] if i + 1 < len(words) else ""
    before = _word_before(words, i)
    return (
        before.lower() in CLOSED_CLASS
        or before.endswith(",")
        or after in BE | MODALS | HAVE
        or (word in ALSO_NOUNS and (after == "of" or _finite_verb_follows(words[i + 1 :])))
        or (word in ALSO_NOUNS - {"helps"} and after in BASE_VERBS - NOUN_LIKE_VERBS)
        or (word in ALSO_NOUNS and after in THIRD_PERSON and after not in ALSO_NOUNS)
        or (word in BASE_VERBS and after in THIRD_PERSON and after not in ALSO_NOUNS)
    )


def _finite_verb_follows(words: list[str]) -> bool:
    """Whether a form of be or a modal follows within the same clause, so that the verb is yet to come."""
    for word in words[:8]:
        if word in BE | MODALS:
            return True
        if word.endswith(",") or word in SUBORDINATORS or word in ("and", "as"):
            return False
    return False


def _disagrees(words: list[str], found: _VerbGroup) -> bool:
    """Whether the noun before the first preposition is singular and the verb plural, or the other way round."""
    at = next((i for i, word in enumerate(words) if i and word in NOUN_PHRASE_PREPOSITIONS), None)
    if at is None or "and" in words[:at] or found.form not in ("third", "base"):
        return False
    return is_plural(words[at - 1]) == (found.form == "third")


def _plain_verb(words: list[str], i: int) -> _VerbGroup | None:
    word, after = words[i], words[i + 1] if i + 1 < len(words) else ""
    before = _word_before(words, i)
    if word in THIRD_PERSON and (not is_plural(before) or before[0].isupper()):
        return _VerbGroup("third", "", "", THIRD_PERSON[word], 1)
    plural_subject = is_plural(before) or "and" in words[:i] or _head_is_plural(words[:i])
    if word in BASE_VERBS and plural_subject and word not in PAST:
        return _VerbGroup("base", "", "", word, 1, plural=True)
    if word in PAST and (after in DETERMINERS or after in {"that", "their", "its"} or after[:1].isupper()):
        return _VerbGroup("past", "", "", PAST[word], 1)
    return None


def _word_before(words: list[str], i: int) -> str:
    return words[i - 2] if i > 1 and is_adverb(words[i - 1]) else words[i - 1]


def _split_adverb(words: list[str]) -> tuple[str, list[str]]:
    return (words[0], words[1:]) if words and is_adverb(words[0]) else ("", words)


def _be_group(word: str, following: list[str]) -> _VerbGroup:
    adverb, tail = _split_adverb(following)
    used = 1 + bool(adverb)
    plural = word in ("are", "were")
    if tail and tail[0] in PARTICIPLES:
        return _VerbGroup("passive", word, adverb, tail[0], used + 1, plural)
    return _VerbGroup("be", word, adverb, "", used, plural)


def _modal_group(word: str, following: list[str]) -> _VerbGroup | None:
    adverb, tail = _split_adverb(following)
    used = 1 + bool(adverb)
    if tail[:1] == ["be"]:
        second, tail = _split_adverb(tail[1:])
        if not tail or tail[0] not in PARTICIPLES:
            return None
        return _VerbGroup("modal_passive", word, adverb or second, tail[0], used + 2 + bool(second))
    return _VerbGroup("modal", word, adverb, tail[0], used + 1) if tail and tail[0] in BASE_VERBS else None


def _have_group(word: str, following: list[str]) -> _VerbGroup | None:
    """Read `has been used`, and `has` before a noun phrase."""
    adverb, tail = _split_adverb(following)
    plural = word == "have"
    if tail[:1] == ["been"]:
        second, tail = _split_adverb(tail[1:])
        if not tail or tail[0] not in PARTICIPLES:
            return None
        used = 3 + bool(adverb) + bool(second)
        return _VerbGroup("perfect_passive", word, adverb or second, tail[0], used, plural)
    if tail and (tail[0] in DETERMINERS | NUMBER_WORDS or tail[0].isdigit()):
        return _VerbGroup("base" if plural else "third", "", adverb, "have", 1 + bool(adverb), plural)
    return None


def _head_is_plural(words: list[str]) -> bool:
    """Whether the noun before the first preposition is plural, as in `tools for students`."""
    head = words
    for i, word in enumerate(words):
        if word in NOUN_PHRASE_PREPOSITIONS and i:
            head = words[:i]
            break
    return is_plural(head[-1])
