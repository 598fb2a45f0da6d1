"""Takes a URL, leaves its answer: redirects followed by hand, bodies counted as they come, every wait bounded."""

from __future__ import annotations

import asyncio
import functools
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from glossator.errors import GlossatorError, MissingExtraError
from glossator.llm.retrying import retry_after_seconds
from glossator.sources.addresses import RefusedAddressError, check_url, guarded_socket, hide_secrets, public_resolver
from glossator.sources.failure import Failure
from glossator.sources.fetched import Policy
from glossator.sources.pacing import Clock, Turns
from glossator.sources.unpacking import Unpacking

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession
    from yarl import URL

MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_RETRIED = {408, 425, 429}
_SLOWEST_BYTES_PER_SECOND = 50_000

BeforeHop = Callable[["URL"], Awaitable[float]]
"""Asked before each request: may refuse it by raising `Failure`, and gives the seconds to keep between two of them."""


class Sink(Protocol):
    """Where a body goes. Both may raise `Failure`."""

    def begin(self, name: str, media_type: str) -> None:
        """A body starts; `name` is the path of its URL, `media_type` what the server calls it."""

    def write(self, data: bytes) -> bool:
        """Take the next bytes in; False if no more are wanted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    url: str
    """Of the last hop, secrets hidden."""
    charset: str
    """Of a text, as the server tells it; empty if it does not."""
    busy: bool
    """Whether another try may go better."""
    retry_after: float | None
    """Seconds that the server asks to be left alone; None if it does not."""


class Web:
    """Requests under one policy, in one event loop; make it inside that loop.

    Args:
        policy: limits and politeness.
        clock: the time and the waiting.

    Raises:
        MissingExtraError: aiohttp is not installed.
    """

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self.policy, self.clock = policy, clock
        self.turns = Turns(clock, per_host=policy.per_host, concurrency=policy.concurrency)
        self._session = _open_session(policy)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def get(
        self,
        url: str,
        sink: Sink,
        *,
        max_bytes: int,
        before_hop: BeforeHop | None = None,
        headers: Mapping[str, str] | None = None,
        any_status: bool = False,
    ) -> Answer:
        """Ask for a URL and write the body of its answer to `sink`.

        Args:
            url: as written.
            sink: where the body goes.
            max_bytes: of the body, as sent and unpacked.
            before_hop: asked before the request and each redirect.
            headers: sent to the first host only.
            any_status: whether an answer with an error status is an answer.

        Raises:
            Failure: there was no good answer.
        """
        target, hops = self._check(url), 0
        origin = target.origin()
        while True:
            try:
                delay = await before_hop(target) if before_hop else self.policy.delay_seconds
                async with self.turns.turn(str(target.raw_host), delay):
                    extra = dict(headers or {}) if target.origin() == origin else {}
                    moved = await self._hop(target, sink, extra, max_bytes=max_bytes, any_status=any_status)
                if isinstance(moved, Answer):
                    return moved
                hops += 1
                if hops > MAX_REDIRECTS:
                    raise Failure("redirect", f"more than {MAX_REDIRECTS} redirects")
                target = self._check(moved, target)
            except Failure as failure:
                failure.url = failure.url or hide_secrets(str(target))
                failure.host = str(target.raw_host)
                raise

    def _check(self, text: str, base: URL | None = None) -> URL:
        """The URL to ask next; one that must not be asked is named in the failure as far as it can be."""
        from yarl import URL

        try:
            if base is not None:
                text = str(base.join(URL(text)))
            return check_url(text, allow_private=self.policy.allow_private)
        except RefusedAddressError as error:
            raise _at(Failure("refused_address", str(error)), text) from error
        except ValueError as error:
            problem = "bad_url" if base is None else "redirect"
            raise _at(Failure(problem, "it leads to what is no URL" if base else str(error)), text) from error

    async def _hop(
        self, url: URL, sink: Sink, headers: dict[str, str], *, max_bytes: int, any_status: bool
    ) -> Answer | str:
        """One request: the answer, or where it redirects to."""
        try:
            request = self._session.get(url, headers=headers, allow_redirects=False)
            response = await asyncio.wait_for(request, self.policy.timeout_seconds)
            try:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    return response.headers["Location"]
                if response.status != 200 and not any_status:
                    raise _failed_status(response, self.clock)
                sink.begin(url.path, response.content_type)
                await self._read(response, sink, max_bytes)
                failed = _failed_status(response, self.clock)
                shown = hide_secrets(str(url))
                return Answer(response.status, shown, _charset(response), failed.transient, failed.retry_after)
            finally:
                response.close()
        except (Failure, GlossatorError):
            raise
        except Exception as error:
            raise _failed_connection(error, self.policy.timeout_seconds) from error

    async def _read(self, response: ClientResponse, sink: Sink, max_bytes: int) -> None:
        """Pass the body on, unpacked. A server that trickles gets as long as a slow line would need, and no longer."""
        unpack = Unpacking(response.headers.get("Content-Encoding", "identity").strip().lower())
        if (response.content_length or 0) > max_bytes:
            raise _too_large(max_bytes)
        started, received, unpacked = time.monotonic(), 0, 0
        while True:
            patience = self.policy.timeout_seconds
            left = started + patience + received / _SLOWEST_BYTES_PER_SECOND - time.monotonic()
            block = await asyncio.wait_for(response.content.readany(), max(0.001, min(patience, left)))
            if not block:
                break
            received += len(block)
            for part in unpack.parts(block):
                unpacked += len(part)
                if max(received, unpacked) > max_bytes:
                    raise _too_large(max_bytes)
                if not sink.write(part):
                    return
            if received > max_bytes:
                raise _too_large(max_bytes)
        unpack.finish()


def _open_session(policy: Policy) -> ClientSession:
    try:
        import aiohttp
    except ImportError as error:
        raise MissingExtraError("aiohttp", "documents") from error
    allow_private = policy.allow_private
    connector = aiohttp.TCPConnector(
        limit=0,
        use_dns_cache=False,
        resolver=public_resolver(allow_private=allow_private),
        # Whatever was resolved and checked before, this sees the address that is connected to.
        socket_factory=functools.partial(guarded_socket, allow_private=allow_private),
    )
    # No proxy and no netrc: both would decide from outside who is asked, and with which password.
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=policy.timeout_seconds),
        headers={"User-Agent": policy.calls_itself, "Accept": "*/*", "Accept-Encoding": "gzip"},
        auto_decompress=False,
        trust_env=False,
        middlewares=(functools.partial(_ask_once, timeout_seconds=policy.timeout_seconds),),
    )


async def _ask_once(request: ClientRequest, handler: ClientHandlerType, *, timeout_seconds: float) -> ClientResponse:
    """Turn a lost connection into a failure, which the library does not know: it would ask again out of turn."""
    try:
        return await handler(request)
    except Exception as error:
        raise _failed_connection(error, timeout_seconds) from error


def _at(failure: Failure, url: str) -> Failure:
    failure.url = hide_secrets(url)
    return failure


def _too_large(max_bytes: int) -> Failure:
    return Failure("too_large", f"more than {max_bytes / 1e6:g} MB")


def _failed_status(response: ClientResponse, clock: Clock) -> Failure:
    status = response.status
    problem = "not_found" if status in (404, 410) else f"http_{status}"
    transient = status in _RETRIED or (status >= 500 and status not in (501, 505))
    failure = Failure(problem, f"HTTP {status}", transient=transient, status=status)
    failure.retry_after = retry_after_seconds(response.headers, clock.now())
    return failure


def _charset(response: ClientResponse) -> str:
    """Only what may be the name of an encoding: it comes from a stranger."""
    name = (response.charset or "").strip().lower()
    return name if re.fullmatch(r"[a-z0-9_.:-]{1,40}", name) else ""


def _failed_connection(error: Exception, timeout_seconds: float) -> Failure:
    """What the library complains of, in words that hold nothing of the URL."""
    import aiohttp

    refused = _refusal(error)
    if refused is not None:
        return Failure("refused_address", str(refused))
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):
        return Failure("bad_url", "it cannot be asked for")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Failure("certificate", "its certificate is not valid", transient=True, retry=False)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        detail = "its host is not found"
    elif isinstance(error, asyncio.TimeoutError):
        return Failure("timeout", f"no complete answer within {timeout_seconds:g} s", transient=True)
    elif isinstance(error, aiohttp.ClientPayloadError):
        detail = "the answer ended before it was complete"
    elif isinstance(error, aiohttp.ClientConnectorError):
        detail = error.os_error.strerror or "it cannot be reached"
    elif isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        detail = "the connection was cut"
    elif isinstance(error, aiohttp.ClientError | OSError | ValueError):
        detail = f"its answer is not HTTP ({type(error).__name__})"
    else:
        raise error
    return Failure("connection", detail, transient=True)


def _refusal(error: BaseException | None) -> RefusedAddressError | None:
    while error is not None:
        if isinstance(error, RefusedAddressError):
            return error
        error = error.__cause__ or error.__context__
    return None
