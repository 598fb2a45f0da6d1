"""Definitions: `X is a Y that …`, `X, a Y that …`, `X refers to …`, `X stands for …`."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.clauses import Clause
from glossator.synthesis.teachers.grammar.noun_phrases import noun_phrase
from glossator.synthesis.teachers.grammar.screening import Sentence
from glossator.synthesis.teachers.grammar.words import VAGUE_NOUNS, is_plural, looks_like_name, word_set
from glossator.synthesis.teachers.patterns.candidate import Candidate

_EVALUATIONS = word_set(
    """
    important common good great natural critical crucial key major challenging difficult valuable useful
    vital necessary ideal perfect better best typical promising interesting significant essential central
    first second potential possible clear strong big large huge real serious particular special similar
    different recent bit convenient suitable integral fundamental core main primary rapidly growing must
    long active hard complex nontrivial non-trivial well-suited few lot number case result example step part
    way reason choice problem issue question concern matter priority prerequisite requirement challenge
    consequence sign member version combination mixture mix list pair tuple vector little testament direct
    total function
    """
)
_PRAISE = word_set(
    "common core popular fundamental practical classic classical powerful well-known important widely used"
)
_CATEGORIES = word_set(
    """
    technique method tool algorithm model language format package library system problem framework paradigm structure
    software process procedure
    """
)
_GENERIC = word_set(
    """
    strength weakness method assumption approach way example option technique solution idea strategy preferred
    alternative
    """
)
_ROLES = {
    "goal": "purpose", "goals": "purpose", "aim": "purpose", "aims": "purpose", "purpose": "purpose",
    "objective": "purpose", "objectives": "purpose", "motivation": "purpose", "intention": "purpose",
    "advantage": "result", "benefit": "result", "drawback": "result", "disadvantage": "result",
    "limitation": "result", "limitations": "result", "outcome": "result", "outcomes": "result", "result": "result",
    "challenge": "result", "challenges": "result", "difficulty": "result", "advantages": "result", "benefits": "result",
    "idea": "method", "focus": "content", "audience": "content", "contribution": "result", "contributions": "result",
    "role": "purpose", "task": "purpose", "difference": "comparison", "differences": "comparison",
    "approach": "method", "strategy": "method", "reason": "cause", "topics": "content", "prerequisites": "content",
    "feature": "content", "features": "content", "components": "content", "component": "content", "name": "content",
    "prerequisite": "content", "philosophy": "method", "principle": "method", "format": "content",
}  # fmt: skip
_STRONG_COMPLEMENT = re.compile(
    r"(?:to [a-z]+|that (?:the|a|an|any|every|each|only|it|they|[a-z]+s) |the |a |an |[a-z]+ing |[a-z-]+, |[A-Z])"
)
_APPOSITION = re.compile(
    r"\b(?:present|presents|introduce|introduces|describe|describes|develop|developed|created|propose|proposes|"
    r"presented|introduced|designed|built|release|released|called|namely|using|use|is) "
    r"(?P<name>[\w.+-]+(?: [A-Z][\w.+-]*){0,3})(?: \([A-Za-z]+\))?, (?P<what>an? .+)$"
)


_HEAD_END = re.compile(r"\b(?:that|which|of|for|to|in|who|where|used|designed|with|from|by)\b|[,(]")
_INSERTED = re.compile(
    r"(?P<name>[A-Z][\w.+-]*(?: [A-Z][\w.+-]*){0,3}), (?P<what>an? [^,;:()]{25,200}), "
    r"(?=(?:is|are|was|were|has|have|can|will|also|provides|allows|enables|offers|includes|supports|uses)\b)"
)
_RELATIVE = re.compile(
    r"(?<!and )(?<!or )(?<!as )(?<!,)(?:^|(?<= ))(?P<name>[\w.+-]+), which is (?P<what>(?:an?|the) [^;:()]{25,200})$"
)
_CLOSING = re.compile(r"[a-z]{3} (?<!and )(?<!or )(?<!as )(?P<name>[\w.+-]+), (?P<what>an? [^,;:()]{25,200})$")


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `What is X?` for a sentence that says what X is."""
    found = []
    if clause is not None:
        found += _copular(sentence, clause) + _role(sentence, clause) + _defining_verb(sentence, clause)
    return found + _apposition(sentence)


def _copular(sentence: Sentence, clause: Clause) -> list[Candidate]:
    if clause.form != "be" or clause.adverb or clause.preface or not _says_what(clause):
        return []
    return [Candidate((clause.ask("What"),), sentence.text, "definition", topic=clause.subject)]


def _says_what(clause: Clause) -> bool:
    """Whether the words after `is` tell the kind of thing and what sets it apart, and the subject is a term."""
    words = clause.words
    if clause.rest.startswith(("the most ", "the best ", "the first ")):
        return False
    head = [word.lower() for word in _HEAD_END.split(clause.rest)[0].split()]
    if head and head[-1] in _CATEGORIES and len(words) - len(head) >= 4:
        head = [
            word for word in head if word not in _PRAISE
        ]  # `a common technique for identifying patterns` still tells
    least = 5 if _HEAD_END.split(clause.rest)[0] != clause.rest and words[len(head) : len(head) + 1] != ["in"] else 6
    if len(words) < least or len(head) < 2 or _EVALUATIONS & set(head[:-1] if head[-1] in _CATEGORIES else head):
        return False
    if clause.auxiliary == "is" and words[0].lower() in ("a", "an", "the"):
        return _is_term(clause.subject, words[0].lower())
    return clause.auxiliary == "are" and is_plural(head[-1]) and _is_term(clause.subject, "")


def _is_term(subject: str, article: str) -> bool:
    """Whether the subject is something one asks `What is …?` of."""
    words = subject.split()
    title = words[words[0] == "the" :]
    titled = len(title) > 1 and title[0][0].isupper() and title[-1][0].isupper()
    linked = re.search(r"\b(?:and|with|from|at)\b" if titled else r"\b(?:and|for|in|on|with|from|at)\b", subject)
    if len(words) > (9 if titled else 6) or linked:
        return False
    if words[-1] in _GENERIC | _ROLES.keys() and len(words) < 4:
        return False
    if words[0] in ("a", "an"):
        return article != "the" and not set(words) & (_EVALUATIONS | _GENERIC)
    named = any(looks_like_name(word) or word[0].isupper() for word in words[1:])
    modified = len(words) > 2 and (words[-1] not in VAGUE_NOUNS or len(words) > 3)
    return words[0] != "the" or named or (modified and article in ("a", "an"))


def _role(sentence: Sentence, clause: Clause) -> list[Candidate]:
    """`The main goal of X is to Y.` → `What is the main goal of X?`"""
    if clause.form != "be" or clause.adverb or not clause.rest:
        return []
    subject = clause.subject.split()
    if subject[0] not in ("the", "a", "an") or len(subject) < 3:
        return []
    at = next((i for i, word in enumerate(subject) if word in ("of", "between", "behind", "for")), 0)
    kind = _ROLES.get(subject[at - 1]) if at else None
    named = any(looks_like_name(word) or word[0].isupper() for word in subject)
    if kind is None or (subject[0] != "the" and not named) or not _STRONG_COMPLEMENT.match(clause.rest):
        return []
    return [Candidate((clause.ask("What"),), sentence.text, kind)]


def _defining_verb(sentence: Sentence, clause: Clause) -> list[Candidate]:
    if clause.form in ("third", "base") and clause.verb == "refer" and clause.rest.startswith("to "):
        return [Candidate((clause.ask("What", tail="to"),), sentence.text, "definition", topic=clause.subject)]
    if clause.form == "passive" and clause.verb == "defined" and re.match(r"(?:as|by) ", clause.rest):
        return [Candidate((clause.ask("How"),), sentence.text, "definition", topic=clause.subject)]
    return []


def _apposition(sentence: Sentence) -> list[Candidate]:
    """`We present X, a Y that …` → `What is X?`, answered by the apposition alone."""
    match = (
        _APPOSITION.search(sentence.text)
        or _INSERTED.match(sentence.text)
        or _CLOSING.search(sentence.text)
        or _RELATIVE.search(sentence.text)
    )
    if not match or not _is_name(match["name"]):
        return []
    what = match["what"]
    if (
        len(what.split()) < 6
        or _SAYS_A_CLAUSE.match(what)
        or match["name"] in what
        or re.search(r", (?:and|which|but|where|while|we|is|are|has|to) ", what)
    ):
        return []
    name = noun_phrase(match["name"].split(), sentence.names)
    return [Candidate((f"What is {name}?",), what[0].upper() + what[1:], "definition", topic=name)] if name else []


_SAYS_A_CLAUSE = re.compile(
    r"an? (?:[\w-]+ ){1,3}(?:is|are|was|were|can|could|may|might|will|would|should|must|has|have|had|does)\b"
)
"""`Using VICE, an instructor can deploy …`: the words after the comma are no apposition."""


def _is_name(text: str) -> bool:
    words = text.split()
    return any(looks_like_name(word) for word in words) or (len(words) > 1 and all(word[0].isupper() for word in words))
