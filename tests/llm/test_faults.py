"""What a failed request means: the many ways in which servers say the same."""

import json

import pytest

from glossator.llm.faults import one_line, read_exception, read_status

SENT = ("model", "messages", "max_tokens", "temperature", "seed", "response_format")


def read(status, body, sent=SENT):
    text = body if isinstance(body, str) else json.dumps(body)
    return read_status(status, text, {}, sent=sent, now=0.0)


def openai_error(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


def forbidden_field(name):
    detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]
    return {"object": "error", "message": {"detail": detail}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "word"),
    [
        (400, openai_error("Invalid schema for it", param="response_format"), "parameter", "response_format"),
        (400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, "parameter", "response_format"),
        (400, openai_error("failed to parse grammar"), "parameter", "response_format"),
        (400, openai_error("'messages' must contain the word 'json'", param=None), "parameter", "response_format"),
        (
            400,
            openai_error(
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead", param="max_tokens"
            ),
            "parameter",
            "max_tokens",
        ),
        (422, forbidden_field("max_tokens"), "parameter", "max_tokens"),
        (422, forbidden_field("seed"), "parameter", "seed"),
        (400, [openai_error("Unknown name 'seed': Cannot find field.")], "parameter", "seed"),
        (400, openai_error("'temperature' does not support 0 here", param="temperature"), "parameter", "temperature"),
        (400, openai_error("temperature has to be at most 1.5", param="temperature"), "conversation", "bad_request"),
        (400, openai_error("too much", code="context_length_exceeded", param="messages"), "conversation", "too_long"),
        (
            400,
            openai_error("'max_tokens' is too large: this model's maximum context length is 4096 tokens"),
            "conversation",
            "too_long",
        ),
        (413, "Request Entity Too Large", "conversation", "too_long"),
        (400, openai_error("it was filtered", code="content_filter"), "conversation", "refused"),
        (400, openai_error("rejected by our safety system"), "conversation", "refused"),
        (403, openai_error("your input was flagged by moderation"), "conversation", "refused"),
        (400, "", "conversation", "bad_request"),
        (400, "[" * 100_000, "conversation", "bad_request"),
        (401, openai_error("no"), "key", "refused_key"),
        (403, "Forbidden", "key", "refused_key"),
        (402, openai_error("Insufficient credits"), "credit", "no_credit"),
        (429, openai_error("over quota", code="insufficient_quota"), "credit", "no_credit"),
        (429, openai_error("slow down", code="rate_limit_exceeded"), "transient", "rate_limited"),
        (408, "", "transient", "timeout"),
        (409, "", "transient", "server_error"),
        (503, "<html>busy</html>", "transient", "server_error"),
        (404, openai_error("no", code="model_not_found"), "model", "unknown_model"),
        (400, {"object": "error", "message": "Invalid model: foo", "code": "1500"}, "model", "unknown_model"),
        (301, "", "address", "no_such_address"),
        (405, "", "address", "no_such_address"),
    ],
)
def test_a_status_and_its_body_are_understood(status, body, kind, word):
    fault = read(status, body)
    assert (fault.kind, fault.word, fault.status) == (kind, word, status)
    assert fault.detail.startswith(f"HTTP {status}")


def test_only_a_parameter_that_was_sent_can_be_at_fault():
    body = openai_error("Unsupported: response_format, seed", param="response_format")
    assert read(400, body, sent=("model", "messages", "seed")).kind == "conversation"
    assert read(422, forbidden_field("max_completion_tokens"), sent=("max_completion_tokens",)).word == "max_tokens"
    assert read(422, forbidden_field("random_seed"), sent=("random_seed",)).word == "seed"


def test_a_detail_is_one_line_of_bounded_length_without_control_characters():
    assert one_line("a\nb\x1b[31m  c") == "a b [31m c"
    assert len(one_line("long " * 10_000)) <= 300


def test_a_wait_that_stands_in_the_body_is_read_where_no_header_tells_one():
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
    text = json.dumps([{"error": {"code": 429, "message": "quota", "details": [info]}}])
    assert read_status(429, text, {}, sent=SENT, now=0.0).retry_after == 34.5
    assert read_status(429, text, {"retry-after": "0"}, sent=SENT, now=0.0).retry_after == 0.0
    assert read_status(429, "slow down", {}, sent=SENT, now=0.0).retry_after is None


def test_what_the_http_client_meets_is_told_apart():
    import asyncio

    import aiohttp

    def kind(error):
        fault = read_exception(error)
        return fault and (fault.kind, fault.word)

    assert kind(asyncio.TimeoutError()) == kind(TimeoutError()) == ("transient", "timeout")
    assert kind(aiohttp.ServerTimeoutError()) == ("transient", "timeout")
    assert kind(aiohttp.ConnectionTimeoutError()) == ("unreachable", "unreachable")
    assert kind(aiohttp.ServerDisconnectedError()) == ("transient", "cut_connection")
    assert kind(aiohttp.ClientPayloadError()) == kind(ConnectionResetError()) == ("transient", "cut_connection")
    assert kind(ZeroDivisionError()) is None
