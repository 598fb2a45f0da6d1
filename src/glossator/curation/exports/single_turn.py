"""Takes a sample, leaves it as one question with what stands before it, for formats that know no conversation."""

from __future__ import annotations

from dataclasses import dataclass

from glossator.curation.turns import turns_of
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
    turns = turns_of(sample)[:-1]
    passages = [turn.passage for turn in turns]
    earlier = [f"{_NAMES[turn.role]}: {turn.said}" for turn in turns[:-1]]
    question = turns[-1].said if turns else ""
    return SingleTurn(system, "\n\n".join(filter(None, [*passages, *earlier])), question)
