"""A server on loopback that answers as arXiv does: recorded answers of its API, and PDFs by id."""

import json
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from glossator.sources.fetching import Clock

FIXTURES = Path(__file__).parents[1] / "fixtures"
PAPER = FIXTURES / "papers" / "jcon.00091.pdf"
_EMPTY = (
    '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns="http://www.w3.org/2005/Atom">'
    "<opensearch:totalResults>{total}</opensearch:totalResults>"
    "<opensearch:startIndex>{start}</opensearch:startIndex></feed>"
)


def asked(url):
    """What decides an answer of the API: expression, ids, first result, number of results."""
    values = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return tuple(values[name][0] for name in ("search_query", "id_list", "start", "max_results"))


class ArxivServer:
    """What it holds, and what it was asked."""

    def __init__(self, folder=FIXTURES / "arxiv", clock=None):
        recordings = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        self.answers = {asked(one["url"]): (one["status_code"], one["body"].encode()) for one in recordings}
        self.requests, self.times, self.agents = [], [], set()
        self.faults = {}
        """Path, or what the API is asked, → answers to give first, as (status, body)."""
        self.on_request = None
        """Called with each path."""
        self.held = None
        """A path at which it hangs until `released`."""
        self.arrived, self.released = threading.Event(), threading.Event()
        self.clock = clock
        self.most_at_once, self._now, self._lock = 0, 0, threading.Lock()

    @property
    def counts(self):
        """Path or question → how often it was asked."""
        return Counter(self.requests)

    def answer(self, path):
        """Status and body for a request."""
        key = asked(path) if path.startswith("/api/query") else path
        with self._lock:
            self.requests.append(key)
            self.times.append(self.clock.monotonic() if self.clock else 0.0)
        if self.on_request:
            self.on_request(path)
        if self.faults.get(key):
            return self.faults[key].pop(0)
        if path == self.held:
            self.arrived.set()
            self.released.wait(30)
        if path.startswith("/pdf/"):
            return 200, PAPER.read_bytes() + f"\n% {path}\n".encode()
        if key in self.answers:
            return self.answers[key]
        return 200, _EMPTY.format(total=0, start=0).encode()

    @contextmanager
    def counted(self):
        """Count how many requests run at once."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1


def feed(total, start=0):
    """A page without entries."""
    return _EMPTY.format(total=total, start=start).encode()


class StillClock(Clock):
    """A clock that stands still and only moves on when someone waits."""

    def __init__(self):
        super().__init__()
        self.time = 1_000_000.0

    def now(self):
        return self.time

    def monotonic(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds


@contextmanager
def serving(server):
    """Serve in the background; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            with server.counted():
                server.agents.add(self.headers["User-Agent"])
                status, body = server.answer(self.path)
                with suppress(ConnectionError):  # whoever asked was killed
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            server.released.set()
            httpd.shutdown()
            thread.join()
