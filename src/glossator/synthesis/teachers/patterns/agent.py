"""Agents: what does something, where the doer is the news: `Two metrics determine the run time: …`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import THIRD_PERSON, is_infinitive, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_ACTING = word_set(
    """
    determine influence affect cause control limit motivate drive enable improve reduce increase simplify
    facilitate prevent ensure enhance complicate govern hinder accelerate
    """
)
_FORMS = {lemma: form for form, lemma in THIRD_PERSON.items()}
_DEFINITE = re.compile(r"(?:The|It|They|He|She|We|I|You|This|That|These|Those|Such|Both|Each|One|There)\b")


def find(sentence: Sentence, _clause: Clause | None) -> list[Candidate]:
    """Propose a question after the subject of the sentence."""
    found = parse_clause(sentence.text, sentence.names, vague=True)
    if found is None or found.preface or found.adverb or not found.rest or _DEFINITE.match(sentence.text):
        return []
    if found.form == "passive" and found.verb == "used":
        return _used_to(sentence, found)
    if found.verb not in _ACTING or found.form not in ("third", "base", "modal"):
        return []
    cut = re.search(r", (?!which\b|[a-z]+ing\b|so\b|as\b)", found.rest)
    if cut and " and " in found.rest[cut.start() :]:
        return []  # only the first item of a list
    target = re.split(r"[,:;(]| (?:by|because|when|while|and|which|that|in order) ", found.rest)[0].split()
    if not 3 <= len(target) <= 10 or noun_phrase(target, sentence.names) is None:
        return []
    verb = f"{found.auxiliary} {found.verb}" if found.form == "modal" else _FORMS.get(found.verb, f"{found.verb}s")
    return [Candidate((f"What {verb} {' '.join(target)}?",), sentence.text, "cause")]


def _used_to(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`A Newton method is used to solve the system.` → `What is used to solve the system?`"""
    words = clause.words
    goal = re.split(r"[,:;(]| (?:by|because|when|while|which|that) ", clause.rest)[0].split()
    if len(words) < 4 or words[0] != "to" or not is_infinitive(words[1]) or not 4 <= len(goal) <= 12:
        return []
    return [Candidate((f"What is used {' '.join(goal)}?",), sentence.text, "method")]
