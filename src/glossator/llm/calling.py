"""Takes one conversation, leaves what a server said to it: retried where that helps, on disk before it is used."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from glossator.llm import endings
from glossator.llm.asking import Asked, Setup, Told
from glossator.llm.budget import OutOfBudget, Reservation
from glossator.llm.completion import Completion, read_completion
from glossator.llm.faults import Fault, RequestFault, read_exception, read_status
from glossator.llm.http_client import HttpClient, ServerReply
from glossator.llm.images import attach_images, image_hashes
from glossator.llm.journal import JournalEntry
from glossator.llm.keeping import Keeper
from glossator.llm.limits import Throttle
from glossator.llm.pacing import Pacer
from glossator.llm.request_form import RequestForm
from glossator.llm.token_guess import RequestSize, TokenGuess
from glossator.records import JsonValue

_FIRST_TRIES = 3
"""How often a server that was never reached is tried."""

_LONGEST_REFUSAL_BYTES = 64 << 10
"""What is read of an error page; patterns are looked for in it, while all other calls wait."""

_OVERLOAD = (408, 429, 503, 529)
"""What a server says that has too much to do."""

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
        self._patience, self._purse = setup.patience, setup.purse
        self.form = setup.form
        """What the server is known to understand; learned from what it refuses."""
        self._client = HttpClient(
            setup.endpoint,
            connections=setup.patience.concurrency,
            timeout_seconds=setup.patience.timeout_seconds,
        )
        self._pacer = Pacer(setup.patience.concurrency)
        self._throttle = Throttle(setup.limits, setup.patience.sleep, setup.patience.clock)
        self._guess = TokenGuess()
        self._keeper = Keeper(setup.journal)
        self._reached = self._answered = False
        self._given_up_in_row = 0

    async def call(self, asked: Asked) -> Told:
        """Ask once, with repeats; gives what was told, once that is on disk.

        Raises:
            EndpointError: nothing can be answered: the server is down, or refuses the key or the model.
            ArtifactError: the journal, or what was spent, cannot be written.
        """
        await self._pacer.enter()
        try:
            outcome = await self._ask(asked)
            if self._keeper.waiting >= self._patience.concurrency:
                return await self._kept(outcome)  # the disk is behind: its turn ends with the flush
        finally:
            self._pacer.leave()
        return await self._kept(outcome)

    async def settle(self) -> None:
        """Wait until every reply that has arrived is on disk."""
        await self._keeper.settle()

    async def close(self) -> None:
        """Close all connections."""
        await self.settle()
        self._pacer.close()
        await self._client.close()

    async def _kept(self, outcome: Told | JournalEntry) -> Told:
        if isinstance(outcome, Told):
            return outcome
        if outcome.finish_reason == "stop" and not outcome.text.strip():
            return Told(outcome)  # silence is worth another question next time
        return Told(await self._keeper.keep(outcome))

    async def _ask(self, asked: Asked) -> Told | JournalEntry:
        form, attempt, again = self.form, 1, False
        while True:
            outcome = await self._try(asked, form, again=again)
            again = True
            if isinstance(outcome, JournalEntry):
                self._given_up_in_row, self._answered = 0, True
                self.form = form  # only what led to an answer is remembered
            if not isinstance(outcome, Fault):
                return outcome
            narrower = form.without(outcome.word) if outcome.kind == "parameter" else None
            if narrower is not None:
                form = narrower
                continue
            told = await self._judge(outcome, attempt)
            if told is not None:
                self._pacer.meet()
                return told
            await self._wait(outcome, attempt)
            attempt += 1

    async def _try(self, asked: Asked, form: RequestForm, *, again: bool) -> Told | JournalEntry | Fault:
        """Send once, as soon as limits and budget allow it."""
        body, size = self._body(asked, form)
        tokens, most_in = self._guess.likely(size), self._guess.most_in(size)
        try:
            await self._throttle.admit(tokens, lambda: self._purse.check(most_in, asked.max_new_tokens))
            reservation = await self._purse.reserve(most_in, asked.max_new_tokens)
        except OutOfBudget as out:
            return Told(None, "budget", str(out))
        self._meter.add(calls=1, retries=int(again))
        number, started = self._pacer.window.send(), time.perf_counter()
        try:
            completion = await self._send(body)
        except RequestFault as failed:
            self._account_fault(failed.fault, reservation, tokens)
            self._hear(failed.fault, number)
            return failed.fault
        except BaseException:
            self._purse.forfeit(reservation)
            raise
        self._account(completion, size, reservation, tokens)
        self._pacer.window.end(number, complained=False)
        self._pacer.meet()
        return self._entry(asked, completion, time.perf_counter() - started)

    def _hear(self, fault: Fault, number: int) -> None:
        """Take to heart what a fault says about the server."""
        overload = fault.status in _OVERLOAD or fault.word == "timeout"
        if overload or fault.status is not None:
            self._pacer.window.end(number, complained=overload)
        if fault.kind in ("transient", "conversation"):
            self._pacer.meet()

    async def _wait(self, fault: Fault, attempt: int) -> None:
        delay = self._patience.backoff.delay(attempt, fault.retry_after)
        if not self._pacer.known:  # nobody else goes before the first has found the server
            await self._patience.sleep(delay)
            return
        everybody = fault.retry_after is not None and fault.status in _OVERLOAD
        await self._pacer.step_out(self._patience.sleep(delay), everybody=everybody)

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
            raise await endings.hopeless(self._endpoint, self._model, fault, self._client)
        if not self._pacer.known and attempt >= min(_FIRST_TRIES, self._patience.attempts):
            raise endings.unreachable(self._endpoint, fault)
        return self._give_up(fault) if attempt >= self._patience.attempts else None

    def _give_up(self, fault: Fault) -> Told:
        """End one conversation; end everything once as many in a row have failed as are asked at a time."""
        self._given_up_in_row += 1
        if self._given_up_in_row >= max(3, self._patience.concurrency):
            raise endings.gone(self._endpoint, fault, self._given_up_in_row)
        return Told(None, fault.word, fault.detail)

    def _body(self, asked: Asked, form: RequestForm) -> tuple[bytes, RequestSize]:
        body = form.body(
            self._model,
            asked.messages,
            schema=asked.schema,
            max_new_tokens=asked.max_new_tokens,
            temperature=asked.temperature,
            seed=asked.seed,
        )
        data = _encode(body)
        images = sum(len(image_hashes(message)) for message in asked.messages)
        size = RequestSize(len(data), images, asked.max_new_tokens)
        if images:
            attach_images(body["messages"], asked.messages)
            data = _encode(body)
        return data, size

    async def _send(self, body: bytes) -> Completion:
        try:
            reply = await self._client.post_chat(body)
            self._throttle.heed(reply.headers)
            if reply.status != 200:
                raise RequestFault(self._read_refusal(reply, body))
            return read_completion(reply.content, now=self._patience.clock())
        except RequestFault as error:
            fault = error.fault
        except Exception as error:
            known = read_exception(error)
            if known is None:
                raise
            fault = known
        raise RequestFault(replace(fault, detail=self._endpoint.redact(fault.detail)))

    def _read_refusal(self, reply: ServerReply, body: bytes) -> Fault:
        text = reply.content[:_LONGEST_REFUSAL_BYTES].decode("utf-8", "replace")
        return read_status(reply.status, text, reply.headers, sent=json.loads(body), now=self._patience.clock())

    def _account(self, completion: Completion, size: RequestSize, reservation: Reservation, guessed: int) -> None:
        tokens_in, tokens_out = completion.tokens_in, completion.tokens_out
        self._meter.add(tokens_in=tokens_in, tokens_out=tokens_out, usage_missing=int(completion.usage_missing))
        if completion.usage_missing:
            tokens_in = tokens_in or self._guess.most_in(size)
            tokens_out = tokens_out or self._guess.most_out(completion.text)
        else:
            self._guess.learn(size, tokens_in, tokens_out)
        self._purse.settle(reservation, tokens_in, tokens_out)
        self._throttle.correct(guessed, tokens_in + tokens_out)

    def _account_fault(self, fault: Fault, reservation: Reservation, guessed: int) -> None:
        if fault.kind != "unreachable" and fault.status in (None, 200):
            self._purse.forfeit(reservation)  # a reply may have been written, and be charged
            return
        self._purse.settle(reservation, 0, 0)
        self._throttle.correct(guessed, 0)

    def _entry(self, asked: Asked, completion: Completion, seconds: float) -> JournalEntry:
        return JournalEntry(
            asked.key,
            completion.text,
            completion.finish_reason,
            completion.tokens_in,
            completion.tokens_out,
            seconds,
            self._patience.clock(),
            asked.documents,
        )


def _encode(body: JsonValue) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
