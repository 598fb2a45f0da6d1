"""What a part of a reply claims, whatever its form: question, answer, and the words that are to prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glossator.records import JsonValue
from glossator.synthesis.forms import Dialogue, Form, Gap, HopPair, Preference
from glossator.synthesis.schemas import render
from glossator.synthesis.task import Task

_MOST_TURNS = 4
"""Turns of a conversation that are kept."""
_OWN = ("question", "answer", "evidence", "kind", "rejected", "nearest")
"""Fields that have a place of their own in a sample; all others go to its metadata."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A part of a reply, read the same way for every form."""

    question: str
    answer: str
    kind: str
    quotes: tuple[str, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers before the last question."""
    rejected: str = ""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    asked: tuple[tuple[str, str], ...] = ()
    """Every question that the teacher wrote, with the name of its field."""
    said: tuple[tuple[str, str], ...] = ()
    """Every other text that it wrote, with the name of its field."""


def claim_of(part: Form, task: Task) -> Claim:
    """Turn a part of a reply into what it claims.

    Args:
        part: in the form of the task's schema.
        task: gives the fixed question of a persona, and the fixed answer where the passage gives none.
    """
    if isinstance(part, Dialogue):
        return _dialogue(part)
    if task.question is not None:
        texts = tuple(
            (key, text)
            for key, value in dict(part).items()
            for text in (value if isinstance(value, list) else [value])
            if isinstance(text, str)
        )
        return Claim(task.question, render(part), task.schema, said=texts)
    return _pair(part, task)


def _pair(part: Form, task: Task) -> Claim:
    fields = dict(part)
    question, answer = fields["question"], task.answer or fields["answer"]
    if isinstance(part, HopPair):
        quotes = tuple(part.evidence)
    elif isinstance(part, Gap):
        quotes = (part.nearest,)
    else:
        quotes = (fields["evidence"],) if "evidence" in fields else ()
    rejected = part.rejected if isinstance(part, Preference) else ""
    said = [("answer", answer)] if task.answer is None else []
    others = {key: value for key, value in fields.items() if key not in _OWN}
    texts = [(key, text) for key, value in others.items() for text in _texts(value) if key != "flaw"]
    return Claim(
        question,
        answer,
        fields.get("kind", "other"),
        quotes,
        rejected=rejected,
        metadata=others,
        asked=(("question", question),),
        said=(*said, *([("rejected", rejected)] if rejected else []), *texts),
    )


def _texts(value: JsonValue) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _dialogue(part: Dialogue) -> Claim:
    turns = part.turns[:_MOST_TURNS]
    return Claim(
        turns[-1].question,
        turns[-1].answer,
        "multi_turn",
        tuple(turn.evidence for turn in turns),
        tuple((turn.question, turn.answer) for turn in turns[:-1]),
        metadata={"turns": len(turns)},
        asked=tuple((f"question {number}", turn.question) for number, turn in enumerate(turns, 1)),
        said=tuple((f"answer {number}", turn.answer) for number, turn in enumerate(turns, 1)),
    )
