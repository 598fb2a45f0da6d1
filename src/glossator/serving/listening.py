"""Takes an answerer, a host and a port, leaves a gateway that listens until it is told to end."""

from __future__ import annotations

import dataclasses
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glossator.errors import MissingExtraError, ServingError
from glossator.serving.auth import ApiToken, check_listen
from glossator.serving.settings import GatewaySettings

if TYPE_CHECKING:
    import uvicorn

    from glossator.serving.answering import Answerer


def bind(host: str, port: int) -> socket.socket:
    """Turn a host and a port into a socket that listens: call it before the model is loaded, which takes long.

    Clients that connect before `serve` has the socket wait.

    Args:
        host: an address or a name of this machine.
        port: 0 lets the system choose one.

    Raises:
        ServingError: the host is unknown, or the port is taken, reserved or out of range.
    """
    if not 0 <= port <= 65_535:
        raise ServingError(f"port {port} is out of range; use --port with 1 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise ServingError(f"host {host!r} is unknown here; use --host with an address of this machine") from error
    # With the protocol unsaid, asyncio would not turn Nagle's algorithm off, and a reply would wait 40 ms for an ACK.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # A port that is bound but does not listen can be bound by another process too.
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServingError(f"port {port} is taken on {host}; use --port") from error
        if error.errno == errno.EACCES:
            raise ServingError(f"port {port} needs more rights; use --port with 1024 or above") from error
        raise ServingError(
            f"{host} port {port} cannot be listened on ({error.strerror}); use --host, --port"
        ) from error
    return listener


def serve(
    answerer: Answerer,
    *,
    host: str,
    port: int,
    token: ApiToken | None = None,
    timeout_seconds: float = 60.0,
    on_listening: Callable[[str], None] | None = None,
    settings: GatewaySettings | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Answer questions over HTTP until SIGINT or SIGTERM; what is in flight then may finish, within a bound.

    Args:
        answerer: answers the questions; it is closed at the end.
        host: the address to listen on; anything but loopback takes a token.
        port: 0 lets the system choose one.
        token: what requests must show.
        timeout_seconds: how long an answer may take.
        on_listening: called with the gateway's URL once it answers there.
        settings: everything else; its token and time-out are replaced by the ones above.
        listener: what `bind` gave for this host and port; None binds here.

    Raises:
        ServingError: the host takes a token and there is none, or the port cannot be had.
        MissingExtraError: a library of the `serve` extra is not installed.
    """
    check_listen(host, token)
    chosen = dataclasses.replace(settings or GatewaySettings(), token=token, timeout_seconds=timeout_seconds)
    bound = listener or bind(host, port)
    try:
        server = build_server(answerer, chosen, listener=bound, on_listening=on_listening)
        with _ending(server):
            server.run(sockets=[bound])
    finally:
        bound.close()
        answerer.close()


def build_server(
    answerer: Answerer,
    settings: GatewaySettings,
    *,
    listener: socket.socket,
    on_listening: Callable[[str], None] | None = None,
) -> uvicorn.Server:
    """Turn an answerer into a server for a socket; its `run(sockets=[listener])` serves until `should_exit` is set.

    Raises:
        MissingExtraError: a library of the `serve` extra is not installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError("uvicorn", "serve") from error
    from glossator.serving.gateway import create_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if on_listening:
                on_listening(_url(listener))

    config = uvicorn.Config(
        create_app(answerer, settings),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    return Server(config)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _ending(server: uvicorn.Server) -> Iterator[None]:
    """Let signals end the server rather than the process, also before it runs and when it hands them on at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_: int, __: Any) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
