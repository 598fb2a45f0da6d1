"""What was done, from sentences that open with `We`: `We solve X by Y.` → `How is X solved?`, answered by `By Y.`"""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import (
    CLOSED_CLASS,
    PARTICIPLE_OF,
    PARTICIPLES,
    is_infinitive,
    is_plural,
    word_set,
)
from glossator.synthesis.teachers.patterns.candidate import Candidate

_WE = re.compile(r"(?:We|I) (?:have |also |then |therefore |now )?(?=[a-z])")
_UNCLEAR = re.compile(r"\b(?:it|its|they|them|their)\b")
_NOT_ON_PURPOSE = word_set(
    """
    need want have try refer compare relate apply add extend lead expect allow enable ask encourage require know
    restrict limit assign map convert find intend plan aim see present introduce describe propose discuss report
    """
)
"""Verbs whose `to …` does not say why."""
_LINKS = word_set("into to from as via at by")
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
    statement = parse_clause("Scholars " + sentence.text[match.end() :], sentence.names)
    if statement is None or statement.form not in ("base", "past") or statement.verb == "go":
        return []
    for pattern, question_word, kind in _TURNS:
        turn = pattern.search(statement.rest)
        if turn and _plain(before := statement.rest[: turn.start()]):
            question = _passive(statement, before, question_word, sentence)
            answer = _capitalised(turn["answer"])
            return [Candidate((question,), answer, kind, least_words=5)] if question else []
    return _to_do(statement, sentence)


def _to_do(statement: Clause, sentence: Sentence) -> list[Candidate]:
    """`We ran X to learn Y.` → `Why was X run?`, answered by `To learn Y.`"""
    before, _, goal = statement.rest.partition(" to ")
    if statement.verb in _NOT_ON_PURPOSE or not goal or not is_infinitive(goal.split()[0]) or goal.startswith("be "):
        return []
    if (before.split()[-1:] and before.split()[-1] in PARTICIPLES) or not _plain(before):
        return []
    question_word = "What" if statement.verb in ("use", "employ") else "Why"
    question = _passive(statement, before, question_word, sentence)
    return [Candidate((question,), f"To {goal}", "purpose", least_words=5)] if question else []


def _passive(statement: Clause, thing: str, question_word: str, sentence: Sentence) -> str:
    """Ask after what was done without `the authors`: a reader who has not seen the passage knows none."""
    words = thing.split()
    link = next((i for i, word in enumerate(words) if i and word in _LINKS), len(words))
    subject = noun_phrase(words[:link], sentence.names)
    if words[0] in ("a", "an") and not any(word[0].isupper() for word in words[:link]):
        return ""  # `Why is a model provided?`: which one only the passage knows
    if subject is None or statement.verb not in PARTICIPLE_OF or len(words) - link == 1:
        return ""
    head = words[:link]
    of = next((i for i, word in enumerate(head) if i and word in ("of", "for", "in", "on", "with")), len(head))
    plural = is_plural(head[of - 1]) or "and" in head
    be = ("were" if plural else "was") if statement.form == "past" else "are" if plural else "is"
    tail = ["for"] if question_word == "What" else []
    return " ".join([question_word, be, subject, PARTICIPLE_OF[statement.verb], *words[link:], *tail]) + "?"


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
