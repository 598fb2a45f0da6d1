"""Names the forms a teacher may reply in: what a part holds, the JSON schema that asks for it, its rendering."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, create_model

from glossator.errors import SynthesisError
from glossator.llm.json_schema import strict_schema
from glossator.records import JsonValue
from glossator.synthesis.forms import Dialogue, Eli5, Executive, Form, Gap, HopPair, Intuitive, Pair, Preference

PAIRS = "pairs"
"""The schema of plain questions with answers."""
UNANSWERABLE = "unanswerable"
"""The schema of questions that the passage leaves open; their answer is the task's own sentence."""


@dataclass(frozen=True, slots=True)
class ReplySchema:
    """The form of a reply."""

    name: str
    part: type[Form]
    """What one part of it holds."""
    listed: str = ""
    """The key of the list of parts; empty where the reply is one part, which answers the task's fixed question."""
    digest: str = ""
    """Content hash of the file it was read from; empty for one that comes with the package."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the reply's outermost object."""
        return (self.listed,) if self.listed else tuple(self.part.model_fields)

    @property
    def item_keys(self) -> tuple[str, ...]:
        """The keys of an item of its list; none where there is no list."""
        return tuple(self.part.model_fields) if self.listed else ()


_SCHEMAS: Mapping[str, ReplySchema] = {
    schema.name: schema
    for schema in (
        ReplySchema(PAIRS, Pair, "pairs"),
        ReplySchema("multi_hop", HopPair, "pairs"),
        ReplySchema("multi_turn", Dialogue, "conversations"),
        ReplySchema(UNANSWERABLE, Gap, "questions"),
        ReplySchema("preference", Preference, "pairs"),
        ReplySchema("eli5", Eli5),
        ReplySchema("intuitive", Intuitive),
        ReplySchema("executive", Executive),
    )
}


def schema_names() -> list[str]:
    """List the names a task may give as its `schema`, sorted."""
    return sorted(_SCHEMAS)


def reply_schema(name: str) -> ReplySchema:
    """Turn the name of a packaged schema into the schema.

    Raises:
        SynthesisError: there is no such schema.
    """
    if name not in _SCHEMAS:
        raise SynthesisError(f"reply schema {name!r} is unknown; use one of {', '.join(schema_names())}")
    return _SCHEMAS[name]


def json_schema(schema: ReplySchema) -> dict[str, JsonValue]:
    """Turn a schema into JSON schema as strict modes take it; see `llm.json_schema.strict_schema`."""
    if not schema.listed:
        return strict_schema(schema.part)
    fields: dict[str, Any] = {schema.listed: (list[schema.part], ...)}  # type: ignore[name-defined]  # a value, not a type
    return strict_schema(create_model("Reply", __base__=Form, **fields))


def reply_form(schema: ReplySchema) -> str:
    """Turn a schema into the words that show a teacher the form of its reply.

    Endpoints that ignore a JSON schema, and models that follow an example better, still see what is asked for.
    """
    shape = _shape(schema.part)
    whole = f'{{"{schema.listed}": [{shape}, …]}}' if schema.listed else shape
    return "\n".join([whole, *_lines(schema.part)])


def _shape(model: type[BaseModel]) -> str:
    pieces = [f'"{key}": {_example(field.annotation)}' for key, field in model.model_fields.items()]
    return f"{{{', '.join(pieces)}}}"


def _example(annotation: Any) -> str:
    if typing.get_origin(annotation) is list:
        return f"[{_example(typing.get_args(annotation)[0])}, …]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _shape(annotation)
    return "0" if annotation is float else '"…"'


def _lines(model: type[BaseModel]) -> list[str]:
    lines = []
    for key, field in model.model_fields.items():
        lines.append(f"- {key}: {field.description}{_choices(field.annotation)}")
        items = typing.get_args(field.annotation)
        if items and isinstance(items[0], type) and issubclass(items[0], BaseModel):
            lines += _lines(items[0])
    return lines


def _choices(annotation: Any) -> str:
    values = typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()
    return f" One of {', '.join(values)}." if values else ""


def render(form: Form) -> str:
    """Turn the reply of a persona into the answer a student learns: its fields under bold labels, in order."""
    labelled = ((key.replace("_", " ").capitalize(), getattr(form, key)) for key in type(form).model_fields)
    return "\n\n".join(f"**{label}:**{_rendered(value)}" for label, value in labelled)


def _rendered(value: JsonValue) -> str:
    if isinstance(value, list):
        return "\n" + "\n".join(f"- {item}" for item in value)
    return f" {value:g}" if isinstance(value, float) else f" {value}"
