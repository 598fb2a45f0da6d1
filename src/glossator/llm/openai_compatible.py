"""Takes conversations, leaves replies of any server that speaks OpenAI's chat protocol, in order, never paid twice."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from glossator.errors import ModelError
from glossator.llm import Answered, Conversation, Reply, documents_of
from glossator.llm.asking import Asked, Meter, Patience, Setup, Told, Usage
from glossator.llm.budget import Budget, Purse, Spent
from glossator.llm.completion import LONGEST_REPLY
from glossator.llm.faults import one_line
from glossator.llm.http_client import require_client_libraries
from glossator.llm.journal import Journal, JournalEntry, journal_key
from glossator.llm.limits import Limits
from glossator.llm.lines import Line, Pending, Run
from glossator.llm.providers import Endpoint, JsonMode
from glossator.llm.request_form import RequestForm
from glossator.records import JsonValue

_WINDOW = 16
"""Conversations read ahead, in multiples of what is asked at a time: one that is retried does not idle the others."""


_REMEMBERED = 500
"""Replies found in the journal whose documents are noted with one flush to disk."""


class OpenAICompatibleModel:
    """A model behind an HTTP server, as a `StructuredModel` and a `ChatModel`.

    Args:
        endpoint: from `providers.endpoint`.
        model: as the server names it.
        concurrency: the most conversations in flight at a time; how many are depends on what the server bears.
        timeout_seconds: for one request, from sending to the last byte.
        attempts: tries per conversation when the server is busy, broken or cut off.
        journal: where replies are looked for before anything is sent, and kept before they are used; None for nowhere.
        seed: of the server's sampling; None to leave it to the server. Not every server has one.
        json_mode: how JSON is asked for; `auto` takes the best way that the server does not refuse.
        limits: what the provider allows in a minute; None to go by what the server says alone.
        purse: what pays for the calls; None for one without a limit.
        sleep: waits between tries.
        clock: seconds since 1970.

    Raises:
        MissingExtraError: the client libraries are not installed.
        ModelError: a number is out of its range.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        concurrency: int = 8,
        timeout_seconds: float = 120.0,
        attempts: int = 6,
        journal: Journal | None = None,
        seed: int | None = None,
        json_mode: Literal["auto"] | JsonMode = "auto",
        limits: Limits | None = None,
        purse: Purse | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        require_client_libraries()
        for name, value in (("concurrency", concurrency), ("timeout_seconds", timeout_seconds), ("attempts", attempts)):
            if value <= 0:
                raise ModelError(f"{name} {value} is too small; use 1 or more")
        self._endpoint, self._model, self._journal = endpoint, model, journal
        self._seed, self._json_mode, self._concurrency = seed, json_mode, concurrency
        self._meter, self._purse = Meter(), purse or Purse(Budget())
        form = RequestForm.of(endpoint.dialect, json_mode)
        patience = Patience(timeout_seconds, attempts, concurrency, sleep=sleep, clock=clock)
        self._line = Line(Setup(endpoint, model, form, patience, journal, self._meter, limits, self._purse))
        # Nobody has to close a model: what it opened ends with it, or with the program.
        self._finalizer = weakref.finalize(self, self._line.close)

    @property
    def name(self) -> str:
        """The model's name and where it runs, such as `gpt-5-mini@openai`."""
        return f"{self._model}@{self._endpoint.label}"

    @property
    def usage(self) -> Usage:
        """What was asked so far, and what it took."""
        return self._meter.usage

    @property
    def spent(self) -> Spent:
        """What was spent so far: by the purse that this model pays from, whoever else does."""
        return self._purse.spent

    @property
    def form(self) -> RequestForm:
        """The form of requests in use: what the server refused is left out of it."""
        return self._line.form

    def answer(
        self,
        conversations: Iterable[Conversation],
        *,
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float = 0.0,
    ) -> Iterator[Answered]:
        """Answer each conversation, in input order; see `StructuredModel.answer`.

        At most 16 times `concurrency` conversations are read ahead. Leaving the iterator, also by Ctrl-C, cancels
        what is in flight; what was answered by then is in the journal.

        Failures: `truncated` (the reply was cut at `max_new_tokens`), `refused`, `empty_reply`, `too_long` (prompt or
        reply), `bad_request`, and after the last try `timeout`, `rate_limited`, `server_error`, `cut_connection`,
        `unreachable` or `no_completion`. Once nothing more can be paid for, `budget`: that conversation was not sent,
        and what is in the journal is given out still.

        Raises:
            EndpointError: nothing can be answered at all.
            ArtifactError: the journal is damaged or cannot be written.
        """
        for told in self._tell(conversations, schema, max_new_tokens, temperature):
            yield _judge(told, kept=self._journal is not None)

    def generate(
        self,
        conversations: Sequence[Conversation],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[Reply]:
        """Answer each conversation; replies come in input order. See `ChatModel.generate`.

        As with a model in this process, a reply that was cut, refuses or says nothing is a reply.

        Raises:
            EndpointError: nothing can be answered at all.
            ModelError: one conversation cannot be answered; the message names it.
        """
        replies: list[Reply] = []
        for told in self._tell(conversations, None, max_new_tokens, temperature):
            if told.entry is None or told.entry.finish_reason == "too_long":
                why = f"{told.failure or 'too_long'}{': ' if told.detail else ''}{told.detail}"
                raise ModelError(
                    f"conversation {len(replies)} got no reply of {self.name}: {why}; leave it out or mend it"
                )
            replies.append(_reply(told.entry, told.entry.text.strip()))
            if on_progress:
                on_progress(1)
        return replies

    def close(self) -> None:
        """Close all connections; a later question opens them again."""
        self._line.close()

    def __enter__(self) -> OpenAICompatibleModel:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _tell(
        self,
        conversations: Iterable[Conversation],
        schema: Mapping[str, JsonValue] | None,
        max_new_tokens: int,
        temperature: float,
    ) -> Iterator[Told]:
        parameters: dict[str, JsonValue] = {
            "json_mode": self._json_mode,
            "max_new_tokens": max_new_tokens,
            "schema": None if schema is None else dict(schema),
            "seed": self._seed,
            "temperature": temperature,
        }
        run, found = Run(self._line), _Found(self._journal)
        waiting: deque[tuple[Asked, Told | Pending]] = deque()
        under_way: dict[str, Pending] = {}  # the same question twice at a time is sent once
        try:
            for conversation in conversations:
                messages = tuple(conversation)
                key = journal_key(self._endpoint.label, self._model, parameters, messages)
                documents = documents_of(conversation)
                asked = Asked(key, messages, schema, max_new_tokens, temperature, self._seed, documents)
                told = self._look_up(asked, found) or under_way.get(key) or run.begin(asked)
                if self._journal is not None and isinstance(told, Pending):
                    under_way[key] = told
                waiting.append((asked, told))
                while waiting and (len(waiting) >= _WINDOW * self._concurrency or _is_ready(waiting[0][1])):
                    yield self._end(waiting.popleft(), run, under_way, found)
            while waiting:
                yield self._end(waiting.popleft(), run, under_way, found)
        finally:
            if waiting or run.failed:
                run.abandon()
            found.remember()

    @staticmethod
    def _end(one: tuple[Asked, Told | Pending], run: Run, under_way: dict[str, Pending], found: _Found) -> Told:
        asked, waiting = one
        told = run.wait(waiting)
        under_way.pop(asked.key, None)
        if told.entry is not None:
            found.add(asked, told.entry)  # it may have been asked for another one of the same words
        return told

    def _look_up(self, asked: Asked, found: _Found) -> Told | None:
        entry = self._journal.get(asked.key) if self._journal else None
        if entry is None:
            return None
        self._meter.add(from_journal=1)
        found.add(asked, entry)
        return Told(entry)


class _Found:
    """Notes which documents now stand behind replies that were kept for others, many with one flush to disk."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._documents: dict[str, tuple[str, ...]] = {}

    def add(self, asked: Asked, entry: JournalEntry) -> None:
        if set(asked.documents).difference(entry.documents):
            self._documents[asked.key] = (*self._documents.get(asked.key, ()), *asked.documents)
            if len(self._documents) >= _REMEMBERED:
                self.remember()

    def remember(self) -> None:
        if self._journal is not None and self._documents:
            self._journal.remember_many(self._documents)
            self._documents.clear()


def _is_ready(waiting: Told | Pending) -> bool:
    return isinstance(waiting, Told) or waiting.done


def _judge(told: Told, *, kept: bool) -> Answered:
    """Say what an entry is worth to someone who wants a whole reply."""
    entry = told.entry
    if entry is None:
        return Answered(None, told.failure, told.detail)
    key = entry.key if kept else None
    if entry.finish_reason == "refused":
        return Answered(None, "refused", one_line(entry.text), key)
    if entry.finish_reason == "too_long":
        return Answered(None, "too_long", f"the reply has more than {LONGEST_REPLY} characters", key)
    if entry.finish_reason == "length":
        # It was paid for: whoever can use a beginning has it.
        return Answered(
            _reply(entry, entry.text), "truncated", f"cut after {entry.tokens_out} tokens; raise max_new_tokens", key
        )
    if not entry.text.strip():
        return Answered(None, "empty_reply", "the model said nothing")
    return Answered(_reply(entry, entry.text), journal_key=key)


def _reply(entry: JournalEntry, text: str) -> Reply:
    return Reply(text, entry.tokens_in, entry.tokens_out, entry.seconds)
