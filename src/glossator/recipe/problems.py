"""Every validation error as a place, the bad value and a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from glossator.errors import Problem
from glossator.recipe.section import looks_secret
from glossator.recipe.sections import Recipe

SHOWN_CHARACTERS = 60


def problems_of(error: ValidationError, known: Collection[str] = ()) -> list[Problem]:
    """Turn pydantic's errors about a recipe into problems a user can mend.

    Args:
        error: what pydantic found.
        known: places whose mistake is already told, so that its echo here is left out.
    """
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    problems = [_problem(detail) for detail in details if not _is_echo(detail, places)]
    return [problem for problem in problems if problem.path not in known]


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a recipe: its path as a user writes it, and the sections that may stand there."""

    path: tuple[str, ...]
    sections: tuple[type[BaseModel], ...]
    """One; several where `kind` decides among them; none where any key may stand, or none at all."""


def _is_echo(detail: ErrorDetails, places: Sequence[tuple[int | str, ...]]) -> bool:
    """A list counts as too short when its only item is wrong; the item's own error says it better."""
    here = detail["loc"]
    return detail["type"] == "too_short" and any(place[: len(here)] == here and place != here for place in places)


def _problem(detail: ErrorDetails) -> Problem:
    path = ".".join(_walk(detail["loc"]).path) or "(whole file)"
    context = detail.get("ctx", {})
    if detail["type"] == "extra_forbidden":
        return Problem(path, f"unknown key (value {_shown(detail['input'], path)})", _nearest_key(detail["loc"]))
    if detail["type"] == "missing":
        return Problem(path, "is missing", "add it")
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _kind_problem(detail, path)
    if detail["type"] == "value_error":
        message, _, remedy = str(context.get("error", detail["msg"])).partition("; ")
        return Problem(path, message, remedy or "change one of these values")
    remedy = _expectation(detail["type"], context) or detail["msg"][:1].lower() + detail["msg"][1:]
    return Problem(path, f"{_shown(detail['input'], path)} is not valid", remedy)


def _expectation(kind: str, context: Mapping[str, Any]) -> str | None:
    """What pydantic expected, as an instruction; None where its own words serve better."""
    bounds = {
        "greater_than": ("more than", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than": ("less than", "lt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in bounds:
        words, key = bounds[kind]
        return f"give {words} {context[key]}"
    if kind == "literal_error":
        return f"use {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"use a text that matches {context['pattern']}"
    if kind.startswith(("int_", "float_")):
        return "give a whole number" if kind.startswith("int_") else "give a number"
    return None


def _nearest_key(location: tuple[int | str, ...]) -> str:
    known = known_keys(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(known)}" if known else "remove it"


def _kind_problem(detail: ErrorDetails, path: str) -> Problem:
    """A section whose `kind` is missing or unknown."""
    kinds = [kind for section in _walk(detail["loc"]).sections for kind in _kinds(section)]
    tag = detail.get("ctx", {}).get("tag")
    remedy = f"use {', '.join(kinds)}"
    return Problem(f"{path}.kind", f"{tag!r} is not valid" if tag else "is missing", remedy)


def known_keys(location: Sequence[int | str]) -> list[str]:
    """The keys of the section at a place; of all that may stand there; none where any key may stand."""
    return list(dict.fromkeys(key for section in _walk(location).sections for key in section.model_fields))


def _walk(location: Sequence[int | str]) -> _Place:
    """Follow a location through the sections' annotations; the kinds that pydantic puts into it are left out."""
    path: list[str] = []
    sections: tuple[type[BaseModel], ...] = (Recipe,)
    for part in location:
        chosen = tuple(section for section in sections if part in _kinds(section)) if len(sections) > 1 else ()
        if chosen:
            sections = chosen
            continue
        path.append(str(part))
        if not isinstance(part, int):
            fields = [section.model_fields[part] for section in sections if part in section.model_fields]
            sections = tuple(found for field in fields for found in _sections_in(field.annotation))
    return _Place(tuple(path), sections)


def _kinds(section: type[BaseModel]) -> tuple[str, ...]:
    field = section.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _sections_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(found for argument in get_args(annotation) for found in _sections_in(argument))


def _shown(value: Any, path: str) -> str:
    """A value as a message shows it: short, and not at all where its key is named like a secret."""
    if looks_secret(path):
        return "hidden"
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
