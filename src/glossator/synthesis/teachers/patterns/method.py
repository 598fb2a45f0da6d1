"""Methods: how something is done, what it is based on, built with, written in, and where it is found."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import PASSIVES, Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import (
    CLOSED_CLASS,
    PARTICIPLES,
    PEOPLE,
    is_adverb,
    is_infinitive,
    looks_like_name,
    word_set,
)
from glossator.synthesis.teachers.patterns.candidate import Candidate
from glossator.synthesis.teachers.patterns.enumeration import items_of

_PARTICLES = {
    "on": word_set("based built focused tested evaluated deployed run modeled modelled founded"),
    "into": word_set("divided split separated grouped integrated incorporated translated converted organized"),
    "from": word_set("derived obtained constructed collected drawn taken adapted generated computed"),
    "by": word_set("inspired motivated driven guided influenced determined supported caused"),
    "as": word_set("used known"),
    "with": word_set("used equipped associated compared combined"),
    "in": word_set("written implemented"),
    "to": word_set("related limited restricted linked connected mapped tailored dedicated devoted adapted converted"),
    "at": word_set("aimed targeted"),
    "of": word_set("composed comprised"),
}
"""Participles that, with the preposition after them, ask `What is X based on?`."""
_PLACED = word_set("found located placed included stored listed hosted published held taught kept saved")
_PLACES = word_set("in at on inside within")
_MANNER = ("using ", "through ", "via ", "according to ", "based on ", "with the help of ", "by means of ")
_HOW_AS = word_set("implemented represented written provided structured organized formulated modeled expressed")
_SOLVED = word_set(
    """
    solved implemented computed built created performed simulated trained calculated generated estimated measured
    described represented characterized analyzed evaluated modeled modelled approximated
    """
)
_BY_DOING = re.compile(r",? (?:by (?:directly |simply |also )?[a-z]+ing|using|through|via|by means of) ")
_NOT_BY = word_set("followed guide lead progress have")
"""Verbs after which `by …` or `through …` names no means."""
_LINKED_ADJECTIVES = {
    "capable": "of", "responsible": "for", "compatible": "with", "equivalent": "to", "similar": "to",
    "suitable": "for", "useful": "for", "ideal": "for", "independent": "of", "interoperable": "with",
    "dependent": "on", "invariant": "to", "identical": "to", "sensitive": "to", "consistent": "with",
    "efficient": "for", "part": "of", "geared": "toward", "robust": "to", "essential": "for",
}  # fmt: skip
_USING = word_set("use employ utilize leverage exploit")


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose a question after the means that the sentence names."""
    if clause is None or not clause.rest:
        return _by_doing(sentence)
    if working := _working(sentence, clause):
        return working
    if clause.form == "be":
        return _available(sentence, clause)
    if clause.form in PASSIVES:
        told = _how_done(sentence, clause) or _particle(sentence, clause)
        return told or (_doing_by(sentence, clause) if _known(clause) else [])
    return _by_doing(sentence) or _use_to(sentence, clause) or _doing_by(sentence, clause)


def _how_done(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """Ask `How is X done?`, `When is X done?`, `Where is X found?`."""
    words = [*clause.words, ""]
    first, second = words[0], words[1]
    question_word = ""
    if clause.verb in _NOT_BY or clause.subject.split()[-1] in PEOPLE:
        return []
    if (
        clause.rest.startswith(_MANNER)
        or (first == "by" and second.endswith("ing"))
        or (first == "as" and clause.verb in _HOW_AS)
        or (first in ("with", "by") and second in ("a", "an", "the") and clause.verb in _SOLVED)
    ):
        question_word = "How"
    if question_word and not _known(clause):
        return []
    if question_word:
        pass
    elif first == "when" or (first == "if" and second in ("the", "a", "an")):
        question_word = "When"
    elif clause.verb in _PLACED and first in _PLACES and not re.search(r"\b(?:order|form|way|format)\b", clause.rest):
        question_word = "Where"
    elif first == "under" and "icens" in clause.rest:
        question_word = "Under which license"
    return [Candidate((clause.ask(question_word),), sentence.text, "method")] if question_word else []


def _known(clause: Clause) -> bool:
    """Whether it is told where something is done so, or what can be done and is so by its nature."""
    told = clause.form == "modal_passive" or clause.verb in _BY_NATURE
    return told or _named(clause.subject) or _named(clause.preface)


_BY_NATURE = word_set(
    "defined described represented modeled modelled expressed formulated characterized measured estimated"
)


def _particle(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """Ask `What is X based on?`."""
    first = clause.words[0]
    if clause.verb == "made" and clause.rest.startswith("up of "):
        kind = "list" if items_of(clause.rest.removeprefix("up of ")) else "content"
        return [Candidate((clause.ask("What", tail="up of"),), sentence.text, kind)]
    if clause.verb not in _PARTICLES.get(first, ()) or clause.words[1:2] == ["is"]:
        return []
    kind = "content" if first in ("into", "of") else "method"
    if kind == "content" and items_of(" ".join(clause.words[1:])):
        kind = "list"
    return [Candidate((clause.ask("What", tail=first),), sentence.text, kind)]


def _available(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """Ask where or under which license something is available, or what it is suitable for."""
    words = clause.words
    adjective, link = [*words, "", ""][:2]
    if len(words) < 3:
        return []
    if adjective == "available" and not _named(clause.subject):
        return []  # `Where are performance benchmarks available?`
    if adjective == "available" and link in ("under", "with") and "icens" in clause.rest:
        return [Candidate((clause.ask("Under which license", verb="available"),), sentence.text, "method")]
    if adjective == "available" and link in ("at", "on", "in", "from", "through", "via"):
        return [Candidate((clause.ask("Where", verb="available"),), sentence.text, "method")]
    return _linked(sentence, clause, adjective, link)


def _linked(sentence: Sentence, clause: Clause, adjective: str, link: str) -> list[Candidate]:
    """Ask what something is suitable for, part of, able to do, or how it is possible."""
    if adjective == "possible" and link in ("through", "via", "by", "using") and len(clause.subject.split()) > 1:
        return [Candidate((clause.ask("How", verb="possible"),), sentence.text, "method")]
    if adjective == "able" and link == "to" and len(clause.words) > 4:
        return [Candidate((clause.ask("What", verb="able", tail="to do"),), sentence.text, "purpose")]
    if _LINKED_ADJECTIVES.get(adjective) != link:
        return []
    kind = {"part": "content", "similar": "comparison", "identical": "comparison", "equivalent": "comparison"}.get(
        adjective, "purpose" if link == "for" else "method"
    )
    asked = f"{clause.adverb} {adjective}".strip()  # `structurally identical` is not identical
    return [Candidate((clause.ask("What", verb=asked, tail=link),), sentence.text, kind)]


def _named(subject: str) -> bool:
    return any(looks_like_name(word) or word[0].isupper() for word in subject.split())


def _use_to(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X uses Y to Z.` → `What does X use to Z?`"""
    words = clause.words
    if clause.verb not in _USING or "to" not in words[1:8]:
        return []
    at = words.index("to", 1)
    if at + 1 >= len(words) or not is_infinitive(words[at + 1]):
        return []
    whole = " ".join(words[at:])
    goal = re.split(r",| (?:and|by|using|which|that|while|when) ", whole)[0]
    if not 3 <= len(goal.split()) <= 10 or "(" in goal or not noun_phrase(words[:at], sentence.names):
        return []
    if re.search(r"\b(?:among|between)\b", goal) and goal != whole:
        return []
    return [Candidate((clause.ask("What", tail=goal),), sentence.text, "method")]


def _working(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X works by Z-ing.` → `How does X work?`; `X is useful when C.` → `When is X useful?`"""
    if clause.form in ("third", "base") and clause.verb in ("work", "operate", "function", "proceed"):
        students = clause.subject.split()[-1] in PEOPLE
        first = clause.words[1:2] == ["first"]  # what comes next stands in another sentence
        by = not students and not first and clause.words[0] in ("by", "through", "via") and len(clause.words) > 2
        return [Candidate((clause.ask("How"),), sentence.text, "method")] if by else []
    adjective, _, when = clause.rest.partition(" ")
    if clause.form == "be" and when.startswith(("when the ", "when a ", "if the ", "if a ")) and adjective.isalpha():
        return [Candidate((clause.ask("When", verb=adjective),), sentence.text, "method")]
    return []


def _by_doing(sentence: Sentence) -> list[Candidate]:
    """`By keeping X, Y avoids Z.` → `How does Y avoid Z?`"""
    match = _OPENS_BY.match(sentence.text)
    if not match:
        return []
    main = match["main"]
    clause = parse_clause(main[0].upper() + main[1:], sentence.names)
    if clause is None or clause.preface or clause.form not in ("third", "base", "modal", "past"):
        return []
    told = re.split(r",| (?:while|without|which|that|when) ", clause.rest)[0]
    if not 2 <= len(told.split()) <= 12 or told.split()[-1] in CLOSED_CLASS or "(" in told:
        return []
    return [Candidate((clause.ask("How", tail=told),), sentence.text, "method")]


_OPENS_BY = re.compile(r"(?:By (?=[a-z]+ing )|Using |Through )(?P<means>[^,;:()]{8,120}), (?P<main>.+)$")


def _doing_by(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X solves Y by Z-ing.` → `How does X solve Y?`"""
    match = _BY_DOING.search(clause.rest)
    if not match or clause.verb in _NOT_BY:
        return []
    before = clause.rest[: match.start()]
    return [Candidate((clause.ask("How", tail=before),), sentence.text, "method")] if _plain(before) else []


def _plain(text: str) -> bool:
    """Whether the words before the means are short and hold no further clause."""
    words = text.split()
    if not words or words[-1] in CLOSED_CLASS or words[0] in ("and", "or") or is_adverb(words[0]):
        return False
    if words[-1] in PARTICIPLES:
        return False
    return len(words) <= 10 and not re.search(r"[,(:]|\b(?:that|which|when|if|and then|to)\b", text)
