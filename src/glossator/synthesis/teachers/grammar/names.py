"""Knows the names of a chunk: words that keep their capital, and what `the package` or `the course` is called there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from glossator.synthesis.teachers.grammar.words import CLOSED_CLASS, DEICTIC, LANGUAGES, is_plural, word_set

_FAMILIES = (
    word_set("package packages library module software tool toolbox toolkit framework application app program"),
    word_set("course curriculum workshop tutorial tutorials training lesson book textbook guidebook resource"),
    word_set("platform website"),
    word_set("project"),
    word_set("language"),
    word_set("dataset"),
    word_set("infrastructure"),
)
"""Nouns of one family may take each other's place: `X is a package. The library …`."""
_FAMILY_OF = {noun: family for family in _FAMILIES for noun in family}
_NAME = r"[A-Z][\w+#-]*(?:\.[A-Za-z]\w*)*|[a-z]\w*(?:\.jl|\.py|[A-Z0-9]\w*)"
_NOUN = re.compile(rf"\b(?:{'|'.join(sorted(_FAMILY_OF, key=len, reverse=True))})\b")
_NAMED_BEFORE = re.compile(rf"(?:(?P<article>\w+) )?(?P<name>(?:(?:{_NAME}) ){{1,4}})(?P<kind>(?:[a-z-]+ )?)$")
_TOLD_BEFORE = re.compile(
    rf"(?P<name>(?:{_NAME})(?: (?:{_NAME})){{0,3}})(?: \([^()]{{1,40}}\))?(?: is|,) (?:an?|"
    rf"the) (?:(?:[\w-]+|\[\d+\]) ){{0,8}}$"
)
_TOPIC_AFTER = re.compile(
    r" (?P<link>on|about) (?P<topic>(?:[A-Za-z][\w-]* ){0,5}[A-Za-z][\w-]*?)"
    r"(?=[.,;:)]| (?:that|which|for|at|in|with|and|to|is|are|as|by|using|from)\b)"
)
_INDEFINITE_BEFORE = re.compile(r"\b(?:[Aa]n?|[Oo]ur) (?:[a-z-]+ ){0,3}$")
_WINDOW = 120


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a reader of the chunk knows."""

    words: frozenset[str] = frozenset()
    """Words that are capitalised inside a sentence."""
    common: frozenset[str] = frozenset()
    """Words that stand in small letters somewhere."""
    mentions: tuple[tuple[int, str, str], ...] = ()
    """Where something is named, the common noun it goes by, and how to call it: `(0, "package", "Pyomo")`."""

    def __contains__(self, word: object) -> bool:
        """Whether a word keeps its capital wherever it stands."""
        return word in self.words

    def with_word(self, word: str) -> Names:
        """Add a word that keeps its capital."""
        return replace(self, words=self.words | {word})

    def before(self, position: int) -> Names:
        """Keep only what was named before a place of the chunk: nothing is known by a name that comes later."""
        return replace(self, mentions=tuple(mention for mention in self.mentions if mention[0] < position))

    def call(self, noun: str) -> str | None:
        """Turn the noun of `the <noun>` into the one name that it can mean; None where there is none, or several."""
        exact = {name for _, known, name in self.mentions if known == noun}
        family = frozenset() if is_plural(noun) else _FAMILY_OF.get(noun, frozenset())
        called = exact or {name for _, known, name in self.mentions if known in family}
        bare = {re.sub(r"^the | [a-z -]+$", "", name) for name in called}
        return min(called, key=len) if called and len(bare) == 1 else None


def is_common(noun: str) -> bool:
    """Whether a noun is common although a text may write it large: `the Guidebook`."""
    return noun.lower() in _FAMILY_OF


def names_in(text: str) -> Names:
    """Find the names of a chunk."""
    inside = set(re.findall(r"(?<=[a-z,] )[A-Z][\w.-]*\w", text))
    lower = set(re.findall(r"\b[a-z]\w+", text))
    words = frozenset(word for word in inside if word.lower() not in lower)
    return Names(words, frozenset(lower), tuple(_mentions(text)))


def _mentions(text: str) -> Iterator[tuple[int, str, str]]:
    for noun in _NOUN.finditer(text):
        before = text[max(0, noun.start() - _WINDOW) : noun.start()]
        if called := _TOLD_BEFORE.search(before):
            if _is_name(called["name"]):
                yield noun.start(), noun.group(), called["name"]
        elif called := _NAMED_BEFORE.search(before):
            name, article = called["name"].strip(), called["article"] or ""
            if _is_name(name) and article.lower() not in ("a", "an", "of", "or") and len(name) > 1:
                yield noun.start(), noun.group(), f"the {name} {called['kind']}{noun.group()}"
        topic = _TOPIC_AFTER.match(text, noun.end(), noun.end() + _WINDOW)
        if topic and _INDEFINITE_BEFORE.search(before) and topic["topic"].split()[0] not in CLOSED_CLASS | DEICTIC:
            yield noun.start(), noun.group(), f"the {noun.group()} {topic['link']} {topic['topic']}"


def _is_name(text: str) -> bool:
    """Whether words name one thing: none of them only opens a sentence, and they are more than a language."""
    words = text.split()
    known = [word for word in words if word.lower() not in LANGUAGES]
    opening = words[0].lower() in CLOSED_CLASS | DEICTIC or words[0] in ("Each", "Every", "All", "Some")
    return bool(known) and not opening and (len(known) > 1 or len(known[0]) > 1)
