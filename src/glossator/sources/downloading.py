"""Takes what is wanted, leaves files in the store and what became of each: asked once, tried again where that helps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone

from glossator.llm.retrying import Backoff
from glossator.sources.addresses import hide_secrets
from glossator.sources.bodies import Body
from glossator.sources.failure import Failure
from glossator.sources.fetch_store import FetchStore, Terms
from glossator.sources.fetched import Fetched, Wanted
from glossator.sources.requesting import Web
from glossator.sources.robots import Robots

Done = Callable[[int, Wanted, Fetched | BaseException], None]


class Downloader:
    """Downloads under one policy, in one event loop.

    Args:
        web: what asks.
        store: where files and the record are.
        as_of: another one asks again for whatever failed.

    Raises:
        MissingExtraError: protego is not installed and robots.txt is to be obeyed.
    """

    def __init__(self, web: Web, store: FetchStore, *, as_of: str) -> None:
        self._web, self._store, self._as_of = web, store, as_of
        self._robots = Robots(web, store) if web.policy.obey_robots else None
        self._running: dict[tuple[str, tuple[str, ...]], asyncio.Future[Fetched]] = {}

    async def deliver(self, number: int, wanted: Wanted, done: Done) -> None:
        """Download one thing and hand the outcome to `done`, whatever it is."""
        try:
            done(number, wanted, await self._share(wanted))
        except BaseException as error:
            done(number, wanted, error)
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _share(self, wanted: Wanted) -> Fetched:
        """One URL that is wanted twice at the same time is asked once."""
        key = wanted.url, wanted.accept
        if key not in self._running:
            self._running[key] = asyncio.ensure_future(self._one(wanted))
            self._running[key].add_done_callback(lambda _: self._running.pop(key))
        return await asyncio.shield(self._running[key])

    async def _one(self, wanted: Wanted) -> Fetched:
        policy = self._web.policy
        terms = Terms(wanted.accept, policy.max_bytes, policy.allow_private, policy.obey_robots, self._as_of)
        # Not in a thread: whoever is wanted first stands first in the line for its host.
        known = self._store.find(wanted.url, terms)
        if known is not None and not known.transient:
            return known
        started = self._web.clock.monotonic()
        fetched = await self._try(wanted, started)
        await asyncio.to_thread(self._store.keep, wanted.url, terms, fetched)
        return fetched

    async def _try(self, wanted: Wanted, started: float) -> Fetched:
        backoff, attempt = Backoff(), 0
        while True:
            attempt += 1
            try:
                return await self._download(wanted, started)
            except Failure as failure:
                if not failure.retry or attempt >= self._web.policy.attempts:
                    return self._failed(wanted, failure, attempt, started)
                wait = backoff.delay(attempt, failure.retry_after)
                if failure.retry_after is not None:
                    self._web.turns.rest(failure.host, wait)
                await self._web.clock.sleep(wait)

    async def _download(self, wanted: Wanted, started: float) -> Fetched:
        before_hop = self._robots.check if self._robots else None
        with Body(self._store, wanted.accept) as body:
            answer = await self._web.get(wanted.url, body, max_bytes=self._web.policy.max_bytes, before_hop=before_hop)
            media_type, content, path, size = await asyncio.to_thread(body.finish)
        return Fetched(
            url=hide_secrets(wanted.url),
            final_url=answer.url,
            status=answer.status,
            media_type=media_type,
            id=content,
            path=str(path),
            bytes=size,
            problem="",
            detail="",
            transient=False,
            seconds=self._web.clock.monotonic() - started,
            fetched_at=self._now(),
            charset=answer.charset,
        )

    def _failed(self, wanted: Wanted, failure: Failure, attempts: int, started: float) -> Fetched:
        tries = f" ({attempts} tries)" if attempts > 1 else ""
        url = hide_secrets(wanted.url)
        return Fetched(
            url=url,
            final_url=failure.url or url,
            status=failure.status,
            media_type="",
            id="",
            path="",
            bytes=0,
            problem=failure.problem,
            detail=failure.detail + tries,
            transient=failure.transient,
            seconds=self._web.clock.monotonic() - started,
            fetched_at=self._now(),
        )

    def _now(self) -> str:
        return datetime.fromtimestamp(self._web.clock.now(), timezone.utc).isoformat(timespec="seconds")
