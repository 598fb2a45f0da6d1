"""The gateway listens where it may, says so, and ends without dropping what it has begun."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from tests.serving.parts import SECONDS, listening, make_answerer, poll

from glossator.errors import ServingError
from glossator.serving import ApiToken, bind, serve

httpx2 = pytest.importorskip("httpx2")

SERVE = """
import sys
from glossator.llm.scripted import ScriptedModel
from glossator.serving import Answerer, ServedModel, serve
from glossator.serving.engines.local import LocalEngine

def say(conversation):
    question = conversation[-1].content
    if question == "wait":
        print("asked", flush=True)
        sys.stdin.readline()
    return question

engine = LocalEngine({"base": ScriptedModel(say)})
answerer = Answerer(engine, [ServedModel("base", None, "none", "")])
serve(answerer, host="127.0.0.1", port=0, on_listening=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.fixture
def process():
    """A gateway in a process of its own; gives it and its URL."""
    command = [sys.executable, "-c", SERVE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = subprocess.Popen(command, text=True, env={**os.environ, "API_TOKEN": ""}, **pipes)
    try:
        yield started, started.stdout.readline().strip()
    finally:
        started.kill()
        started.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_0_after_what_is_in_flight_was_answered(process, number):
    started, url = process
    replies = []
    with httpx2.Client(base_url=url, timeout=SECONDS) as client:
        poll(lambda: client.get("/ready").status_code == 200)
        asking = threading.Thread(target=lambda: replies.append(client.post("/ask", json={"question": "wait"})))
        asking.start()
        assert started.stdout.readline() == "asked\n"
        started.send_signal(number)
        started.stdin.write("go on\n")
        started.stdin.flush()
        asking.join(SECONDS)
    assert [(reply.status_code, reply.json()["text"]) for reply in replies] == [(200, "wait")]
    said, complained = started.communicate(timeout=SECONDS)
    assert (started.returncode, said, complained) == (0, "ended\n", "")


def test_a_gateway_answers_over_ipv6_too():
    try:
        bind("::1", 0).close()
    except ServingError:
        pytest.skip("this machine has no IPv6")
    with listening(make_answerer(), host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert httpx2.get(f"{url}/health", timeout=SECONDS).json() == {"status": "alive"}


def test_a_port_that_is_taken_is_told_before_anything_is_loaded():
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServingError, match=f"port {port} is taken on 127.0.0.1; use --port"):
            bind("127.0.0.1", port)
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("127.0.0.1", 70_000, "port 70000 is out of range"),
        ("127.0.0.1", -1, "port -1 is out of range"),
        ("no-such-host.invalid", 0, "host 'no-such-host.invalid' is unknown"),
        ("a" * 300, 0, "is unknown here"),
        ("192.0.2.1", 0, "192.0.2.1 port 0 cannot be listened on"),
    ],
)
def test_a_place_that_cannot_be_listened_on_is_named(host, port, told):
    with pytest.raises(ServingError, match=told):
        bind(host, port)


def test_nothing_listens_beyond_this_machine_without_a_token():
    answerer = make_answerer()
    with pytest.raises(ServingError, match="API_TOKEN"):
        serve(answerer, host="0.0.0.0", port=0, on_listening=pytest.fail)
    answerer.close()


def test_a_gateway_bound_beforehand_serves_there_with_its_token_and_closes_what_it_was_given():
    answerer, listener = make_answerer(), bind("127.0.0.1", 0)
    seen = {}

    def ask_and_end(url):
        def asking():
            headers = {"Authorization": "Bearer right"}
            with httpx2.Client(base_url=url, timeout=SECONDS) as client:
                seen["without"] = client.get("/ready").status_code
                seen["with"] = client.get("/ready", headers=headers).status_code
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=asking).start()

    before = signal.getsignal(signal.SIGTERM)
    serve(answerer, host="127.0.0.1", port=0, token=ApiToken("right"), listener=listener, on_listening=ask_and_end)
    assert seen["without"] == 401
    assert seen["with"] in (200, 503)
    assert signal.getsignal(signal.SIGTERM) is before
    assert listener.fileno() == -1
    with pytest.raises(ServingError, match="ending"):
        answerer.ask("Why?")


def test_connections_are_of_the_protocol_for_which_replies_are_sent_without_delay():
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_nonsense_on_the_wire_does_not_end_the_gateway():
    from urllib.parse import urlsplit

    with listening(make_answerer()) as url:
        place = urlsplit(url)
        for nonsense in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"A" * 200_000):
            with socket.create_connection((place.hostname, place.port), timeout=SECONDS) as connection:
                connection.sendall(nonsense)
        assert json.loads(httpx2.get(f"{url}/health", timeout=SECONDS).text) == {"status": "alive"}
