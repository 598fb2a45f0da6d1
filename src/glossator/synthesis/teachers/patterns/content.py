"""Contents: what something consists of, holds, offers, covers, supports, requires."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import CONJUNCTIONS, PEOPLE, PREPOSITIONS, PRONOUNS, is_adverb, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_HOLDING = word_set(
    """
    provide offer include contain support comprise cover require implement introduce describe represent
    combine integrate produce return generate compute address present define discuss explain explore
    illustrate highlight emphasize emphasise incorporate cultivate store handle feature solve replace extend
    teach specify estimate expose export track measure perform evaluate calculate adopt assume accept
    receive manage create build demonstrate outline exploit encapsulate summarize examine follow exhibit
    add apply automate choose collect compare compile compute consider construct
    control convert define deliver deploy derive design determine develop display divide download encode
    engage enforce equip establish extract formulate foster gather guarantee identify inherit investigate
    involve maintain map model modify offer optimize parse pose preserve promote propose publish
    record remove render retain reuse reveal select send simulate store tackle
    target test train transform translate update validate verify visualize wrap yield
    acquire learn know capture link reflect accompany attend complete
    """
)
_MODALS = word_set("can should must may")
_LINKED = {
    "consist": "of", "rely": "on", "depend": "on", "focus": "on", "build": "on", "refer": "to", "deal": "with",
    "begin": "with", "start": "with", "end": "with", "correspond": "to", "range": "from", "apply": "to",
    "arise": "from", "interact": "with", "stem": "from", "come": "with", "stand": "for", "account": "for",
}  # fmt: skip


_NO_OBJECT = PREPOSITIONS | CONJUNCTIONS | PRONOUNS | word_set("to as up out place part well more less not another")


def _opens_object(words: list[str]) -> bool:
    """Whether the words after the verb begin a noun phrase, a that-clause or an indirect question."""
    return words[0].rstrip(",") not in _NO_OBJECT and not is_adverb(words[0]) and words[:2] != ["each", "other"]


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `What does X contain?` and its like."""
    if clause is None or (clause.form not in ("third", "base", "past") and clause.auxiliary not in _MODALS):
        return []
    words = clause.words
    if clause.form == "modal" and clause.subject.split()[-1] in PEOPLE:
        return []  # `What can users evaluate?` asks for too little
    if len(words) < 2 or re.match(r"an? (?!(?:\w+ )?(?:typical|standard)\b)", clause.subject):
        return []
    if _LINKED.get(clause.verb) == words[0] and words[1] not in ("each", "one"):
        return [Candidate((clause.ask("What", tail=words[0]),), sentence.text, "content")]
    if clause.verb in _HOLDING and _opens_object(words):
        return [Candidate((clause.ask("What"),), sentence.text, "content")]
    return []
