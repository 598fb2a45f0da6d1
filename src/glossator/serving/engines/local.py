"""Models in this process: one base with its adapters, answered by one thread that alone touches them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.errors import ServingError
from glossator.llm import ChatModel, Conversation, Reply
from glossator.records import Message
from glossator.serving.batching import BatchWorker
from glossator.serving.engines import BASE

if TYPE_CHECKING:
    from glossator.llm.local import LocalModel

_GREETING = (Message("user", "Hello."),)


@dataclass(frozen=True, slots=True)
class Window:
    """How much a model can hold."""

    max_length: int
    """Most tokens of prompt and reply together."""
    count_tokens: Callable[[Conversation], int]
    """The length of a conversation as the model reads it, generation prompt included."""


class LocalEngine:
    """An `Engine` of models in this process.

    Conversations that wait for the same model with the same limit are answered in one batch. A base holds one adapter
    at a time, so batches of different models follow one another.

    Args:
        models: by name.
        window: how much they hold; None when that is not known, and then nothing is measured.
        batch_size: most conversations answered at once.
        queue_size: most conversations that wait.
    """

    def __init__(
        self,
        models: Mapping[str, ChatModel],
        *,
        window: Window | None = None,
        batch_size: int = 8,
        queue_size: int = 64,
    ) -> None:
        if not models:
            raise ServingError("there is no model to serve; name one")
        self._models = dict(models)
        self._window = window
        self._cold = dict.fromkeys(self._models)
        self._cold_lock = threading.Lock()
        self._worker: BatchWorker[tuple[str, int], Conversation, Reply] = BatchWorker(
            self._answer, name="glossator-models", batch_size=batch_size, queue_size=queue_size
        )

    @classmethod
    def open(
        cls,
        base: LocalModel,
        adapters: Mapping[str, Path],
        *,
        max_length: int,
        batch_size: int = 8,
        queue_size: int = 64,
    ) -> LocalEngine:
        """Serve a loaded base model, under the name `base`, and adapters on it.

        Args:
            base: without an adapter, in the form its adapters were trained on.
            adapters: folders that PEFT wrote, by the name they are served under.
            max_length: most tokens of prompt and reply together; not more than `base` was opened with.
            batch_size: most conversations answered at once; not more than `base` was opened with.
            queue_size: most conversations that wait.

        Raises:
            ModelError: an adapter does not fit.
            ServingError: an adapter is called `base`.
        """
        if BASE in adapters:
            raise ServingError(
                f"an adapter cannot be called {BASE!r}, the base model is; give {adapters[BASE]} another"
            )
        models: dict[str, ChatModel] = {name: base.with_adapter(path) for name, path in adapters.items()}
        models[BASE] = base.with_adapter(None)
        chat_format = base.chat_format
        window = Window(max_length, lambda conversation: len(chat_format.prompt_ids(conversation)))
        return cls(models, window=window, batch_size=batch_size, queue_size=queue_size)

    @property
    def base(self) -> str:
        """Name and content hash of the base model."""
        model = self._models.get(BASE) or next(iter(self._models.values()))
        return model.name.split("+")[0]

    @property
    def models(self) -> Sequence[str]:
        """The names of the models."""
        return tuple(self._models)

    @property
    def waiting(self) -> int:
        """How many conversations wait for their turn."""
        return self._worker.waiting

    @property
    def cold(self) -> Sequence[str]:
        """The names of the models that were not warmed up yet."""
        with self._cold_lock:
            return tuple(self._cold)

    def warm_up(self) -> None:
        """Let every model say one token. See `Engine.warm_up`."""
        for name in self.cold:
            self._worker.submit((name, 1), _GREETING).result()
            with self._cold_lock:
                self._cold.pop(name, None)

    def room(self, conversation: Conversation, *, max_new_tokens: int) -> int | None:
        """Say how many tokens a prompt and its reply leave free. See `Engine.room`."""
        if self._window is None:
            return None
        return self._window.max_length - self._window.count_tokens(conversation) - max_new_tokens

    def submit(self, model: str, conversation: Conversation, *, max_new_tokens: int) -> Future[Reply]:
        """Put a conversation in the queue of a model. See `Engine.submit`."""
        if model not in self._models:
            raise ServingError(f"model {model!r} is not held; use one of {', '.join(self._models)}")
        return self._worker.submit((model, max_new_tokens), conversation)

    def close(self) -> None:
        """Refuse what waits and end the thread."""
        self._worker.close()

    def _answer(self, key: tuple[str, int], conversations: Sequence[Conversation]) -> Sequence[Reply]:
        model, max_new_tokens = key
        return self._models[model].generate(conversations, max_new_tokens=max_new_tokens)
