"""Takes an endpoint, leaves an HTTP client: it sends the key and little else, and reads no more than it must."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError
from glossator.llm.faults import Fault, RequestFault
from glossator.llm.providers import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_BODY_BYTES = 8 << 20
"""Bytes of a reply that are read; escapes can make a text of a million characters six times as long."""

_CONNECT_SECONDS = 15.0
_HEADERS = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
# The client adds these from the environment, for whichever server it is pointed at.
_OPENAI_HEADERS = {"openai-organization", "openai-project"}


def require_client_libraries() -> None:
    """Raise `MissingExtraError` if what the client is made of is not installed; nothing is imported."""
    for library in ("openai", "aiohttp"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "teach")


def open_client(endpoint: Endpoint, *, connections: int, timeout_seconds: float) -> AsyncOpenAI:
    """Make a client for one endpoint; call it inside the event loop that it will be used in.

    It never retries, follows no redirect, reads at most `LONGEST_BODY_BYTES` of a reply, and reaches servers on this
    machine without any proxy. What it sends besides the request itself is the key and a user agent.
    """
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async def before_request(request: httpx2.Request) -> None:
        allowed = _HEADERS | (_OPENAI_HEADERS if request.url.host == "api.openai.com" else set())
        for name in list(request.headers):
            if name.lower() not in allowed:
                del request.headers[name]
        if endpoint.key:
            request.headers["Authorization"] = f"Bearer {endpoint.key.reveal()}"

    class _Bounded(httpx2.AsyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for part in self._stream:
                read += len(part)
                if read > LONGEST_BODY_BYTES:
                    raise RequestFault(
                        Fault("conversation", "too_long", f"the reply is over {LONGEST_BODY_BYTES} bytes")
                    )
                yield part

        async def aclose(self) -> None:
            await self._stream.aclose()

    async def after_response(response: httpx2.Response) -> None:
        response.stream = _Bounded(response.stream)

    http = DefaultAioHttpClient(
        timeout=httpx2.Timeout(timeout_seconds, connect=_CONNECT_SECONDS, pool=None),
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,
        trust_env=not endpoint.on_this_machine,
        event_hooks={"request": [before_request], "response": [after_response]},
    )
    # The key stands in the hook alone: the library would print, log or reuse one that it holds.
    return AsyncOpenAI(
        api_key="unused",
        base_url=endpoint.base_url,
        http_client=http,
        max_retries=0,
        # An unpacked reply could be a thousand times what was read of it.
        default_headers={"Accept-Encoding": "identity"},
    )


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What a server sent back, whatever its status."""

    status: int
    content: bytes
    headers: Any


async def post_chat(client: AsyncOpenAI, body: dict[str, Any]) -> ServerReply:
    """Send one chat request; gives the reply, also if its status is an error.

    Raises:
        openai.APIConnectionError: there was no reply.
        RequestFault: the reply is longer than anyone would read.
    """
    import httpx2
    import openai

    try:
        response = await client.post("/chat/completions", cast_to=httpx2.Response, body=body)
    except openai.APIStatusError as error:
        response = error.response
    return ServerReply(response.status_code, response.content, response.headers)


async def list_models(client: AsyncOpenAI) -> list[str] | None:
    """Ask a server which models it has, sorted by name; None if it does not say."""
    import httpx2
    import openai

    try:
        asked = client.get("/models", cast_to=httpx2.Response)
        listed = json.loads((await asyncio.wait_for(asked, _CONNECT_SECONDS)).content)["data"]
        return sorted(str(model["id"]) for model in listed)
    except (openai.OpenAIError, RequestFault, asyncio.TimeoutError, LookupError, TypeError, ValueError, RecursionError):
        return None
