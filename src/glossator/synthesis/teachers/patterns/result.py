"""Results: what something shows, leads to, improves or outperforms."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import SAYS_LITTLE, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_SHOWING = word_set("show suggest indicate reveal demonstrate confirm")
_EFFECTS = word_set(
    """
    improve reduce increase decrease eliminate outperform achieve simplify facilitate prevent avoid promote
    enhance accelerate affect influence strengthen minimize maximize cause ensure exceed surpass overcome
    foster
    """
)
_BEHAVING = word_set("perform scale behave work converge")
_MANNER = re.compile(
    r"(?:(?:very|equally|relatively|quite|much|significantly|almost|nearly|more|less|considerably) )?"
    r"(?:well|better|best|poorly|worse|worst|linearly|quadratically|logarithmically|exponentially|"
    r"similarly|as well as|on par|up to|"
    r"comparably|optimally|efficiently|super-linearly|sublinearly)\b"
)
_LINKED = {"lead": "to", "result": "in", "contribute": "to", "suffer": "from", "benefit": "from"}


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose a question after the effect that the sentence states."""
    if clause is None or clause.form not in ("third", "base", "past") or not clause.rest:
        return []
    if clause.verb in _BEHAVING:
        fits = _MANNER.match(clause.rest) and not clause.adverb
        return [Candidate((clause.ask("How"),), sentence.text, "result")] if fits else []
    words = clause.words
    if clause.verb in _SHOWING and words[0] == "that":
        return [Candidate((clause.ask("What"),), sentence.text, "result")]
    if _LINKED.get(clause.verb) == words[0]:
        return [Candidate((clause.ask("What", tail=words[0]),), sentence.text, "result")]
    if clause.verb in _EFFECTS and len(words) > 1 and not SAYS_LITTLE.match(clause.rest):
        return [Candidate((clause.ask("What"),), sentence.text, "result")]
    return []
