"""Comparisons: `X is faster than Y`, `Unlike Y, X …`, `X differs from Y …`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.patterns.candidate import Candidate

_OPENING = re.compile(r"(?P<how>Unlike|In contrast to|In contrast with|Compared to|Compared with|In comparison to) ")
_THAN = re.compile(r"^(?:\w+ ){0,2}(?:(?:more|less) [\w-]+|\w+er)(?: \w+){0,4} than (?P<other>[^,;:()]+)")


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `How does X differ from Y?` or `How does X compare with Y?`."""
    opening = _OPENING.match(sentence.text)
    if opening:
        return _opening(sentence, opening)
    if clause is None:
        return []
    if (
        clause.verb == "differ"
        and clause.form in ("third", "base")
        and not clause.preface
        and clause.rest.startswith("from ")
    ):
        other = _other(clause.rest.removeprefix("from "), sentence)
        return [Candidate((clause.ask("How", tail=f"from {other}"),), sentence.text, "comparison")] if other else []
    match = _THAN.match(clause.rest) if clause.form == "be" else None
    other = _other(match["other"], sentence) if match else None
    if not other:
        return []
    return [Candidate(_wordings(clause.subject, other, "compare", plural=clause.plural), sentence.text, "comparison")]


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


def _wordings(subject: str, other: str, verb: str, *, plural: bool) -> tuple[str, ...]:
    helper = "do" if plural else "does"
    if verb == "differ":
        return (f"How {helper} {subject} differ from {other}?",)
    return (f"How {helper} {subject} compare with {other}?", f"How {helper} {subject} compare to {other}?")


def _other(text: str, sentence: Sentence) -> str | None:
    """Read the thing compared with, up to where it plainly ends."""
    words = re.split(r" (?:because|when|if|since|while|and|which|that|as|but|due|so|in that|by) ", text)[0].split()
    return noun_phrase(words[:10], sentence.names) if len(words) <= 10 else None
