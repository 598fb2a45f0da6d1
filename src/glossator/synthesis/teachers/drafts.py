"""What a teacher writes about a chunk."""

from __future__ import annotations

from dataclasses import dataclass

from glossator.records import Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with its answer, before the student's prompt is composed."""

    question: str
    answer: str
    evidence: Evidence
    """The span of the chunk the answer was taken from."""
    kind: str
    """What is asked for: `definition`, `purpose`, `method`, …"""
