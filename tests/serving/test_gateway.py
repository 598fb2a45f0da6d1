"""The gateway's paths, from outside: what is answered, what is refused, and how."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.serving.parts import SECONDS, GatedScript, WordIndex, echo, listening, make_answerer, poll

from glossator.serving import ApiToken, GatewaySettings
from glossator.serving.gateway import create_app

TestClient = pytest.importorskip("fastapi.testclient").TestClient
httpx2 = pytest.importorskip("httpx2")

TOKEN = "correct-horse-battery-staple"


@pytest.fixture
def gateway():
    """Make a client of a warm gateway over scripted models; everything is closed at the end."""
    clients = []

    def make(settings=None, *, index=None, queue_size=64, batch_size=8, headers=None, **scripts):
        answerer = make_answerer(index=index, queue_size=queue_size, batch_size=batch_size, **scripts)
        app = create_app(answerer, settings or GatewaySettings())
        client = TestClient(app, base_url="http://127.0.0.1:8000", headers=headers)
        client.__enter__()
        clients.append(client)
        poll(lambda: client.get("/ready").status_code != 503 or answerer.missing == ())
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


def code(reply):
    assert set(reply.json()) == {"error"}
    assert set(reply.json()["error"]) == {"code", "message"}
    return reply.status_code, reply.json()["error"]["code"]


def figures(client, **options):
    rows = (line.rpartition(" ") for line in client.get("/metrics", **options).text.splitlines())
    return {name: float(value) for name, _, value in rows if not name.startswith("#")}


def test_an_answer_comes_with_its_passages_and_its_costs(gateway):
    client = gateway(index=WordIndex(), tuned=echo)
    reply = client.post("/ask", json={"question": "  What is glass? ", "k": 2})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    answer = reply.json()
    assert answer.pop("seconds") >= answer.pop("retrieval_seconds") > 0
    citations = answer.pop("citations")
    assert answer.pop("tokens_in") > 20
    assert answer == {
        "text": "What is glass?",
        "model": "tuned",
        "retrieval_used": True,
        "trimmed": False,
        "tokens_out": 3,
    }
    assert [(cited["number"], cited["title"], cited["used"]) for cited in citations] == [
        (1, "Paper 2", True),
        (2, "Paper 1", False),
    ]
    assert citations[0]["heading_path"] == ["Results"]


def test_models_are_routed_by_name(gateway):
    client = gateway(formal={"": "Indeed."}, casual={"": "Yep!"}, base={"": "yes"})
    asked = {name: client.post("/ask", json={"question": "Is it?", "model": name}) for name in ("casual", "base")}
    assert {name: reply.json()["text"] for name, reply in asked.items()} == {"casual": "Yep!", "base": "yes"}
    assert client.post("/ask", json={"question": "Is it?"}).json()["model"] == "formal"
    told = client.get("/models").json()
    assert (told["default"], told["base"], told["retrieval"]) == ("formal", "base", False)
    assert told["models"][2] == {
        "name": "base",
        "context": "none",
        "answer_style": "brief",
        "description": "the base model",
    }
    reply = client.post("/ask", json={"question": "Is it?", "model": "poet"})
    assert code(reply) == (404, "unknown_model")
    assert "formal, casual, base" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "expected", "told"),
    [
        (b'{"question": ', (400, "bad_json"), "not JSON"),
        (b"", (400, "bad_json"), "not JSON"),
        (b"\xff\xfe", (400, "bad_json"), "not JSON"),
        (b"[" * 5_000, (400, "bad_json"), "not JSON"),
        (b"[]", (422, "bad_question"), "body: "),
        (b"{}", (422, "bad_question"), "question: Field required"),
        (b'{"question": " "}', (422, "bad_question"), "empty"),
        (b'{"question": 7}', (422, "bad_question"), "question: "),
        (
            b'{"question": "Why?", "colour": "blue"}',
            (422, "bad_question"),
            "colour: there is no such field; use question, model",
        ),
        (b'{"question": "Why?", "k": 21}', (422, "bad_question"), "k: "),
        (b'{"question": "Why?", "k": "3"}', (422, "bad_question"), "k: "),
        (b'{"question": "Why?", "mode": "telepathy"}', (422, "bad_question"), "mode: "),
        (b'{"question": "Why?", "retrieval": "yes"}', (422, "bad_question"), "retrieval: "),
        (b'{"question": "Why?", "retrieval": true}', (422, "bad_question"), "no index"),
        (b'{"question": "Why?", "max_new_tokens": 100000}', (422, "bad_question"), "max_new_tokens is 100000"),
        (json.dumps({"question": "x" * 8_001}).encode(), (422, "bad_question"), "8,001 characters"),
    ],
)
def test_a_body_that_is_no_question_is_refused_with_the_reason(gateway, body, expected, told):
    reply = gateway().post("/ask", content=body, headers={"Content-Type": "application/json"})
    assert code(reply) == expected
    assert told in reply.json()["error"]["message"]


def test_a_body_that_is_not_declared_as_json_is_refused(gateway):
    client = gateway()
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        reply = client.post("/ask", content=b'{"question": "Why?"}', headers={"Content-Type": kind})
        assert code(reply) == (415, "not_json")
    declared = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/ask", content=b'{"question": "Why?"}', headers=declared).status_code == 200


def test_paths_and_methods_that_are_not_there_are_told_in_json(gateway):
    client = gateway()
    assert code(client.get("/admin")) == (404, "not_found")
    assert code(client.get("/ask")) == (405, "method_not_allowed")
    assert client.get("/ask").headers["allow"] == "POST"
    assert code(client.get("/docs")) == (404, "not_found")
    assert code(client.get("/openapi.json")) == (404, "not_found")


def test_interactive_docs_are_there_when_asked_for(gateway):
    client = gateway(GatewaySettings(docs=True))
    assert client.get("/docs").status_code == 200
    described = client.get("/openapi.json").json()["paths"]["/ask"]["post"]["requestBody"]
    assert "question" in described["content"]["application/json"]["schema"]["properties"]


def test_every_reply_has_the_headers_fit_for_data_and_an_id_of_its_own(gateway):
    client = gateway()
    replies = [client.get("/health"), client.get("/nowhere"), client.post("/ask", json={"question": "Why?"})]
    for reply in replies:
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "access-control-allow-origin" not in reply.headers
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3


def test_everything_but_health_takes_the_token_when_there_is_one(gateway):
    client = gateway(GatewaySettings(token=ApiToken(TOKEN)))
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/health").json() == {"status": "alive"}
    for path in ("/ready", "/models", "/metrics", "/docs", "/nowhere"):
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            reply = client.get(path, headers=headers)
            assert code(reply) == (401, "unauthorized")
            assert reply.headers["www-authenticate"].startswith("Bearer")
    assert code(client.post("/ask", json={"question": "Why?"})) == (401, "unauthorized")
    assert client.get("/ready", headers=right).json() == {"ready": True, "missing": []}
    assert client.post("/ask", json={"question": "Why?"}, headers={**right, "Host": "example.org"}).status_code == 200


def test_without_a_token_only_requests_that_name_this_machine_are_served(gateway):
    client = gateway()
    for path in ("/health", "/models", "/nowhere"):
        assert code(client.get(path, headers={"Host": "evil.example"})) == (403, "foreign_host")
    assert client.get("/health", headers={"Host": "localhost:8000"}).status_code == 200


def test_questions_are_refused_until_everything_is_warm():
    release = threading.Event()

    def say(_):
        assert release.wait(SECONDS)
        return "yes"

    with TestClient(create_app(make_answerer(base=say), GatewaySettings()), base_url="http://127.0.0.1") as client:
        reply = client.get("/ready")
        assert (reply.status_code, reply.json()["ready"], reply.json()["missing"]) == (503, False, ["model base"])
        assert int(reply.headers["retry-after"]) > 0
        refused = client.post("/ask", json={"question": "Why?"})
        assert code(refused) == (503, "not_ready")
        assert "model base" in refused.json()["error"]["message"]
        assert client.get("/health").status_code == 200
        release.set()
        poll(lambda: client.get("/ready").status_code == 200)
        assert client.post("/ask", json={"question": "Why?"}).json()["text"] == "yes"


def test_a_warm_up_that_fails_is_told_of_and_questions_stay_refused(caplog):
    answerer = make_answerer(base={"colour": "blue"})
    with TestClient(create_app(answerer, GatewaySettings()), base_url="http://127.0.0.1") as client:
        poll(lambda: "failed" in client.get("/ready").json()["error"]["message"])
        assert code(client.post("/ask", json={"question": "Which colour?"})) == (503, "not_ready")
    assert "ModelError" in caplog.text


def test_without_a_warm_up_questions_are_answered_at_once():
    script = GatedScript()
    script.gate.set()
    app = create_app(make_answerer(base=script), GatewaySettings(warm_up=False))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/ready").status_code == 200
        assert client.post("/ask", json={"question": "Why?"}).status_code == 200
    assert script.asked == ["Why?"]


def test_a_model_that_fails_tells_the_client_little_and_the_log_where_but_not_what_was_asked(gateway, caplog):
    client = gateway(base={"Hello": "hello"})
    reply = client.post("/ask", json={"question": "a private matter"})
    assert code(reply) == (500, "failed")
    assert reply.headers["x-request-id"] in reply.json()["error"]["message"]
    assert reply.headers["x-request-id"] in caplog.text
    assert "ModelError" in caplog.text
    for told in (reply.text, caplog.text):
        assert "private" not in told
    assert "Traceback" not in reply.text
    assert "scripted.py" in caplog.text
    assert client.post("/ask", json={"question": "Hello"}).status_code == 200


def test_text_that_utf_8_cannot_hold_does_not_break_the_reply(gateway):
    reply = gateway(base={"": "a broken \ud835 letter"}).post("/ask", json={"question": "Why?"})
    assert reply.json()["text"] == "a broken ? letter"


def test_an_answer_that_takes_too_long_is_a_time_out_and_the_next_one_is_answered(gateway):
    script = GatedScript()
    client = gateway(GatewaySettings(timeout_seconds=0.05), base=script, batch_size=1)
    assert code(client.post("/ask", json={"question": "first"})) == (504, "timed_out")
    assert code(client.post("/ask", json={"question": "second"})) == (504, "timed_out")
    script.gate.set()
    poll(lambda: client.post("/ask", json={"question": "third"}).status_code == 200)
    assert "second" not in script.asked


def test_requests_tokens_and_answers_are_counted_with_labels_that_no_stranger_can_add(gateway):
    client = gateway(index=WordIndex(), tuned=echo)
    before = figures(client)
    for _ in range(3):
        client.post("/ask", json={"question": "What is glass?"})
    client.post("/ask", json={"question": "What is glass?", "model": "poet-1"})
    for number in range(5):
        client.get(f"/nowhere-{number}")
    after = figures(client)
    change = {name: value - before.get(name, 0) for name, value in after.items()}
    assert change['glossator_requests_total{path="/ask",status="200"}'] == 3
    assert change['glossator_requests_total{path="/ask",status="404"}'] == 1
    assert change['glossator_requests_total{path="other",status="404"}'] == 5
    assert change['glossator_answers_total{model="tuned"}'] == 3
    assert change['glossator_tokens_out_total{model="tuned"}'] == 9
    assert change["glossator_retrieval_seconds_count"] == 3
    assert after["glossator_queue_length"] == 0
    assert not [name for name in after if "nowhere" in name or "poet" in name]


def test_the_request_log_holds_every_request_and_no_content(gateway, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "requests.jsonl"
    client = gateway(GatewaySettings(request_log=path, token=ApiToken(TOKEN)), base=echo, index=WordIndex())
    headers = {"Authorization": f"Bearer {TOKEN}"}
    reply = client.post("/ask", json={"question": "a private matter", "retrieval": True}, headers=headers)
    client.get("/private?question=private", headers=headers)
    client.get("/models")
    *_, asked, lost, refused = map(json.loads, path.read_text().splitlines())
    assert (asked["path"], asked["status"], asked["model"]) == ("/ask", 200, "base")
    assert asked["request_id"] == reply.headers["x-request-id"]
    assert asked["tokens_out"] == 3
    assert (lost["path"], lost["status"]) == ("other", 404)
    assert (refused["path"], refused["status"]) == ("/models", 401)
    ours = "".join(line.getMessage() for line in caplog.records if line.name.startswith("glossator"))
    for told in (path.read_text(), ours):
        assert "private" not in told
        assert TOKEN not in told
        assert "crystals" not in told


def test_twenty_questions_at_once_get_each_its_own_answer():
    with (
        listening(make_answerer(index=WordIndex(), tuned=echo)) as url,
        httpx2.Client(base_url=url, timeout=SECONDS) as client,
        ThreadPoolExecutor(20) as pool,
    ):
        questions = [f"question {number}" for number in range(20)]
        replies = list(pool.map(lambda question: client.post("/ask", json={"question": question}), questions))
        assert [reply.status_code for reply in replies] == [200] * 20
        assert [reply.json()["text"] for reply in replies] == questions
        assert figures(client)['glossator_answers_total{model="tuned"}'] == 20


def test_a_full_queue_is_told_with_when_to_come_again():
    script = GatedScript()
    with (
        listening(make_answerer(base=script, batch_size=1, queue_size=2)) as url,
        httpx2.Client(base_url=url, timeout=SECONDS) as client,
        ThreadPoolExecutor(3) as pool,
    ):
        try:
            asked = [pool.submit(client.post, "/ask", json={"question": "first"})]
            assert script.entered.acquire(timeout=SECONDS)
            asked += [pool.submit(client.post, "/ask", json={"question": f"next {number}"}) for number in range(2)]
            poll(lambda: figures(client)["glossator_queue_length"] == 2)
            refused = client.post("/ask", json={"question": "one too many"})
        finally:
            script.gate.set()
        assert code(refused) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert sorted(done.result(SECONDS).json()["text"] for done in asked) == ["first", "next 0", "next 1"]
        assert client.post("/ask", json={"question": "now"}).json()["text"] == "now"


def test_a_question_whose_client_went_away_is_never_put_to_the_model():
    import socket
    from urllib.parse import urlsplit

    script = GatedScript()
    with (
        listening(make_answerer(base=script, batch_size=1)) as url,
        httpx2.Client(base_url=url, timeout=SECONDS) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        try:
            first = pool.submit(client.post, "/ask", json={"question": "first"})
            assert script.entered.acquire(timeout=SECONDS)
            body = b'{"question": "second"}'
            place = urlsplit(url)
            with socket.create_connection((place.hostname, place.port), timeout=SECONDS) as impatient:
                impatient.sendall(
                    b"POST /ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    + f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                poll(lambda: figures(client)["glossator_queue_length"] == 1)
            poll(lambda: figures(client)["glossator_queue_length"] == 0)
        finally:
            script.gate.set()
        assert first.result(SECONDS).json()["text"] == "first"
        assert client.post("/ask", json={"question": "third"}).json()["text"] == "third"
        assert figures(client)['glossator_requests_total{path="/ask",status="499"}'] == 1
    assert "second" not in script.asked
