"""Takes materials, leaves drafts of questions with answers: one teacher a file, all behind one protocol."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, cast

from glossator.errors import SynthesisError
from glossator.records import Reject
from glossator.synthesis.materials import Material
from glossator.synthesis.task import Task
from glossator.synthesis.teachers.drafts import Draft, Refused

__all__ = ["Draft", "Refused", "Teacher", "open_teacher"]

_TEACHERS = {"chat": "ChatTeacher", "extractive": "ExtractiveTeacher", "local": "LocalTeacher"}
"""Kind, which is also the file's name, and the class in it."""


class Teacher(Protocol):
    """Anything that writes questions and answers about materials."""

    @property
    def name(self) -> str:
        """Kind and version, or kind, model and whatever else decides what it writes, fit for lineage."""

    def write(
        self, materials: Iterable[Material], task: Task, *, titles: Mapping[str, str] | None = None
    ) -> Iterator[list[Draft | Refused | Reject]]:
        """Turn materials into drafts, one list for each, in order; a failure is told in its place and ends nothing.

        Args:
            materials: read only a bounded number ahead of what was given back.
            task: says what to write.
            titles: the title of each document, by document id, where it is known.

        Raises:
            SynthesisError: the teacher cannot do such a task.
        """


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
