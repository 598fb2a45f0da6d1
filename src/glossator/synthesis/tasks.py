"""Reads tasks: one Markdown file says what a good sample is, what the student sees, and which checks fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from glossator.errors import SynthesisError
from glossator.records import content_id

_FOLDER = Path(__file__).parent / "prompts"
_CONTEXTS = ("none", "chunk", "retrieved")
_KEYS = {"name", "context", "answer_style", "checks", "description"}


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
    return Task(fields["name"], fields["description"], fields["context"], style, tuple(checks), body, file_hash)
