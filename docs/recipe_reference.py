"""Takes the models of a recipe's sections, leaves `recipes.md`: every key with its value, bounds and default."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from page_parts import anchor, one_of, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Schema = Mapping[str, Any]

_PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} in it",
    "maxItems": "at most {} in it",
    "minProperties": "at least {} in it",
    "maxProperties": "at most {} in it",
    "maxLength": "at most {} characters",
}
_ABOUT = """\
A recipe is a YAML file with the sections below; [recipe.md](recipe.md) says how it is read and overridden. A section or
key with a default may be left out, any other key is refused. `N` in a place is the number of an item in a list, from 0
on, as `--set sources.0.path=FOLDER` has it. Besides the bounds shown here, values are checked against each other; what
does not fit is told with a remedy before anything is done."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere a section can stand: the dotted path, and the models that may stand there."""

    path: str
    models: tuple[str, ...]


class _Reference:
    """The tables of one tree of models."""

    def __init__(self, root: type[BaseModel]) -> None:
        self._classes = {model.__name__: model for model in _models_in(root)}
        schema = root.model_json_schema(by_alias=False)
        self._schemas: dict[str, Schema] = {**schema.get("$defs", {}), root.__name__: schema}

    def sections(self, place: _Place, above: tuple[str, ...] = ()) -> Iterator[str]:
        """The sections at a place and, after each, those inside it; a model inside itself is not entered again."""
        for name in place.models:
            if place.path:
                yield f"## {self._title(place, name)}"
            yield str(self._schemas[name].get("description", "")).strip()
            properties: Mapping[str, Schema] = self._schemas[name]["properties"]
            inner = {
                key: _Place(_below(place.path, key, value), tuple(_references(value)))
                for key, value in properties.items()
            }
            rows = [self._row(name, key, value, inner[key]) for key, value in properties.items()]
            yield table(["key", "value", "default", "meaning"], rows)
            for following in inner.values():
                if not set(following.models) & {*above, name}:
                    yield from self.sections(following, (*above, name))

    def _title(self, place: _Place, name: str) -> str:
        kind = self._kind(name)
        return f"`{place.path}` of kind `{kind}`" if kind and len(place.models) > 1 else f"`{place.path}`"

    def _kind(self, name: str) -> str:
        return str(self._schemas[name]["properties"].get("kind", {}).get("const", ""))

    def _row(self, model: str, key: str, schema: Schema, inner: _Place) -> list[str]:
        field = self._classes[model].model_fields[key]
        meaning = field.description or ""
        if not meaning and len(inner.models) == 1:
            meaning = str(self._schemas[inner.models[0]].get("description", ""))
        return [f"`{key}`", self._value(schema, inner), self._default(field), meaning]

    def _value(self, schema: Schema, inner: _Place) -> str:
        """What may be written, in words."""
        if "$ref" in schema:
            name = _name_of(schema["$ref"])
            words = self._kind(name) if len(inner.models) > 1 and self._kind(name) else inner.path
            return f"[`{words}`](#{anchor(self._title(inner, name))})"
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                choices = [part for part in schema[several] if part.get("type") != "null"]
                return one_of([self._value(part, inner) for part in choices])
        if "const" in schema:
            return _shown(schema["const"])
        if "enum" in schema:
            return one_of([_shown(value) for value in schema["enum"]])
        return self._by_type(schema, inner) + _bounds(schema)

    def _by_type(self, schema: Schema, inner: _Place) -> str:
        kind = schema.get("type")
        if kind == "array" and isinstance(schema.get("items"), Mapping):
            return f"list of {self._value(schema['items'], inner)}"
        if kind == "array":
            fixed = [self._value(item, inner) for item in schema.get("prefixItems", ())]
            return f"list: {', '.join(fixed)}" if fixed else "list"
        if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
            return f"mapping of text to {self._value(schema['additionalProperties'], inner)}"
        if kind == "object":
            return "mapping"
        return _PLAIN.get(str(kind), "anything") + (
            f" that matches `{schema['pattern']}`" if "pattern" in schema else ""
        )

    def _default(self, field: FieldInfo) -> str:
        if field.is_required():
            return "required"
        return self._shown_default(field.get_default(call_default_factory=True, validated_data={}))

    def _shown_default(self, value: Any) -> str:
        if value is None:
            return "left out"
        if isinstance(value, BaseModel):
            kind = getattr(value, "kind", None)
            return f"kind `{kind}`" if kind else "its defaults"
        if isinstance(value, tuple | list) and any(isinstance(item, BaseModel) for item in value):
            return f"{len(value)} with {'its' if len(value) == 1 else 'their'} defaults"
        return _shown(list(value) if isinstance(value, tuple) else value)


def recipes_page(root: type[BaseModel], recipes: Path, preface: str) -> str:
    """Take the model of a whole recipe, leave the page of its keys and of the recipes that are shipped.

    Args:
        root: the model of a recipe.
        recipes: the folder of the shipped recipes.
        preface: a line for who would edit the page.
    """
    shipped = [
        [f"[`{path.name}`](../recipes/{path.name})", head_comment(path)] for path in sorted(recipes.glob("*.yaml"))
    ]
    parts = [f"# Recipes\n\n{preface}", _ABOUT, "## Shipped recipes", table(["recipe", "what it is"], shipped)]
    return "\n\n".join(part for part in [*parts, "## A whole recipe", *sections_of(root)] if part) + "\n"


def sections_of(root: type[BaseModel]) -> list[str]:
    """Take a model, leave its docstring and table and, under headings, those of every model inside it."""
    return list(_Reference(root).sections(_Place("", (root.__name__,))))


def head_comment(path: Path) -> str:
    """Take a recipe's file, leave the comment it begins with."""
    words = []
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            break
        words.append(line.lstrip("# ").strip())
    return " ".join(words)


def _models_in(annotation: Any, seen: frozenset[type] = frozenset()) -> Iterator[type[BaseModel]]:
    """Every model that an annotation, or a field of a model in it, is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            yield annotation
            for field in annotation.model_fields.values():
                yield from _models_in(field.annotation, seen | {annotation})
        return
    for argument in typing.get_args(annotation):
        yield from _models_in(argument, seen)


def _references(schema: Schema) -> Iterator[str]:
    """The models that a value may be, wherever in lists, mappings and unions they stand."""
    if "$ref" in schema:
        yield _name_of(schema["$ref"])
    for several in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(several, ()):
            yield from _references(part)
    for single in ("items", "additionalProperties"):
        if isinstance(schema.get(single), Mapping):
            yield from _references(schema[single])


def _below(path: str, key: str, schema: Schema) -> str:
    """The dotted path of what stands under a key: with the number of an item where that is a list."""
    inner = f"{path}.{key}" if path else key
    parts = [schema, *schema.get("anyOf", ())]
    if any(part.get("type") == "array" for part in parts):
        return f"{inner}.N"
    return f"{inner}.NAME" if any(isinstance(part.get("additionalProperties"), Mapping) for part in parts) else inner


def _name_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def _bounds(schema: Schema) -> str:
    words = [phrase.format(_number(schema[key])) for key, phrase in _BOUNDS.items() if key in schema]
    return f", {' and '.join(words)}" if words else ""


def _number(value: float) -> str:
    return str(int(value) if value == int(value) else value)


def _shown(value: Any) -> str:
    """A value as a recipe would hold it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False)
    plain = text.removesuffix("...\n").strip()
    return f"`{plain}`"
