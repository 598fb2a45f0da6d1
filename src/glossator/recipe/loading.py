"""From YAML, `.env`, environment and `--set` to one validated recipe, or every mistake at once.

Precedence, lowest first: defaults, recipe file, `.env`, environment, overrides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from glossator.errors import Problem, RecipeError
from glossator.recipe.problems import known_keys, problems_of
from glossator.recipe.section import looks_secret
from glossator.recipe.sections import Recipe
from glossator.recipe.variables import read_variables
from glossator.records import JsonValue

ENVIRONMENT_PREFIX = "GLOSSATOR_"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def load_recipe(path: Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Recipe:
    """Read a recipe file and everything that overrides it.

    Args:
        path: the YAML file.
        overrides: `section.key=value` as given to `--set`; values are read as YAML.
        environment: the process environment by default. A `.env` file in the working directory lies beneath it.

    Raises:
        RecipeError: with every mistake found.
    """
    problems: list[Problem] = []
    variables = read_variables(environment)
    try:
        values = _expand(_read_yaml(path), variables, (), problems)
    except RecursionError:
        problem = Problem("(file)", "holds itself, or is nested without end", "write it flat")
        raise RecipeError(str(path), [problem]) from None
    if not isinstance(values, dict):
        raise RecipeError(str(path), [Problem("(whole file)", "is not a mapping of keys", "start with `name: …`")])
    for key, text in sorted(variables.items()):
        if key.startswith(ENVIRONMENT_PREFIX):
            _set_from_environment(values, key, text, problems)
    for override in overrides:
        dotted, equals, text = override.partition("=")
        if not equals or not dotted:
            problems.append(Problem(f"--set {override}", "is not KEY=VALUE", "write --set training.learning_rate=5e-5"))
            continue
        _set_value(values, dotted.split("."), _parse(text), f"--set {dotted}", problems)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(str(path), [*problems, *problems_of(error, {problem.path for problem in problems})]) from None
    if problems:
        raise RecipeError(str(path), problems)
    return recipe


def resolve_path(text: str, recipe_path: Path) -> Path:
    """The absolute path meant by `text` in a recipe: relative to the recipe file's folder."""
    return Path(os.path.abspath(recipe_path.absolute().parent / Path(text).expanduser()))  # noqa: PTH100  (lexical)


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, which YAML would silently let win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads 1e-5 as text; numbers are what recipes mean by it.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def _read_yaml(path: Path) -> JsonValue:
    try:
        return yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506  (a SafeLoader)
    except FileNotFoundError:
        raise RecipeError(
            str(path), [Problem("(file)", "does not exist", "name a .yaml file, such as recipes/quickstart.yaml")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RecipeError(str(path), [Problem("(file)", f"cannot be read: {why}", "name a .yaml file")]) from None
    except ValueError as error:  # YAML reads 2026-02-30 as a date, which is none
        problem = Problem("(file)", f"has a value that cannot be read ({error})", "put it in quotes, or mend the date")
        raise RecipeError(str(path), [problem]) from None
    except TypeError:
        problem = Problem("(file)", "has a key that is no text", "write keys as plain words")
        raise RecipeError(str(path), [problem]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "(file)"
        message = getattr(error, "problem", None) or str(error)
        raise RecipeError(str(path), [Problem(place, message, "mend the YAML there")]) from None


def _parse(text: str) -> JsonValue:
    """Read a typed value as YAML; text stays as it is, so that ` #` and `: ` in a path mean themselves."""
    try:
        value = yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, ValueError):
        return text
    is_yaml_text = text.lstrip()[:1] in ("[", "{", '"', "'")
    return value if is_yaml_text or not isinstance(value, str | dict) else text


def _set_from_environment(values: dict[str, Any], variable: str, text: str, problems: list[Problem]) -> None:
    """Put `GLOSSATOR_SECTION__KEY` in its place; other variables of that prefix are let be.

    Names of keys are lower-case in recipes and written in capitals here; where any key may stand (the metrics of
    `select_by`) the case is kept.
    """
    parts = variable[len(ENVIRONMENT_PREFIX) :].split("__")
    first = parts[0].lower()
    if len(parts) == 1 and first not in Recipe.model_fields:
        section = next((name for name in Recipe.model_fields if first.startswith(f"{name}_")), None)
        if section:
            remedy = f"write {ENVIRONMENT_PREFIX}{section.upper()}__{first[len(section) + 1 :].upper()}"
            problems.append(Problem(variable, "has one underscore between section and key", remedy))
        return
    keys: list[str] = []
    for part in parts:
        keys.append(part if keys and not known_keys(_location(keys)) else part.lower())
    _set_value(values, keys, _parse(text), variable, problems)


def _location(keys: Sequence[str]) -> list[int | str]:
    return [int(key) if key.isdigit() else key for key in keys]


def _expand(value: JsonValue, variables: Mapping[str, str], at: tuple[str, ...], problems: list[Problem]) -> JsonValue:
    """Replace `${NAME}` and `${NAME:-default}` in every text; a text that is one variable may become a number.

    As in a shell, the default also stands for a variable that is empty.
    """
    if isinstance(value, dict):
        return {key: _expand(item, variables, (*at, str(key)), problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, variables, (*at, str(index)), problems) for index, item in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value

    def replace(match: re.Match[str]) -> str:
        name, default = match.groups()
        if looks_secret(name):
            remedy = "leave it out: secrets are read from the environment where they are needed, never from a recipe"
            problems.append(Problem(".".join(at), f"${{{name}}} looks like a secret", remedy))
            return ""
        if name not in variables and default is None:
            remedy = f"set {name}, or write ${{{name}:-default}}"
            problems.append(Problem(".".join(at), f"${{{name}}} is not set", remedy))
        return variables.get(name) or default or ""

    expanded = _VARIABLE.sub(replace, value)
    # Nothing is an empty text here, not YAML's null: `${NAME:-null}` says that.
    return _parse(expanded) if expanded.strip() and _VARIABLE.fullmatch(value) else expanded


def _set_value(
    values: dict[str, Any], keys: Sequence[str], value: JsonValue, source: str, problems: list[Problem]
) -> None:
    """Put `value` at the dotted place, making mappings on the way; list items are named by their index."""
    place: Any = values
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        if isinstance(place, list):
            if not key.isdigit() or int(key) >= len(place):
                at = ".".join(keys[:depth])
                problems.append(Problem(source, f"{at} has no item {key!r}", f"use 0 to {len(place) - 1}"))
                return
            index: Any = int(key)
        elif isinstance(place, dict):
            index = key
            if not last and not isinstance(place.get(key), dict | list):
                place[key] = {}
        else:
            return
        if last:
            place[index] = value
        else:
            place = place[index]
