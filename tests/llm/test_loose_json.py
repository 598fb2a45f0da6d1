"""What models get wrong around JSON and in it is repaired; what is inside a string stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glossator.llm.loose_json import Loose, read_object

KEYS = ["pairs"]
ITEM = {"question": "Why?", "answer": "So."}
GOOD = json.dumps({"pairs": [ITEM, ITEM]})


def read(text: str) -> Loose | None:
    return read_object(text, KEYS, item_keys=list(ITEM))


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (GOOD, ()),
        (f"\ufeff \n{GOOD}\n", ()),
        (json.dumps(json.loads(GOOD), indent=2), ()),
        (f"```json\n{GOOD}\n```", ("surroundings",)),
        (f"{GOOD} That is all.", ("surroundings",)),
        (f"Here you are:\n{GOOD}\nI hope this helps {{you}}!", ("surroundings",)),
        (f"<think>Perhaps {{a: b}}?</think>{GOOD}", ("surroundings",)),
        (GOOD.replace("}]}", "},\n ],\n}"), ("commas",)),
        (GOOD.replace('"', "“", 1).replace('"', "”", 1).replace('"question"', "“question”"), ("quotes",)),
        (GOOD.replace(": ", " :\n\t"), ()),
        (json.dumps([ITEM, ITEM]), ("envelope",)),
        (f"Sure: {json.dumps([ITEM, ITEM])}", ("envelope", "surroundings")),
        (f'{GOOD[:-2]}, {{"question": "Wh', ("truncated",)),
        (GOOD[:-2], ("truncated",)),
        (f'```json\n{json.dumps([ITEM, ITEM])[:-1]}, {{"ques', ("envelope", "surroundings", "truncated")),
    ],
)
def test_an_object_is_found_and_what_was_repaired_is_told(text: str, repairs: tuple[str, ...]) -> None:
    found = read(text)
    assert found is not None
    assert (found.value, found.repairs) == ({"pairs": [ITEM, ITEM]}, repairs)


def test_raw_line_breaks_in_a_string_stay_in_it() -> None:
    found = read('{"pairs": [{"question": "one\ntwo"}]}')
    assert found == Loose({"pairs": [{"question": "one\ntwo"}]}, ("line_breaks",))


def test_what_is_left_of_the_item_a_reply_broke_off_at_is_told() -> None:
    found = read(f'{GOOD[:-2]}, {{"question": "Half a')
    assert found is not None
    assert found.lost == '{"question": "Half a'


def test_typographic_marks_inside_a_string_are_content() -> None:
    text = '{"pairs": [{"question": "What is “stress”, then?", "answer": "A „load“ }]."}]}'
    assert read(f"So: {text},") == Loose(json.loads(text), ("surroundings",))


def test_straight_marks_between_typographic_ones_are_content() -> None:
    found = read('{“pairs”: [{“question”: “What does "rest" mean?”}]}')
    assert found is not None
    assert found.value == {"pairs": [{"question": 'What does "rest" mean?'}]}


def test_the_last_object_counts_since_models_think_first() -> None:
    found = read(f'{{"pairs": [{{"question": "draft"}}]}} No, better: {GOOD}')
    assert found is not None
    assert found.value == json.loads(GOOD)


def test_a_last_object_that_cannot_be_read_leaves_the_one_before() -> None:
    found = read(f'{GOOD} or {{"pairs": [{{"question": "never end')
    assert found is not None
    assert found.value == json.loads(GOOD)


def test_an_object_quoted_in_a_string_of_another_is_not_taken_for_it() -> None:
    outer = {"pairs": [{"question": 'What does {"pairs": []} mean?'}, {"question": "{ “pairs”: [] }"}]}
    found = read(f"Reply: {json.dumps(outer, ensure_ascii=False)}")
    assert found is not None
    assert found.value == outer


@pytest.mark.parametrize(
    "text", ["", "null", "3", '"pairs"', "No idea.", "{pairs: []}", '{"pairs": [', '{"pairs": [}]}']
)
def test_what_holds_no_object_gives_nothing(text: str) -> None:
    assert read(text) is None


def test_an_object_without_a_list_that_breaks_off_gives_nothing() -> None:
    assert read_object('{"analogy": "A runner.", "explanation": "Gla', ["analogy", "explanation"]) is None


HOSTILE = {
    "openings": '{"pairs":' * 11_000,
    "openings of lists": '{"pairs":' + '[{"question":' * 7_000,
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "spaced braces": "{ " * 50_000,
    "deep": '{"pairs":' + "[" * 40_000 + "]" * 40_000 + "}",
    "backslashes": '{"pairs": [{"question": "' + "\\" * 99_000,
    "typographic marks": '{"pairs": [“' + "”" * 99_000,
    "commas": '{"pairs":[{"question":"a"' + "," * 99_000 + "}]}",
    "closings": '{"pairs":' + "]" * 99_000,
    "long number": '{"pairs":' + "9" * 99_000 + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_replies_end_without_an_error(text: str) -> None:
    assert read(text) is None or isinstance(read(text), Loose)


PIECES = st.sampled_from(
    ['{"pairs": [', '{"question": "a"', "}", "]", ",", '"', "“", "”", "\\", " ", "x", "```", "…", GOOD]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join)))
def test_whatever_is_read_is_an_object_or_nothing(text: str) -> None:
    found = read(text)
    assert found is None or isinstance(found.value, dict)


@given(st.lists(st.fixed_dictionaries({"question": st.text(max_size=20), "answer": st.text(max_size=20)}), min_size=1))
def test_any_strict_object_is_read_as_json_reads_it_also_between_other_words(items: list[dict[str, str]]) -> None:
    text = json.dumps({"pairs": items})
    assert read(text) == Loose({"pairs": items})
    found = read(f"Well, {text} that is all.")
    assert found is not None
    assert found.value == {"pairs": items}


@given(st.lists(st.fixed_dictionaries({"question": st.text(max_size=20)}), min_size=1, max_size=4), st.integers(0, 400))
def test_a_reply_cut_anywhere_gives_its_whole_items_or_nothing(items: list[dict[str, str]], cut: int) -> None:
    found = read(json.dumps({"pairs": items})[:cut])
    if found is not None:
        given_back = found.value["pairs"]
        assert given_back == items[: len(given_back)]
