"""Takes conversations, leaves replies: one protocol for teacher, base model, tuned model and server engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from glossator.records import Message

Conversation = Sequence[Message]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said to one conversation."""

    text: str
    """Only the new text: no prompt, no special tokens."""
    tokens_in: int
    tokens_out: int
    seconds: float
    """Wall time, shared evenly among the replies of one batch."""


class ChatModel(Protocol):
    """Anything that answers conversations."""

    @property
    def name(self) -> str:
        """A name that tells this model from others, fit for lineage."""

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """Answer each conversation; replies come in input order.

        Args:
            conversations: each ends with a user turn.
            max_new_tokens: upper bound on the length of a reply, in tokens.
            temperature: 0 is greedy.
            on_progress: called with the number of replies finished since the last call.
        """
