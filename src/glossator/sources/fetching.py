"""Takes URLs, leaves files in a store: politely, once each, and never from where nobody may ask."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import quote, quote_plus, urlencode, urlsplit, urlunsplit

from glossator.artifacts import canonical_json
from glossator.errors import SourceError
from glossator.llm.background import BackgroundLoop
from glossator.llm.retrying import Backoff
from glossator.records import content_id
from glossator.sources.addresses import HIDDEN, hide_secrets, is_secret
from glossator.sources.downloading import Downloader
from glossator.sources.failure import Failure
from glossator.sources.fetch_store import FetchStore
from glossator.sources.fetched import POLITE, Fetched, Page, Policy, Wanted, Watcher
from glossator.sources.pacing import CLOCK, Clock
from glossator.sources.requesting import Answer, Web

__all__ = ["CLOCK", "POLITE", "Clock", "Fetched", "Page", "Policy", "Wanted", "Watcher", "fetch", "get_page"]

MAX_PAGE_BYTES = 20_000_000
"""An answer of a web service with more bytes is not taken."""

_AHEAD = 256
"""So many of what is wanted are under way or done at once: one slow host must not hold up all others."""
_LEAST_SECRET = 6
"""A shorter value may stand in an answer by chance, and is no secret anyone would use."""


def fetch(
    wanted: Iterable[Wanted],
    store: Path,
    *,
    policy: Policy = POLITE,
    on_done: Callable[[Fetched], None] | None = None,
    as_of: str = "",
    clock: Clock = CLOCK,
) -> Iterator[tuple[Wanted, Fetched]]:
    """Download what is wanted into a store; yields what became of each, in the order wanted.

    A file that is in the store is never downloaded again. What failed for good is not asked for again under the same
    policy and `as_of`; what failed for now is, by each call. Each outcome is on disk before it is yielded, so that a
    killed run goes on where it stopped.

    Args:
        wanted: what to download; read as far ahead as is needed and no further.
        store: a folder that recipes and processes may share.
        policy: limits and politeness.
        on_done: called with each outcome as it comes, in the thread that iterates.
        as_of: any text, such as a date; another one asks again for whatever failed under this one.
        clock: the time and the waiting.

    Raises:
        SourceError: the store cannot be used.
        MissingExtraError: aiohttp or protego is not installed.
    """
    with _opened(store, policy, clock) as (loop, kept, web):
        downloader = loop.run(_make_downloader(web, kept, as_of=as_of))
        arrived: SimpleQueue[tuple[int, Wanted, Fetched | BaseException]] = SimpleQueue()
        waiting: dict[int, tuple[Wanted, Fetched]] = {}
        source, begun, given, more = iter(wanted), 0, 0, True
        while True:
            while more and begun - given < _AHEAD:
                one = next(source, None)
                if one is None:
                    more = False
                    break
                loop.submit(downloader.deliver(begun, one, lambda *outcome: arrived.put(outcome)))
                begun += 1
            if given == begun:
                return
            number, one, outcome = arrived.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if on_done:
                on_done(outcome)
            waiting[number] = one, outcome
            while given in waiting:
                yield waiting.pop(given)
                given += 1


def get_page(
    url: str,
    store: Path,
    *,
    policy: Policy = POLITE,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    secret_params: Sequence[str] = (),
    as_of: str = "",
    keep: Callable[[bytes], bool] = bool,
    on_ask: Callable[[], None] | None = None,
    clock: Clock = CLOCK,
) -> Page:
    """Put one question to a web service, or take its answer from the store; leaves the answer, whatever its status.

    Busy or broken servers are asked again, as often as the policy says. robots.txt is not asked: a service has terms.
    Secrets are sent and go nowhere else: not into the store, not into messages.

    Args:
        url: of the service.
        store: a folder that recipes and processes may share.
        policy: limits and politeness.
        params: the query, besides what stands in `url`.
        headers: sent with it; they are no part of the question, so that a new password asks nothing anew.
        secret_params: names among `params` whose values are secret, besides those that sound like it.
        as_of: change it to ask anew.
        keep: whether an answer of status 200 is worth keeping.
        on_ask: called once before anything is asked, and not if the answer is in the store; may raise.
        clock: the time and the waiting.

    Raises:
        SourceError: there was no answer, or the store cannot be used.
        MissingExtraError: aiohttp is not installed.
    """
    params = dict(params or {})
    hidden = {name for name in params if name in secret_params or is_secret(name)}
    plain = {name: value for name, value in params.items() if name not in hidden}
    shown = hide_secrets(_with_query(url, {name: HIDDEN if name in hidden else params[name] for name in params}))
    secrets = [params[name] for name in hidden]
    # The name of a scheme, such as Bearer, stands before some.
    secrets += [value.rpartition(" ")[2] for name, value in (headers or {}).items() if is_secret(name)]
    key = content_id(hide_secrets(url, tuple(hidden)), canonical_json(plain), as_of)
    with FetchStore(store) as kept:
        found = kept.find_page(key)
    if found is not None:
        return Page(shown, *found, kept=True)
    if on_ask:
        on_ask()
    with _opened(store, dataclasses.replace(policy, obey_robots=False), clock) as (loop, kept, web):
        try:
            answer, body = loop.run(_ask(web, _with_query(url, params), headers))
        except Failure as failure:
            raise SourceError(f"{shown}: no answer: {failure.detail}; check the address, or try again later") from None
        body = _without(body, secrets)
        if answer.status == 200 and keep(body):
            kept.keep_page(key, shown, answer.status, body)
        return Page(shown, answer.status, body, kept=False)


@contextlib.contextmanager
def _opened(store: Path, policy: Policy, clock: Clock) -> Iterator[tuple[BackgroundLoop, FetchStore, Web]]:
    with FetchStore(store) as kept, contextlib.closing(BackgroundLoop("glossator-fetching")) as loop:
        web = loop.run(_make_web(policy, clock))
        try:
            yield loop, kept, web
        finally:
            loop.run(_end(web))


async def _make_web(policy: Policy, clock: Clock) -> Web:
    return Web(policy, clock)


async def _end(web: Web) -> None:
    """Give up what is still under way, then close the connections that it used."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await web.close()


async def _make_downloader(web: Web, store: FetchStore, *, as_of: str) -> Downloader:
    return Downloader(web, store, as_of=as_of)


class _Collected:
    """Keeps a whole body."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def begin(self, name: str, media_type: str) -> None:
        """Nothing depends on what it is called."""

    def write(self, data: bytes) -> bool:
        self.parts.append(data)
        return True


async def _ask(web: Web, url: str, headers: Mapping[str, str] | None) -> tuple[Answer, bytes]:
    backoff = Backoff()
    for attempt in range(1, web.policy.attempts + 1):
        last = attempt == web.policy.attempts
        body = _Collected()
        limit = min(MAX_PAGE_BYTES, web.policy.max_bytes)
        try:
            answer = await web.get(url, body, max_bytes=limit, headers=headers, any_status=True)
        except Failure as failure:
            if last or not failure.retry:
                raise
            wait = backoff.delay(attempt, failure.retry_after)
        else:
            if last or not answer.busy:
                return answer, b"".join(body.parts)
            wait = backoff.delay(attempt, answer.retry_after)
        await web.clock.sleep(wait)
    raise AssertionError("a policy allows one attempt at least")


def _with_query(url: str, params: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(params))))))


def _without(body: bytes, secrets: Sequence[str]) -> bytes:
    """The body with every secret hidden, in each form in which a server might repeat it."""
    from yarl import URL

    for secret in secrets:
        if len(secret) >= _LEAST_SECRET:
            as_sent = URL.build(query={"k": secret}).raw_query_string.removeprefix("k=")
            for form in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), as_sent}:
                body = body.replace(form.encode(), HIDDEN.encode())
    return body
