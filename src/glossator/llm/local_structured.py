"""Takes a stream of conversations, leaves replies of a model in this process, each on disk before it is used."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from glossator.errors import ModelError
from glossator.llm import Answered, Conversation, Reply, documents_of
from glossator.llm.asking import Meter, Usage
from glossator.llm.images import refuse_images
from glossator.llm.journal import Journal, JournalEntry, journal_key
from glossator.llm.local import LocalModel
from glossator.records import JsonValue

WINDOW = 128
"""Conversations that are read ahead, to be answered by length."""
_LABEL = "local"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One conversation with the name of its reply and its length."""

    conversation: Conversation
    key: str
    tokens: int
    documents: Mapping[str, None]
    """Of every conversation with these words, as keys."""


class LocalStructuredModel:
    """A `LocalModel` as a `StructuredModel`.

    A window of conversations is read, what the journal holds is taken from there, the rest is answered in batches of
    like length, and each batch is on disk before anything of it is given out: killed and started again, a run loses
    one batch at most. A schema is not enforced here; the prompt has to ask for it.

    Args:
        model: the base model, with or without an adapter.
        journal: where replies are looked for before anything is computed, and kept; None for nowhere.
        window: conversations that are read ahead, at least one.

    Raises:
        ModelError: the window is too small.
    """

    def __init__(self, model: LocalModel, journal: Journal | None = None, *, window: int = WINDOW) -> None:
        if window < 1:
            raise ModelError(f"window {window} is too small; use 1 or more")
        self._model, self._journal, self._window = model, journal, window
        self._meter = Meter()

    @property
    def name(self) -> str:
        """The model's own name: base, content hash, adapter."""
        return self._model.name

    @property
    def usage(self) -> Usage:
        """What was asked so far; a call is a conversation that was answered anew."""
        return self._meter.usage

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,  # noqa: ARG002  the protocol's argument; nothing here enforces one
        max_new_tokens: int,
        temperature: float = 0.0,
    ) -> Iterator[Answered]:
        """Answer each conversation, in input order; see `StructuredModel.answer`.

        Failures: `too_long` (prompt and reply together do not fit the model), `truncated` (the reply was cut at
        `max_new_tokens`), `empty_reply`.

        Raises:
            ModelError: a conversation shows an image, which a model in this process cannot see.
            ArtifactError: the journal is damaged or cannot be written.
        """
        coming = iter(conversations)
        while window := list(islice(coming, self._window)):
            yield from self._answer_window(window, max_new_tokens, temperature)

    def _answer_window(
        self, window: Sequence[Conversation], max_new_tokens: int, temperature: float
    ) -> Iterator[Answered]:
        asked = [self._ask(conversation, max_new_tokens, temperature) for conversation in window]
        fitting: dict[str, _Asked] = {}
        for one in asked:
            if one.tokens + max_new_tokens <= self._model.max_length:
                same = fitting.get(one.key)
                fitting[one.key] = one if same is None else replace(same, documents={**same.documents, **one.documents})
        known = self._recall(fitting)
        self._meter.add(from_journal=len(known))
        # Longest first, as in a batch: what does not fit into memory fails at once.
        rest = sorted((one for key, one in fitting.items() if key not in known), key=lambda one: (-one.tokens, one.key))
        for start in range(0, len(rest), self._model.batch_size):
            batch = rest[start : start + self._model.batch_size]
            known.update(self._generate(batch, max_new_tokens, temperature))
        for one in asked:
            if one.key in known:
                yield self._judge(known[one.key], max_new_tokens)
            else:
                room = f"{one.tokens} tokens and a reply of {max_new_tokens}; the model holds {self._model.max_length}"
                yield Answered(None, "too_long", f"the prompt has {room}")

    def _ask(self, conversation: Conversation, max_new_tokens: int, temperature: float) -> _Asked:
        refuse_images(self.name, conversation)
        parameters: dict[str, JsonValue] = {
            "max_new_tokens": max_new_tokens,
            "temperature": temperature,
            "dtype": self._model.dtype,
        }
        if temperature > 0:
            parameters["seed"] = self._model.seed
        tokens = len(self._model.chat_format.prompt_ids(conversation))
        key = journal_key(_LABEL, self.name, parameters, conversation)
        return _Asked(conversation, key, tokens, dict.fromkeys(documents_of(conversation)))

    def _recall(self, asked: Mapping[str, _Asked]) -> dict[str, JournalEntry]:
        """Take from the journal what was answered before, and tell it whose words it was answered about."""
        if self._journal is None:
            return {}
        found = self._journal.get_many(asked)
        self._journal.remember_many({key: asked[key].documents for key in found})
        return found

    def _generate(self, batch: Sequence[_Asked], max_new_tokens: int, temperature: float) -> dict[str, JournalEntry]:
        """Answer a batch and keep what was said; gives the entries that stand, by key."""
        replies = self._model.generate(
            [one.conversation for one in batch], max_new_tokens=max_new_tokens, temperature=temperature
        )
        now = time.time()
        entries = [_entry(one, reply, max_new_tokens, now) for one, reply in zip(batch, replies, strict=True)]
        tokens = {"tokens_in": sum(r.tokens_in for r in replies), "tokens_out": sum(r.tokens_out for r in replies)}
        self._meter.add(calls=len(batch), **tokens)
        if self._journal is not None:
            entries = self._journal.put_many(entries)
        return {entry.key: entry for entry in entries}

    def _judge(self, entry: JournalEntry, max_new_tokens: int) -> Answered:
        """Say what an entry is worth to someone who wants a whole reply."""
        key = entry.key if self._journal is not None else None
        if not entry.text.strip():
            return Answered(None, "empty_reply", "the model said nothing", key)
        reply = Reply(entry.text, entry.tokens_in, entry.tokens_out, entry.seconds)
        if entry.finish_reason == "length":
            return Answered(reply, "truncated", f"cut after {max_new_tokens} tokens; raise max_new_tokens", key)
        return Answered(reply, journal_key=key)


def _entry(one: _Asked, reply: Reply, max_new_tokens: int, now: float) -> JournalEntry:
    # A reply that ends with the last token it was allowed looks cut; reading it as such costs nothing.
    finish = "length" if reply.tokens_out >= max_new_tokens else "stop"
    about = tuple(one.documents)
    return JournalEntry(one.key, reply.text, finish, reply.tokens_in, reply.tokens_out, reply.seconds, now, about)
