"""Takes conversations, leaves replies: one protocol for teacher, base model, tuned model and server engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from glossator.records import JsonValue, Message

Conversation = Sequence[Message]


class ConversationAbout(tuple[Message, ...]):
    """A conversation that knows the documents its words were taken from, so that forgetting one finds its replies."""

    documents: tuple[str, ...]

    def __new__(cls, messages: Iterable[Message], documents: Iterable[str]) -> ConversationAbout:
        """Take the messages, and the ids of the documents that stand behind them."""
        made = super().__new__(cls, messages)
        made.documents = tuple(documents)
        return made


def documents_of(conversation: Conversation) -> tuple[str, ...]:
    """Turn a conversation into the ids of the documents it was made from; none where nobody told."""
    return conversation.documents if isinstance(conversation, ConversationAbout) else ()


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


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one conversation: a reply, or the reason why there is none, or only its beginning."""

    reply: Reply | None
    failure: str = ""
    """Why there is no whole reply, in one word fit for counting: `refused`, `timeout`, …; empty with a whole one.

    With `truncated` the reply is there as far as it went.
    """
    detail: str = ""
    """The rest of that story."""
    journal_key: str | None = None
    """Where the reply lies in the journal; None without one."""


class StructuredModel(Protocol):
    """Anything that answers a stream of conversations in a form that a JSON schema describes."""

    @property
    def name(self) -> str:
        """A name that tells this model from others, fit for lineage."""

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float = 0.0,
    ) -> Iterator[Answered]:
        """Answer each conversation, in input order; what fails is told in its place and stops nothing else.

        Args:
            conversations: read only a bounded number ahead of what was given back.
            schema: the JSON schema (draft 2020-12) that a reply should follow; None for free text. Whether it does
                is for the caller to check.
            max_new_tokens: upper bound on the length of a reply, in tokens.
            temperature: 0 is greedy.

        Raises:
            EndpointError: nothing can be answered at all: the server is down, or refuses the key or the model.
        """
