"""Turns a pydantic model into the JSON schema that strict modes of endpoints take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from glossator.records import JsonValue

_KEPT_KEYWORDS = ("type", "description", "enum")
"""With properties, items, required and additionalProperties, what strict modes of all endpoints understand."""


def strict_schema(model: type[BaseModel]) -> dict[str, JsonValue]:
    """Turn a model into JSON schema: every object closed, all its keys required, references written out.

    Bounds of length are left out, since not every endpoint knows them: they are checked when the reply is read.
    """
    whole = model.model_json_schema()
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
