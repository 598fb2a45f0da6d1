"""Takes URLs, leaves whether their servers let programs read them: each robots.txt read once a day."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from glossator.errors import MissingExtraError
from glossator.llm.retrying import Backoff
from glossator.sources.failure import Failure
from glossator.sources.fetch_store import FetchStore
from glossator.sources.requesting import Web

if TYPE_CHECKING:
    from protego import Protego
    from yarl import URL

AGENT = "glossator"
"""The name that a robots.txt may speak to."""
MAX_BYTES = 512_000
"""As much of a robots.txt is read (RFC 9309, section 2.5: at least 500 KiB)."""
_MOST_SENT_BYTES = 100_000_000
"""One that is told to be longer, or unpacks to nothing for so long, cannot be read."""
LONGEST_DELAY_SECONDS = 60.0
"""However long a robots.txt asks to wait between two requests."""

_DAY_SECONDS = 86_400.0
_NOWHERE = {"redirect", "refused_address", "bad_url"}
"""Problems of a robots.txt that is not there, besides those of its status: redirects that lead to none."""


class Robots:
    """The rules of every origin asked about, in one event loop.

    A file that is not there (4xx) allows everything; one that cannot be read now (5xx, no connection, a body that
    cannot be unpacked) forbids everything for now (RFC 9309, section 2.3.1).

    Args:
        web: what asks.
        store: where the files are kept for a day.

    Raises:
        MissingExtraError: protego is not installed.
    """

    def __init__(self, web: Web, store: FetchStore) -> None:
        self._web, self._store = web, store
        self._rules: dict[str, asyncio.Task[Protego]] = {}
        _parse("")

    async def check(self, url: URL) -> float:
        """Take a URL that is about to be asked, leave the seconds to keep between two requests to its host.

        Raises:
            Failure: its server does not want it read, or cannot be asked now.
        """
        origin = str(url.origin())
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._read(origin))
        # Shielded: one who gives up waiting must not take the rules from the others.
        try:
            rules = await asyncio.shield(self._rules[origin])
        except Failure as error:  # shared by all who ask: each gets one of their own
            raise Failure(error.problem, error.detail, transient=error.transient, retry=False) from error
        if not rules.can_fetch(str(url), AGENT):
            raise Failure("robots", "its server's robots.txt forbids it")
        asked = min(rules.crawl_delay(AGENT) or 0.0, LONGEST_DELAY_SECONDS)
        return max(self._web.policy.delay_seconds, asked)

    async def _read(self, origin: str) -> Protego:
        now = self._web.clock.now()
        body = await asyncio.to_thread(self._store.find_robots, origin, now - _DAY_SECONDS)
        if body is None:
            body = await self._ask(origin)
            await asyncio.to_thread(self._store.keep_robots, origin, body, now)
        return _parse(body)

    async def _ask(self, origin: str) -> str:
        backoff = Backoff()
        for attempt in range(1, self._web.policy.attempts + 1):
            body = _Beginning()
            try:
                await self._web.get(f"{origin}/robots.txt", body, max_bytes=_MOST_SENT_BYTES)
            except Failure as failure:
                if _is_absent(failure):
                    return ""
                if not failure.retry or attempt == self._web.policy.attempts:
                    raise Failure(
                        "robots_unreachable",
                        f"robots.txt: {failure.problem}, {failure.detail}",
                        transient=True,
                        retry=False,
                    ) from failure
                await self._web.clock.sleep(backoff.delay(attempt, failure.retry_after))
            else:
                break
        return body.data.decode("utf-8", "replace")


def _is_absent(failure: Failure) -> bool:
    """Whether there is no such file, which lets everything be read; else it is only out of reach."""
    if failure.status is None:
        return failure.problem in _NOWHERE
    return failure.status < 500 and not failure.transient


class _Beginning:
    """Keeps as much of a body as is read of a robots.txt."""

    def __init__(self) -> None:
        self.data = b""

    def begin(self, name: str, media_type: str) -> None:
        """Nothing depends on what it is called."""

    def write(self, data: bytes) -> bool:
        self.data = (self.data + data)[:MAX_BYTES]
        return len(self.data) < MAX_BYTES


def _parse(body: str) -> Protego:
    try:
        from protego import Protego
    except ImportError as error:
        raise MissingExtraError("protego", "documents") from error
    # NUL and lone surrogates have no business in rules, and the parser may stumble over them.
    return Protego.parse(body.replace("\0", ""))
