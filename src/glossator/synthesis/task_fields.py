"""Checks the front matter of a task file: YAML in, the fields of a task out, or what is wrong and what to write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from glossator.errors import SynthesisError
from glossator.synthesis.forms import Dialogue, Form
from glossator.synthesis.own_schema import load_schema
from glossator.synthesis.replies import read_reply
from glossator.synthesis.schemas import PAIRS, UNANSWERABLE, ReplySchema, reply_schema, schema_names
from glossator.synthesis.task import Shot, Shows, TaskContext

_KEYS = {
    *("name", "context", "answer_style", "checks", "description", "schema", "question", "pairs"),
    *("shows", "distractors", "answer", "examples"),
}
_MOST_PAIRS = 20
_MOST_DISTRACTORS = 8
_MOST_EXAMPLES = 8


def read_fields(told: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Turn the front matter of a file into the fields of a `Task`, but for its text and hash.

    Raises:
        SynthesisError: a key is unknown, a value is not one it may have, or two of them do not go together.
    """
    unknown = sorted(str(key) for key in set(told) - _KEYS)
    if unknown:
        raise _fault(path, f"unknown keys {', '.join(unknown)}", f"use only {', '.join(sorted(_KEYS))}")
    for key in ("name", "context", "description"):
        if not isinstance(told.get(key), str) or not told[key].strip():
            raise _fault(path, f"{key} is {told.get(key)!r}", "give it a text")
    form = _form(told, path)
    fields = {
        "name": told["name"],
        "description": told["description"],
        "context": _choice("context", told["context"], get_args(TaskContext), path),
        "answer_style": _style(told.get("answer_style"), path),
        "checks": _checks(told.get("checks", []), path),
        "form": form,
        "question": _line("question", told.get("question"), path),
        "pairs": _number("pairs", told.get("pairs"), _MOST_PAIRS, path),
        "shows": _choice("shows", told.get("shows", "chunk"), get_args(Shows), path),
        "distractors": _number("distractors", told.get("distractors"), _MOST_DISTRACTORS, path) or 0,
        "answer": _line("answer", told.get("answer"), path),
    }
    for is_so, what, remedy in [*_about_questions(fields, form), *_about_contexts(fields, form)]:
        if is_so:
            raise _fault(path, what, remedy)
    return {**fields, "examples": _examples(told.get("examples", []), form, fields["checks"], path)}


def _fault(path: Path, what: str, remedy: str) -> SynthesisError:
    return SynthesisError(f"task file {path}: {what}; {remedy}")


def _about_questions(fields: Mapping[str, Any], form: ReplySchema) -> list[tuple[bool, str, str]]:
    """What a task may say of questions and answers, by the form of the reply."""
    question, name, checks = fields["question"], form.name, fields["checks"]
    if not form.listed:
        explains = f"schema {name} explains a whole chunk without quotes"
        remedy = "use context: chunk, and neither pairs nor the check evidence"
        return [
            (question is None, f"question is {question!r}", f"give the question that schema {name} answers"),
            (fields["pairs"] is not None, f"pairs is set, but {explains}", remedy),
            ("evidence" in checks, f"evidence is among the checks, but {explains}", remedy),
            (fields["context"] != "chunk", f"context is {fields['context']}, but {explains}", remedy),
            (fields["answer"] is not None, f"answer is fixed, but schema {name} writes it", "leave answer out"),
        ]
    gap = name == UNANSWERABLE
    quotes = {"evidence", "turns"} & set(form.part.model_fields)
    return [
        (question is not None, f"question is fixed, but schema {name} asks its own", "remove one of them"),
        (gap and not fields["answer"], "answer is missing", "give the sentence that says that it cannot be answered"),
        (not gap and fields["answer"] is not None, f"answer is fixed, but schema {name} writes it", "leave answer out"),
        (
            "evidence" in checks and not quotes,
            f"evidence is among the checks, but schema {name} has none",
            "leave it out" if gap else "add a field evidence to the schema",
        ),
    ]


def _about_contexts(fields: Mapping[str, Any], form: ReplySchema) -> list[tuple[bool, str, str]]:
    """What a task may show to teacher and student, by the form of the reply."""
    context, shows, distractors, name = fields["context"], fields["shows"], fields["distractors"], form.name
    single = name in ("multi_hop", "multi_turn", UNANSWERABLE) or not form.listed
    return [
        (
            context == "retrieved" and not distractors,
            "context is retrieved, but distractors are missing",
            f"give distractors: a number of other passages from 1 to {_MOST_DISTRACTORS}",
        ),
        (
            context != "retrieved" and distractors > 0,
            f"distractors is {distractors}, but context is {context}",
            "use context: retrieved, or leave distractors out",
        ),
        (
            context == "retrieved" and (single or shows != "chunk"),
            f"context is retrieved, but schema {name} is about the very passages that are shown",
            "use context: chunk",
        ),
        (name == UNANSWERABLE and context != "chunk", f"context is {context}, but schema {name}", "use context: chunk"),
        (
            (name == "multi_hop") != (shows == "related_chunks"),
            f"shows is {shows}, but schema is {name}",
            "use shows: related_chunks together with schema: multi_hop",
        ),
        (
            shows == "figure" and (context != "chunk" or single),
            f"shows is figure, but schema is {name} and context is {context}",
            "use context: chunk and schema: pairs",
        ),
    ]


def _form(told: Mapping[str, Any], path: Path) -> ReplySchema:
    schema = told.get("schema", PAIRS)
    if isinstance(schema, str) and schema.endswith((".yaml", ".yml")):
        return load_schema(path.parent / schema)
    if schema not in schema_names():
        known = ", ".join(schema_names())
        raise _fault(path, f"schema is {schema!r}", f"use one of {known}, or the name of a .yaml file beside it")
    return reply_schema(schema)


def _choice(key: str, value: Any, choices: tuple[str, ...], path: Path) -> str:
    if not isinstance(value, str) or value not in choices:
        raise _fault(path, f"{key} is {value!r}", f"use one of {', '.join(choices)}")
    return value


def _style(style: Any, path: Path) -> str | None:
    if not isinstance(style, str | None):
        raise _fault(path, f"answer_style is {style!r}", "give the name of a style, or null")
    # Beside the task's own file, wherever the program is started.
    return str(path.parent / style) if style is not None and style.endswith(".md") else style


def _checks(checks: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(checks, list) or not all(isinstance(check, str) for check in checks):
        raise _fault(path, f"checks is {checks!r}", "give a list of names, such as [evidence]")
    return tuple(checks)


def _line(key: str, text: Any, path: Path) -> str | None:
    if text is not None and (not isinstance(text, str) or not text.strip()):
        raise _fault(path, f"{key} is {text!r}", "give it a text, or leave it out")
    return " ".join(text.split()) if text is not None else None


def _number(key: str, value: Any, most: int, path: Path) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (whole and 1 <= value <= most):
        raise _fault(path, f"{key} is {value!r}", f"give a number from 1 to {most}")
    return value if whole else None


def _examples(told: Any, form: ReplySchema, checks: tuple[str, ...], path: Path) -> tuple[Shot, ...]:
    """Read examples, and make sure that they are as good as what a teacher is to write."""
    if not isinstance(told, list) or len(told) > _MOST_EXAMPLES:
        raise _fault(path, f"examples is {str(told)[:80]!r}", f"give a list of at most {_MOST_EXAMPLES}")
    shots = []
    for number, row in enumerate(told, 1):
        whole = isinstance(row, dict) and set(row) == {"passage", "reply"} and isinstance(row["passage"], str)
        if not whole or not row["passage"].strip():
            raise _fault(path, f"example {number} lacks a passage or a reply", "give it both, and nothing else")
        reply = _as_json(row["reply"], number, path)
        read = read_reply(reply, form)
        if read.faults:
            raise _fault(path, f"the reply of example {number} is {read.faults[0].reason}", read.faults[0].detail)
        quotes = [quote for part in read.parts for quote in _quotes(part)]
        if "evidence" in checks and not (quotes and all(quote and quote in row["passage"] for quote in quotes)):
            raise _fault(path, f"evidence of example {number} is not in its passage", "copy it letter by letter")
        shots.append(Shot(row["passage"].strip(), reply))
    return tuple(shots)


def _as_json(told: Any, number: int, path: Path) -> str:
    """Write an example's reply as a teacher would; YAML reads more kinds of values than JSON has."""

    def refuse(value: Any) -> Any:
        kind = type(value).__name__
        raise _fault(path, f"the reply of example {number} holds {str(value)[:80]!r}, a {kind}", "put it in quotes")

    try:
        return json.dumps(told, ensure_ascii=False, default=refuse, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        what = f"the reply of example {number} cannot be written as JSON: {error}"
        raise _fault(path, what, "use texts, numbers and lists, and put dates in quotes") from error


def _quotes(part: Form) -> list[str]:
    """The evidence of a part, in whatever form it has any."""
    parts = part.turns if isinstance(part, Dialogue) else [part]
    told = [getattr(one, "evidence", []) for one in parts]
    return [quote for one in told for quote in (one if isinstance(one, list) else [one])]
