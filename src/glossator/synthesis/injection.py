"""Finds what in a document is addressed to the model that reads it: orders to it, and marks of roles.

Such words are no knowledge. A pair that quotes them, or whose answer repeats them, was written by a teacher that
obeyed. The lists are English. An order reaches to the end of its paragraph, since what it wants said mostly follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_W, _S = r"\w{1,30}", r"\s{0,4}"
"""A word, and space between words: bounded, so that hostile text takes time in proportion to its length."""
_MODEL = (
    r"(?:(?:ai |large )?(?:language )?models?|ais?|llms?|(?:ai |digital )?assistants?|chat-?bots?|chatgpt"
    r"|gpt-?\d\S{0,20})"
)
_RULES = r"(?:instructions?|prompts?|directions?|rules?|guidelines?|commands?|orders|system messages?|tasks?)"
_SAY = r"(?:respond|reply|answer|output|write|print|say|state|return|generate|repeat)"
_ORDERS = (
    # Ignore what was said before.
    (
        rf"\b(?:ignore|disregard|forget|override|bypass|discard)\b(?: {_W}){{0,3}} (?:previous|prior|above|earlier"
        rf"|preceding|former|foregoing|your|other|existing)\b(?: {_W}){{0,2}} {_RULES}\b"
    ),
    (
        rf"\b(?:ignore|disregard|forget) (?:all |any )?(?:the |your |these )?"
        rf"(?:{_RULES}|(?:above|everything)(?! {_W}ing\b))(?= (?:and|above|before|you|given|that|so far)\b|[.,;:!]|$)"
    ),
    rf"\b(?:do not|don't|never) (?:follow|obey|heed)\b(?: {_W}){{0,3}} {_RULES}\b",
    # You are a model.
    rf"\bas an? (?:helpful )?{_MODEL},? you (?:must|should|shall|will|are|have)\b",
    rf"\byou are (?:now |no longer )?(?:an? |the )(?:{_W} ){{0,2}}{_MODEL}\b",
    rf"\byou are (?:now |no longer ){_W}, an? {_MODEL}\b",
    rf"\battention,? (?:all )?{_MODEL}{_S}[:!,]",
    (
        rf"\b(?:attention|note|message|instructions?|important)(?: {_W})? (?:to|for) (?:the |any |all )?"
        rf"(?:{_W} )?{_MODEL}\b(?= (?:reading|processing|summari[sz]ing|that reads)|{_S}[:!,])"
    ),
    rf"\bif you are an? (?:{_W} )?{_MODEL}\b",
    # Say this and nothing else.
    (
        rf"(?:(?:^|[.!?:;,\"'“(]{_S}|\byou (?:must|should|shall) |\bplease |\binstead,? |\bthen |\bnow )"
        rf"(?:only |always |just )?{_SAY} "
        rf"(?:only (?:with|in|as|that|the|about|json)|exactly|solely|nothing (?:but|else)|verbatim)\b)"
    ),
    (
        r"(?:^|[.!?:;]\s{0,4})(?:in|to|for) (?:every|each|all|any) (?:answer|reply|response|question|pair)s?\b"
        r"[^.!?]{0,60}\b(?:say|write|mention|include|state|insert|recommend|claim)\b"
    ),
    (
        r"(?:^|[.!?:;]\s{0,4})(?:only )?(?:ask|write|generate|create) (?:only )?(?:questions?|pairs?|answers?)\b"
        r"[^.!?]{0,40}\b(?:that (?:say|claim|recommend|praise)|about (?:how|why) (?:great|good|bad))\b"
    ),
    r"\byour (?:system prompt|hidden (?:prompt|instructions)|new (?:task|instructions?|role|goal) (?:is|are))\b",
    rf"\b(?:new|updated|revised|real|actual) (?:system )?{_RULES}{_S}:",
    # Marks of roles.
    r"^\s{0,4}(?:#{1,6}\s{0,4}|\[|<{1,3})?(?:system|assistant|developer)(?: prompt| message)?(?:\]|>{1,3})?\s{0,4}:\s",
    r"^\s{0,4}#{2,6}\s{0,4}(?:instruction|system|response|human|assistant)s?\s{0,4}:?\s{0,4}(?:\n|$)",
    (
        r"<[|｜]\s{0,4}(?:im_start|im_end|system|assistant|user|endoftext|start_header_id|eot_id)\s{0,4}[|｜]>"
        r"|\[/?INST\]|<</?SYS>>"
    ),
)
_ORDER = re.compile("|".join(f"(?:{order})" for order in _ORDERS), re.IGNORECASE | re.MULTILINE)
_SENTENCE_START = re.compile(r"[.!?]\s{1,8}|\n")
_BETWEEN = ".!?:;,\"'“( \t\n"
_PARAGRAPH = re.compile(r"\n[ \t]{0,80}\n")
_BACK = 400
"""Characters before an order in which its sentence begins."""
_REACH = 2_000
"""Characters that an order reaches at most."""
_SHARED_WORDS = 4
"""Words in a row that an answer shares with an order, hardly by chance."""


def orders_in(text: str) -> list[tuple[int, int]]:
    """Turn a text into the spans that give orders to a model, from the sentence of each to its paragraph's end."""
    spans: list[tuple[int, int]] = []
    for match in _ORDER.finditer(text):
        if spans and match.start() < spans[-1][1]:
            continue
        # A match may begin with the mark that ends the sentence before it.
        begins = match.end() - len(match[0].lstrip(_BETWEEN))
        window = text[max(0, begins - _BACK) : begins]
        ends = [found.end() for found in _SENTENCE_START.finditer(window)]
        start = begins - len(window) + (ends[-1] if ends else 0)
        stop = _PARAGRAPH.search(text, match.end())
        spans.append((start, min(stop.start() if stop else len(text), start + _REACH)))
    return spans


class Orders:
    """What of a passage is an order, to know it again in what a teacher wrote.

    Args:
        text: the passage.
        around: what else the teacher is shown of the document: its title, the headings.
    """

    def __init__(self, text: str, around: Iterable[str] = ()) -> None:
        self.spans = orders_in(text)
        shown = [(text, self.spans), *((words, orders_in(words)) for words in around)]
        self._windows: set[tuple[str, ...]] = set()
        if any(spans for _, spans in shown):
            parts = [_parted(words, spans) for words, spans in shown]
            told: set[tuple[str, ...]] = set().union(*(_windows(part) for orders, _ in parts for part in orders))
            honest = set().union(*(_windows(part) for _, others in parts for part in others))
            self._windows = told - honest

    def touch(self, start: int, end: int) -> bool:
        """Whether a span of the passage overlaps an order."""
        return any(start < last and first < end for first, last in self.spans)

    def repeated_in(self, text: str) -> bool:
        """Whether a text repeats four words in a row of an order which the rest of what was shown does not say."""
        return bool(self._windows) and not self._windows.isdisjoint(_windows(text))


def _parted(text: str, spans: list[tuple[int, int]]) -> tuple[list[str], list[str]]:
    """Part a text into its orders and all else."""
    others, at = [], 0
    for start, end in spans:
        others.append(text[at:start])
        at = max(at, end)
    return [text[start:end] for start, end in spans], [*others, text[at:]]


def _windows(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + _SHARED_WORDS]) for at in range(len(words) - _SHARED_WORDS + 1)}
