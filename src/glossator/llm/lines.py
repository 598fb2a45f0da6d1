"""Takes questions from any thread, leaves futures: one line to one server, and runs of questions sent through it."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import threading
import time
from collections import deque

from glossator.errors import ModelError
from glossator.llm.asking import Asked, Setup, Told
from glossator.llm.background import BackgroundLoop
from glossator.llm.calling import Caller
from glossator.llm.request_form import RequestForm

_ABANDON_SECONDS = 30.0
"""How long the end of a run may take: cancelling is at once, what has arrived is still being written."""


class Line:
    """The connection to a server: opened by the first question, closed and opened again as need be."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._open: tuple[BackgroundLoop, Caller] | None = None

    @property
    def form(self) -> RequestForm:
        """The form of requests in use."""
        return self._open[1].form if self._open else self._setup.form

    def open(self) -> tuple[BackgroundLoop, Caller]:
        """Give the loop and the caller that lives in it."""
        with self._lock:
            if self._open is None:
                loop = BackgroundLoop(f"model server {self._setup.endpoint.label}")
                self._open = loop, loop.run(self._make_caller())
            return self._open

    async def _make_caller(self) -> Caller:
        return Caller(self._setup)

    def close(self) -> None:
        """Close all connections, and end the loop."""
        with self._lock:
            if self._open is not None:
                (loop, caller), self._open = self._open, None
                self._setup = dataclasses.replace(self._setup, form=caller.form)
                if loop.inside:  # garbage may be collected in any thread
                    loop.submit(caller.close()).add_done_callback(lambda _: loop.close())
                    return
                try:
                    loop.run(caller.close(), _ABANDON_SECONDS)
                finally:
                    loop.close()


class Pending:
    """A question that was asked and has not been told of yet."""

    __slots__ = ("asked", "done", "error", "told")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.done = False
        self.told: Told | None = None
        self.error: BaseException | None = None


class Run:
    """The questions of one iterator: the first error that ends one of them ends them all.

    Questions are handed to the event loop many at a time, and the thread that asks is woken only for the answer that
    it waits for: waking the other thread for each of them would cost as much as sending it.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._tasks: set[asyncio.Task[Told]] = set()
        self._fatal: Exception | None = None
        self._handed: deque[tuple[Caller, Pending]] = deque()
        self._called = False
        self._lock, self._arrived = threading.Lock(), threading.Event()
        self._awaited: Pending | None = None

    @property
    def failed(self) -> bool:
        """Whether an error has ended it."""
        return self._fatal is not None

    def begin(self, asked: Asked) -> Pending:
        """Ask one question; what it is answered is waited for later."""
        loop, caller = self._line.open()
        pending = Pending(asked)
        self._handed.append((caller, pending))
        time.sleep(0)  # the loop's thread first, should it want to run: the server waits for it
        # Whoever is called empties the line after taking this note back, so what is in the line now is seen.
        if not self._called:
            self._called = True
            loop.post(self._take)
        return pending

    def wait(self, waiting: Told | Pending) -> Told:
        """Wait for one question; raises what ended the run, should it have ended."""
        if isinstance(waiting, Told):
            return waiting
        with self._lock:
            self._awaited = None if waiting.done else waiting
            self._arrived.clear()
        if self._awaited is not None:
            self._arrived.wait()
        if waiting.told is not None:
            return waiting.told
        raise self._fatal or waiting.error or ModelError("the model was closed while it was asked")

    def abandon(self) -> None:
        """Cancel what is in flight and wait until what has arrived is on disk."""
        loop, caller = self._line.open()
        loop.run(self._end(caller), _ABANDON_SECONDS)

    def _take(self) -> None:
        self._called = False
        while self._handed:
            caller, pending = self._handed.popleft()
            if self._fatal is not None:
                self._finish(pending, None, self._fatal)
                continue
            task = asyncio.ensure_future(self._ask(caller, pending.asked))
            self._tasks.add(task)
            task.add_done_callback(functools.partial(self._told, pending))

    async def _ask(self, caller: Caller, asked: Asked) -> Told:
        try:
            return await caller.call(asked)
        except Exception as error:
            # At once: whoever got the turn of this question must not be sent.
            self._fatal = self._fatal or error
            self._cancel()
            raise

    def _told(self, pending: Pending, task: asyncio.Task[Told]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            self._finish(pending, None, None)
            return
        error = task.exception()
        self._finish(pending, None if error else task.result(), error)

    def _finish(self, pending: Pending, told: Told | None, error: BaseException | None) -> None:
        with self._lock:
            pending.told, pending.error, pending.done = told, error, True
            if self._awaited is pending:
                self._arrived.set()

    def _cancel(self) -> None:
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def _end(self, caller: Caller) -> None:
        # A question that was handed over but has not begun finds this and does not begin.
        self._fatal = self._fatal or ModelError("the questions were abandoned")
        tasks = list(self._tasks)
        self._cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await caller.settle()
