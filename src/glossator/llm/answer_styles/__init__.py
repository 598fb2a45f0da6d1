"""Takes the name of an answer style, leaves its text: how every answer should sound, said once.

A style is one Markdown file beside this one. The same words stand in the teacher's prompt, in the training
conversations, in evaluation and in serving, so a model is never asked for another manner than it was taught.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glossator.errors import ModelError
from glossator.records import content_id

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """How answers should sound."""

    name: str
    text: str
    """The words of the system turn, without surrounding blank lines."""
    hash: str
    """Content hash of the text, for fingerprints and lineage."""


def answer_style_names() -> list[str]:
    """List the names of the packaged styles, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


def load_answer_style(name: str) -> AnswerStyle:
    """Turn the name of a packaged style, or the path of a Markdown file, into the style.

    Args:
        name: such as `brief`; a name that ends in `.md` is taken as a path.

    Raises:
        ModelError: there is no such style or it says nothing.
    """
    path = Path(name) if name.endswith(".md") else _FOLDER / f"{name}.md"
    if not name.endswith(".md") and name not in answer_style_names():
        known = ", ".join(answer_style_names())
        raise ModelError(f"answer style {name!r} is unknown; use one of {known}, or the path of a .md file")
    if not path.is_file():
        raise ModelError(f"answer style file {path} does not exist; check the path")
    text = path.read_text(encoding="utf-8").strip()
    if not text:
        raise ModelError(f"answer style file {path} is empty; write the style into it")
    return AnswerStyle(name=path.stem, text=text, hash=content_id(text))
