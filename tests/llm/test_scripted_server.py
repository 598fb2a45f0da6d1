"""A real server that answers from a script, and goes wrong when told to."""

import asyncio
import json
import subprocess
import sys
from collections import Counter

import httpx2 as httpx
import pytest

from glossator.llm.scripted_server import Faults, ScriptedReply, ScriptedServer, repeat_last_turn
from glossator.records import Message


def chat(server, question="Why?", **more):
    body = {"model": "scripted", "messages": [{"role": "user", "content": question}], **more}
    return httpx.post(f"{server.base_url}/chat/completions", json=body, timeout=60, trust_env=False)


def test_it_answers_from_the_script_and_remembers_what_it_was_asked():
    with ScriptedServer(lambda turns: f"{turns[-1].content} Because.") as server:
        reply = chat(server, temperature=0.5).json()
        assert reply["choices"][0]["message"]["content"] == "Why? Because."
        assert reply["choices"][0]["finish_reason"] == "stop"
        assert reply["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert server.answered == [(Message("user", "Why?"),)]
    assert (server.requests, server.outcomes, server.most_at_once) == (1, Counter(answered=1), 1)
    assert server.served[0].body["temperature"] == 0.5
    assert "user-agent" in server.served[0].headers


def test_two_servers_have_two_ports_and_a_left_one_is_gone():
    with ScriptedServer(repeat_last_turn) as one, ScriptedServer(repeat_last_turn) as two:
        assert one.base_url != two.base_url
    with pytest.raises(httpx.ConnectError):
        chat(one)


def test_a_reply_may_have_more_to_it_than_text():
    replies = iter(
        [
            ScriptedReply("half", finish_reason="length", with_usage=False),
            ScriptedReply(refusal="no"),
            ScriptedReply(status=400, error={"message": "too long"}),
        ]
    )
    with ScriptedServer(lambda _: next(replies)) as server:
        half, no, bad = (chat(server) for _ in range(3))
    assert half.json()["choices"][0]["finish_reason"] == "length"
    assert "usage" not in half.json()
    assert no.json()["choices"][0]["message"]["refusal"] == "no"
    assert (bad.status_code, bad.json()) == (400, {"error": {"message": "too long"}})
    assert server.outcomes == Counter(answered=2, status_400=1)


def test_key_model_and_parameters_are_checked_in_the_usual_words():
    with ScriptedServer(repeat_last_turn, key="sesame", refuses={"seed", "json_schema"}) as server:
        assert chat(server).json()["error"]["code"] == "invalid_api_key"
        assert httpx.get(f"{server.base_url}/models", trust_env=False).status_code == 401
        with httpx.Client(headers={"Authorization": "Bearer sesame"}, trust_env=False) as client:
            url, turn = f"{server.base_url}/chat/completions", [{"role": "user", "content": "Why?"}]
            unknown = client.post(url, json={"model": "other", "messages": turn})
            assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
            for more, blamed in (
                ({"seed": 1}, "seed"),
                ({"response_format": {"type": "json_schema"}}, "response_format"),
            ):
                refused = client.post(url, json={"model": "scripted", "messages": turn, **more})
                assert (refused.status_code, refused.json()["error"]["param"]) == (400, blamed)
            allowed = {"model": "scripted", "messages": turn, "response_format": {"type": "json_object"}}
            assert client.post(url, json=allowed).status_code == 200
            listed = client.get(f"{server.base_url}/models").json()["data"]
    assert [model["id"] for model in listed] == ["scripted"]
    assert server.outcomes == Counter(key=1, model=1, parameter=2, answered=1)


def test_what_is_no_chat_request_is_refused_politely():
    with ScriptedServer(repeat_last_turn) as server:
        for content in (b"{", b"[]", b"{}", b'{"messages": [1]}'):
            assert (
                httpx.post(f"{server.base_url}/chat/completions", content=content, trust_env=False).status_code == 400
            )


@pytest.mark.parametrize("share", ["rate_limited", "errors", "nonsense"])
def test_mishaps_with_a_reply_look_like_the_real_ones(share):
    with ScriptedServer(repeat_last_turn, faults=Faults(**{share: 1.0}, retry_after="3")) as server:
        reply = chat(server)
    if share == "rate_limited":
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
    elif share == "errors":
        assert reply.status_code == 500
    else:
        assert reply.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            reply.json()
    assert server.answered == []


def test_a_cut_connection_ends_within_the_reply_and_a_stalled_one_with_the_server():
    with ScriptedServer(repeat_last_turn, faults=Faults(cuts=1.0)) as server, pytest.raises(httpx.TransportError):
        chat(server)
    assert server.outcomes == Counter(cut=1)

    async def wait_in_vain(server):
        async with httpx.AsyncClient(trust_env=False) as client:
            body = {"model": "scripted", "messages": [{"role": "user", "content": "Why?"}]}
            asked = asyncio.ensure_future(client.post(f"{server.base_url}/chat/completions", json=body, timeout=60))
            while not server.requests:
                await asyncio.sleep(0)
            assert not asked.done()
            server.__exit__(None, None, None)
            with pytest.raises(httpx.TransportError):
                await asked

    asyncio.run(wait_in_vain(ScriptedServer(repeat_last_turn, faults=Faults(stalls=1.0)).__enter__()))


def test_the_program_prints_its_address_repeats_what_it_is_told_and_ends_with_its_input():
    command = [sys.executable, "-m", "glossator.llm.scripted_server", "--model", "parrot"]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = program.stdout.readline().strip()
        body = {"model": "parrot", "messages": [{"role": "user", "content": "Polly wants a cracker."}]}
        reply = httpx.post(f"{url}/chat/completions", json=body, timeout=60, trust_env=False)
        assert reply.json()["choices"][0]["message"]["content"] == "Polly wants a cracker."
    finally:
        program.stdin.close()
    assert program.wait(60) == 0
