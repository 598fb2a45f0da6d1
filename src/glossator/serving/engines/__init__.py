"""Takes conversations for models by name, leaves promises of replies: one signature for every way to run models."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from glossator.llm import Conversation, Reply

BASE = "base"
"""The name under which the base model itself is served."""


class Engine(Protocol):
    """Anything that answers for several models, asked from many threads at once."""

    @property
    def base(self) -> str:
        """The name of the base model that all its models share."""

    @property
    def models(self) -> Sequence[str]:
        """The names of its models."""

    @property
    def waiting(self) -> int:
        """How many conversations wait for their turn."""

    @property
    def cold(self) -> Sequence[str]:
        """The names of the models that were not warmed up yet."""

    def warm_up(self) -> None:
        """Let every model speak once, so that nobody's question pays for what is loaded late; returns when done.

        Raises:
            ModelError: a model failed.
        """

    def room(self, conversation: Conversation, *, max_new_tokens: int) -> int | None:
        """Say how many tokens a prompt and its reply leave free; negative: how many too many; None: not known."""

    def submit(self, model: str, conversation: Conversation, *, max_new_tokens: int) -> Future[Reply]:
        """Put a conversation in the queue of a model; cancelling the promise takes it out again.

        Raises:
            Busy: the queue is full.
            NotReady: the engine was closed.
        """

    def close(self) -> None:
        """Refuse what waits, let what is at work finish, and let go of the threads."""
