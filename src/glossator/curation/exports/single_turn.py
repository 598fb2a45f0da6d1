"""Takes a sample, leaves it as one question with what stands before it, for formats that know no conversation."""

from __future__ import annotations

from dataclasses import dataclass

from glossator.curation.turns import part_turn
from glossator.records import Sample

_NAMES = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, slots=True)
class SingleTurn:
    """The prompt of a sample in three parts."""

    system: str
    """The answer style; empty without one."""
    before: str
    """Passages, then earlier turns, each named by who speaks; empty where there are neither."""
    question: str
    """The last question."""


def single_turn(sample: Sample) -> SingleTurn:
    """Take a sample, leave its prompt as one turn; nothing of it is lost."""
    system = "\n\n".join(message.content for message in sample.prompt if message.role == "system")
    turns = [message for message in sample.prompt if message.role != "system"]
    question, passages, earlier = "", [], []
    for place, message in enumerate(turns):
        said, passage = part_turn(message, sample) if message.role == "user" else (message.content, "")
        passages.append(passage)
        if place == len(turns) - 1:
            question = said
        else:
            earlier.append(f"{_NAMES[message.role]}: {said}")
    return SingleTurn(system, "\n\n".join(filter(None, [*passages, *earlier])), question)
