"""What goes over the wire, to servers that do not behave."""

import asyncio
import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from glossator.errors import EndpointError
from glossator.llm.http_client import LONGEST_BODY_BYTES, HttpClient
from glossator.llm.openai_compatible import OpenAICompatibleModel
from glossator.llm.providers import PRESETS, Endpoint, Secret, endpoint
from glossator.records import Message

GOOD = json.dumps(
    {
        "choices": [{"message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1},
    }
).encode()


@contextmanager
def serving(content, status=200, **headers):
    """A server that sends the same bytes to everyone; gives its address and the paths it was asked for."""
    paths = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            paths.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", paths
    finally:
        server.shutdown()
        server.server_close()


async def no_nap(_):
    pass


def answer(base_url, **more):
    settings = {"attempts": 2, "sleep": no_nap, **more}
    with OpenAICompatibleModel(endpoint(None, base_url, None, {}), "m", **settings) as model:
        return next(model.answer([(Message("user", "Why?"),)], schema=None, max_new_tokens=5))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"[" * 100_000, GOOD[:40], b'{"choices": []}', b'{"choices": [{}]}', b"\xff\xfe\x00"],
)
def test_a_body_that_is_no_completion_is_told_as_such(content):
    with serving(content) as (base_url, paths):
        assert answer(base_url).failure == "no_completion"
    assert paths == ["/v1/chat/completions"] * 2


def test_a_reply_of_a_megabyte_is_read_whole():
    long = GOOD.replace(b"fine", b"x" * 1_000_000)
    with serving(long) as (base_url, _):
        assert len(answer(base_url).reply.text) == 1_000_000


def test_a_reply_that_was_packed_unasked_is_unpacked_but_not_without_end():
    with serving(gzip.compress(GOOD), Content_Encoding="gzip") as (base_url, _):
        assert answer(base_url).reply.text == "fine"
    bomb = gzip.compress(b" " * (LONGEST_BODY_BYTES + 1))
    with serving(bomb, Content_Encoding="gzip") as (base_url, _):
        assert answer(base_url).failure == "too_long"
    with serving(GOOD, Content_Encoding="br") as (base_url, _):
        assert answer(base_url).reply.text == "fine"  # it was not


def test_a_redirect_is_not_followed():
    with serving(GOOD) as (elsewhere, paths):
        with (
            serving(b"", 307, Location=f"{elsewhere}/chat/completions") as (base_url, _),
            pytest.raises(EndpointError, match="takes no chat requests: HTTP 307"),
        ):
            answer(base_url)
        assert paths == []


def test_a_password_of_the_netrc_file_is_not_sent(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(self.headers.get("Authorization"))
            self.send_error(400)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answer(f"http://127.0.0.1:{server.server_port}/v1")
        server.shutdown()
    assert seen == [None]


def proxied(monkeypatch, base_url, **variables):
    """The proxy a client would use, and the headers it would send."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        for spelled in (name, name.upper()):
            monkeypatch.delenv(spelled, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    async def look():
        client = HttpClient(Endpoint(base_url, Secret("sk-1"), base_url), connections=1, timeout_seconds=1.0)
        try:
            return client._proxy, dict(client._session.headers)
        finally:
            await client.close()

    return asyncio.run(look())


def test_a_proxy_is_used_for_servers_elsewhere_unless_they_are_excepted(monkeypatch):
    far = "https://models.example.org/v1"
    assert proxied(monkeypatch, far)[0] is None
    assert proxied(monkeypatch, far, HTTPS_PROXY="http://127.0.0.1:9")[0] == "http://127.0.0.1:9"
    assert proxied(monkeypatch, far, ALL_PROXY="127.0.0.1:9")[0] == "http://127.0.0.1:9"
    assert proxied(monkeypatch, far, HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY=".example.org")[0] is None
    assert proxied(monkeypatch, "http://127.0.0.1:1/v1", HTTP_PROXY="http://127.0.0.1:9")[0] is None
    with pytest.raises(EndpointError, match=r"names a socks5 proxy .* only http proxies can be used"):
        proxied(monkeypatch, far, ALL_PROXY="socks5://127.0.0.1:9")


def test_whose_account_is_charged_is_told_to_openai_alone(monkeypatch):
    _, told = proxied(monkeypatch, PRESETS["openai"].base_url, OPENAI_ORG_ID="org-1", OPENAI_PROJECT_ID="")
    assert told["OpenAI-Organization"] == "org-1"
    assert "OpenAI-Project" not in told
    _, told = proxied(monkeypatch, PRESETS["mistral"].base_url, OPENAI_ORG_ID="org-1")
    assert set(told) == {"User-Agent", "Accept", "Accept-Encoding", "Authorization"}
