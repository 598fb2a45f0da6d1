"""Takes hosts, leaves turns to ask them: so many at once, so far apart, and never sooner than they ask for."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Clock:
    """The time and the waiting; tests bring their own. It remembers when each host may be asked next."""

    def __init__(self) -> None:
        self.next_start: dict[str, float] = {}
        """By host, on the scale of `monotonic`."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a scale that never jumps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


CLOCK = Clock()
"""The clock of this process: searching and then downloading from one host keeps its distance too."""


class Turns:
    """Who may ask now. Lives in one event loop.

    Args:
        clock: when each host may be asked next.
        per_host: requests to one host that may run at once.
        concurrency: requests that may run at once.
    """

    def __init__(self, clock: Clock, *, per_host: int, concurrency: int) -> None:
        self._clock = clock
        self._running = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(per_host))
        self._starting = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._all = asyncio.Semaphore(concurrency)

    @asynccontextmanager
    async def turn(self, host: str, delay_seconds: float) -> AsyncIterator[None]:
        """Wait for a turn to ask `host`, and hold it while the block runs.

        Args:
            host: its name.
            delay_seconds: between the starts of two turns.
        """
        async with self._running[host]:
            # One at a time waits for the moment, so that those who wait for a free place do not then start together.
            async with self._starting[host]:
                while (wait := self._clock.next_start.get(host, 0.0) - self._clock.monotonic()) > 0:
                    await self._clock.sleep(wait)
                await self._all.acquire()
                self._clock.next_start[host] = self._clock.monotonic() + delay_seconds
            try:
                yield
            finally:
                self._all.release()

    def rest(self, host: str, seconds: float) -> None:
        """Leave a host alone for some seconds: it asked for it."""
        until = self._clock.monotonic() + seconds
        self._clock.next_start[host] = max(until, self._clock.next_start.get(host, 0.0))
