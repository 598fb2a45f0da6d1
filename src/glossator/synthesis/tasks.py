"""Reads tasks: one Markdown file says what a good sample is, what the student sees, and which checks fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from glossator.errors import SynthesisError
from glossator.records import content_id
from glossator.synthesis.schemas import ReplySchema
from glossator.synthesis.task import Task
from glossator.synthesis.task_fields import read_fields

__all__ = ["Task", "load_task", "task_names"]

_FOLDER = Path(__file__).parent / "prompts"


def task_names() -> list[str]:
    """List the names of the packaged tasks, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


def load_task(name_or_path: str | Path) -> Task:
    """Turn the name of a packaged task, or the path of a Markdown file, into the task.

    Args:
        name_or_path: such as `extractive_qa`; a path, or a name that ends in `.md`, is taken as a file.

    Raises:
        SynthesisError: there is no such task, or its file, or its schema's, does not say what it must say.
    """
    path = _find(name_or_path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SynthesisError(f"task file {path} is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise SynthesisError(f"task file {path} cannot be read: {error.strerror or error}; check the path") from error
    front_matter, body = _split_front_matter(text, path)
    fields = read_fields(front_matter, path)
    if not body:
        raise SynthesisError(f"task file {path} has no text after its front matter; say there what a good sample is")
    form: ReplySchema = fields["form"]
    return Task(text=body, hash=content_id(data, form.digest) if form.digest else content_id(data), **fields)


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
