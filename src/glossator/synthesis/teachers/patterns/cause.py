"""Causes: `S because C`, `Because C, S`, `S due to C`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause, parse_clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.patterns.candidate import Candidate

_NOUN_AHEAD = r"(?:the|a|an|most|many|all|[a-z]+s) "
_CAUSE = re.compile(
    rf",? (?:because(?! of which)|due to|owing to|thanks to|since(?= {_NOUN_AHEAD}))"
    rf"|, as(?= (?:it|they|there|[A-Z][\w.]+|{_NOUN_AHEAD[:-1]}) )"
)
_MAX_EFFECT_WORDS = 16


def find(sentence: Sentence, _clause: Clause | None) -> list[Candidate]:
    """Propose `Why …?` for a sentence that gives a reason."""
    text = sentence.text
    if re.match(r"(?:Because|Due to) ", text):
        reason, comma, effect = text.partition(", ")
        effect = re.split(r",|\(| because ", effect)[0].strip()
        if not comma or len(reason.split()) < 4:
            return []
        return _why(sentence, effect[0].upper() + effect[1:] if effect else "")
    match = _CAUSE.search(text)
    if not match or len(text[match.end() :].split()) < 3:
        return []
    if match.group().endswith("since") and not match.group().startswith(","):
        return []
    return _why(sentence, text[: match.start()])


def _why(sentence: Sentence, effect: str) -> list[Candidate]:
    clause = parse_clause(effect, sentence.names)
    if clause is None or len(effect.split()) > _MAX_EFFECT_WORDS or "," in effect or "(" in effect:
        return []
    if re.search(
        r"\b(?:that|which|and|but|whether|not only|partly|mainly|largely|primarily|simply|just)\b", clause.rest
    ):
        return []
    tail = f"{clause.rest}".strip()
    if clause.form == "be" and not tail:
        return []
    adverb = "" if clause.adverb in ("also", "then", "thus") else clause.adverb
    if clause.form in ("be", "passive", "modal", "modal_passive", "perfect_passive"):
        verb = f"{adverb} {clause.verb}".strip()
        return [Candidate((clause.ask("Why", verb=verb, tail=tail),), sentence.text, "cause")]
    return [Candidate((clause.ask("Why", tail=tail),), sentence.text, "cause")]
