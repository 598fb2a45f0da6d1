"""A teacher that runs in this process: the same prompts and checks as for a model behind a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from glossator.synthesis.teachers.chat import ChatTeacher


@dataclass(frozen=True, slots=True)
class LocalTeacher(ChatTeacher):
    """Has a model of this machine write, such as `llm.local_structured.LocalStructuredModel`; see `ChatTeacher`."""

    kind: ClassVar[str] = "local"
