"""What a teacher writes about a material."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glossator.records import Evidence, JsonValue


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with its answer, before the student's prompt is composed."""

    question: str
    """Written by the teacher, or the task's fixed one; of a conversation the last question."""
    answer: str
    evidence: tuple[Evidence, ...]
    """The spans that the answer was taken from; none where a task asks for none."""
    kind: str
    """What is asked for: `definition`, `purpose`, `why`, …; for a persona the schema's name."""
    chunk_id: str
    """The chunk of the material that it is about; its first one where it is about all of them."""
    journal_key: str | None = None
    """Key of the journalled reply it was read from; None for teachers that make no calls."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """What is to be known of it, by name: `reply` tells what had to be repaired, `quote` how evidence was found."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers of a conversation before the last question."""
    rejected: str = ""
    """A worse answer to the same question, for preference training; empty elsewhere."""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    """Whatever else the reply told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A draft that failed a check of its teacher: it becomes a reject that holds the whole sample."""

    draft: Draft
    stage: str
    """The check's name: `evidence`, `language`, `self_referential`, `wording`."""
    reason: str
    detail: str
