"""Reads tasks: one Markdown file says what a good sample is, what the student sees, and which checks fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from glossator.errors import SynthesisError
from glossator.records import content_id
from glossator.synthesis.schemas import PAIRS, schema_names

_FOLDER = Path(__file__).parent / "prompts"
_CONTEXTS = ("none", "chunk", "retrieved")
_KEYS = {"name", "context", "answer_style", "checks", "description", "schema", "question", "pairs"}
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of sample to write."""

    name: str
    description: str
    """One line for a reader."""
    context: Literal["none", "chunk", "retrieved"]
    """What text besides the question the student's prompt holds."""
    answer_style: str | None
    """Name of the answer style the student is told; None leaves the system turn out."""
    checks: tuple[str, ...]
    """The filters of curation that fit this task, by name."""
    text: str
    """The body: the instruction to a teacher that is a chat model."""
    hash: str
    """Content hash of the file's bytes, for fingerprints and lineage."""
    schema: str = PAIRS
    """The form of a teacher's reply, by name: `pairs`, or a persona's."""
    question: str | None = None
    """The fixed question of a persona, put to every chunk; None where the teacher writes the questions."""
    pairs: int | None = None
    """Most pairs a chunk gives; None leaves that to the teacher."""


def task_names() -> list[str]:
    """List the names of the packaged tasks, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


def load_task(name_or_path: str | Path) -> Task:
    """Turn the name of a packaged task, or the path of a Markdown file, into the task.

    Args:
        name_or_path: such as `extractive_qa`; a path, or a name that ends in `.md`, is taken as a file.

    Raises:
        SynthesisError: there is no such task, or its file does not say what a task must say.
    """
    path = _find(name_or_path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SynthesisError(f"task file {path} is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise SynthesisError(f"task file {path} cannot be read: {error.strerror or error}; check the path") from error
    fields, body = _split_front_matter(text, path)
    return _build(fields, body, path, content_id(data))


def _find(name_or_path: str | Path) -> Path:
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".md"):
        path = Path(name)
        if not path.is_file():
            raise SynthesisError(f"task file {path} does not exist; check the path")
        return path
    if name not in task_names():
        known = ", ".join(task_names())
        raise SynthesisError(f"task {name!r} is unknown; use one of {known}, or the path of a .md file")
    return _FOLDER / f"{name}.md"


def _split_front_matter(text: str, path: Path) -> tuple[Mapping[str, Any], str]:
    opening, _, remainder = text.partition("---\n")
    head, closing, body = f"\n{remainder}".partition("\n---\n")
    if opening or not closing:
        raise SynthesisError(f"task file {path} has no front matter; begin it with YAML between two lines of ---")
    try:
        fields = yaml.safe_load(head)
    except yaml.YAMLError as error:
        line = str(error).splitlines()[0]
        raise SynthesisError(f"task file {path}: the front matter is not YAML: {line}; correct it") from error
    if not isinstance(fields, dict):
        raise SynthesisError(f"task file {path}: the front matter holds no keys; write name, context and description")
    return fields, body.strip()


def _build(fields: Mapping[str, Any], body: str, path: Path, file_hash: str) -> Task:
    unknown = sorted(str(key) for key in set(fields) - _KEYS)
    if unknown:
        raise SynthesisError(
            f"task file {path} has unknown keys {', '.join(unknown)}; use only {', '.join(sorted(_KEYS))}"
        )
    for key in ("name", "context", "description"):
        if not isinstance(fields.get(key), str) or not fields[key].strip():
            raise SynthesisError(f"task file {path}: {key} is {fields.get(key)!r}; give it a text")
    if fields["context"] not in _CONTEXTS:
        raise SynthesisError(f"task file {path}: context is {fields['context']!r}; use one of {', '.join(_CONTEXTS)}")
    style, checks = fields.get("answer_style"), fields.get("checks", [])
    if not isinstance(style, str | None):
        raise SynthesisError(f"task file {path}: answer_style is {style!r}; give the name of a style, or null")
    if not isinstance(checks, list) or not all(isinstance(check, str) for check in checks):
        raise SynthesisError(f"task file {path}: checks is {checks!r}; give a list of names, such as [evidence]")
    if not body:
        raise SynthesisError(f"task file {path} has no text after its front matter; say there what a good sample is")
    if style is not None and style.endswith(".md"):
        style = str(path.parent / style)  # beside the task's own file, wherever the program is started
    schema, question, pairs = _reply_fields(fields, path)
    return Task(
        name=fields["name"],
        description=fields["description"],
        context=fields["context"],
        answer_style=style,
        checks=tuple(checks),
        text=body,
        hash=file_hash,
        schema=schema,
        question=question,
        pairs=pairs,
    )


def _reply_fields(fields: Mapping[str, Any], path: Path) -> tuple[str, str | None, int | None]:
    """Read what a teacher's reply is to be like, and whether the rest of the task goes with that."""
    schema, question, pairs = fields.get("schema", PAIRS), fields.get("question"), fields.get("pairs")
    if schema not in schema_names():
        raise SynthesisError(f"task file {path}: schema is {schema!r}; use one of {', '.join(schema_names())}")
    whole = isinstance(pairs, int) and not isinstance(pairs, bool)
    if pairs is not None and not (whole and 1 <= pairs <= _MOST_PAIRS):
        raise SynthesisError(f"task file {path}: pairs is {pairs!r}; give a number from 1 to {_MOST_PAIRS}")
    if schema == PAIRS:
        if question is not None:
            raise SynthesisError(
                f"task file {path}: question is fixed, but schema pairs asks its own; remove one of them"
            )
        return schema, None, pairs
    if not isinstance(question, str) or not question.strip():
        raise SynthesisError(
            f"task file {path}: question is {question!r}; give the question that schema {schema} answers"
        )
    faults = {
        "pairs is set": pairs is not None,
        "evidence is among the checks": "evidence" in fields.get("checks", []),
        f"context is {fields['context']}": fields["context"] != "chunk",
    }
    for fault in (told for told, is_so in faults.items() if is_so):
        raise SynthesisError(
            f"task file {path}: {fault}, but schema {schema} explains a whole chunk without quotes; "
            "use context: chunk, and neither pairs nor the check evidence"
        )
    return schema, " ".join(question.split()), None
