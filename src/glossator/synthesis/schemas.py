"""Names the forms a teacher may reply in: one pydantic model each, the JSON schema that asks for it, its rendering."""

from __future__ import annotations

import typing
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from glossator.errors import SynthesisError
from glossator.records import JsonValue

PAIRS = "pairs"
"""The schema of tasks whose questions the teacher writes; every other one answers the task's fixed question."""

_KnownKind = Literal["what", "who", "when", "where", "how", "how_many", "why", "compare", "explain", "other"]
_KEPT_KEYWORDS = ("type", "description", "enum")
"""With properties, items, required and additionalProperties, what strict modes of all endpoints understand."""


def _clean(value: Any) -> Any:
    """Drop what no text may hold (control characters, lone surrogates); what is no text is left for the model."""
    if not isinstance(value, str):
        return value
    kept = (char for char in value if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _known_kind(value: Any) -> Any:
    """A kind that is not on the list is another kind, not a fault: it costs no good pair."""
    return "other" if isinstance(value, str) and value not in typing.get_args(_KnownKind) else value


Question = Annotated[str, Field(min_length=1, max_length=500), BeforeValidator(_clean)]
Words = Annotated[str, Field(min_length=1, max_length=4_000), BeforeValidator(_clean)]
Quote = Annotated[str, Field(max_length=2_000), BeforeValidator(_clean)]
Kind = Annotated[_KnownKind, BeforeValidator(_known_kind)]


class Form(BaseModel):
    """A part of a reply: closed to keys it does not know, and to values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Pair(Form):
    """One question with its answer."""

    question: Question = Field(description="What the reader is asked: one question, in one sentence.")
    answer: Words = Field(description="The answer, right and complete according to the passage.")
    evidence: Quote = Field(
        description="The sentence or clause of the passage that proves the answer, copied word for word, uncut."
    )
    kind: Kind = Field("other", description="What is asked for.")


class Pairs(Form):
    """Questions with their answers; none where the passage allows no good one."""

    pairs: list[Pair]


class Eli5(Form):
    """A section in plain words."""

    analogy: Words = Field(description="Something from everyday life that works the same way, told as a small picture.")
    explanation: Words = Field(description="What the section says, in plain words, tied back to the analogy.")


class Intuitive(Form):
    """A section from first principles."""

    first_principles: Words = Field(description="The few facts to start from, which a reader would grant at once.")
    mechanism: Words = Field(description="Step by step, how what the section describes follows from them.")


class Executive(Form):
    """A section for someone who decides."""

    use: Words = Field(description="What it can be used for, and by whom.")
    cost: Words = Field(description="What it takes: money, time, data, skill or risk, as far as the section tells.")
    value: Words = Field(description="What is gained, with the section's own figures where it gives any.")


_SCHEMAS: Mapping[str, type[Form]] = {PAIRS: Pairs, "eli5": Eli5, "intuitive": Intuitive, "executive": Executive}


def schema_names() -> list[str]:
    """List the names a task may give as its `schema`, sorted."""
    return sorted(_SCHEMAS)


def reply_model(name: str) -> type[Form]:
    """Turn the name of a schema into the pydantic model of a whole reply.

    Raises:
        SynthesisError: there is no such schema.
    """
    if name not in _SCHEMAS:
        raise SynthesisError(f"reply schema {name!r} is unknown; use one of {', '.join(schema_names())}")
    return _SCHEMAS[name]


def json_schema(name: str) -> dict[str, JsonValue]:
    """Turn the name of a schema into JSON schema as strict modes take it.

    Every object is closed and all its keys are required; references are written out. Bounds of length are left out,
    since not every endpoint knows them: they are checked when the reply is read.
    """
    whole = reply_model(name).model_json_schema()
    return _strict(whole, whole.get("$defs", {}))


def _strict(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, JsonValue]:
    if "$ref" in schema:
        named = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        schema = {**named, **{key: value for key, value in schema.items() if key != "$ref"}}
    plain: dict[str, JsonValue] = {key: schema[key] for key in _KEPT_KEYWORDS if key in schema}
    if "items" in schema:
        plain["items"] = _strict(schema["items"], definitions)
    if "properties" in schema:
        plain["properties"] = {key: _strict(value, definitions) for key, value in schema["properties"].items()}
        plain["required"] = list(schema["properties"])
        plain["additionalProperties"] = False
    return plain


def reply_form(name: str) -> str:
    """Turn the name of a schema into the words that show a teacher the form of its reply.

    Endpoints that ignore a JSON schema, and models that follow an example better, still see what is asked for.
    """
    model: type[Form] = Pair if name == PAIRS else reply_model(name)
    keys = ", ".join(f'"{key}": "…"' for key in model.model_fields)
    shape = f'{{"{PAIRS}": [{{{keys}}}, …]}}' if name == PAIRS else f"{{{keys}}}"
    lines = [f"- {key}: {field.description}{_choices(field.annotation)}" for key, field in model.model_fields.items()]
    return "\n".join([shape, *lines])


def _choices(annotation: Any) -> str:
    values = typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()
    return f" One of {', '.join(values)}." if values else ""


def render(form: Form) -> str:
    """Turn the reply of a persona into the answer a student learns: its fields under bold labels, in order."""
    labelled = ((key.replace("_", " ").capitalize(), getattr(form, key)) for key in type(form).model_fields)
    return "\n\n".join(f"**{label}:** {text}" for label, text in labelled)
