"""Takes a text, leaves what it claims as far as words tell: its content words, its numbers, and what it denies.

A word is denied where it is among the first two content words behind a "not", "no" or "without" in the same clause, so
that "does not need a server, and is fast" denies the need and the server, not the speed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glossator.retrieval.words import index_words
from glossator.text.sentences import split_sentences

DENIED_WORDS = 2
"""Content words behind a denial that it is taken to deny."""
_REACH = 60
"""Characters behind a denial in which they stand."""

_NUMBER = re.compile(r"(?<![^\W\d_])(?<!\d)(?<!\d[.,])\d+(?:[.,]\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORDED = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905  reads better
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDED[2:])})\b", re.IGNORECASE)  # `one` is mostly no number
_DENIAL = re.compile(r"\b(?:not|no|never|none|neither|nor|without|cannot|nobody|nothing)\b|n[’']t\b", re.IGNORECASE)
_NO_DENIAL = re.compile(r"\b(?:not only|no (?:longer|more|less) than|whether or not|if not)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:.!?()\n]|\b(?:but|although|while|whereas|because)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text claims, as sets of words."""

    words: frozenset[str]
    """Stems of its content words, numbers left out."""
    numbers: frozenset[str]
    """As digits, whether they were written so or as words up to twelve; without marks between thousands."""
    denied: frozenset[str]
    """Those of its words that it denies."""

    def __or__(self, other: Claims) -> Claims:
        return Claims(self.words | other.words, self.numbers | other.numbers, self.denied | other.denied)


NOTHING = Claims(frozenset(), frozenset(), frozenset())


def claims_of(text: str) -> Claims:
    """Turn a text into its claims; time grows with its length."""
    words = frozenset(word for word in index_words(text) if not word.isdigit())
    return Claims(words, numbers_of(text), _denied(text) & words)


def numbers_of(text: str) -> frozenset[str]:
    """Turn a text into its numbers: `1,000` is `1000`, `three` is `3`, `2.50` stays another number than `2.5`."""
    written = (found[0] for found in _NUMBER.finditer(text))
    digits = {one.replace(",", "") if _GROUPED.fullmatch(one) else one for one in written}
    return frozenset(digits | {str(_WORDED.index(found[0].lower())) for found in _NUMBER_WORD.finditer(text)})


def windows_of(text: str, size: int) -> list[tuple[str, Claims]]:
    """Turn a passage into its runs of up to `size` sentences, each with its claims, in order of length and place."""
    spans = split_sentences(text)
    single = [claims_of(text[start:end]) for start, end in spans]
    windows: list[tuple[str, Claims]] = []
    for length in range(1, min(size, len(spans)) + 1):
        for first in range(len(spans) - length + 1):
            last = first + length - 1
            windows.append((text[spans[first][0] : spans[last][1]], _union(single[first : last + 1])))
    return windows


def _union(claims: Sequence[Claims]) -> Claims:
    whole = NOTHING
    for one in claims:
        whole |= one
    return whole


def _denied(text: str) -> frozenset[str]:
    found: set[str] = set()
    apparent = [match.span() for match in _NO_DENIAL.finditer(text)]
    for match in _DENIAL.finditer(text):
        if any(start <= match.start() < end for start, end in apparent):
            continue
        behind = text[match.end() : match.end() + _REACH]
        end = _CLAUSE_END.search(behind)
        found.update(index_words(behind[: end.start()] if end else behind)[:DENIED_WORDS])
    return frozenset(found)
