"""Takes a chunk, leaves drafts of questions with answers: one teacher a file, all behind one protocol."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from glossator.errors import SynthesisError
from glossator.records import Chunk, Reject
from glossator.synthesis.teachers.drafts import Draft

__all__ = ["Draft", "Teacher", "open_teacher"]

_TEACHERS = {"extractive": "ExtractiveTeacher"}
"""Kind, which is also the file's name, and the class in it."""


class Teacher(Protocol):
    """Anything that writes questions and answers about a chunk."""

    @property
    def name(self) -> str:
        """Kind and version, or model name, fit for lineage: `extractive/1`."""

    def write(self, chunk: Chunk) -> list[Draft | Reject]:
        """Turn a chunk into drafts; what was tried and failed comes along as rejects, with the reason."""


def open_teacher(kind: str, **parameters: Any) -> Teacher:
    """Make the teacher of a kind, with its own parameters.

    Raises:
        SynthesisError: there is no such kind, or it does not take these parameters.
    """
    if kind not in _TEACHERS:
        raise SynthesisError(f"there is no teacher of kind {kind!r}; choose one of: {', '.join(sorted(_TEACHERS))}")
    module = importlib.import_module(f"{__name__}.{kind}")
    try:
        return cast("Teacher", getattr(module, _TEACHERS[kind])(**parameters))
    except TypeError as error:
        names = ", ".join(sorted(parameters))
        raise SynthesisError(f"teacher {kind!r} does not take the parameters {names}: {error}") from error
