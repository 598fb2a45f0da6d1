"""What is in the body of a reply."""

import json

import pytest

from glossator.llm.completion import LONGEST_REPLY, read_completion
from glossator.llm.faults import RequestFault


def body(message, finish_reason="stop", **more):
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}], **more}).encode()


def read(content):
    return read_completion(content, now=0.0)


def test_text_tokens_and_the_reason_of_the_end_are_read():
    usage = {"prompt_tokens": 5, "completion_tokens": 2}
    told = read(body({"content": " two words\n"}, usage=usage))
    assert (told.text, told.finish_reason, told.tokens_in, told.tokens_out) == (" two words\n", "stop", 5, 2)
    assert not told.usage_missing


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 5},
        {"prompt_tokens": "5", "completion_tokens": -1},
        {"prompt_tokens": 10**19, "completion_tokens": 1},  # more than the journal's integers hold
        {"prompt_tokens": 1, "completion_tokens": 10**400},
    ],
)
def test_counts_that_are_missing_are_nought_and_told_of(usage):
    assert read(body({"content": "x"}, usage=usage)).usage_missing


def test_a_reply_in_parts_is_put_together_without_its_thoughts():
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "for"},
        {"type": "text", "text": "ty"},
        {"type": "text", "text": None},
        7,
    ]
    assert read(body({"content": parts})).text == "forty"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (body({"content": None, "refusal": "I would rather not"}), "refused"),
        (body({"content": ""}, "content_filter"), "refused"),
        (body({"content": "half a"}, "length"), "length"),
        (body({"content": "x" * (LONGEST_REPLY + 1)}), "too_long"),
        (body({"content": "fine"}, None), "stop"),
        (body({}), "stop"),
    ],
)
def test_how_a_reply_ended_is_one_of_four_words(content, reason):
    assert read(content).finish_reason == reason


def test_half_characters_become_question_marks_that_a_file_can_hold():
    assert read(b'{"choices": [{"message": {"content": "a\\ud800b"}}]}').text == "a?b"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>It works!</html>",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{"text": "old protocol"}]}',
        b'{"choices": [null]}',
        b'{"choices": {"0": 1}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_completion_is_worth_another_try(content):
    with pytest.raises(RequestFault) as caught:
        read(content)
    assert (caught.value.fault.kind, caught.value.fault.word) == ("transient", "no_completion")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429, "message": "slow down"}, "transient"),
        ({"code": 402, "message": "no credit"}, "credit"),
        ({"message": "broken"}, "transient"),
        ({"code": 400, "message": "context length exceeded"}, "conversation"),
    ],
)
def test_an_error_in_the_clothes_of_a_reply_is_read_as_what_it_is(error, kind):
    with pytest.raises(RequestFault) as caught:
        read(json.dumps({"error": error}).encode())
    assert caught.value.fault.kind == kind
