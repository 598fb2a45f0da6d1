"""Takes questions from any thread, leaves futures: one line to one server, and runs of questions sent through it."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from concurrent.futures import CancelledError, Future

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


class Run:
    """The questions of one iterator: the first error that ends one of them ends them all."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._tasks: set[asyncio.Task[Told]] = set()
        self._fatal: Exception | None = None

    def begin(self, asked: Asked) -> Future[Told]:
        """Ask one question; what it is answered is waited for later."""
        loop, caller = self._line.open()
        return loop.submit(self._ask(caller, asked))

    async def _ask(self, caller: Caller, asked: Asked) -> Told:
        task = asyncio.current_task()
        if self._fatal is not None or task is None:
            raise asyncio.CancelledError
        self._tasks.add(task)
        try:
            return await caller.call(asked)
        except Exception as error:
            self._fatal = self._fatal or error
            self._cancel(but=task)
            raise
        finally:
            self._tasks.discard(task)

    def _cancel(self, but: asyncio.Task[Told] | None = None) -> None:
        for task in self._tasks:
            if task is not but:
                task.cancel()

    def wait(self, waiting: Told | Future[Told]) -> Told:
        """Wait for one question; raises what ended the run, should it have ended."""
        if isinstance(waiting, Told):
            return waiting
        try:
            return waiting.result()
        except CancelledError:
            if self._fatal is not None:
                raise self._fatal from None
            raise

    def abandon(self) -> None:
        """Cancel what is in flight and wait until what has arrived is on disk."""
        loop, caller = self._line.open()
        loop.run(self._end(caller), _ABANDON_SECONDS)

    async def _end(self, caller: Caller) -> None:
        # A question that was handed over but has not begun finds this and does not begin.
        self._fatal = self._fatal or ModelError("the questions were abandoned")
        tasks = list(self._tasks)
        self._cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await caller.settle()
