"""Whose turn it is to ask arXiv: one request at a time and some seconds apart, whoever on this machine asks.

Its terms of use want one connection and three seconds between two requests, over all of its services together
(https://info.arxiv.org/help/api/tou.html). Two runs that share a store are one client, so the turn is a locked file
that says when the next request may start.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from glossator import __version__
from glossator.errors import SourceError
from glossator.sources.fetching import CLOCK, Clock, Policy

DELAY_SECONDS = 3.0
"""Between the starts of two requests."""


class Turns:
    """The turns of everyone who shares a store.

    Args:
        store: the folder where the lock lies; made if it is not there.
        hosts: addresses that are asked; they count as one.
        delay_seconds: between the starts of two requests.
        clock: the time, and when each host may be asked next.

    Raises:
        SourceError: the delay is no number of seconds.
    """

    def __init__(self, store: Path, *hosts: str, delay_seconds: float = DELAY_SECONDS, clock: Clock = CLOCK) -> None:
        if not 0 <= delay_seconds <= 3600:
            raise SourceError(f"delay_seconds {delay_seconds} is no pause; arXiv asks for 3 or more")
        self.clock, self.delay_seconds = clock, delay_seconds
        self._path = store / "arxiv.turn"
        self._hosts = sorted({urlsplit(host).hostname or "" for host in hosts})

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Wait until nobody else asks; a request that starts inside of the block keeps its distance to the last one.

        Nothing is waited for where nothing is asked, as for what lies in the store already.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            _lock(file)
            shift = self.clock.monotonic() - self.clock.now()
            earliest = min(_read(file), self.clock.now() + self.delay_seconds) + shift
            for host in self._hosts:
                self.clock.next_start[host] = max(earliest, self.clock.next_start.get(host, earliest))
            before = self._next_start()
            try:
                yield
            finally:
                if self._next_start() != before:
                    _write(file, self._next_start() - shift)

    def policy(self, *, max_bytes: int, allow_private: bool) -> Policy:
        """How single requests are made: alone.

        arXiv's robots.txt is meant for crawlers; programs that ask for papers by their ids go by the terms above.
        """
        return Policy(
            max_bytes=max_bytes,
            per_host=1,
            concurrency=1,
            delay_seconds=self.delay_seconds,
            allow_private=allow_private,
            obey_robots=False,
            user_agent=f"glossator/{__version__} (papers by id; {self.delay_seconds:g} s between two requests)",
        )

    def _next_start(self) -> float:
        return max(self.clock.next_start[host] for host in self._hosts)


def _lock(file: BinaryIO) -> None:
    """Wait for the lock: whoever holds it makes one request within time limits, and a lock ends with its process."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system: no two runs at once is left to the user there
        return
    fcntl.flock(file, fcntl.LOCK_EX)


def _read(file: BinaryIO) -> float:
    """When the next request may start, in seconds since 1970; 0 if there was none."""
    file.seek(0)
    try:
        return float(file.read(64))
    except ValueError:
        return 0.0


def _write(file: BinaryIO, moment: float) -> None:
    file.seek(0)
    file.truncate()
    file.write(repr(moment).encode())
    file.flush()
