"""A reply becomes checked parts; everything else in it becomes a fault with its reason."""

from __future__ import annotations

import json

import pytest
from tests.synthesis.conftest import pair, pairs

from glossator.records import JsonValue
from glossator.synthesis.forms import Eli5, Pair
from glossator.synthesis.replies import MAX_CHARACTERS, MAX_PARTS, Read
from glossator.synthesis.replies import read_reply as read_reply_of
from glossator.synthesis.schemas import reply_schema

PERSONA = {"analogy": "A tired runner.", "explanation": "Glass rests."}


def read_reply(text: str, schema: str) -> Read:
    return read_reply_of(text, reply_schema(schema))


def reasons(text: str, schema: str = "pairs") -> list[str]:
    return [fault.reason for fault in read_reply(text, schema).faults]


def test_good_pairs_are_read_in_order() -> None:
    read = read_reply(pairs(pair(question="One?"), pair(question="Two?")), "pairs")
    assert [part.question for part in read.parts if isinstance(part, Pair)] == ["One?", "Two?"]
    assert (read.faults, read.repairs) == ((), ())


def test_one_bad_pair_costs_no_good_one() -> None:
    read = read_reply(pairs(pair(), pair(answer=7), pair(question="Two?")), "pairs")
    assert len(read.parts) == 2
    assert [fault.reason for fault in read.faults] == ["schema"]
    assert "answer: Input should be a valid string" in read.faults[0].detail


def test_an_empty_list_is_no_fault() -> None:
    read = read_reply('{"pairs": []}', "pairs")
    assert (read.parts, read.faults) == ((), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("Glass is annealed because of stress.", "malformed"),
        ('{"pairs": [{"question"', "malformed"),
        ('{"questions": []}', "schema"),
        ('{"pairs": {}}', "schema"),
        ('{"pairs": null}', "schema"),
        ('{"pairs": [], "note": "done"}', "schema"),
        ('{"pairs": ["Why?"]}', "schema"),
        ('{"pairs": [null]}', "schema"),
        ("{}", "schema"),
        (pairs(pair(question="")), "empty"),
        (pairs(pair(answer=" \u0000 ")), "empty"),
        (pairs(pair(question=3)), "schema"),
        (pairs(pair(extra="x")), "schema"),
        (pairs({"question": "Why?"}), "schema"),
        (pairs(pair(answer="word " * 1_000)), "too_long"),
        ("x" * 1_000_000, "too_long"),
        (pairs(*[pair()] * 3)[:-40], "truncated"),
    ],
)
def test_a_bad_reply_has_its_reason(text: str, reason: str) -> None:
    assert reasons(text) == [reason]


def test_a_reply_that_breaks_off_keeps_its_whole_pairs() -> None:
    read = read_reply(pairs(*[pair()] * 3)[:-40], "pairs")
    assert len(read.parts) == 2
    assert read.repairs == ("truncated",)
    assert read.faults[0].detail.startswith('{"question": "Why is glass annealed?"')


def test_of_a_thousand_pairs_a_bounded_number_is_looked_at() -> None:
    row = {"question": "Why?", "answer": "So.", "evidence": ""}
    read = read_reply(pairs(*[row] * 1_000), "pairs")
    assert len(read.parts) == MAX_PARTS
    assert [fault.reason for fault in read.faults] == ["too_many"]


def test_a_persona_is_read_whole() -> None:
    assert read_reply(json.dumps(PERSONA), "eli5").parts == (Eli5(**PERSONA),)
    assert read_reply(f"```\n{json.dumps(PERSONA)}\n```", "eli5").repairs == ("surroundings",)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"analogy": "A runner."}, "schema"),
        (PERSONA | {"explanation": ""}, "empty"),
        (PERSONA | {"explanation": ["Glass rests."]}, "schema"),
        (PERSONA | {"moral": "Rest."}, "schema"),
        (PERSONA | {"analogy": "w" * 4_001}, "too_long"),
        ([[PERSONA["analogy"]]], "malformed"),
    ],
)
def test_a_persona_with_a_fault_is_no_persona(reply: JsonValue, reason: str) -> None:
    read = read_reply(json.dumps(reply), "eli5")
    assert (read.parts, [fault.reason for fault in read.faults]) == ((), [reason])


def test_a_persona_that_breaks_off_is_malformed() -> None:
    assert reasons(json.dumps(PERSONA)[:-5], "eli5") == ["malformed"]


@pytest.mark.parametrize(
    "text", ["y" * 90_000, "{" * 90_000, '{"pairs": ["' + "z" * 90_000 + '"]}', "a\n\n b " * 9_000]
)
def test_no_detail_holds_more_than_an_excerpt(text: str) -> None:
    assert len(text) < MAX_CHARACTERS
    assert all(len(fault.detail) < 600 for fault in read_reply(text, "pairs").faults)
