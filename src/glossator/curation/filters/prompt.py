"""What a sample's prompt is made of: the text that it may be answered from, and the turns before its question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from glossator.llm.chat_format import student_messages
from glossator.records import Message, Sample

_QUESTION, _CONTEXT = "\x00question\x00", "\x00context\x00"


@dataclass(frozen=True, slots=True)
class Passage:
    """The text in a prompt besides what is asked."""

    text: str
    place: int
    """Which message of the sample holds it."""
    question: str
    """What that message asks; in a conversation, its first question."""

    def with_text(self, sample: Sample, text: str) -> tuple[Message, ...]:
        """Take the sample that it is from and another text, leave the messages with that text in its place."""
        turn = student_messages(self.question, context=text)[-1]
        return (*sample.messages[: self.place], turn, *sample.messages[self.place + 1 :])


def read_passage(sample: Sample) -> Passage | None:
    """Take a sample, leave the text that its prompt holds besides the question; None where it was not composed so."""
    if sample.context == "none":
        return None
    place = next((place for place, message in enumerate(sample.messages) if message.role == "user"), None)
    if place is None:
        return None
    content = sample.messages[place].content
    before, between, after = _form()
    if not content.startswith(before):
        return None
    if place == len(sample.messages) - 2:
        question = sample.question
    else:
        question = content.rpartition(between)[2].removesuffix(after)
    end = f"{between}{question}{after}"
    if not content.endswith(end) or len(content) < len(before) + len(end):
        return None
    text = content[len(before) : len(content) - len(end)]
    composed = student_messages(question, context=text)[-1].content == content
    return Passage(text, place, question) if composed else None


def is_conversation(sample: Sample) -> bool:
    """Whether the question comes after others that were answered, and may lean on them."""
    return any(message.role == "assistant" for message in sample.prompt)


def earlier_turns(sample: Sample) -> tuple[str, ...]:
    """Take a sample, leave what was asked and answered before its question; nothing unless it is a conversation."""
    if not is_conversation(sample):
        return ()
    return tuple(message.content for message in sample.prompt[:-1] if message.role != "system")


def explains_passage(sample: Sample) -> bool:
    """Whether a fixed question was put to a whole passage, which it may name, rather than one made for a sentence."""
    return bool(sample.chunk_ids) and not sample.evidence and sample.context != "none"


@lru_cache(maxsize=1)
def _form() -> tuple[str, str, str]:
    """What stands before, between and after context and question in a prompt, as composing one shows."""
    composed = student_messages(_QUESTION, context=_CONTEXT)[-1].content
    before, _, rest = composed.partition(_CONTEXT)
    between, _, after = rest.partition(_QUESTION)
    return before, between, after
