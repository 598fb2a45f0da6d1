"""A real web server on this machine that behaves as it is told, badly too, and a clock that never waits."""

import asyncio
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from glossator.sources.pacing import Clock

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n"


def pdf(number):
    return PDF + b"%% number %d\n" % number


class QuickClock(Clock):
    """Moves on by itself whenever someone waits."""

    def __init__(self):
        super().__init__()
        self.time = 1_000_000.0
        self.slept = []

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class WebServer:
    """Answers by path: with bytes, with a status, with (status, headers, body), or by calling a function."""

    def __init__(self, host="127.0.0.1"):
        self.routes: dict[str, object] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.running = self.most_running = 0
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def files(self):
        """What was asked for, in order, without robots.txt."""
        return [path for path in self.asked if path != "/robots.txt"]

    def close(self):
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(web):  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with web._lock:
                    web.asked.append(self.path)
                    web.headers.append(dict(self.headers))
                    web.running += 1
                    web.most_running = max(web.most_running, web.running)
                try:
                    self._answer(web.routes.get(self.path.partition("?")[0], 404))
                except OSError:
                    self.close_connection = True  # whoever asked has gone
                finally:
                    with web._lock:
                        web.running -= 1

            def _answer(self, route):
                if isinstance(route, list):
                    route = route.pop(0) if len(route) > 1 else route[0]
                if callable(route):
                    route = route(self)
                if route is None:
                    self.close_connection = True
                else:
                    self._send(*_whole(route))

            def _send(self, status, headers, body):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                if int(headers.get("Content-Length", len(body))) != len(body):
                    cut(self)

            def log_message(self, *arguments):
                pass

        return Handler


def _whole(route):
    """A route as status, headers and body."""
    if isinstance(route, bytes):
        return 200, {}, route
    return (route, {}, b"no") if isinstance(route, int) else route


def cut(handler):
    """Close the connection in the middle of whatever is going on."""
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@contextmanager
def serving(host="127.0.0.1"):
    server = WebServer(host)
    try:
        yield server
    finally:
        server.close()
