"""Comparisons: `X is faster than Y`, `Unlike Y, X …`, `X differs from Y …`, `X, whereas Y`, `as simple as`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.patterns.candidate import Candidate

_OPENING = re.compile(
    r"(?P<how>Unlike|In contrast to|In contrast with|Compared to|Compared with|In comparison to|In comparison with) "
)
_INSTEAD = re.compile(r"(?:Instead of|Rather than) (?P<other>[a-z]+ing [^,;:()]{4,80}), (?P<main>.+)$")
_THAN = re.compile(
    r"^(?P<measure>(?:(?:up to|about|around|roughly|at least|over|more than|approximately) )?"
    r"(?:[\d.]+ ?(?:%|x|×|times|percent)|two times|three times|ten times|an order of magnitude|orders of magnitude) )?"
    r"(?:(?:much|far|slightly|significantly|considerably|generally|often|also|even|substantially) )?"
    r"(?P<how>(?:more|less) (?:[a-z]+ly )?[\w-]+|(?:fast|slow|small|larg|simpl|eas|cheap|short|long|high|"
    r"low|few|strong|weak|light|heav)i?er)"
    r"(?P<rest>(?: \w+){0,3}) than (?P<other>[^,;:()]+)"
)
_EQUAL = re.compile(r"^(?:just |about |almost |nearly )?as (?P<how>[a-z]+) as (?P<other>[^,;:()]+)$")
_COMPARED = re.compile(
    r",? (?:when |as )?(?:compared|relative|in comparison|in contrast) (?:to|with) (?P<other>[^,;:()]+)$"
)
_BETTER = re.compile(
    r"(?:(?:much|far|slightly|significantly|considerably|often) )?(?:better|faster|worse|slower|"
    r"more \w+) than (?P<other>[^,;:()]+)"
)
_CONTRAST = re.compile(
    r",? (?:whereas|while|in contrast to|unlike) (?P<other>[^,;:()]{2,60}?)(?=,| (?:is|are|has|have|does|do|can)\b)"
)


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `How does X differ from Y?`, `Which is faster, X or Y?` or their like."""
    text = sentence.text
    opening = _OPENING.match(text)
    if opening:
        return _opening(sentence, opening)
    instead = _INSTEAD.match(text)
    if instead:
        return _instead(sentence, instead)
    if clause is None or clause.preface:
        return []
    if clause.verb == "differ" and clause.form in ("third", "base") and clause.rest.startswith("from "):
        other = _other(clause.rest.removeprefix("from "), sentence)
        return [Candidate((clause.ask("How", tail=f"from {other}"),), text, "comparison")] if other else []
    if clause.form == "be":
        return _than(sentence, clause) or _whereas(sentence, clause)
    return _outperforms(sentence, clause) or _whereas(sentence, clause)


def _opening(sentence: Sentence, opening: re.Match[str]) -> list[Candidate]:
    head, comma, main = sentence.text[opening.end() :].partition(", ")
    if not comma or not main:
        return []
    clause = parse_clause(main[0].upper() + main[1:], sentence.names)
    other = noun_phrase(head.split(), sentence.names)
    if clause is None or not other:
        return []
    plural = clause.plural or clause.form == "base"
    verb = "compare" if opening["how"].startswith(("Compared", "In comparison")) else "differ"
    return [Candidate(_wordings(clause.subject, other, verb, plural=plural), sentence.text, "comparison")]


def _instead(sentence: Sentence, match: re.Match[str]) -> list[Candidate]:
    """`Instead of copying X, Y does Z.` → `What does Y do instead of copying X?`"""
    main = match["main"]
    clause = parse_clause(main[0].upper() + main[1:], sentence.names)
    if clause is None or clause.preface or clause.form not in ("third", "base", "modal"):
        return []
    return [
        Candidate((clause.ask("What", verb="do", tail=f"instead of {match['other']}"),), sentence.text, "comparison")
    ]


def _than(sentence: Sentence, clause: Clause) -> list[Candidate]:
    equal = _EQUAL.match(clause.rest)
    if equal and clause.auxiliary in ("is", "are") and _other(equal["other"], sentence):
        question = f"How {equal['how']} {clause.auxiliary} {clause.subject}?"
        return [Candidate((question,), sentence.text, "comparison")]
    match = _THAN.match(clause.rest)
    other = _other(match["other"], sentence) if match else None
    if not match or not other or clause.auxiliary not in ("is", "are"):
        return []
    how = f"{match['how']}{match['rest']}"
    if match["measure"]:
        question = f"How much {how} {clause.auxiliary} {clause.subject} than {other}?"
    else:
        question = f"Which {clause.auxiliary} {how}, {clause.subject} or {other}?"
    return [Candidate((question,), sentence.text, "comparison")]


def _outperforms(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X outperforms Y by Z`, `X needs fewer steps compared to Y` → `How does X compare with Y?`"""
    if clause.form not in ("third", "base", "past"):
        return []
    better = _BETTER.match(clause.rest) if clause.verb in ("perform", "work", "run", "scale", "converge") else None
    compared = better or _COMPARED.search(clause.rest)
    told = compared["other"] if compared else clause.rest if clause.verb in ("outperform", "surpass") else ""
    other = _other(told, sentence) if told else None
    if not other or not clause.subject:
        return []
    return [
        Candidate(
            tuple(clause.ask("How", verb="compare", tail=f"{link} {other}") for link in ("with", "to")),
            sentence.text,
            "comparison",
        )
    ]


def _whereas(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`X is fixed, whereas Y is not.` → `How does X differ from Y?`"""
    match = _CONTRAST.search(clause.rest)
    if not match or (" while " in match.group() and not match.group().startswith(",")):
        return []
    other = _other(match["other"], sentence)
    if not other or len(other.split()) > 5 or len(clause.subject.split()) > 5:
        return []
    plural = clause.plural or clause.form == "base"
    return [Candidate(_wordings(clause.subject, other, "differ", plural=plural), sentence.text, "comparison")]


def _wordings(subject: str, other: str, verb: str, *, plural: bool) -> tuple[str, ...]:
    helper = "do" if plural else "does"
    if verb == "differ":
        return (f"How {helper} {subject} differ from {other}?",)
    return (f"How {helper} {subject} compare with {other}?", f"How {helper} {subject} compare to {other}?")


def _other(text: str, sentence: Sentence) -> str | None:
    """Read the thing compared with, up to where it plainly ends."""
    words = re.split(r" (?:because|when|if|since|while|and|which|that|as|but|due|so|in that|by) ", text)[0].split()
    return noun_phrase(words[:10], sentence.names) if len(words) <= 10 else None
