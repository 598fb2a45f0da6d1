"""Bodies that are too long or too slow are refused while they are read, on a gateway that goes on answering."""

import socket
from urllib.parse import urlsplit

import pytest
from tests.serving.parts import SECONDS, listening, make_answerer, poll

from glossator.serving import GatewaySettings

httpx2 = pytest.importorskip("httpx2")

HEAD = b"POST /ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture
def url():
    with listening(make_answerer(), GatewaySettings(max_body_bytes=10_000, body_timeout_seconds=0.2)) as url:
        yield url


def connect(url):
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=SECONDS)


def read_all(connection):
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_body_over_the_limit_is_refused_and_the_next_question_answered(url):
    with httpx2.Client(base_url=url, timeout=SECONDS) as client:
        reply = client.post("/ask", json={"question": "x" * 20_000})
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")
        assert "10,000 bytes" in reply.json()["error"]["message"]
        assert client.post("/ask", json={"question": "Why?"}).json()["text"] == "Why?"


def test_a_body_without_end_is_not_read_to_its_end(url):
    with connect(url) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError, match=r"."):
            connection.sendall((b"2000\r\n" + b"x" * 0x2000 + b"\r\n") * 8_000)
    with httpx2.Client(base_url=url, timeout=SECONDS) as client:
        assert client.post("/ask", json={"question": "Why?"}).status_code == 200
        # Whether the client was still there to be told (413) or had given up (499) is a matter of timing.
        poll(lambda: _counted(client.get("/metrics").text, "413") + _counted(client.get("/metrics").text, "499") == 1)


def _counted(metrics: str, status: str) -> int:
    return metrics.count(f'glossator_requests_total{{path="/ask",status="{status}"}} 1.0')


def test_a_body_that_does_not_come_in_time_is_not_waited_for(url):
    with connect(url) as connection:
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"question": ')
        reply = read_all(connection)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b'"body_timed_out"' in reply


def test_a_client_that_goes_away_within_its_body_costs_nothing(url, caplog):
    with connect(url) as connection:
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"question": ')
    with httpx2.Client(base_url=url, timeout=SECONDS) as client:
        poll(lambda: 'path="/ask",status="499"} 1.0' in client.get("/metrics").text)
    assert "ERROR" not in caplog.text
