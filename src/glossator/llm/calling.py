"""Takes one conversation, leaves what a server said to it: retried where that helps, on disk before it is used."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from glossator.errors import EndpointError
from glossator.llm.asking import Asked, Setup, Told
from glossator.llm.completion import Completion, read_completion
from glossator.llm.faults import Fault, RequestFault, one_line, read_exception, read_status
from glossator.llm.http_client import list_models, open_client, post_chat
from glossator.llm.images import attach_images
from glossator.llm.journal import Journal, JournalEntry
from glossator.llm.request_form import RequestForm

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_FIRST_TRIES = 3
"""How often a server that was never reached is tried."""

_LISTED_MODELS = 10

_DOUBTFUL: dict[tuple[str, int | None], str] = {
    ("key", 403): "refused",
    ("model", 400): "bad_request",
    ("model", 422): "bad_request",
}
"""What speaks against key or model at first, but from a server that has answered before against one text."""


class Caller:
    """Asks one model of one server; made and used inside one event loop.

    The first conversation goes alone until the server has said anything to it: with a wrong key, a wrong model or no
    server, nothing else is sent.
    """

    def __init__(self, setup: Setup) -> None:
        self._endpoint, self._model, self._meter = setup.endpoint, setup.model, setup.meter
        self._patience = setup.patience
        self.form = setup.form
        """What the server is known to understand; learned from what it refuses."""
        self._client: AsyncOpenAI = open_client(
            setup.endpoint,
            connections=setup.patience.concurrency,
            timeout_seconds=setup.patience.timeout_seconds,
        )
        self._slots = asyncio.Semaphore(setup.patience.concurrency)
        self._keeper = _Keeper(setup.journal)
        self._scouted, self._gate = False, asyncio.Event()
        self._reached = self._answered = False
        self._given_up_in_row = 0

    async def call(self, asked: Asked) -> Told:
        """Ask once, with repeats; gives what was told, once that is on disk.

        Raises:
            EndpointError: nothing can be answered: the server is down, or refuses the key or the model.
            ArtifactError: the journal cannot be written.
        """
        async with self._slots, self._turn():
            return await self._persist(asked)

    async def settle(self) -> None:
        """Wait until every reply that has arrived is on disk."""
        await self._keeper.settle()

    async def close(self) -> None:
        """Close all connections."""
        await self.settle()
        await self._client.close()

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._scouted:
            await self._gate.wait()
            yield
            return
        self._scouted, gate = True, self._gate
        try:
            yield
        except BaseException:
            # Whoever comes after this failure goes alone again; who waits beside it is let go or cancelled.
            self._scouted, self._gate = False, asyncio.Event()
            raise
        finally:
            gate.set()

    async def _persist(self, asked: Asked) -> Told:
        form, attempt = self.form, 1
        while True:
            started = time.perf_counter()
            try:
                completion = await self._send(asked, form)
            except RequestFault as error:
                fault = error.fault
            else:
                self._given_up_in_row, self._answered = 0, True
                if form != self.form:
                    self.form = form  # only what led to an answer is remembered
                return await self._keep(asked, completion, time.perf_counter() - started)
            narrower = form.without(fault.word) if fault.kind == "parameter" else None
            if narrower is not None:
                form = narrower
                self._meter.add(retries=1)
                continue
            told = await self._judge(fault, attempt)
            if told is not None:
                return told
            self._meter.add(retries=1)
            await self._patience.sleep(self._patience.backoff.delay(attempt, fault.retry_after))
            attempt += 1

    async def _judge(self, fault: Fault, attempt: int) -> Told | None:
        """Decide after a failed try: None for another one, else how the conversation ends."""
        if fault.kind == "parameter":
            return Told(None, "bad_request", fault.detail)
        if fault.kind == "conversation":
            self._given_up_in_row = 0
            return Told(None, fault.word, fault.detail)
        if self._answered and (fault.kind, fault.status) in _DOUBTFUL:
            return self._give_up(replace(fault, word=_DOUBTFUL[fault.kind, fault.status]))
        if fault.kind not in ("transient", "unreachable"):
            raise await self._hopeless(fault)
        if fault.kind == "transient":
            self._reached = True
            self._gate.set()
        elif not self._reached and attempt >= min(_FIRST_TRIES, self._patience.attempts):
            place = self._endpoint.base_url
            raise EndpointError(
                f"model server at {place} does not answer: {fault.detail}; start it, or correct base_url"
            )
        return self._give_up(fault) if attempt >= self._patience.attempts else None

    def _give_up(self, fault: Fault) -> Told:
        """End one conversation; end everything once as many in a row have failed as are asked at a time."""
        self._given_up_in_row += 1
        if self._given_up_in_row >= max(3, self._patience.concurrency):
            raise EndpointError(
                f"model server at {self._endpoint.base_url} has answered none of the last {self._given_up_in_row}"
                f" conversations: {fault.detail}; look after it and run again, what it answered is kept"
            )
        return Told(None, fault.word, fault.detail)

    async def _send(self, asked: Asked, form: RequestForm) -> Completion:
        body = form.body(
            self._model,
            asked.messages,
            schema=asked.schema,
            max_new_tokens=asked.max_new_tokens,
            temperature=asked.temperature,
            seed=asked.seed,
        )
        attach_images(body["messages"], asked.messages)
        self._meter.add(calls=1)
        try:
            reply = await asyncio.wait_for(post_chat(self._client, body), self._patience.timeout_seconds)
            self._reached = True
            if reply.status != 200:
                text = reply.content.decode("utf-8", "replace")
                raise RequestFault(
                    read_status(reply.status, text, reply.headers, sent=body.keys(), now=self._patience.clock())
                )
            return read_completion(reply.content, now=self._patience.clock())
        except RequestFault as error:
            fault = error.fault
        except Exception as error:
            known = read_exception(error)
            if known is None:
                raise
            fault = known
        raise RequestFault(replace(fault, detail=self._endpoint.redact(fault.detail)))

    async def _keep(self, asked: Asked, completion: Completion, seconds: float) -> Told:
        counted = int(completion.usage_missing)
        self._meter.add(tokens_in=completion.tokens_in, tokens_out=completion.tokens_out, usage_missing=counted)
        entry = JournalEntry(
            asked.key,
            completion.text,
            completion.finish_reason,
            completion.tokens_in,
            completion.tokens_out,
            seconds,
            self._patience.clock(),
        )
        if completion.finish_reason == "stop" and not completion.text.strip():
            return Told(entry)  # silence is worth another question next time
        return Told(await self._keeper.keep(entry))

    async def _hopeless(self, fault: Fault) -> EndpointError:
        place = f"{self._endpoint.label} ({self._endpoint.base_url})"
        if self._endpoint.label == self._endpoint.base_url:
            place = self._endpoint.base_url
        if fault.kind == "key":
            variable = self._endpoint.key_variable
            remedy = f"check {variable}" if variable else "name the environment variable of a key as key_variable"
            return EndpointError(f"{place} refuses the key (HTTP {fault.status}); {remedy}")
        if fault.kind == "credit":
            return EndpointError(f"the account at {place} is used up: {fault.detail}; top it up and run again")
        names = await list_models(self._client) if fault.kind == "model" else None
        if names is None:
            return EndpointError(
                f"{place} takes no chat requests: {fault.detail}; check base_url, it mostly ends in /v1"
            )
        near = difflib.get_close_matches(self._model, names, n=_LISTED_MODELS, cutoff=0.0)
        listed = one_line(", ".join(near) + (", …" if len(names) > len(near) else "")) or "none"
        return EndpointError(f"{place} has no model {self._model!r}; it lists {listed}")


class _Keeper:
    """Writes replies to the journal, those that arrive during one flush to disk with the next."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._waiting: list[tuple[JournalEntry, asyncio.Future[JournalEntry]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, entry: JournalEntry) -> JournalEntry:
        if self._journal is None:
            return entry
        kept: asyncio.Future[JournalEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._journal))
        # Whoever asked may be cancelled now; the reply is written all the same.
        return await asyncio.shield(kept)

    async def _write(self, journal: Journal) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                entries = await asyncio.to_thread(journal.put_many, [entry for entry, _ in batch])
            except Exception as error:  # noqa: BLE001  handed on to everyone who waits
                for _, kept in batch:
                    kept.set_exception(error)
                    kept.exception()  # whoever was cancelled does not look at it
            else:
                for (_, kept), entry in zip(batch, entries, strict=True):
                    kept.set_result(entry)

    async def settle(self) -> None:
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
