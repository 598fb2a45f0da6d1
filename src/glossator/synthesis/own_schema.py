"""Reads a reply schema of a user's own: a YAML file that names fields in, a pydantic model out; nothing is executed."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field, create_model

from glossator.errors import SynthesisError
from glossator.records import content_id
from glossator.synthesis.forms import Form, clean
from glossator.synthesis.schemas import PAIRS, ReplySchema

_TYPES = ("text", "list of text", "number")
_KEYS = {"type", "description", "max_length"}
_MOST_FIELDS = 20
_MOST_ITEMS = 50
_LONGEST = 4_000
"""Characters of a text, where a field does not say."""
_TAKEN = (
    *("page", "heading", "gold", "figure", "turns", "nearest", "rejected"),
    *("trimmed", "trimmed_from", "edited_from"),
)
"""Names that a sample, or curation, gives to something else: a field of that name would be lost, or overwrite it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def load_schema(path: Path) -> ReplySchema:
    """Turn a YAML file into a reply schema.

    With `question` and `answer` among its fields a reply is a list of pairs, and the other fields go along as
    metadata; without them it is one answer to the task's fixed question.

    Raises:
        SynthesisError: the file is missing or does not say what a schema must say.
    """
    try:
        data = path.read_bytes()
        told = yaml.safe_load(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SynthesisError(f"schema file {path} is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise SynthesisError(f"schema file {path} cannot be read: {error.strerror or error}; check the path") from error
    except yaml.YAMLError as error:
        line = str(error).splitlines()[0]
        raise SynthesisError(f"schema file {path} is not YAML: {line}; correct it") from error
    fields = told.get("fields") if isinstance(told, dict) else None
    if not isinstance(told, dict) or set(told) != {"fields"} or not isinstance(fields, dict) or not fields:
        raise SynthesisError(f"schema file {path}: write one key, fields, and under it each field with its description")
    if len(fields) > _MOST_FIELDS:
        raise SynthesisError(f"schema file {path} has {len(fields)} fields; use at most {_MOST_FIELDS}")
    made = {name: _field(name, about, path) for name, about in fields.items()}
    asks = {"question", "answer"} & set(made)
    if len(asks) == 1:
        raise SynthesisError(
            f"schema file {path} has the field {asks.pop()} alone; use question and answer, or neither"
        )
    for name in {"question", "answer", "evidence", "kind"} & set(made):
        if fields[name].get("type", "text") != "text":
            raise SynthesisError(f"schema file {path}: {name} is a {fields[name]['type']}; make its type text")
    part = create_model(_class_name(path), __base__=Form, **made)
    return ReplySchema(path.name, part, PAIRS if asks else "", content_id(data))


def _field(name: Any, about: Any, path: Path) -> Any:
    """Turn what a file says of a field into its type and its bounds."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or keyword.iskeyword(name) or hasattr(Form, name):
        raise SynthesisError(
            f"schema file {path}: field name {name!r} cannot be used; use small letters, digits and _, such as term"
        )
    if name in _TAKEN:
        raise SynthesisError(
            f"schema file {path}: field name {name!r} cannot be used, since samples use it; choose another one, "
            f"such as own_{name}"
        )
    if not isinstance(about, dict) or not set(about) <= _KEYS:
        raise SynthesisError(f"schema file {path}: field {name} is {about!r}; give it only {', '.join(sorted(_KEYS))}")
    kind, description = about.get("type", "text"), about.get("description")
    if kind not in _TYPES:
        raise SynthesisError(f"schema file {path}: type of {name} is {kind!r}; use one of {', '.join(_TYPES)}")
    if not isinstance(description, str) or not description.strip():
        raise SynthesisError(f"schema file {path}: description of {name} is {description!r}; say what it holds")
    return _typed(kind, " ".join(description.split()), _longest(name, about, kind, path), required=name != "evidence")


def _longest(name: str, about: Mapping[str, Any], kind: str, path: Path) -> int:
    longest = about.get("max_length", _LONGEST)
    if "max_length" in about and kind == "number":
        raise SynthesisError(f"schema file {path}: {name} is a number and has no max_length; leave it out")
    if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= _LONGEST:
        raise SynthesisError(
            f"schema file {path}: max_length of {name} is {longest!r}; give characters, from 1 to {_LONGEST}"
        )
    return longest


def _typed(kind: str, description: str, longest: int, *, required: bool) -> Any:
    if kind == "number":
        return Annotated[float, Field(allow_inf_nan=False)], Field(description=description)
    text = Annotated[str, Field(min_length=1 if required else 0, max_length=longest), BeforeValidator(clean)]
    if kind == "text":
        return text, Field(description=description)
    return list[text], Field(description=description, max_length=_MOST_ITEMS)


def _class_name(path: Path) -> str:
    return "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", path.stem)) or "Reply"
