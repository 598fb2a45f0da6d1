"""Reads a teacher's reply: text in, checked parts out, and a fault with its reason for whatever is not one."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from glossator.records import JsonValue
from glossator.synthesis.loose_json import Loose, read_object
from glossator.synthesis.schemas import PAIRS, Form, Pair, reply_model

MAX_CHARACTERS = 100_000
"""A longer reply is not read at all."""
MAX_PARTS = 50
"""Pairs of one reply that are looked at."""
_EXCERPT = 200
_REASONS = {"string_too_long": "too_long", "string_too_short": "empty"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be taken from a reply."""

    reason: str
    """`empty`, `malformed`, `schema`, `too_long`, `too_many` or `truncated`."""
    detail: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply came to."""

    parts: tuple[Form, ...]
    """The pairs, or the one persona."""
    faults: tuple[Fault, ...] = ()
    repairs: tuple[str, ...] = ()
    """What had to be repaired to read it; see `loose_json.Loose`."""


def excerpt(text: str) -> str:
    """Turn a text of any length into its first 200 characters on one line."""
    line = " ".join(text[: 2 * _EXCERPT].split())
    return line if len(line) <= _EXCERPT and len(text) <= 2 * _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def read_reply(text: str, schema: str) -> Read:
    """Turn the text of a reply into the parts that keep to a schema, and faults for all that does not.

    One bad pair costs no good one. Time is proportional to the length of the reply.

    Args:
        text: as the model gave it.
        schema: the name of the reply's schema.
    """
    if len(text) > MAX_CHARACTERS:
        return _fault("too_long", f"{len(text)} characters, {MAX_CHARACTERS} are read: {excerpt(text)}")
    if not text.strip():
        return _fault("empty", "the reply is blank")
    keys = tuple(reply_model(schema).model_fields)
    loose = read_object(text, keys, item_keys=tuple(Pair.model_fields) if schema == PAIRS else ())
    if loose is None:
        return _fault("malformed", excerpt(text))
    if schema == PAIRS:
        return _pairs(loose)
    part = _validated(reply_model(schema), loose.value)
    return Read((), (part,), loose.repairs) if isinstance(part, Fault) else Read((part,), (), loose.repairs)


def _pairs(loose: Loose) -> Read:
    rows = loose.value.get(PAIRS)
    if not isinstance(rows, list) or len(loose.value) > 1:
        keys = excerpt(", ".join(loose.value)) or "no key"
        return _fault("schema", f"the reply has {keys} instead of one list of {PAIRS}")
    parts: list[Form] = []
    faults: list[Fault] = []
    for row in rows[:MAX_PARTS]:
        part = _validated(Pair, row)
        if isinstance(part, Fault):
            faults.append(part)
        else:
            parts.append(part)
    if len(rows) > MAX_PARTS:
        faults.append(Fault("too_many", f"{len(rows)} pairs, of which {MAX_PARTS} were read"))
    if loose.lost:
        faults.append(Fault("truncated", excerpt(loose.lost)))
    return Read(tuple(parts), tuple(faults), loose.repairs)


def _validated(model: type[Form], value: JsonValue) -> Form | Fault:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        return Fault(_REASONS.get(first["type"], "schema"), f"{excerpt(place)}: {first['msg']}: {excerpt(repr(value))}")


def _fault(reason: str, detail: str) -> Read:
    return Read((), (Fault(reason, detail),))
