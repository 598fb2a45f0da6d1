"""Takes a sample, leaves its turns: what is said in each, and the passage that a question is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from glossator.curation.filters.prompt import is_conversation, read_passage
from glossator.records import Role, Sample


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation; the answer style is none."""

    role: Role
    said: str
    """The question, or the answer."""
    passage: str = ""
    """The text that stands beside a question; empty where there is none."""


def turns_of(sample: Sample) -> list[Turn]:
    """Take a sample, leave its turns in order, the last one its answer.

    The passage stands in the first question's turn; the words that announce the two in the student's prompt belong to
    neither. Of a single question in a prompt of another form, the passage is what stands before it; of a conversation
    in another form, each turn is a question as it stands.
    """
    found = read_passage(sample)
    asked = len(sample.messages) - 2
    alone = sample.context != "none" and found is None and not is_conversation(sample)
    turns = []
    for place, message in enumerate(sample.messages):
        said, passage = message.content, ""
        if found is not None and place == found.place:
            said, passage = found.question, found.text
        elif alone and place == asked and sample.question and said.endswith(sample.question):
            said, passage = sample.question, said.removesuffix(sample.question)
        if message.role != "system":
            turns.append(Turn(message.role, said, passage.strip()))
    return turns
