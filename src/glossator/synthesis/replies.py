"""Reads a teacher's reply: text in, checked parts out, and a fault with its reason for whatever is not one."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from glossator.llm.loose_json import Loose, read_object
from glossator.records import JsonValue
from glossator.synthesis.forms import Form
from glossator.synthesis.schemas import ReplySchema
from glossator.text.excerpt import excerpt

MAX_CHARACTERS = 100_000
"""A longer reply is not read at all."""
MAX_PARTS = 50
"""Parts of one reply that are looked at."""
MALFORMED, SCHEMA = "malformed", "schema"
"""The stages of a reply that cannot be read, and of a part of it that breaks its schema."""
_REASONS = {"string_too_long": "too_long", "string_too_short": "empty"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be taken from a reply."""

    reason: str
    """`empty`, `malformed`, `schema`, `too_long`, `too_many` or `truncated`."""
    detail: str
    stage: str = MALFORMED
    """`malformed` or `schema`."""
    said: tuple[str, str] | None = None
    """A question and an answer that can be made out all the same, so that a person may take them up."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reply came to."""

    parts: tuple[Form, ...]
    """The pairs, or the one persona."""
    faults: tuple[Fault, ...] = ()
    repairs: tuple[str, ...] = ()
    """What had to be repaired to read it; see `loose_json.Loose`."""


def read_reply(text: str, schema: ReplySchema) -> Read:
    """Turn the text of a reply into the parts that keep to a schema, and faults for all that does not.

    One bad part costs no good one. Time is proportional to the length of the reply.

    Args:
        text: as the model gave it.
        schema: the form that was asked for.
    """
    if len(text) > MAX_CHARACTERS:
        return _fault("too_long", f"{len(text)} characters, {MAX_CHARACTERS} are read: {excerpt(text)}")
    if not text.strip():
        return _fault("empty", "the reply is blank")
    loose = read_object(text, schema.keys, item_keys=schema.item_keys)
    if loose is None:
        return _fault("malformed", excerpt(text))
    if schema.listed:
        return _listed(loose, schema)
    part = _validated(schema.part, loose.value)
    return Read((), (part,), loose.repairs) if isinstance(part, Fault) else Read((part,), (), loose.repairs)


def _listed(loose: Loose, schema: ReplySchema) -> Read:
    rows = loose.value.get(schema.listed)
    if not isinstance(rows, list) or len(loose.value) > 1:
        keys = excerpt(", ".join(loose.value)) or "no key"
        return _fault("schema", f"the reply has {keys} instead of one list of {schema.listed}", SCHEMA)
    parts: list[Form] = []
    faults: list[Fault] = []
    for row in rows[:MAX_PARTS]:
        part = _validated(schema.part, row)
        if isinstance(part, Fault):
            faults.append(part)
        else:
            parts.append(part)
    if len(rows) > MAX_PARTS:
        faults.append(Fault("too_many", f"{len(rows)} {schema.listed}, of which {MAX_PARTS} were read", SCHEMA))
    if loose.lost:
        faults.append(Fault("truncated", excerpt(loose.lost)))
    return Read(tuple(parts), tuple(faults), loose.repairs)


def _validated(model: type[Form], value: JsonValue) -> Form | Fault:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        detail = f"{excerpt(place)}: {first['msg']}: {excerpt(repr(value))}"
        return Fault(_REASONS.get(first["type"], "schema"), detail, SCHEMA, _said(value))


def _said(value: JsonValue) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    question, answer = (
        text.encode("utf-8", "replace").decode("utf-8").strip() if isinstance(text, str) else ""
        for text in (value.get("question"), value.get("answer"))
    )
    return (question, answer) if question and answer else None


def _fault(reason: str, detail: str, stage: str = MALFORMED) -> Read:
    return Read((), (Fault(reason, detail, stage),))
