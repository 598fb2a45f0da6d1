"""Tells what is wrong with the words of a reply: nothing said, a refusal, an echo of the prompt, another script."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

_REFUSAL = re.compile(
    r"^\W*(?:i(?:['’]m| am) (?:(?:very|so|really|terribly) )?sorry\b|sorry[,.!]|i apologi[sz]e\b|unfortunately, i\b"
    r"|i (?:can['’]?t|cannot|can not|won['’]?t|will not)\b|i(?:['’]m| am) (?:not able|unable)\b"
    r"|i(?:['’]m| am) (?:just )?an? (?:ai|language model)\b)"
    r"|\bas an? (?:ai|(?:large )?language model)\b",
    re.IGNORECASE,
)
_ECHOED_WORDS = 8
"""Words in a row that a reply shares with the prompt by echo, hardly by chance."""
_COPIED_CHARACTERS = 80
"""A shorter text may stand in a passage because there is one way to say it."""
_STRAY_LETTERS = 8
"""Letters of a script a passage hardly uses that a name or a formula may have."""
_HARDLY = 0.02


def says_nothing(text: str) -> bool:
    """Whether a text has no letter and no digit: a placeholder such as `…`."""
    return not any(char.isalnum() for char in text)


def refuses(text: str) -> bool:
    """Whether a text is a model's refusal instead of an answer."""
    return _REFUSAL.search(text[:400]) is not None


class Prompted:
    """The words of a prompt, to know them again in a reply.

    Args:
        text: all that the teacher was told except the passage.
    """

    def __init__(self, text: str) -> None:
        self._windows = set(_windows(text))

    def echoed_in(self, text: str, passage: str = "") -> bool:
        """Whether a text repeats eight words in a row of the prompt which the passage does not say itself."""
        shared = [window for window in _windows(text) if window in self._windows]
        return bool(shared) and not set(shared) <= set(_windows(passage))


def copies(text: str, passage: str) -> bool:
    """Whether a text of some length stands word for word in the passage, so that it explains nothing."""
    words = " ".join(_words(text))
    return len(words) >= _COPIED_CHARACTERS and words in " ".join(_words(passage))


def same_words(one: str, other: str) -> bool:
    """Whether two texts have the same words in the same order, whatever stands between them."""
    return _words(one) == _words(other)


def other_script(text: str, passage: str) -> str | None:
    """Turn a text into the script most of it is written in, if the passage hardly uses that; else None.

    A few such letters are allowed where the passage has some: a formula, a name.
    """
    own = Counter(filter(None, map(_script, unicodedata.normalize("NFKC", text))))
    if not own:
        return None
    script, letters = own.most_common(1)[0]
    there = Counter(filter(None, map(_script, unicodedata.normalize("NFKC", passage))))
    if not there or (there[script] and letters < _STRAY_LETTERS):
        return None
    return script if there[script] < _HARDLY * there.total() else None


@functools.lru_cache(maxsize=8192)
def _script(char: str) -> str | None:
    """The script of a letter by its Unicode name; the three scripts of Japanese count as one, with Chinese."""
    if not char.isalpha():
        return None
    first = unicodedata.name(char, "?").split()[0].split("-")[0]
    return "CJK" if first in ("HIRAGANA", "KATAKANA") else first


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _windows(text: str) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    return (tuple(words[at : at + _ECHOED_WORDS]) for at in range(len(words) - _ECHOED_WORDS + 1))
