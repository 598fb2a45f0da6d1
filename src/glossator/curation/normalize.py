"""How two texts are compared when case, punctuation and white space do not count."""

from __future__ import annotations

import unicodedata

_MEANINGFUL = frozenset("#%")
"""Punctuation by Unicode's reckoning that tells things apart: C and C#, 5 and 5 %."""


class _Blanks(dict[int, int]):
    """A translation table that fills itself: punctuation becomes a space, everything else stays."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        # Mathematical signs and currencies (Sm, Sc, So) stay: `C` is not `C++`, and `x < 0` is not `x > 0`.
        blank = unicodedata.category(character)[0] == "P" or unicodedata.category(character) == "Sk"
        self[code] = ord(" ") if blank and character not in _MEANINGFUL else code
        return self[code]


_TABLE = _Blanks()


def normalize(text: str) -> str:
    """Take a text, leave its words in lower case with single spaces between them; empty when it has none."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_TABLE).split())
