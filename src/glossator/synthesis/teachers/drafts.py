"""What a teacher writes about a chunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glossator.records import Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with its answer, before the student's prompt is composed."""

    question: str
    """Written by the teacher, or the task's fixed one."""
    answer: str
    evidence: Evidence | None
    """The span of the chunk that the answer was taken from; None where a task asks for none."""
    kind: str
    """What is asked for: `definition`, `purpose`, `why`, …; for a persona the schema's name."""
    journal_key: str | None = None
    """Key of the journalled reply it was read from; None for teachers that make no calls."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """What is to be known of it, by name: `reply` tells what had to be repaired, `quote` how evidence was found."""
