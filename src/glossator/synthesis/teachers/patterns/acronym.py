"""Acronyms: `graph neural networks (GNN)` → `What does GNN stand for?`"""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.patterns.candidate import Candidate

_ACRONYM = re.compile(r"(?P<words>(?:[A-Za-z][\w-]* ){1,7})\((?P<short>[A-Z]{2,6})\)")


def find(sentence: Sentence, _clause: Clause | None) -> list[Candidate]:
    """Propose `What does ABC stand for?` where the initials of the words before `(ABC)` spell it."""
    found = []
    for match in _ACRONYM.finditer(sentence.text):
        short, words = match["short"], re.split(r"[ ]", match["words"].strip())
        long = words[-len(short) :]
        if len(long) == len(short) and "".join(word[0].upper() for word in long) == short and len(short) > 2:
            text = " ".join(long)
            found.append(
                Candidate((f"What does {short} stand for?",), text[0].upper() + text[1:], "definition", least_words=3)
            )
    return found[:1]
