"""The real kagglehub, in the process that `download` starts, against a server on loopback that speaks its protocol."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.sources.arxiv_server import FIXTURES

from glossator.errors import MissingExtraError, SourceError
from glossator.records import Document
from glossator.sources import kaggle, kaggle_download
from glossator.sources.kaggle_download import FILE, download

CONTENT = (FIXTURES / "arxiv" / "snapshot.jsonl").read_bytes()
_REDIRECT = """
from kagglesdk import kaggle_env
kaggle_env._env_to_endpoint[kaggle_env.KaggleEnv.PROD] = {address!r}
"""
"""What lets the library ask this machine instead of Kaggle; Python imports it when the process starts."""


class KaggleServer(ThreadingHTTPServer):
    """Answers for one dataset of one file."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.keys = [], set()
        self.status, self.cut, self.stall, self.checksum = 200, 0, False, True
        self.packed, self.content, self.released = False, CONTENT, threading.Event()
        self.sending, self.left = threading.Event(), threading.Event()
        self.version = 7

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def body(self):
        if not self.packed:
            return self.content
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(FILE, CONTENT)
        return data.getvalue()

    def handle_error(self, *_):
        """Whoever asked was ended."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.rsplit("/", 1)[-1]
        self.server.requests.append((name, asked))
        self.server.keys.add(self.headers["Authorization"])
        if self.server.status != 200:
            self._send(self.server.status, {"code": self.server.status, "message": "no"})
        elif name == "GetDataset":
            self._send(200, {"currentVersionNumber": self.server.version})
        else:
            ending = ".zip" if self.server.packed else ""
            self.send_response(302)
            self.send_header("Location", f"{self.server.address}/storage/{FILE}{ending}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self):
        data, start = self.server.body, 0
        self.server.requests.append(("GET", self.headers["Range"]))
        if self.headers["Range"]:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("Accept-Ranges", "bytes")
        if self.server.checksum:
            self.send_header("x-goog-hash", f"md5={base64.b64encode(hashlib.md5(data).digest()).decode()}")
        self.end_headers()
        if self.server.cut and not start:
            self.wfile.write(data[: self.server.cut])
            self.wfile.flush()
            if self.server.stall:
                self.server.sending.set()
                self.connection.settimeout(120)
                with suppress(TimeoutError):
                    with suppress(ConnectionError):
                        self.connection.recv(1)
                    self.server.left.set()
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def _send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    with KaggleServer() as made:
        (home / "sitecustomize.py").write_text(_REDIRECT.format(address=made.address))
        for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR", "KAGGLEHUB_CACHE", "KAGGLE_API_ENVIRONMENT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("PYTHONPATH", str(home))
        monkeypatch.setenv("KAGGLE_API_TOKEN", "kaggle-token")
        thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        made.released.set()
        made.shutdown()
        thread.join()


def asked(server):
    return [name for name, _ in server.requests]


def test_the_newest_version_is_downloaded_into_the_store_and_then_found_there(server, tmp_path):
    path = download(tmp_path / "store")
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to((tmp_path / "store").resolve())
    assert path.parts[-2:] == ("7", FILE)
    assert asked(server) == ["GetDataset", "DownloadDataset", "GET"]
    assert server.requests[1][1]["datasetVersionNumber"] == 7
    assert download(tmp_path / "store") == path
    assert len(server.requests) == 3
    assert not (tmp_path / "home" / ".cache").exists()
    assert "KAGGLEHUB_CACHE" not in os.environ


def test_another_version_or_another_day_asks_anew(server, tmp_path):
    download(tmp_path / "store", version=3)
    assert asked(server) == ["DownloadDataset", "GET"]
    first = download(tmp_path / "store")
    server.version = 8
    assert download(tmp_path / "store") == first
    assert download(tmp_path / "store", as_of="2026-11").parts[-2] == "8"


def test_the_source_reads_what_was_downloaded_packed_or_not(server, tmp_path):
    server.packed = True
    found = list(kaggle.collect(store=tmp_path, content="abstracts", max_results=5))
    assert len(found) == 5
    assert all(isinstance(one, Document) for one in found)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"KAGGLE_API_TOKEN": "kaggle-token"}, "Bearer kaggle-token"),
        ({"KAGGLE_USERNAME": "name", "KAGGLE_KEY": "key"}, "Basic " + base64.b64encode(b"name:key").decode()),
        ({}, "Basic " + base64.b64encode(b"filed:secret").decode()),
    ],
)
def test_the_key_comes_from_the_environment_or_the_key_file(server, tmp_path, monkeypatch, environment, expected):
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home" / ".kaggle").mkdir()
    (tmp_path / "home" / ".kaggle" / "kaggle.json").write_text('{"username": "filed", "key": "secret"}')
    download(tmp_path / "store")
    assert server.keys == {expected}
    kept = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert not any(word in kept for word in (b"kaggle-token", b"secret"))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, r"refuses .*KAGGLE_API_TOKEN"),
        (403, r"refuses .*kaggle\.json"),
        (404, r"has no .*HTTP 404"),
        (500, "run again"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do_and_no_secret(server, tmp_path, status, words):
    server.status = status
    with pytest.raises(SourceError, match=words) as caught:
        download(tmp_path / "store")
    assert "\n" not in str(caught.value)
    assert "kaggle-token" not in str(caught.value)


def test_a_download_that_was_cut_off_goes_on_where_it_was(server, tmp_path):
    server.content = CONTENT * (3_000_000 // len(CONTENT) + 1)
    server.cut = 2_500_000
    with pytest.raises(SourceError, match="run again to go on"):
        download(tmp_path / "store")
    server.cut = 0
    assert download(tmp_path / "store").read_bytes() == server.content
    method, asked_range = server.requests[-1]
    assert (method, asked_range) == ("GET", f"bytes={2 << 20}-")  # it writes a MiB at a time


def test_a_server_that_falls_silent_is_given_up_on(server, tmp_path):
    server.cut, server.stall = 20_000, True
    with pytest.raises(SourceError, match="sends nothing of Cornell-University/arxiv"):
        download(tmp_path / "store", stall_seconds=0.2)


def test_what_arrives_damaged_is_deleted(server, tmp_path, monkeypatch):
    monkeypatch.setattr(hashlib, "md5", hashlib.sha1)  # of this process: the server names a wrong sum
    with pytest.raises(SourceError, match="arrived damaged"):
        download(tmp_path / "store")
    assert not list((tmp_path / "store").rglob(FILE))


def test_a_missing_library_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle_download, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"glossator\[documents\]"):
        download(tmp_path)


def test_the_download_ends_with_whoever_wanted_it(server, tmp_path):
    server.cut, server.stall = 20_000, True
    code = "import sys; from pathlib import Path; from glossator.sources.kaggle_download import download\n"
    code += "download(Path(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "store")]) as process:
        try:
            assert server.sending.wait(60)
        finally:
            process.kill()
    assert server.left.wait(60)
