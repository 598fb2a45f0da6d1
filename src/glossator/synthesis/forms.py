"""The forms that a part of a teacher's reply may have, one pydantic model each."""

from __future__ import annotations

import typing
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_KnownKind = Literal["what", "who", "when", "where", "how", "how_many", "why", "compare", "explain", "other"]
_KnownFlaw = Literal["wrong_fact", "mixed_up", "added_fact", "overstated", "other"]


def clean(value: Any) -> Any:
    """Drop what no text may hold (control characters, lone surrogates); what is no text is left for the model."""
    if not isinstance(value, str):
        return value
    kept = (char for char in value if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _known(choices: Any) -> BeforeValidator:
    """A word that is not on the list is another one, not a fault: it costs no good pair."""
    known = typing.get_args(choices)
    return BeforeValidator(lambda value: "other" if isinstance(value, str) and value not in known else value)


Question = Annotated[str, Field(min_length=1, max_length=500), BeforeValidator(clean)]
Words = Annotated[str, Field(min_length=1, max_length=4_000), BeforeValidator(clean)]
Quote = Annotated[str, Field(max_length=2_000), BeforeValidator(clean)]
Kind = Annotated[_KnownKind, _known(_KnownKind)]
Flaw = Annotated[_KnownFlaw, _known(_KnownFlaw)]

_ASKED = "What the reader is asked: one question, in one sentence."
_KIND = "What the question asks for."
_PROOF = "The sentence or clause of the passage that proves the answer, copied word for word, uncut."


class Form(BaseModel):
    """A part of a reply: closed to keys it does not know, and to values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Pair(Form):
    """One question with its answer."""

    question: Question = Field(description=_ASKED)
    answer: Words = Field(description="The answer, right and complete according to the passage.")
    evidence: Quote = Field(description=_PROOF)
    kind: Kind = Field(default="other", description=_KIND)


class HopPair(Form):
    """One question that needs two passages."""

    question: Question = Field(description=_ASKED)
    answer: Words = Field(description="The answer, right and complete according to both passages together.")
    evidence: list[Quote] = Field(
        min_length=1,
        max_length=6,
        description="One sentence or clause of each passage that the answer rests on, copied word for word, uncut.",
    )
    kind: Kind = Field(default="other", description=_KIND)


class Turn(Form):
    """A question of a conversation with its answer."""

    question: Question = Field(description="What the reader asks; from the second turn on it may lean on earlier ones.")
    answer: Words = Field(description="The answer, right and complete according to the passage.")
    evidence: Quote = Field(description=_PROOF)


class Dialogue(Form):
    """A conversation about one passage."""

    turns: list[Turn] = Field(min_length=2, max_length=8, description="Two to four turns, in order.")


class Gap(Form):
    """A question that the passage leaves open."""

    question: Question = Field(description="A question on the passage's subject that the passage does not answer.")
    nearest: Quote = Field(description="The sentence of the passage that comes nearest to an answer, word for word.")
    kind: Kind = Field(default="other", description=_KIND)


class Preference(Form):
    """A question with a right answer and a worse one."""

    question: Question = Field(description=_ASKED)
    answer: Words = Field(description="The answer, right and complete according to the passage.")
    evidence: Quote = Field(description=_PROOF)
    rejected: Words = Field(description="The worse answer, in the same manner and of about the same length.")
    flaw: Flaw = Field(description="What is wrong with the worse answer.")
    kind: Kind = Field(default="other", description=_KIND)


class Eli5(Form):
    """A section in plain words."""

    analogy: Words = Field(description="Something from everyday life that works the same way, told as a small picture.")
    explanation: Words = Field(description="What the section says, in plain words, tied back to the analogy.")


class Intuitive(Form):
    """A section from first principles."""

    first_principles: Words = Field(description="The few facts to start from, which a reader would grant at once.")
    mechanism: Words = Field(description="Step by step, how what the section describes follows from them.")


class Executive(Form):
    """A section for someone who decides."""

    use: Words = Field(description="What it can be used for, and by whom.")
    cost: Words = Field(description="What it takes: money, time, data, skill or risk, as far as the section tells.")
    value: Words = Field(description="What is gained, with the section's own figures where it gives any.")
