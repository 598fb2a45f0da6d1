"""Takes a question and passages, leaves the longest prompt that still fits the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glossator.llm import Conversation
from glossator.llm.answer_styles import AnswerStyle
from glossator.llm.chat_format import student_messages
from glossator.serving.refusals import BadQuestion
from glossator.text.sentences import split_sentences

Room = Callable[[Conversation], int | None]


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """A prompt that fits."""

    conversation: Conversation
    passages: int
    """How many of the passages it holds, from the first on."""
    trimmed: bool
    """Whether passages were left out or cut to make it fit."""


def fit_prompt(question: str, passages: Sequence[str], *, answer_style: AnswerStyle | None, room: Room) -> FittedPrompt:
    """Turn a question and passages, the best first, into the prompt with as much of them as fits.

    What does not fit is given up from the end: the last passages, then the last sentences of the first passage, then
    the last words of its first sentence, then the passage.

    Args:
        question: the question alone.
        passages: what the model may read, as it would be trained on it.
        answer_style: the model's own.
        room: how many tokens a prompt leaves free; negative when it is too long, None when nobody knows.

    Raises:
        BadQuestion: the question alone is too long.
    """

    def prompt(context: str | None) -> Conversation:
        return student_messages(question, context=context, answer_style=answer_style)

    def fits(context: str | None) -> bool:
        free = room(prompt(context))
        return free is None or free >= 0

    for count in range(len(passages), 0, -1):
        context = "\n\n".join(passages[:count])
        if fits(context):
            return FittedPrompt(prompt(context), count, trimmed=count < len(passages))
    if passages and (shorter := _shorten(passages[0], fits)):
        return FittedPrompt(prompt(shorter), 1, trimmed=True)
    if not fits(None):
        excess = -(room(prompt(None)) or 0)
        raise BadQuestion(
            f"the question and the longest reply are {excess} tokens too long for the model;"
            " ask more briefly or lower max_new_tokens"
        )
    return FittedPrompt(prompt(None), 0, trimmed=bool(passages))


def _shorten(text: str, fits: Callable[[str], bool]) -> str:
    """Cut a text at the last end of a sentence that fits, else at the last end of a word; empty if nothing fits."""
    spans = split_sentences(text)
    if not spans:
        return ""
    start, first_end = spans[0]
    words = [match.end() for match in re.finditer(r"\S+", text[:first_end]) if match.end() > start]
    sentence = _longest(text, [end for _, end in spans], fits)
    return sentence or _longest(text, words, fits)


def _longest(text: str, ends: Sequence[int], fits: Callable[[str], bool]) -> str:
    """The longest of the beginnings that fits; a longer one never needs less room.

    Found by doubling and then halving, so that the cost follows the window and not the length of the text.
    """
    low, high = 0, 1
    while high <= len(ends) and fits(text[: ends[high - 1]]):
        low, high = high, 2 * high
    high = min(high - 1, len(ends))
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text[: ends[middle - 1]]):
            low = middle
        else:
            high = middle - 1
    return text[: ends[low - 1]] if low else ""
