"""A question that a pattern proposes, before screening."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question about one sentence, with the part of the sentence that answers it."""

    questions: tuple[str, ...]
    """Equally good wordings; the teacher's seed chooses one."""
    answer: str
    """The whole cleaned sentence or a contiguous part of it, without final full stop."""
    kind: str
    topic: str = ""
    """For definitions: what is defined, so that a second definition in the chunk can be found."""
    least_words: int = 4
    """Fewer words are no answer."""
