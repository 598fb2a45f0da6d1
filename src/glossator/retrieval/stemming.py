"""Takes an English word, leaves its stem, so that `heated`, `heating` and `heats` are one word to the index.

The algorithm is Porter's ("An algorithm for suffix stripping", Program 14, 1980) with the two rules its author added
later (`-logi` to `-log`, `-bli` to `-ble`). It knows no dictionary: what matters is that question and passage are cut
alike. [C](VC)^m[V] is the form of every word, and a suffix goes only if the measure m of what stays is large enough.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STEP_2 = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
    "logi": "log",
}
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = dict.fromkeys(
    "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split(),  # noqa: SIM905
    "",
)
_VOWELS_AND_CONSONANTS = re.compile("vc")
_SHORTEST = 3


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Turn a lower-case word into its stem; words with anything but a to z, and very short ones, stay as they are."""
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    word = _without_past_or_present(_without_plural(word))
    if word.endswith("y") and "v" in _form(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _STEP_2, measure=1)
    word = _replace(word, _STEP_3, measure=1)
    return _without_final_letter(_replace(word, _STEP_4, measure=2))


def _form(word: str) -> str:
    """Each letter as `v` or `c`; y is a vowel after a consonant."""
    form = ""
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and form.endswith("c"))
        form += "v" if vowel else "c"
    return form


def _measure(word: str) -> int:
    return len(_VOWELS_AND_CONSONANTS.findall(_form(word)))


def _doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _form(word)[-1] == "c"


def _ends_short(word: str) -> bool:
    """Whether it ends in consonant, vowel, consonant, the last one not w, x or y: `hop`, but not `snow`."""
    return _form(word).endswith("cvc") and word[-1] not in "wxy"


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past_or_present(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        rest = word[: -len(suffix)]
        if not word.endswith(suffix):
            continue
        if "v" not in _form(rest):
            return word
        if rest.endswith(("at", "bl", "iz")) or (_measure(rest) == 1 and _ends_short(rest)):
            return rest + "e"
        return rest[:-1] if _doubled(rest) and rest[-1] not in "lsz" else rest
    return word


def _replace(word: str, endings: dict[str, str], *, measure: int) -> str:
    """Replace the longest ending that the word has, if what stays has at least this measure."""
    for length in range(min(7, len(word)), 1, -1):
        ending = word[-length:]
        if ending not in endings:
            continue
        rest = word[:-length]
        if _measure(rest) < measure or (ending == "ion" and not rest.endswith(("s", "t"))):
            return word
        return rest + endings[ending]
    return word


def _without_final_letter(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        measure = _measure(rest)
        if measure > 1 or (measure == 1 and not _ends_short(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
