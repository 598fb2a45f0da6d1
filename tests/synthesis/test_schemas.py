"""A reply schema is one model: from it come the JSON schema, the form in the prompt and the rendered answer."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError
from tests.synthesis.conftest import pair

from glossator.errors import SynthesisError
from glossator.records import JsonValue
from glossator.synthesis.forms import Eli5, Executive, Intuitive, Pair
from glossator.synthesis.schemas import json_schema, render, reply_form, reply_schema, schema_names

STRICT = {"type", "description", "enum", "properties", "required", "additionalProperties", "items"}


def objects_in(schema: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    below = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return [schema, *(found for part in below for found in objects_in(part))]


@pytest.mark.parametrize("name", schema_names())
def test_every_json_schema_is_closed_complete_and_free_of_keywords_that_strict_modes_refuse(name: str) -> None:
    parts = objects_in(json_schema(reply_schema(name)))
    for part in parts:
        assert set(part) <= STRICT
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
    assert sum(part["type"] == "string" for part in parts) >= 2
    json.dumps(parts)


@pytest.mark.parametrize("name", schema_names())
def test_the_form_in_the_prompt_names_every_text_the_schema_asks_for(name: str) -> None:
    asked = {
        key for part in objects_in(json_schema(reply_schema(name))) for key, value in part.get("properties", {}).items()
    }
    shown = reply_form(reply_schema(name))
    assert all(f'"{key}": ' in shown for key in asked)
    assert all(f"- {key}: " in shown for key in asked - {reply_schema(name).listed})


def test_an_unknown_schema_names_the_known_ones() -> None:
    with pytest.raises(SynthesisError, match="'poem' is unknown; use one of eli5, executive, intuitive, multi_hop"):
        reply_schema("poem")


def test_a_persona_is_rendered_as_its_fields_under_bold_labels_in_order() -> None:
    assert render(Eli5(explanation="Glass rests.", analogy="A tired runner.")) == (
        "**Analogy:** A tired runner.\n\n**Explanation:** Glass rests."
    )
    assert render(Intuitive(first_principles="Heat spreads.", mechanism="So it rests.")) == (
        "**First principles:** Heat spreads.\n\n**Mechanism:** So it rests."
    )
    assert render(Executive(use="Dishes.", cost="A day.", value="No cracks.")) == (
        "**Use:** Dishes.\n\n**Cost:** A day.\n\n**Value:** No cracks."
    )


def test_texts_are_trimmed_and_freed_of_what_no_text_may_hold() -> None:
    made = Pair.model_validate(pair(question="  Why\u0000 is\ud800 it\u001b so?\n", answer="Cafe\u0301."))
    assert (made.question, made.answer) == ("Why is it so?", "Café.")


@pytest.mark.parametrize("kind", ["definition", "WHY", ""])
def test_a_kind_off_the_list_is_another_kind(kind: str) -> None:
    assert Pair.model_validate(pair(kind=kind)).kind == "other"


def test_a_pair_without_a_kind_is_read() -> None:
    assert Pair.model_validate({key: value for key, value in pair().items() if key != "kind"}).kind == "other"


@pytest.mark.parametrize(
    "changes",
    [
        {"question": 3},
        {"answer": ["a"]},
        {"kind": 1},
        {"evidence": None},
        {"note": "x"},
        {"question": " \n"},
        {"question": "w" * 501},
        {"answer": "w" * 4001},
        {"evidence": "w" * 2001},
    ],
)
def test_a_pair_with_another_type_another_key_or_another_length_is_refused(changes: dict[str, JsonValue]) -> None:
    with pytest.raises(ValidationError):
        Pair.model_validate(pair(**changes))
