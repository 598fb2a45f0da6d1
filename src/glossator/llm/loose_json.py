"""Reads one JSON object out of a model's reply, and repairs what models commonly get wrong around and in it.

Repaired are: text and code fences around the object, commas before a closing bracket, typographic quotation marks as
delimiters, raw line breaks in strings, a list that stands without its object, and an end that is missing (whole items
of the list are kept). Nothing is guessed: what is inside a string stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

_MARKS = '"“”„'
_STRAIGHT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_CURLY_END = re.compile(r"[”“](?=\s*(?:[,:}\]]|$))")
_BARE_MARK = re.compile(r'(?<!\\)"')
_MOST_UNCLOSED = 8
"""Beginnings without an end that are tried: each costs a walk to the end of the reply."""
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Loose:
    """An object that was found in a reply."""

    value: dict[str, Any]
    repairs: tuple[str, ...] = ()
    """What was repaired, sorted: `commas`, `envelope`, `line_breaks`, `quotes`, `surroundings`, `truncated`."""
    lost: str = ""
    """What is left of the item at which the reply broke off."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """What a walk from an opening bracket came to."""

    text: str
    """Strict JSON but for raw line breaks; empty where none could be made."""
    end: int
    """The place after the closing bracket; 0 where none was found."""
    repairs: frozenset[str] = frozenset()
    lost: str = ""


_BROKEN = _Walk("", 0)


def read_object(text: str, keys: Collection[str], *, item_keys: Collection[str] = ()) -> Loose | None:
    """Turn a reply into the object it holds; None if it holds none.

    A reply that is JSON as a whole is taken as it is, whatever its keys. Else the last object that begins with one of
    the keys decides, since models think first and answer last. Time is proportional to the length of the reply.

    Args:
        text: the reply.
        keys: the keys of the object; a single one holds the list, if there are item keys.
        item_keys: the keys of an item of that list; then a bare list of items and a list that breaks off are read too.
    """
    text = text.strip().lstrip("\ufeff")
    value = _load(text, strict=True)
    if isinstance(value, dict):
        return Loose(value)
    if isinstance(value, list) and item_keys:
        return Loose({next(iter(keys)): value}, ("envelope",))
    found = _find(text, rf"\{{\s*{_one_of(keys)}", listed=bool(item_keys))
    if found is None and item_keys:
        found = _find(text, rf"\[\s*\{{\s*{_one_of(item_keys)}", listed=True)
    if found is None:
        return None
    value, repairs, lost = found
    if isinstance(value, list):
        return Loose({next(iter(keys)): value}, tuple(sorted({*repairs, "envelope"})), lost)
    return Loose(value, tuple(sorted(repairs)), lost)


def _one_of(keys: Collection[str]) -> str:
    return f"[{_MARKS}](?:{'|'.join(map(re.escape, keys))})[{_MARKS}]\\s*:"


def _find(text: str, opening: str, *, listed: bool) -> tuple[Any, set[str], str] | None:
    """Read the last value that begins with the opening; values inside another one are passed over."""
    found: tuple[Any, set[str], str] | None = None
    end, unclosed = 0, 0
    for match in re.finditer(opening, text):
        if match.start() < end:
            continue
        walk = _walk(text, match.start(), listed=listed)
        repairs = set(walk.repairs)
        value = _load(walk.text, strict=True)
        if value is _NOTHING:
            value = _load(walk.text, strict=False)
            repairs.add("line_breaks")
        if text[: match.start()].strip() or (walk.end and text[walk.end :].strip()):
            repairs.add("surroundings")
        if value is not _NOTHING:
            found = (value, repairs, walk.lost)
        end = walk.end or end
        unclosed += not walk.end
        if unclosed == _MOST_UNCLOSED:
            break
    return found


def _walk(text: str, start: int, *, listed: bool) -> _Walk:
    """Walk from an opening bracket to its end, leaving strict JSON; white space between values is dropped."""
    out: list[str] = []
    stack: list[str] = []
    repairs: set[str] = set()
    whole, whole_at, at = 0, start, start
    while at < len(text):
        char = text[at]
        if char in _MARKS:
            piece, at = _string(text, at)
            if not piece:
                break
            repairs |= {"quotes"} if char != '"' else set()
            out.append(piece)
            continue
        if char in "{[":
            stack.append(char)
        elif char in "}]":
            if "{[".index(stack.pop()) != "}]".index(char):
                return _BROKEN
            if out[-1] == ",":
                out.pop()
                repairs.add("commas")
        if not char.isspace():
            out.append(char)
        at += 1
        if not stack:
            return _Walk("".join(out), at, frozenset(repairs))
        if listed and char == "}" and stack in (["{", "["], ["["]):
            whole, whole_at = len(out), at
    if not whole:
        return _BROKEN
    ends = "]}" if out[0] == "{" else "]"
    lost = text[whole_at:].lstrip(", \t\r\n")
    return _Walk("".join(out[:whole]) + ends, 0, frozenset({*repairs, "truncated"}), lost)


def _string(text: str, at: int) -> tuple[str, int]:
    """Read the string that begins at a quotation mark, as strict JSON, and the place after it; empty if it never ends.

    A typographic mark inside a string is content: only one before a comma, colon or bracket can end a string that a
    typographic mark began.
    """
    if text[at] == '"':
        match = _STRAIGHT.match(text, at)
        return (match[0], match.end()) if match else ("", at)
    end = _CURLY_END.search(text, at + 1)
    if end is None:
        return "", at
    content = _BARE_MARK.sub(r"\"", text[at + 1 : end.start()])
    return f'"{content}"', end.end()


def _load(text: str, *, strict: bool) -> Any:
    try:
        return json.loads(text, strict=strict) if text else _NOTHING
    except (ValueError, RecursionError):
        return _NOTHING
