"""Takes a text, leaves numbers that tell whether it is language at all, and whether it only repeats itself.

A PDF draws glyphs; which letters they stand for is told by a table beside the font. Where that table is missing or
wrong, the text looks whole and is none: every letter stands for another one (`7KLV LV D WHVW`), or for a sign that no
font knows. `garbled` finds that without knowing the language, since almost all languages in Latin letters put letters
beside one another in much the same way: vowels and consonants alternate, a few pairs of consonants are usual and most
are not. Under a cipher the pairs fall anywhere.

Repetition is measured as for the training data of Gopher (Rae et al., "Scaling Language Models: Methods, Analysis &
Insights from Training Gopher", 2021, section A.1.1), with its limits.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from glossator.text.language import UNKNOWN, identify

GARBLED = 0.5
"""From this score on a text is better read again from its picture, or left out."""
FEWEST_WORDS = 40
"""A shorter text is never called repetitive."""
SURE = 0.8
"""Confidence from which a text is called one of another language."""

# How usual it is that the letter of the column follows that of the row, a to z and then the end of the word; the last
# row is the beginning of a word. A digit d stands for 2 ** (d - 5) times the share that 27 × 27 equally usual pairs
# would have: 0 next to never, 5 average, 8 eight times as often. Counted over the distinct words, without accents, of
# messages of free software in 47 languages with Latin letters; of the languages' shares the quadratic mean, so that
# what is usual in a few of them is usual.
_PAIRS = (
    "656654657567685547775543659", "620060055205125004225140404", "603250076343236004455120445",
    "711671367533246304335230337", "656664546467684428775544459", "500154136103036003234010305",
    "622360446433245214445040407", "721362016224236214255340307", "656675534567686447765534458",
    "600270024223144100234100115", "713260156455236134556240416", "722572337536436201455240427",
    "752172356223436512325130316", "725674757544366202575321548", "455654535566675527656653358",
    "603261255224136406345000115", "300230023002013012005000004", "734572447344446225555431448",
    "625272367364435512575330458", "724272367333346206566334458", "555453435456565446664332347",
    "611060015323045004313000424", "602150125001144103203000504", "411141033001001200132001103",
    "534554225234455304444230226", "621360246032354201233330425", "877887667577777856876763660",
)  # fmt: skip
_FIRST_ROW, _EDGE = ord("a"), 26
_READ = 50_000
"""Characters of a text that `garbled` looks at."""

_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"\b[^\W\d_]{2,30}\b")
_PLAIN_WORD = re.compile(r"\W*[^\W\d_]+(?:[-'’.·/][^\W\d_]+)*\W*")
_CID = re.compile(r"\(cid:\d+\)")
_SPACED = re.compile(r"(?<!\S)[^\W\d_](?:[^\S\n]+[^\W\d_](?!\S)){5,}")
_SAME_AGAIN = re.compile(r"(\S)\1+")
_UNMARKED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ŋ": "n", "ß": "ss", "þ": "th", "æ": "ae", "œ": "oe"}
)
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HEBREW", "ARABIC", "GEORGIAN", "CHEROKEE", "DEVANAGARI")


@dataclass(frozen=True, slots=True)
class Quality:
    """What a text is made of; shares lie between 0 and 1."""

    words: int
    """Runs of characters between white space."""
    mean_word_length: float
    """Characters per word; 3 to 10 in ordinary English (Rae et al. 2021)."""
    non_words: float
    """Share of the words that, without the punctuation around them, are not made of letters: numbers, formulas, URLs,
    `l1ke th1s`. Hyphens, apostrophes, dots and slashes between letters are allowed."""
    spaced: float
    """Share of the letters that stand in runs of at least six single letters: `l i k e t h i s`."""
    unreadable: float
    """Share of the visible characters that no font can show: replacement characters, private use, control characters,
    unassigned ones, and `(cid:12)` for a glyph without a letter."""
    repeated_lines: float
    """Share of the lines with text that stood in it before (Rae et al.: at most .30)."""
    repeated_line_characters: float
    """Share of the characters in such lines (at most .20)."""
    top_phrases: tuple[float, ...]
    """Share of the characters in the phrase of 2, 3 and 4 words that takes most (at most .20, .18, .16)."""
    repeated_phrases: tuple[float, ...]
    """Share of the characters in phrases of 5, 6, … 10 words that stood there before, each character counted once (at
    most .15, .14, … .10)."""
    garbled: float
    """What `garbled` says."""


_DOCUMENT_WORDS = 1000
_LINE_LIMITS = (0.30, 0.20)
_TOP_LIMITS = (0.20, 0.18, 0.16)
_REPEATED_LIMITS = (0.15, 0.14, 0.13, 0.12, 0.11, 0.10)


def assess(text: str) -> Quality:
    """Take a text, leave its quality in numbers; of an empty one all are 0."""
    tokens = _TOKEN.findall(text)
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    again = _repeats(lines)
    characters = sum(map(len, tokens))
    plain = sum(1 for token in tokens if _PLAIN_WORD.fullmatch(token))
    return Quality(
        words=len(tokens),
        mean_word_length=characters / max(1, len(tokens)),
        non_words=1 - plain / len(tokens) if tokens else 0.0,
        spaced=_share_spaced(text),
        unreadable=_share_unreadable(text),
        repeated_lines=len(again) / max(1, len(lines)),
        repeated_line_characters=sum(map(len, again)) / max(1, sum(map(len, lines))),
        top_phrases=tuple(_top_share(tokens, size, characters) for size in (2, 3, 4)),
        repeated_phrases=tuple(_repeated_share(tokens, size, characters) for size in range(5, 11)),
        garbled=garbled(text),
    )


def problem_of(text: str, *, languages: Collection[str] = ()) -> str:
    """Take a chunk, leave why it is not worth asking about: `garbled`, `repetitive`, `other_language` or nothing.

    Args:
        text: some sentences. One of fewer than 40 words is never repetitive; one of fewer than 1,000 may repeat twice
            the share that a whole document may.
        languages: codes as `identify` gives them, such as `en`; of another language is what surely is. None: any.

    Raises:
        MissingExtraError: languages are named and py3langid is not installed.
    """
    quality = assess(text)
    if quality.garbled >= GARBLED:
        return "garbled"
    if quality.words >= FEWEST_WORDS and _repetitive(quality):
        return "repetitive"
    if languages:
        found = identify(text)
        if found.code not in {*languages, UNKNOWN} and found.confidence >= SURE:
            return "other_language"
    return ""


def garbled(text: str) -> float:
    """Take a text, such as that of a page, leave how surely its letters are not the ones that were meant.

    0 is clean, 1 hopeless, `GARBLED` the place to decide at. Formulas, tables, code and references are not garbled. A
    few words are judged only by characters that no text has. Not noticed: wrong letters within a script other than
    Latin or Chinese, and a few garbled lines on a whole page.
    """
    head = unicodedata.normalize("NFKC", text[:_READ])
    visible = [character for character in _SAME_AGAIN.sub(r"\1", _CID.sub("\ufffd", head)) if not character.isspace()]
    words = set(_WORD.findall(head))
    return max(
        _ramp(_share_unreadable(head), 0.05, 0.35),
        _ramp(_share_spaced(head), 0.4, 1.0),
        _ramp(_share_signs(visible), 0.5, 0.7),
        _ramp(_share_marked(visible), 0.4, 0.6),
        _ramp(_share_mixed(words), 0.3, 0.7),
        _ramp(_share_rare_ideographs(visible), 0.25, 0.55),
        _ramp(-_usualness(words), -5.6, -5.0),
    )


def _ramp(value: float, clean: float, hopeless: float) -> float:
    return min(1.0, max(0.0, (value - clean) / (hopeless - clean)))


def _share_unreadable(text: str) -> float:
    """U+FFFD, private use, control characters, surrogates, code points without a character, `(cid:12)`."""
    seen = [character for character in _CID.sub("\ufffd", text) if not character.isspace()]
    return sum(map(_unreadable, seen)) / max(1, len(seen))


@lru_cache(maxsize=8192)
def _unreadable(character: str) -> bool:
    return character == "\ufffd" or unicodedata.category(character) in ("Co", "Cc", "Cs", "Cn")


def _share_spaced(text: str) -> float:
    letters = sum(map(str.isalpha, text))
    return sum(sum(map(str.isalpha, run)) for run in _SPACED.findall(text)) / letters if letters >= 20 else 0.0


def _share_signs(visible: Sequence[str]) -> float:
    """Share of the characters that are neither letters nor digits, marks nor unreadable."""
    signs = sum(1 for character in visible if not character.isalnum() and unicodedata.category(character)[0] in "PS")
    return signs / len(visible) if len(visible) >= 100 else 0.0


def _share_marked(visible: Sequence[str]) -> float:
    """Share of the Latin letters that are not plain a to z: .3 in Vietnamese, nearly all where bytes were misread."""
    latin = [character for character in visible if _alphabet(character) == "LATIN"]
    return sum(1 for character in latin if not character.isascii()) / len(latin) if len(latin) >= 50 else 0.0


def _share_mixed(words: Collection[str]) -> float:
    """Share of the words of three letters or more that mix alphabets."""
    long = [word for word in words if len(word) >= 3]
    mixed = sum(1 for word in long if not word.isascii() and len({_alphabet(letter) for letter in word} - {""}) > 1)
    return mixed / len(long) if len(long) >= 10 else 0.0


@lru_cache(maxsize=8192)
def _alphabet(character: str) -> str:
    name = unicodedata.name(character, "").partition(" ")[0]
    return name if name in _ALPHABETS else ""


def _share_rare_ideographs(visible: Sequence[str]) -> float:
    """Share of the Chinese characters outside the everyday levels of the Chinese and Japanese standards."""
    ideographs = [character for character in visible if "\u3400" <= character <= "\u9fff"]
    return sum(map(_rare, ideographs)) / len(ideographs) if len(ideographs) >= 20 else 0.0


@lru_cache(maxsize=32768)
def _rare(ideograph: str) -> bool:
    levels = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97))
    codes = ((ideograph.encode(name, "ignore"), low, high) for name, low, high in levels)
    return not any(code and low <= code[0] <= high for code, low, high in codes)


def _usualness(words: Collection[str]) -> float:
    """Mean digit of `_PAIRS` over the distinct words' pairs of letters, two standard errors added; 9 if too few.

    Texts of 100 words in 47 languages lie above 5.8, the same under a random cipher below 5.3 in 99 of 100 cases.
    """
    capitals = {word for word in words if word.isupper()}
    # Abbreviations follow no rule; where most words are capitals, they are words.
    counted = words if 2 * len(capitals) > len(words) else set(words) - capitals
    digits = [digit for word in counted for digit in _pair_digits(word)]
    return sum(digits) / len(digits) + 4 / len(digits) ** 0.5 if len(digits) >= 100 else 9.0


def _pair_digits(word: str) -> list[int]:
    plain = unicodedata.normalize("NFKD", word.casefold()).translate(_UNMARKED)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    if not letters.isascii():
        return []
    places = [_EDGE, *(ord(letter) - _FIRST_ROW for letter in letters), _EDGE]
    return [int(_PAIRS[row][column]) for row, column in pairwise(places)]


def _repetitive(quality: Quality) -> bool:
    # The limits were set for whole documents. In a passage, a sentence that is said twice is already a tenth.
    allowance = 2 if quality.words < _DOCUMENT_WORDS else 1
    measured = (quality.repeated_lines, quality.repeated_line_characters, *quality.top_phrases)
    limits = (*_LINE_LIMITS, *_TOP_LIMITS, *_REPEATED_LIMITS)
    return any(
        share > allowance * limit for share, limit in zip((*measured, *quality.repeated_phrases), limits, strict=True)
    )


def _repeats(lines: Sequence[str]) -> list[str]:
    """The lines that stood there before."""
    counts = Counter(lines)
    return [line for line, n in counts.items() for _ in range(n - 1)]


def _top_share(tokens: Sequence[str], size: int, characters: int) -> float:
    counts = Counter(zip(*(tokens[start:] for start in range(size)), strict=False))
    return max((n * sum(map(len, phrase)) for phrase, n in counts.items() if n > 1), default=0) / max(1, characters)


def _repeated_share(tokens: Sequence[str], size: int, characters: int) -> float:
    seen: set[tuple[str, ...]] = set()
    covered = counted_to = 0
    for start, phrase in enumerate(zip(*(tokens[first:] for first in range(size)), strict=False)):
        if phrase in seen:
            covered += sum(map(len, tokens[max(start, counted_to) : start + size]))
            counted_to = start + size
        seen.add(phrase)
    return covered / max(1, characters)
