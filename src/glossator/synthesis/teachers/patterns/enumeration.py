"""Reads a list inside a sentence: three things or more, all of them told."""

from __future__ import annotations

import re

from glossator.synthesis.teachers.grammar.words import (
    BE,
    CLOSED_CLASS,
    DETERMINERS,
    HAVE,
    MODALS,
    PAST,
    PRONOUNS,
    word_set,
)

_OPEN_ENDED = re.compile(
    r"\b(?:such as|like|including|includes?|e\.g|for example|for instance|etc|and so on|and others?|and more|among|"
    r"between|both|either|neither|amongst|respectively|by|because|so)\b"
)
"""Words that make a list an example of more, or pair its items with others."""
_BRACKET = re.compile(r" ?\([^()]*\)")
_BOTH = re.compile(r"both (?P<one>(?:(?! and )[^,:])+) and (?P<other>(?:(?! and )[^,:])+)")
_REMARK = re.compile(r", (?:which|where|all of which|making|allowing|enabling|thus|thereby) ")
_LAST = re.compile(r",? (?:and|or|as well as) (?=\S)")
_FINITE = (
    BE | HAVE | MODALS | PRONOUNS | word_set("that which who whom whose where when while if although but not than")
)
_MAX_ITEM_WORDS = 9


def items_of(text: str) -> list[str]:
    """Turn the object of a sentence into its items; an empty list where it is no whole list of three or more.

    A list counts if nothing but items stands in it: no clause, no example, no `and` of another level.
    """
    plain = _REMARK.split(_BRACKET.sub("", text))[0]
    if both := _BOTH.fullmatch(plain):
        return [both["one"], both["other"]] if _is_item(both["one"]) and _is_item(both["other"]) else []
    head, colon, tail = plain.partition(": ")
    plain = tail if colon and "," not in head else plain
    if ": " in plain or _OPEN_ENDED.search(plain):
        return []
    pieces = plain.split(", ")
    last = pieces.pop()
    for joint in ("and ", "or ", "as well as "):
        if last.startswith(joint):
            pieces.append(last.removeprefix(joint))
            break
    else:
        parts = _LAST.split(last)
        if len(parts) != 2:
            return []
        pieces += parts
    return pieces if len(pieces) >= 3 and all(map(_is_item, pieces)) else []


def shared_opening(items: list[str]) -> str | None:
    """Tell what the first item says for all of them: `knowledge of` in `knowledge of X, Y and Z`.

    Returns:
        An empty string where each item stands for itself; None where that cannot be told, as in `at local, regional
        and global scales`.
    """
    words = items[0].split()
    at = max((i for i, word in enumerate(words) if word in _OPENERS), default=-1)
    if at < 0:
        return (
            ""
            if len(words) > 1 or len(items[-1].split()) == 1 or words[0][-1] == "s" or words[0][0].isupper()
            else None
        )
    if any(_OPENERS & set(item.split()) for item in items[1:]) or at == 0:
        return None
    own = words[at + 1 :]
    if words[at] == "to":
        own = own[1:]
        at += 1
    if len(own) == 1 and len(items[-1].split()) > 1 and own[0].islower() and own[0][-1] != "s":
        return None
    return " ".join(words[: at + 1]) if own else None


_OPENERS = word_set("of on for with in at to from about between by using via")


def _is_item(piece: str) -> bool:
    words = piece.split()
    if not 1 <= len(words) <= _MAX_ITEM_WORDS or _FINITE & {word.lower() for word in words}:
        return False
    return words[0] not in CLOSED_CLASS - {"a", "an", "the"} and words[-1] not in CLOSED_CLASS and not _is_past(words)


def _is_past(words: list[str]) -> bool:
    """Whether an item is rather a verb with its object, `returned the sum`, than a noun, `shared memory`."""
    return words[0] in PAST and (len(words) == 1 or words[1] in DETERMINERS)
