"""Tasks are read from Markdown files, and a bad one says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from glossator.errors import SynthesisError
from glossator.synthesis import load_task, task_names

GOOD = (
    "---\nname: mine\ncontext: chunk\nanswer_style: null\nchecks: [evidence]\ndescription: A task.\n---\nWrite pairs.\n"
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", task_names())
def test_every_packaged_task_loads_under_its_own_name(name: str) -> None:
    assert load_task(name).name == name


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
        (b"---\nname: \xff\n---\n", "is not UTF-8 text; save it as UTF-8"),
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
