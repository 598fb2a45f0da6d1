"""Takes coroutines, leaves futures: one event loop in a thread of its own, for callers that are not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_CLOSE_SECONDS = 10.0


class BackgroundLoop:
    """An event loop that runs in a daemon thread until `close`.

    Args:
        name: of the thread, for debuggers.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def post(self, function: Callable[[], object]) -> None:
        """Have a function called on the loop soon, after all that was handed over before."""
        self._loop.call_soon_threadsafe(function)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_seconds: float | None = None) -> T:
        """Start a coroutine on the loop and wait for what it returns.

        Raises:
            TimeoutError: it took longer than allowed; it goes on.
        """
        return self.submit(coroutine).result(timeout_seconds)

    @property
    def inside(self) -> bool:
        """Whether the thread that asks is the loop's own: it must not wait for itself."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Cancel what still runs, then end loop and thread; doing so twice does no harm."""
        if self._loop.is_closed() or not self._thread.is_alive():
            return
        if self.inside:
            self._loop.call_soon(self._loop.stop)
            return
        self.run(self._end_tasks(), _CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_SECONDS)

    async def _end_tasks(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()
