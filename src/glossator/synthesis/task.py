"""What a task is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from glossator.synthesis.schemas import PAIRS, ReplySchema, reply_schema

TaskContext = Literal["none", "chunk", "retrieved"]
Shows = Literal["chunk", "related_chunks", "figure"]


@dataclass(frozen=True, slots=True)
class Shot:
    """An example of good work: a passage, and the reply that a teacher should give to it."""

    passage: str
    reply: str
    """As JSON, in the form of the task's schema."""


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of sample to write."""

    name: str
    description: str
    """One line for a reader."""
    context: TaskContext
    """What text besides the question the student's prompt holds."""
    answer_style: str | None
    """Name of the answer style the student is told; None leaves the system turn out."""
    checks: tuple[str, ...]
    """The filters of curation that fit this task, by name."""
    text: str
    """The body: the instruction to a teacher that is a chat model."""
    hash: str
    """Content hash of the file, and of a schema file beside it, for fingerprints and lineage."""
    form: ReplySchema = field(default_factory=lambda: reply_schema(PAIRS))
    """The form of a teacher's reply."""
    question: str | None = None
    """The fixed question of a persona, put to every chunk; None where the teacher writes the questions."""
    pairs: int | None = None
    """Most pairs (conversations, questions) a material gives; None leaves that to the teacher."""
    shows: Shows = "chunk"
    """What a teacher is shown at one time."""
    distractors: int = 0
    """Other chunks in the student's prompt, beside the one that answers."""
    answer: str | None = None
    """The fixed answer to questions that a passage leaves open; None where the teacher writes the answers."""
    examples: tuple[Shot, ...] = ()
    """Shown to a teacher before the passage."""

    @property
    def schema(self) -> str:
        """The name of the reply's form: `pairs`, a persona's, or that of a user's file."""
        return self.form.name
