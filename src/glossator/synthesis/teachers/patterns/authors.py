"""What the authors did, from sentences that open with `We`: the answer is the clause after the turning word."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import CLOSED_CLASS, PARTICIPLES, is_infinitive, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_WE = re.compile(r"(?:We|I) (?:have |also |then |therefore |now )?(?=[a-z])")
_UNCLEAR = re.compile(r"\b(?:it|its|they|them|their)\b")
_NOT_ON_PURPOSE = word_set(
    """
    need want have try refer compare relate apply add extend lead expect allow enable ask encourage require know
    restrict limit assign map convert find intend plan aim see
    """
)
"""Verbs whose `to …` does not say why."""
_TURNS = (
    (re.compile(r",? (?P<answer>by [a-z]+ing .+)$"), "How", "method"),
    (re.compile(r",? (?P<answer>using .+)$"), "How", "method"),
    (re.compile(r",? (?P<answer>(?:in order to|so as to) .+)$"), "Why", "purpose"),
    (re.compile(r",? (?P<answer>because .+)$"), "Why", "cause"),
)


def find(sentence: Sentence, _clause: Clause | None) -> list[Candidate]:
    """Propose a question about what `we` did, answered without `we`."""
    match = _WE.match(sentence.text)
    if not match or _UNCLEAR.search(sentence.text):
        return []
    statement = parse_clause("The authors " + sentence.text[match.end() :], sentence.names)
    if statement is None or statement.form not in ("base", "past") or statement.verb == "go":
        return []
    for pattern, question_word, kind in _TURNS:
        turn = pattern.search(statement.rest)
        if turn and _plain(before := statement.rest[: turn.start()]):
            question = statement.ask(question_word, tail=before)
            return [Candidate((question,), _capitalised(turn["answer"]), kind, least_words=5)]
    return _to_do(statement)


def _to_do(statement: Clause) -> list[Candidate]:
    """`We ran X to learn Y.` → `Why did the authors run X?`, answered by `To learn Y.`"""
    before, _, goal = statement.rest.partition(" to ")
    thing = before.split()
    if statement.verb in _NOT_ON_PURPOSE or not goal or not is_infinitive(goal.split()[0]) or goal.startswith("be "):
        return []
    if noun_phrase(thing) is None or thing[-1] in PARTICIPLES or not _plain(before):
        return []
    return [Candidate((statement.ask("Why", tail=before),), f"To {goal}", "purpose", least_words=5)]


def _plain(text: str) -> bool:
    """Whether what the authors did is told in a few words that need no passage."""
    words = text.split()
    return (
        2 <= len(words) <= 10
        and words[-1] not in CLOSED_CLASS
        and not re.search(r"[,(:]|\b(?:that|which|when|if|and then|our|us|it|them|this|these|those|such)\b", text)
    )


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
