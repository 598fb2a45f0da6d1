"""Contents: what something consists of, holds, offers, covers, requires; a `list` where all items are told."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import (
    CONJUNCTIONS,
    LANGUAGES,
    PEOPLE,
    PREPOSITIONS,
    PRONOUNS,
    SAYS_LITTLE,
    is_adverb,
    is_infinitive,
    word_set,
)
from glossator.synthesis.teachers.patterns.candidate import Candidate
from glossator.synthesis.teachers.patterns.enumeration import items_of, shared_opening

_HOLDING = word_set(
    """
    provide offer include contain support comprise cover require implement introduce describe represent
    combine integrate produce return generate compute address present define discuss explain explore
    illustrate incorporate cultivate store handle feature solve replace extend
    teach specify estimate expose export track measure evaluate calculate accept
    receive create build outline encapsulate summarize examine have
    automate collect compile construct encode
    control convert deliver deploy derive design develop display
    enforce equip establish extract formulate gather inherit investigate
    maintain map model parse preserve propose publish
    record leverage document host list remove retain reuse select send simulate
    target test train transform translate update validate verify visualize wrap yield
    """
)
_TELLING = word_set("provide offer include implement introduce contain define require need create present support")
"""Verbs whose object goes with what it is for: `What does X provide to visualize results?`"""
_MODALS = word_set("can should must may")
_LINKED = {
    "consist": "of", "rely": "on", "depend": "on", "focus": "on", "build": "on", "refer": "to", "deal": "with",
    "begin": "with", "start": "with", "end": "with", "correspond": "to", "range": "from", "apply": "to",
    "arise": "from", "interact": "with", "stem": "from", "come": "with", "stand": "for", "account": "for",
}  # fmt: skip


_PERSONS = re.compile(r"[A-Z][a-z]+(?: and [A-Z][a-z]+)+")
"""Authors: what they describe is asked of a paper, not of its subject."""
_THERE = re.compile(
    r"There are (?:two|three|four|five|six|seven|eight|several) (?:main |major |different )?"
    r"(?P<what>(?:types|kinds|forms|ways|classes|families|levels) of [^,:;()]{3,60}): (?P<items>.+)$"
)
_NO_OBJECT = PREPOSITIONS | CONJUNCTIONS | PRONOUNS | word_set("to as up out place part well more less not another")


def _opens_object(words: list[str]) -> bool:
    """Whether the words after the verb begin a noun phrase, a that-clause or an indirect question."""
    return (
        words[0].rstrip(",") not in _NO_OBJECT - {"both"} and not is_adverb(words[0]) and words[:2] != ["each", "other"]
    )


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `What does X contain?` and its like."""
    there = _THERE.match(sentence.text)
    if there and items_of(there["items"]):
        return [Candidate((f"What {there['what']} are there?",), sentence.text, "list")]
    return _held(sentence, clause) if clause is not None and _holds(clause) else []


def _held(sentence: Sentence, clause: Clause) -> list[Candidate]:
    words = clause.words
    if _LINKED.get(clause.verb) == words[0] and words[1] not in ("each", "one"):
        items = items_of(" ".join(words[1:]))
        kind = "list" if items and shared_opening(items) == "" else "content"
        return [Candidate((clause.ask("What", tail=words[0]),), sentence.text, kind)]
    if clause.verb in ("take", "accept", "expect") and words[:2] == ["as", "input"]:
        return [Candidate((clause.ask("What", tail="as input"),), sentence.text, "content")]
    if clause.verb not in _HOLDING or not _opens_object(words):
        return []
    items = items_of(clause.rest)
    opening = shared_opening(items) if items else None
    if items and opening is not None and not (opening and clause.verb in ("include", "require")):
        return [Candidate((clause.ask("What", tail=opening),), sentence.text, "list")]
    return _object(sentence, clause)


def _holds(clause: Clause) -> bool:
    """Whether the sentence tells a fact about what something holds; `What can users evaluate?` asks for too little."""
    if clause.form not in ("third", "base", "past") and clause.auxiliary not in _MODALS:
        return False
    if clause.form == "modal" and clause.subject.split()[-1] in PEOPLE:
        return False
    specific = re.match(r"an? (?!(?:\w+ )?(?:typical|standard)\b)", clause.subject)
    return len(clause.words) >= 2 and not specific


def _object(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """Ask for the object, with what it is for, unless it tells too little."""
    tail = _what_for(clause.rest, clause.verb, sentence) if clause.verb in _TELLING else ""
    known = clause.subject.lower() in LANGUAGES or _PERSONS.fullmatch(clause.subject) or clause.verb == "have"
    repeats = "".join(clause.words[:2]).rstrip(",s").lower() in clause.subject.lower()  # `PointProcesses.jl defines …`
    if repeats or SAYS_LITTLE.match(clause.rest) or len(clause.subject.split()) > 8 or (known and not tail):
        return []
    return [Candidate((clause.ask("What", tail=tail),), sentence.text, "content")]


def _what_for(rest: str, clause_verb: str, sentence: Sentence) -> str:
    """Find what the object is for, if the sentence ends with it: such a question has fewer answers."""
    for match in re.finditer(r" (?:to|for) ", rest):
        goal = re.split(r" (?:that|which|while|without) |, ", rest[match.end() :])[0]
        before, after = rest[: match.start()].split(), goal.split()
        if not 2 <= len(after) <= 9 or not len(before) >= 2 or re.search(r"[;:(]|\b(?:and|or)\b", goal):
            continue
        if before[-1:] == ["except"] or (match.group() == " for " and clause_verb in ("require", "need")):
            continue
        if (match.group() == " to " and not is_infinitive(after[0])) or after[-1] in PEOPLE:
            continue
        if noun_phrase([*before], sentence.names, vague=True) is not None:
            return " ".join([match.group().strip(), *after])
    return ""
