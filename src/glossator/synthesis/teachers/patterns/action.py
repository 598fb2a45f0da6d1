"""Actions under a condition: `After creating X, instructors can …`, `When C, S …`, `To do X, users should …`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import PEOPLE, PRONOUNS, is_infinitive, looks_like_name, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_OPENING = re.compile(
    r"(?P<word>When|Whenever|If|Once|After|Before|To|In order to) (?P<condition>[^,;:()]{8,140}), "
    r"(?:then )?(?P<main>.+)$"
)
_STATES = word_set("remain occur happen exist need require mean differ know see include contain consist")
_UNCLEAR = re.compile(r"\b(?:it|they|them|this|these|those|that|such|he|she|doing so|done|above|below|so|not)\b")


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `What does S do when C?`, or `What happens when C?` where the subject is no topic."""
    match = _OPENING.match(sentence.text)
    if not match or len(match["condition"].split()) > 15 or _UNCLEAR.search(match["condition"]):
        return []
    word, first = match["word"].lower(), match["condition"].split()[0]
    if word in ("to", "in order to") and not is_infinitive(first):
        return []
    circumstance = f"{word} {match['condition']}"
    main = match["main"]
    clause = parse_clause(main[0].upper() + main[1:], sentence.names)
    if clause is not None and not clause.preface and clause.form in ("third", "base", "modal") and _acts(clause):
        verb = "have" if clause.verb == "have" else "do"
        return [Candidate((clause.ask("What", verb=verb, tail=circumstance),), sentence.text, "method")]
    return _happens(sentence, word, match["condition"], main)


def _acts(clause: Clause) -> bool:
    """Whether the subject is a person or a program, and does something."""
    subject = clause.subject.split()
    agent = subject[-1] in PEOPLE or any(looks_like_name(word) or word[0].isupper() for word in subject)
    return agent and len(clause.words) > 1 and clause.verb not in _STATES and clause.words[0] != "no"


def _happens(sentence: Sentence, word: str, condition: str, main: str) -> list[Candidate]:
    opened = condition[0].upper() + condition[1:]
    outcome = main.split()
    if word not in ("when", "if", "once", "after") or parse_clause(opened, sentence.names) is None:
        return []
    if len(outcome) < 5 or outcome[0].lower() in PRONOUNS - {"it", "they"}:
        return []
    if parse_clause(main[0].upper() + main[1:], sentence.names, vague=True) is None and outcome[0] not in (
        "it",
        "they",
    ):
        return []
    return [Candidate((f"What happens {word} {condition}?",), sentence.text, "result")]
