"""Takes text in any language, leaves the words that are looked up: folded, without function words, stemmed.

Letters are folded to one form (case, width, ligatures, accents), so that `Über`, `uber` and `ＵＢＥＲ` are one word.
Scripts that are written without spaces become overlapping pairs of characters. Words of a to z lose their endings
(`glossator.retrieval.stemming`) and English function words are left out; other words stay whole. What this is worth:
`docs/retrieval.md`.
"""

from __future__ import annotations

import re
import unicodedata

from glossator.retrieval.stemming import stem

LONGEST_WORD = 64
"""Characters of a word that count; longer ones are keys and encoded data, not words."""

_DETERMINERS = (
    "a an the this that these those each every either neither any some no all both such same other another own"
)
_PRONOUNS = (
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers"
    " herself it its itself they them their theirs themselves who whom whose which what one"
)
_VERBS = (
    "am is are was were be been being do does did doing done have has had having can could may might must shall should"
    " will would"
)
_PREPOSITIONS = (
    "about above across after against along among around as at before below beneath between beyond by down during for"
    " from in into of off on onto out over since through throughout to toward towards under until up upon with within"
    " without"
)
_CONJUNCTIONS = "and but or nor if so than then because while although though whether unless"
_ADVERBS = "how why when where here there again also just more most much many few less only too very not now once ever"
_AFTER_APOSTROPHES = "s t d ll m re ve don didn doesn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn"
STOP_WORDS = frozenset(
    " ".join((_DETERMINERS, _PRONOUNS, _VERBS, _PREPOSITIONS, _CONJUNCTIONS, _ADVERBS, _AFTER_APOSTROPHES)).split()
)

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Japanese syllables, Chinese characters."""
_INDIC = "\u0900-\u0963\u0966-\u0dff"
"""Devanagari to Sinhala, whose vowel signs are no letters to `re`; the two full stops among them are left out."""
_ASCII_WORD = re.compile(r"[^\W_]+")
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{_INDIC}])+")
_STARTS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# Accents, Hebrew and Arabic vowel points, soft hyphens, joiners: signs that some write and some leave out.
_LEFT_OUT = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u0670\u00ad\u200b-\u200d\ufeff]")


def index_words(text: str) -> list[str]:
    """Turn text into its index words, in order and with repetitions; text without any gives an empty list."""
    return [stem(word[:LONGEST_WORD]) for word in _split(text) if word not in STOP_WORDS]


def _split(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    words: list[str] = []
    for word in _WORD.findall(_fold(text)):
        if len(word) > 1 and _STARTS_UNSPACED.match(word):
            words.extend(word[position : position + 2] for position in range(len(word) - 1))
        else:
            words.append(word)
    return words


def _fold(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    # Put together again: a Korean syllable falls apart into letters, too.
    return unicodedata.normalize("NFKC", _LEFT_OUT.sub("", apart))
