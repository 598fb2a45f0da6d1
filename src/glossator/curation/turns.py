"""Takes a user's turn of a sample, leaves its question and the passage that stands before it."""

from __future__ import annotations

from glossator.records import Message, Sample

_BEFORE_QUESTION, _BEFORE_PASSAGE = "Question:", "Context:"


def part_turn(message: Message, sample: Sample) -> tuple[str, str]:
    """Take a user's turn, leave (question, passage); the passage is empty where the prompt holds none.

    The passage is what stands before the sample's question; in an earlier turn of a conversation, what stands before
    the last paragraph. The words that announce the two in the student's prompt belong to neither.
    """
    if sample.context == "none":
        return message.content, ""
    if sample.question and message.content.endswith(sample.question):
        question, passage = sample.question, message.content.removesuffix(sample.question)
    else:
        passage, _, question = message.content.rpartition("\n\n")
    passage = passage.rstrip().removesuffix(_BEFORE_QUESTION).strip().removeprefix(_BEFORE_PASSAGE)
    return question.removeprefix(_BEFORE_QUESTION).strip(), passage.strip()
