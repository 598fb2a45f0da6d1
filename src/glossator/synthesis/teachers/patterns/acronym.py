"""Acronyms: `graph neural networks (GNN)` → `What does GNN stand for?`"""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_ACRONYM = re.compile(r"(?P<words>(?:[A-Za-z][\w’'-]* ){1,9})\((?P<short>[A-Z]{3,6})(?P<plural>s)?\)")
_LINKS = word_set("of and for in the to on with a an")
_TORN = re.compile(r"[a-z]-[a-z]+\b")


def find(sentence: Sentence, _clause: Clause | None) -> list[Candidate]:
    """Propose `What does ABC stand for?` where the initials of the words before `(ABC)` spell it."""
    for match in _ACRONYM.finditer(sentence.text):
        words = _spelt(match["words"].split(), match["short"])
        if words:
            text = " ".join(words)
            question = f"What does {match['short']} stand for?"
            return [Candidate((question,), text[0].upper() + text[1:], "definition", least_words=len(words))]
    return []


def _spelt(words: list[str], short: str) -> list[str]:
    """Find the last words whose initials spell the acronym; parts of a word with hyphens and links may count or not."""
    for first in range(len(words) - 1, -1, -1):
        chosen = words[first:]
        if chosen[0] in _LINKS or chosen[0][0].upper() != short[0]:
            continue
        for parts in (
            chosen,
            [word for word in chosen if word not in _LINKS],
            [part for word in chosen if word not in _LINKS for part in word.split("-")],
        ):
            if "".join(part[:1].upper() for part in parts) == short:
                return [] if any(_torn(word) for word in chosen) else chosen
    return []


def _torn(word: str) -> bool:
    """Whether a hyphen may come from the end of a line: `So-cioeconomic`."""
    return word[0].isupper() and bool(_TORN.search(word))
