"""Tasks are read from Markdown files, and a bad one says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from glossator.curation.curate import ALWAYS, CHECKS
from glossator.errors import SynthesisError
from glossator.llm.answer_styles import load_answer_style
from glossator.synthesis import load_task, task_names

GOOD = (
    "---\nname: mine\ncontext: chunk\nanswer_style: null\nchecks: [evidence]\ndescription: A task.\n---\nWrite pairs.\n"
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


PERSONA = GOOD.replace("[evidence]", "[]").replace(
    "---\nWrite", "schema: eli5\nquestion: Explain  this\n  to me.\n---\nWrite"
)


@pytest.mark.parametrize("name", task_names())
def test_every_packaged_task_loads_under_its_own_name(name: str) -> None:
    assert load_task(name).name == name


@pytest.mark.parametrize("name", task_names())
def test_every_packaged_task_names_checks_and_a_style_that_exist(name: str) -> None:
    task = load_task(name)
    assert set(task.checks) <= {*CHECKS, *ALWAYS}
    assert task.answer_style is None or load_answer_style(task.answer_style).text


@pytest.mark.parametrize(
    ("name", "context", "style", "has_evidence"),
    [
        ("grounded_qa", "chunk", None, True),
        ("atomic_qa", "none", None, True),
        ("brief_qa", "none", "brief", True),
        ("eli5", "chunk", None, False),
        ("intuitive", "chunk", None, False),
        ("executive", "chunk", None, False),
    ],
)
def test_the_tasks_of_a_chat_teacher_say_what_the_student_sees(
    name: str, context: str, style: str | None, has_evidence: bool
) -> None:
    task = load_task(name)
    assert (task.context, task.answer_style, "evidence" in task.checks) == (context, style, has_evidence)
    assert task.schema == ("pairs" if has_evidence else name)
    assert (task.question is None) == has_evidence


@pytest.mark.parametrize(
    ("name", "schema", "shows", "context", "distractors"),
    [
        ("multi_hop", "multi_hop", "related_chunks", "chunk", 0),
        ("multi_turn", "multi_turn", "chunk", "chunk", 0),
        ("unanswerable", "unanswerable", "chunk", "chunk", 0),
        ("distractor", "pairs", "chunk", "retrieved", 3),
        ("preference", "preference", "chunk", "chunk", 0),
        ("figure_qa", "pairs", "figure", "chunk", 0),
    ],
)
def test_the_harder_tasks_say_what_teacher_and_student_are_shown(
    name: str, schema: str, shows: str, context: str, distractors: int
) -> None:
    task = load_task(name)
    assert (task.schema, task.shows, task.context, task.distractors) == (schema, shows, context, distractors)
    assert (task.answer is not None) == (name == "unanswerable")


def test_brief_questions_are_of_five_kinds() -> None:
    assert all(f"- {kind}: " in load_task("brief_qa").text for kind in ("what", "why", "how", "compare", "explain"))


def test_a_task_without_a_schema_asks_for_pairs(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, GOOD))
    assert (task.schema, task.question, task.pairs) == ("pairs", None, None)


def test_a_task_may_say_how_many_pairs(tmp_path: Path) -> None:
    assert load_task(write(tmp_path, GOOD.replace("---\nWrite", "pairs: 7\n---\nWrite"))).pairs == 7


def test_a_persona_has_one_question_on_one_line(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, PERSONA))
    assert (task.schema, task.question, task.checks) == ("eli5", "Explain this to me.", ())


def test_the_extractive_task_shows_the_student_the_chunk() -> None:
    task = load_task("extractive_qa")
    assert (task.context, task.answer_style) == ("chunk", None)
    assert "evidence" in task.checks


def test_a_file_is_a_task_too(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, GOOD))
    assert (task.name, task.context, task.checks, task.text) == ("mine", "chunk", ("evidence",), "Write pairs.")
    assert load_task(str(tmp_path / "mine.md")) == task


def test_the_hash_changes_with_any_byte_of_the_file(tmp_path: Path) -> None:
    first = load_task(write(tmp_path, GOOD)).hash
    assert load_task(write(tmp_path, GOOD + " ")).hash != first
    assert load_task(write(tmp_path, GOOD)).hash == first


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n")))
    assert task.text == "Write pairs."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Write pairs.", "has no front matter; begin it with YAML"),
        ("---\nname: mine\n", "has no front matter"),
        (GOOD.replace("name: mine", "name: [mine"), "is not YAML"),
        (GOOD.replace("name: mine\n", ""), "name is None; give it a text"),
        (GOOD.replace("context: chunk", "context: page"), "context is 'page'; use one of none, chunk, retrieved"),
        (GOOD.replace("answer_style: null", "answer_style: 3"), "answer_style is 3; give the name of a style, or null"),
        (GOOD.replace("checks: [evidence]", "checks: evidence"), "checks is 'evidence'; give a list of names"),
        (GOOD.replace("checks:", "filters:"), "unknown keys filters; use only"),
        (GOOD.replace("Write pairs.", ""), "has no text after its front matter"),
        ("---\n- a\n- b\n---\nWrite.", "the front matter holds no keys"),
        (GOOD.replace("context:", "schema: poem\ncontext:"), "schema is 'poem'; use one of eli5, executive, intuitive"),
        (GOOD.replace("context:", "schema: [pairs]\ncontext:"), "schema is ['pairs']; use one of"),
        (GOOD.replace("context:", "pairs: 0\ncontext:"), "pairs is 0; give a number from 1 to 20"),
        (GOOD.replace("context:", "pairs: true\ncontext:"), "pairs is True; give a number from 1 to 20"),
        (GOOD.replace("context:", "question: Why?\ncontext:"), "question is fixed, but schema pairs asks its own"),
        (PERSONA.replace("question: Explain  this\n  to me.\n", ""), "question is None; give the question"),
        (PERSONA.replace("chunk", "none"), "context is none, but schema eli5 explains a whole chunk"),
        (PERSONA.replace("[]", "[evidence]"), "evidence is among the checks, but schema eli5"),
        (PERSONA.replace("context:", "pairs: 2\ncontext:"), "pairs is set, but schema eli5"),
        (b"---\nname: \xff\n---\n", "is not UTF-8 text; save it as UTF-8"),
        (GOOD.replace("chunk", "retrieved"), "context is retrieved, but distractors are missing; give distractors"),
        (GOOD.replace("context:", "distractors: 3\ncontext:"), "distractors is 3, but context is chunk"),
        (GOOD.replace("context:", "distractors: 9\ncontext:"), "distractors is 9; give a number from 1 to 8"),
        (
            GOOD.replace("context:", "shows: page\ncontext:"),
            "shows is 'page'; use one of chunk, related_chunks, figure",
        ),
        (GOOD.replace("context:", "shows: related_chunks\ncontext:"), "use shows: related_chunks together with"),
        (GOOD.replace("context:", "schema: multi_hop\ncontext:"), "shows is chunk, but schema is multi_hop"),
        (GOOD.replace("context: chunk", "context: none\nshows: figure"), "shows is figure, but schema is pairs and"),
        (GOOD.replace("context:", "answer: No.\ncontext:"), "answer is fixed, but schema pairs writes it"),
        (GOOD.replace("context:", "schema: unanswerable\ncontext:"), "answer is missing; give the sentence"),
        (
            GOOD.replace("context:", "schema: unanswerable\nanswer: No.\ncontext:"),
            "evidence is among the checks, but schema unanswerable has none; leave it out",
        ),
        (GOOD.replace("context:", "examples: [1]\ncontext:"), "example 1 lacks a passage or a reply"),
        (GOOD.replace("context:", "examples: many\ncontext:"), "give a list of at most 8"),
        (
            GOOD.replace("context:", "examples: [{passage: Sand., reply: {pairs: [{question: Why}]}}]\ncontext:"),
            "the reply of example 1 is schema; answer: Field required",
        ),
        (
            GOOD.replace(
                "context:",
                "examples: [{passage: Sand, reply: {pairs: [{question: Why, answer: So, evidence: Soda}]}}]\ncontext:",
            ),
            "evidence of example 1 is not in its passage; copy it letter by letter",
        ),
        (
            GOOD.replace("context:", "examples: [{passage: Sand, reply: {pairs: [{when: 2024-05-01}]}}]\ncontext:"),
            "the reply of example 1 holds '2024-05-01', a date; put it in quotes",
        ),
        (
            GOOD.replace("context:", "examples: [{passage: Sand, reply: {2024-05-01: [spring]}}]\ncontext:"),
            "and put dates in quotes",
        ),
        (
            GOOD.replace("context:", "examples: [{passage: Sand, reply: {pairs: .nan}}]\ncontext:"),
            "the reply of example 1 cannot be written as JSON",
        ),
        (
            GOOD.replace("context:", "examples: [{passage: Sand, reply: &own {pairs: [*own]}}]\ncontext:"),
            "the reply of example 1 cannot be written as JSON",
        ),
    ],
)
def test_a_bad_task_file_is_named_with_its_fault_and_the_remedy(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SynthesisError) as caught:
        load_task(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(SynthesisError, match=r"task 'no_such' is unknown; use one of .*extractive_qa"):
        load_task("no_such")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="does not exist; check the path"):
        load_task(tmp_path / "absent.md")
