"""A user's own reply form is a YAML file of fields: checked, never executed, hashed with its task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.synthesis.conftest import StubbornModel, material, pair, task_with

from glossator.errors import SynthesisError
from glossator.records import Reject, Sample
from glossator.synthesis import Task, load_task, open_teacher, synthesize
from glossator.synthesis.own_schema import load_schema
from glossator.synthesis.schemas import json_schema, reply_form

PAIRED = """\
fields:
  term: {type: text, description: The term itself., max_length: 40}
  question: {description: What the term means.}
  answer: {description: A definition.}
  evidence: {description: The sentence that explains it.}
  near: {type: list of text, description: Other names of it.}
  weight: {type: number, description: "How common it is, from 0 to 1."}
"""
PLAIN = """\
fields:
  steps: {type: list of text, description: What is done., max_length: 60}
  hours: {type: number, description: How long it takes.}
  moral: {description: What to remember.}
"""
TERM = {**pair(), "term": "annealing", "near": ["slow cooling"], "weight": 0.5}
TERM.pop("kind")


def task_of(folder: Path, schema: str, **fields: str) -> Task:
    (folder / "own.yaml").write_text(schema, encoding="utf-8")
    return task_with(folder, schema="own.yaml", **fields)


def ask(task: Task, reply: Any) -> list[Sample | Reject]:
    model = StubbornModel(json.dumps(reply))
    return list(synthesize([material()], teacher=open_teacher("chat", model=model), task=task, groups={}, seed=7))


def test_a_schema_with_question_and_answer_is_a_list_of_pairs_with_metadata(tmp_path: Path) -> None:
    task = task_of(tmp_path, PAIRED, checks="[evidence]")
    (sample,) = ask(task, {"pairs": [TERM]})
    assert isinstance(sample, Sample)
    assert (sample.question, sample.answer) == (pair()["question"], pair()["answer"])
    assert {key: sample.metadata[key] for key in ("term", "near", "weight")} == {
        "term": "annealing",
        "near": ["slow cooling"],
        "weight": 0.5,
    }
    assert sample.evidence[0].text == pair()["evidence"]


def test_a_schema_without_them_answers_a_fixed_question_under_bold_labels(tmp_path: Path) -> None:
    task = task_of(tmp_path, PLAIN, question="What is to be done?")
    (sample,) = ask(task, {"steps": ["Heat it.", "Wait."], "hours": 24, "moral": "Patience pays."})
    assert isinstance(sample, Sample)
    assert sample.question == "What is to be done?"
    assert sample.answer == "**Steps:**\n- Heat it.\n- Wait.\n\n**Hours:** 24\n\n**Moral:** Patience pays."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weight": "much"}, "schema"),
        ({"near": "one"}, "schema"),
        ({"term": "t" * 41}, "too_long"),
        ({"term": " "}, "empty"),
        ({"other": "x"}, "schema"),
        ({"near": ["fine", "I'm sorry, I can't say."]}, "refused"),
        ({"evidence": "Glass was first made in Egypt, near the sea."}, "evidence_not_found"),
    ],
)
def test_a_reply_that_breaks_a_user_s_schema_is_a_reject(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    (reject,) = ask(task_of(tmp_path, PAIRED, checks="[evidence]"), {"pairs": [TERM | changes]})
    assert isinstance(reject, Reject)
    assert reject.reason == reason


def test_the_json_schema_and_the_form_in_the_prompt_show_every_field(tmp_path: Path) -> None:
    form = task_of(tmp_path, PAIRED).form
    items = json_schema(form)["properties"]["pairs"]["items"]
    assert items["required"] == ["term", "question", "answer", "evidence", "near", "weight"]
    assert items["properties"]["near"] == {
        "type": "array",
        "description": "Other names of it.",
        "items": {"type": "string"},
    }
    assert items["properties"]["weight"]["type"] == "number"
    assert '"near": ["…", …], "weight": 0' in reply_form(form)
    assert "- term: The term itself." in reply_form(form)


def test_the_hash_of_a_task_covers_its_schema(tmp_path: Path) -> None:
    first = task_of(tmp_path, PAIRED).hash
    assert task_of(tmp_path, PAIRED).hash == first
    assert task_of(tmp_path, PAIRED.replace("40", "41")).hash != first


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fields: [a", "is not YAML"),
        ("- a", "write one key, fields"),
        ("fields: {}", "write one key, fields"),
        ("fields: {a: {description: x}}\nmore: 1", "write one key, fields"),
        ("fields: {a: {type: date, description: x}}", "type of a is 'date'; use one of text, list of text, number"),
        ("fields: {a: {type: text}}", "description of a is None; say what it holds"),
        ("fields: {a: x}", "field a is 'x'; give it only description, max_length, type"),
        ("fields: {a: {description: x, default: 1}}", "give it only"),
        ("fields: {a: {description: x, max_length: 0}}", "max_length of a is 0; give characters, from 1 to 4000"),
        ("fields: {a: {type: number, description: x, max_length: 3}}", "a is a number and has no max_length"),
        ("fields: {Term: {description: x}}", "field name 'Term' cannot be used; use small letters"),
        ("fields: {model_dump: {description: x}}", "cannot be used"),
        ("fields: {copy: {description: x}}", "cannot be used"),
        ("fields: {class: {description: x}}", "cannot be used"),
        ("fields: {page: {description: x}}", "cannot be used"),
        ("fields: {__init__: {description: x}}", "cannot be used"),
        ("fields: {question: {description: x}}", "has the field question alone"),
        ("fields: {question: {description: x}, answer: {type: number, description: x}}", "answer is a number; make"),
        ("fields: {a: !!python/object/apply:os.getcwd []}", "is not YAML"),
        ("fields:\n" + "".join(f"  f{n}: {{description: x}}\n" for n in range(21)), "has 21 fields; use at most 20"),
    ],
)
def test_a_bad_schema_file_is_named_with_its_fault_and_the_remedy(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SynthesisError) as caught:
        load_schema(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("nearest", "rejected", "trimmed", "trimmed_from", "edited_from"),
        *("gold", "page", "heading", "figure", "turns"),
    ],
)
def test_a_field_may_not_bear_a_name_that_samples_use(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(PAIRED.replace("  term:", f"  {name}:"), encoding="utf-8")
    with pytest.raises(SynthesisError) as caught:
        load_schema(path)
    assert f"field name {name!r} cannot be used, since samples use it; choose another one" in str(caught.value)


def test_a_missing_schema_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match=r"schema file .*absent\.yaml cannot be read"):
        task_with(tmp_path, schema="absent.yaml")


@pytest.mark.parametrize(
    ("schema", "fields", "complaint"),
    [
        (PAIRED, {"question": "Why?"}, "question is fixed, but schema own.yaml asks its own"),
        (PLAIN, {}, "question is None; give the question that schema own.yaml answers"),
        (PLAIN, {"question": "Why?", "pairs": "2"}, "pairs is set, but schema own.yaml"),
        (PAIRED.replace("evidence", "proof"), {"checks": "[evidence]"}, "add a field evidence to the schema"),
    ],
)
def test_a_task_that_does_not_fit_its_schema_is_told(
    tmp_path: Path, schema: str, fields: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SynthesisError, match=complaint):
        task_of(tmp_path, schema, **fields)


def test_two_tasks_may_share_a_schema(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(PAIRED, encoding="utf-8")
    task_with(tmp_path, schema="own.yaml")
    assert load_task(tmp_path / "mine.md").form.name == "own.yaml"
