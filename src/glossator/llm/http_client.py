"""Takes an endpoint, leaves an HTTP client: it sends the key and little else, and reads no more than it must."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from glossator.errors import EndpointError, MissingExtraError
from glossator.llm.faults import Fault, RequestFault
from glossator.llm.providers import Endpoint

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, TCPConnector

LONGEST_BODY_BYTES = 8 << 20
"""Bytes of a reply that are read; escapes can make a text of a million characters six times as long."""

_CONNECT_SECONDS = 15.0
_AGENT = "glossator"
_OPENAI_HEADERS = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
"""Whose account is charged, by the environment variable that says so; for OpenAI's own server only."""


def require_client_libraries() -> None:
    """Raise `MissingExtraError` if what the client is made of is not installed; nothing is imported."""
    if find_spec("aiohttp") is None:
        raise MissingExtraError("aiohttp", "teach")


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What a server sent back, whatever its status."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    """Names in any case are found."""


class HttpClient:
    """Connections to one endpoint; made and used inside one event loop.

    It never retries, follows no redirect, reads at most `LONGEST_BODY_BYTES` of a reply, and reaches servers on this
    machine without any proxy. What it sends besides the request itself is the key and a user agent.

    Args:
        endpoint: where to, and with which key.
        connections: how many may be open.
        timeout_seconds: for one request, from sending to the last byte.

    Raises:
        EndpointError: the environment names a proxy of a kind that cannot be used.
    """

    def __init__(self, endpoint: Endpoint, *, connections: int, timeout_seconds: float) -> None:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
        from yarl import URL

        self._chat = URL(f"{endpoint.base_url}/chat/completions")
        self._models = URL(f"{endpoint.base_url}/models")
        self._proxy = _proxy_for(endpoint)
        self._session: ClientSession = ClientSession(
            connector=_connector(endpoint, connections),
            cookie_jar=DummyCookieJar(),
            headers=_headers(endpoint),
            timeout=ClientTimeout(total=timeout_seconds, sock_connect=_CONNECT_SECONDS),
            # Reading the environment would send passwords of ~/.netrc along; its proxies are read here.
            trust_env=False,
            # An unpacked reply could be a thousand times what was read of it.
            auto_decompress=False,
        )

    async def post_chat(self, body: bytes) -> ServerReply:
        """Send one chat request; gives the reply, also if its status is an error.

        Raises:
            aiohttp.ClientError: there was no reply.
            asyncio.TimeoutError: there was none in time.
            RequestFault: the reply is longer than anyone would read.
        """
        headers = {"Content-Type": "application/json"}
        async with self._session.post(
            self._chat, data=body, headers=headers, allow_redirects=False, proxy=self._proxy
        ) as response:
            return ServerReply(response.status, await _read(response), response.headers)

    async def list_models(self) -> list[str] | None:
        """Ask the server which models it has, sorted by name; None if it does not say."""
        import aiohttp

        limit = aiohttp.ClientTimeout(total=_CONNECT_SECONDS)
        try:
            async with self._session.get(
                self._models, allow_redirects=False, proxy=self._proxy, timeout=limit
            ) as response:
                listed = json.loads(await _read(response))["data"]
            return sorted(str(model["id"]) for model in listed)
        except (aiohttp.ClientError, RequestFault, asyncio.TimeoutError, OSError):
            return None
        except (LookupError, TypeError, ValueError, RecursionError):
            return None

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _headers(endpoint: Endpoint) -> dict[str, str]:
    headers = {"User-Agent": _AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key.reveal()}"
    if urlsplit(endpoint.base_url).hostname == "api.openai.com":
        named = {header: os.environ.get(variable, "").strip() for header, variable in _OPENAI_HEADERS.items()}
        headers.update({header: value for header, value in named.items() if value})
    return headers


def _connector(endpoint: Endpoint, connections: int) -> TCPConnector:
    from aiohttp import TCPConnector

    if endpoint.base_url.startswith("http:"):
        return TCPConnector(limit=connections)
    trusted = ssl.create_default_context()
    if find_spec("certifi") and not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi

        trusted.load_verify_locations(certifi.where())  # some systems come without any authority
    return TCPConnector(limit=connections, ssl=trusted)


def _proxy_for(endpoint: Endpoint) -> str | None:
    """Give the proxy that the environment names for an address; None for none."""
    parts = urlsplit(endpoint.base_url)
    if endpoint.on_this_machine or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None:
        return None
    kind = urlsplit(proxy if "://" in proxy else f"http://{proxy}").scheme
    if kind not in ("http", "https"):
        raise EndpointError(
            f"the environment names a {kind} proxy for {endpoint.label}, and only http proxies can be used;"
            " name one in HTTPS_PROXY, or the server in NO_PROXY"
        )
    return proxy if "://" in proxy else f"http://{proxy}"


async def _read(response: ClientResponse) -> bytes:
    parts: list[bytes] = []
    read = 0
    async for part in response.content.iter_any():
        read += len(part)
        if read > LONGEST_BODY_BYTES:
            raise _too_long()
        parts.append(part)
    packed = response.headers.get("Content-Encoding", "identity").lower()
    return b"".join(parts) if packed == "identity" else _unpack(b"".join(parts))


def _unpack(content: bytes) -> bytes:
    """Unpack what a server sent packed though nobody asked for that; other packings than its usual ones stay."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, as the content says
    try:
        unpacked = unpacking.decompress(content, LONGEST_BODY_BYTES)
    except zlib.error:
        return content
    if unpacking.unconsumed_tail:
        raise _too_long()
    return unpacked


def _too_long() -> RequestFault:
    return RequestFault(Fault("conversation", "too_long", f"the reply is over {LONGEST_BODY_BYTES} bytes"))
