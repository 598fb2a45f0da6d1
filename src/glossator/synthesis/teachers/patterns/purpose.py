"""Purposes: what something is designed, used, meant or needed for, what it aims at, what it lets people do."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import PASSIVES, Clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import (
    BASE_VERBS,
    CLOSED_CLASS,
    DETERMINERS,
    PARTICIPLES,
    PEOPLE,
    SAYS_LITTLE,
    is_adverb,
    is_infinitive,
    looks_like_name,
    word_set,
)
from glossator.synthesis.teachers.patterns.candidate import Candidate

_MADE_TO_DO = word_set("designed intended meant built developed created")
_TOLD_TO_DO = word_set("asked encouraged required expected allowed invited taught tasked instructed guided")
_MADE_FOR = word_set("designed intended used developed needed required")
_DONE_TO = word_set(
    """
    introduced conducted administered collected added chosen selected performed implemented provided
    organized established adopted included structured modified updated extended employed formed held
    launched written prepared evaluated trained constructed generated defined computed inserted created extended
    replaced stored split divided tested
    """
)
_LETTING = word_set("allow enable permit help encourage require ask teach guide lead prepare let")
_STRIVING = word_set("aim seek intend attempt try strive plan")


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose a question after the purpose that the sentence states."""
    if clause is None or not clause.rest:
        return []
    words = [*clause.words, ""]
    to_verb = words[0] == "to" and len(words) > 4 and is_infinitive(words[1])
    if clause.form in PASSIVES:
        return _passive(sentence, clause, to_verb=to_verb) or _in_order_to(sentence, clause)
    tail = ""
    easy = re.match(r"it (possible|easy|easier|simple|simpler|straightforward) ", clause.rest)
    if clause.verb in _STRIVING and to_verb:
        tail = "to do"
    elif clause.verb == "make" and easy:
        tail = easy[1]
    elif clause.verb == "help" and words[0] in BASE_VERBS:
        tail = words[0]
    elif clause.verb == "serve" and words[0] == "as":
        tail = "as"
    if tail:
        return [Candidate((clause.ask("What", tail=tail),), sentence.text, "purpose")]
    return (
        _use_for(sentence, clause)
        or _letting(sentence, clause)
        or _in_order_to(sentence, clause)
        or _doing(sentence, clause)
    )


def _passive(sentence: Sentence, clause: Clause, *, to_verb: bool) -> list[Candidate]:
    verb, first = clause.verb, clause.words[0]
    question = ""
    if clause.form == "modal_passive" and verb in _MADE_TO_DO:
        return []
    if (verb == "used" and (to_verb or first == "for")) or (verb in _MADE_FOR and first == "for"):
        question = clause.ask("What", tail="for")
    elif verb in _TOLD_TO_DO | _MADE_TO_DO and to_verb:
        question = clause.ask("What", tail="to do")
    elif verb in _DONE_TO and to_verb and (clause.subject[:2] not in ("a ", "an") or _named(clause.subject)):
        question = clause.ask("Why")
    return [Candidate((question,), sentence.text, "purpose")] if question else []


def _named(subject: str) -> bool:
    """Whether a name stands in the subject: `a task manager` alone is one that only the passage knows."""
    return any(looks_like_name(word) or word[0].isupper() for word in subject.split())


def _letting(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X allows students to Y.` → `What does X allow students to do?`"""
    words = clause.words
    if clause.verb not in _LETTING or (clause.form == "modal" and clause.subject.startswith(("a ", "an "))):
        return []
    if clause.verb in ("let", "help") and words[0] in PEOPLE and len(words) > 1 and is_infinitive(words[1]):
        return [Candidate((clause.ask("What", tail=f"{words[0]} do"),), sentence.text, "purpose")]
    if "to" in words[1:6]:
        at = words.index("to", 1)
        people = noun_phrase(words[:at], sentence.names)
        if people and at + 1 < len(words) and is_infinitive(words[at + 1]):
            return [Candidate((clause.ask("What", tail=f"{people} to do"),), sentence.text, "purpose")]
    if clause.verb == "allow" and words[0] == "for":
        return [Candidate((clause.ask("What", tail="for"),), sentence.text, "purpose")]
    plain = words[0] not in CLOSED_CLASS - DETERMINERS and not is_adverb(words[0]) and "to" not in words
    if clause.verb in ("allow", "enable", "permit") and plain and len(words) > 3 and not SAYS_LITTLE.match(clause.rest):
        return [Candidate((clause.ask("What"),), sentence.text, "purpose")]
    return []


def _doing(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`The function sort_net assigns each element to a variable.` → `What does the function sort_net do?`"""
    words = clause.subject.split()
    runs = any(word in _RUNNING for word in words) or re.fullmatch(r"\w+(?:_\w+)+|\w+\.[a-z]\w{2,}", clause.subject)
    if clause.form != "third" or not runs or " of " in clause.subject or len(clause.words) < 4 or clause.preface:
        return []
    if (
        clause.verb in _STATIC
        or SAYS_LITTLE.match(clause.rest)
        or words[-1] in PARTICIPLES
        or clause.words[0] in ("to", "as", "of", "from", "on", "with")
    ):
        return []
    return [Candidate((clause.ask("What", verb="do"),), sentence.text, "purpose")]


_RUNNING = word_set("function macro method filter operator command script routine constructor")
_STATIC = word_set("need require have take belong expect exist consist depend remain mean see want contain include")


def _use_for(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`Instructors can use X to Y.` → `What can instructors use X for?`"""
    if clause.verb not in ("use", "apply") or clause.form != "modal" or "to" not in clause.words[1:10]:
        return []
    at = clause.words.index("to", 1)
    tool = noun_phrase(clause.words[:at], sentence.names)
    if tool is None or at + 1 >= len(clause.words) or not is_infinitive(clause.words[at + 1]):
        return []
    return [Candidate((clause.ask("What", tail=f"{tool} for"),), sentence.text, "purpose")]


def _in_order_to(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`S in order to Z.` → `Why S?`"""
    match = re.search(r",? (?:in order to|so as to) ", clause.rest)
    if not match:
        return []
    before = clause.rest[: match.start()]
    if len(before.split()) > 12 or re.search(r"[,(]|\b(?:that|which|and)\b", before):
        return []
    return [Candidate((clause.ask("Why", tail=before),), sentence.text, "purpose")]
