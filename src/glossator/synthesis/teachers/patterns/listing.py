"""Lists: `X has three parts: A, B and C`, in one sentence or with the items below their lead-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from glossator.synthesis.teachers.grammar.clauses import PASSIVES, Clause, parse_clause
from glossator.synthesis.teachers.grammar.names import Names
from glossator.synthesis.teachers.grammar.screening import Sentence, read_sentence, why_not_answer
from glossator.synthesis.teachers.patterns.candidate import Candidate
from glossator.synthesis.teachers.patterns.enumeration import items_of

_MARK = r"(?:\(?\d{1,2}[.)]|\([a-z]\)|[•▪◦–—-])"
_ITEM = re.compile(rf"{_MARK} ?(?P<words>[^\n]{{3,300}})(?:\n+|$)")
_LEAD_IN = re.compile(r":[ \t]*\n\s*(?=" + _MARK + r")")
_LEAD_WINDOW = 400
_COUNT = re.compile(r"(?:the )?(?:following |these )?(?P<what>(?:[\w-]+ ){0,4}[a-z]+s)$")
_MAX_ITEM_WORDS = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of the chunk with its lead-in, ready to be asked about."""

    question: str
    answer: str
    """Lead-in and items, a line each."""
    start: int
    end: int
    """Where both stand: `chunk.text[start:end]`."""


def find(sentence: Sentence, clause: Clause | None) -> list[Candidate]:
    """Propose `What parts does X have?` for a sentence that counts or announces its items and then tells them."""
    announced = _ANNOUNCED.fullmatch(clause.rest) if clause is not None else None
    if clause is None or announced is None or not _all_told(announced["count"], announced["items"]):
        return []
    what = _ADJECTIVE.sub("", announced["what"])
    if clause.form == "be" or not what:
        return []
    return [Candidate((clause.ask(f"What {what}", tail=announced["link"] or ""),), sentence.text, "list")]


_COUNTS = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_ANNOUNCED = re.compile(
    rf"(?:(?P<link>into|of|on|in|by|from) )?(?:the following |these )?(?P<count>{'|'.join(_COUNTS)}|) ?"
    r"(?P<what>(?:[\w-]+ ){0,3}[a-z]+s)(?: \([^()]*\))?: (?P<items>.+)"
)
_ADJECTIVE = re.compile(r"^(?:main|different|following|separate|distinct|several|key|major|important|basic) ")


def _all_told(count: str, text: str) -> bool:
    """Whether as many items follow as were counted; two are told apart by their `and` alone."""
    items = items_of(text)
    if count in ("two", "both"):
        pair = text.split(" and ")
        return len(pair) == 2 and all(1 <= len(item.split()) <= 8 for item in pair) and "," not in text
    return bool(items) and _COUNTS.get(count, len(items)) == len(items)


def find_lists(text: str, names: Names) -> Iterator[Listed]:
    """Propose a question for each list whose items are whole and whose lead-in says what they are."""
    for lead in _LEAD_IN.finditer(text):
        found = _items(text, lead.end())
        start = _opening(text, lead.start())
        if found is None or start is None:
            continue
        items, end = found
        sentence = read_sentence(f"{text[: lead.start()]}.", start, lead.start() + 1, names)
        question = _question(sentence)
        if question:
            yield Listed(
                question, "\n".join([f"{sentence.text}:", *(f"- {item}" for item in items)]), sentence.start, end
            )


def _opening(text: str, end: int) -> int | None:
    """Find where the lead-in sentence opens; None if that cannot be told."""
    window = text[max(0, end - _LEAD_WINDOW) : end]
    stops = [match.end() for match in re.finditer(r"(?:[.!?] |\n\n)(?=[A-Z])", window)]
    if not stops and end > _LEAD_WINDOW:
        return None
    return max(0, end - _LEAD_WINDOW) + (stops[-1] if stops else 0)


def _items(text: str, start: int) -> tuple[list[str], int] | None:
    """Read items from `start` on; None where one is cut off or the list may go on in the next chunk."""
    items: list[str] = []
    end = start
    while match := _ITEM.match(text, end):
        items.append(match["words"].strip())
        end = match.end()
    close = end - (len(text[start:end]) - len(text[start:end].rstrip()))
    closed = bool(items) and (items[-1].endswith(".") or (end < len(text) and text[end - 2 : end] == "\n\n"))
    if not 2 <= len(items) <= 12 or not closed or (end < len(text) and not text[end].isupper()):
        return None
    clean = [re.sub(r"(?:[;,.]| ?[;,] and)$", "", re.sub(r" ?\[\d+(?:, ?\d+)*\]", "", item)).strip() for item in items]
    return (clean, close) if all(map(_whole, clean)) else None


def _whole(item: str) -> bool:
    """Whether an item is a plain phrase or sentence: short, no debris, nothing that points elsewhere."""
    as_sentence = Sentence(item, item, 0, len(item), complete=True, names=Names())
    words = item.split()
    return len(words) <= _MAX_ITEM_WORDS and why_not_answer(item, as_sentence, least_words=1) is None


def _question(sentence: Sentence) -> str:
    clause = parse_clause(sentence.text, sentence.names)
    reason = why_not_answer(re.sub(r"\bthe following (?=\w)", "", sentence.text), sentence, least_words=3)
    if clause is None or reason not in (None, "truncated"):
        return ""
    return _after_object(clause) or _after_particle(clause)


def _after_object(clause: Clause) -> str:
    """`X has the following features:` → `What features does X have?`"""
    counted = _COUNT.fullmatch(clause.rest)
    if counted is None or clause.form in PASSIVES or clause.form == "be":
        return ""
    what = re.sub(r"^(?:following|these|several|various|main|the) ", "", counted["what"])
    return clause.ask(f"What {what}") if what[0].islower() else ""


def _after_particle(clause: Clause) -> str:
    """`X consists of:` → `What does X consist of?`; `Y can be used for two tasks:` → `What can Y be used for?`"""
    link, _, counted = clause.rest.partition(" ")
    if link not in ("of", "for", "on", "with", "into", "to", "from"):
        return ""
    return clause.ask("What", tail=link) if not counted or _COUNT.fullmatch(counted) else ""
