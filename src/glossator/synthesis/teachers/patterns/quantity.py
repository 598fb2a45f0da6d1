"""Quantities: how many, how long, what percentage, when."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import BE, NUMBER_WORDS, is_plural, looks_like_name, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(sorted(NUMBER_WORDS))})"
_COUNTED = re.compile(
    rf"(?:(?:of|into|about|around|approximately|roughly|over|only|at least|up to|nearly|almost|more than) )*"
    rf"(?P<number>{_NUMBER}) (?P<noun>(?:[A-Za-z][\w-]* ){{0,3}}[A-Za-z][\w-]*)"
)
_SUBJECT = re.compile(
    rf"(?:A total of |About |Approximately |Around |Over |More than |Nearly |Almost )?"
    rf"(?P<number>{_NUMBER}) (?P<noun>.+)",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"(?:About |Approximately |Around |Over |More than |Nearly )?\d[\d.]*\s?(?:%|percent) of (?P<noun>.+)"
)
_HOLDING = word_set("contain include comprise have feature cover offer provide support define require host")
_UNITS = word_set("hours minutes weeks days months years seconds semesters")
_DATED = word_set(
    """
    founded established created developed released introduced launched started published held taught offered
    proposed first invented initiated conducted
    """
)


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose a question after the number that the sentence gives."""
    return (
        _counted_object(sentence, clause)
        or _counted_subject(sentence)
        or _measured(sentence, clause)
        or _date(sentence, clause)
    )


def _counted_object(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """`X contains six chapters.` → `How many chapters does X contain?`"""
    match = _COUNTED.match(clause.rest) if clause is not None else None
    noun = _counted_noun(match["noun"]) if match else None
    if clause is None or noun is None:
        return []
    question = ""
    if clause.form == "be":
        if clause.auxiliary == "is" and clause.subject.startswith("the ") and clause.rest[0] in "0123456789":
            question = clause.ask("What")
    elif clause.verb in ("last", "take") and noun.split()[-1] in _UNITS:
        question = clause.ask("How long")
    elif clause.verb == "consist":
        question = clause.ask(f"How many {noun}", tail="of")
    elif clause.form == "passive" and clause.verb in ("divided", "split"):
        question = clause.ask(f"How many {noun}", tail="into")
    elif clause.verb in _HOLDING:
        question = clause.ask(f"How many {noun}")
    return [Candidate((question,), sentence.text, "quantity")] if question else []


def _counted_noun(text: str) -> str | None:
    """Cut the words after a number down to the plural noun that is counted."""
    words = re.split(r" (?:of|for|in|on|with|from|that|which|to|and|or|at|by|per|each|is|are) ", f"{text} ")[0].split()
    for i, word in enumerate(words):
        if is_plural(word) and word[0].islower() and word not in ("numbers", "times", "types", "kinds"):
            return noun_phrase(words[: i + 1], vague=True)
    return None


def _counted_subject(sentence: Sentence) -> list[Candidate]:
    """`24 students took part in X.` → `How many students took part in X?`"""
    percent = _PERCENT.match(sentence.text)
    match = percent or _SUBJECT.match(sentence.text)
    if not match:
        return []
    words = re.split(r"[,(;:]| (?:who|which|that|because|while|using|with|and|by) ", match["noun"])[0].split()
    verb = next((i for i, word in enumerate(words) if word in BE or word in _ACTIONS), 0)
    if not 1 <= verb <= 7 or not 2 <= len(words) - verb <= 9 or words[verb : verb + 2] == ["are", "the"]:
        return []
    noun = noun_phrase(words[:verb], sentence.names)
    if noun is None or words[verb + 1] in ("a", "an", "not") or not is_plural(words[0 if verb == 1 else verb - 1]):
        return []
    if not any(looks_like_name(word) or word[0].isupper() for word in words):
        return []  # how many of them there were is known only where it happened
    opening = "What percentage of" if percent else "How many"
    return [Candidate((f"{opening} {' '.join([noun, *words[verb:]])}?",), sentence.text, "quantity")]


def _measured(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """`X achieves a speedup of 3.` → `What speedup does X achieve?`; `X takes about 3 ms.` → `How long does X take?`"""
    if clause is None or clause.form not in ("third", "base", "past", "modal") or not re.search(r"\d", clause.rest):
        return []
    match = _MEASURE.match(clause.rest)
    if match and clause.verb in _REACHING:
        return [Candidate((clause.ask(f"What {match['what']}"),), sentence.text, "quantity")]
    match = _TIME.match(clause.rest)
    if match and clause.verb in ("take", "last", "run", "require"):
        opening = "How much time" if clause.verb == "require" else "How long"
        return [Candidate((clause.ask(opening),), sentence.text, "quantity")]
    return []


_REACHING = word_set("achieve reach obtain show yield give provide deliver attain have produce")
_MEASURE = re.compile(
    r"(?:an? )?(?:(?!of )[\w.-]+ ){0,3}?(?P<what>(?:speed-?up|acceleration|accuracy|bandwidth|efficiency|error|"
    r"throughput|latency|overhead|resolution|score))s? of (?:up to |over |about |around |more than |approximately )?\d"
)
_TIME = re.compile(
    rf"(?:about |around |approximately |roughly |only |less than |more than |over |up to |at most |"
    rf"between )?{_NUMBER} ?"
    r"(?:-|to |and )?\d*(?: |-)?(?:hours?|minutes?|min|weeks?|days?|months?|years?|seconds?|ms|s|milliseconds?)\b"
)

_ACTIONS = word_set(
    """
    participated attended completed enrolled took responded agreed reported submitted registered said
    indicated answered joined contributed have had used chose
    """
)


def _date(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    if clause is None or clause.form != "passive" or clause.auxiliary not in ("was", "were"):
        return []
    match = re.match(r"(?P<middle>(?:[\w.-]+ ){0,5})(?:in|since) (?:[A-Z][a-z]+ )?(?:19|20)\d\d\b", clause.rest)
    if not match or clause.verb not in _DATED:
        return []
    return [Candidate((clause.ask("When", tail=match["middle"].strip()),), sentence.text, "quantity")]
