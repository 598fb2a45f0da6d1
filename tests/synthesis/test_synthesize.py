"""Chunks become samples that know where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from glossator.errors import ModelError, SynthesisError
from glossator.records import Chunk, Reject, Sample, Split, content_id
from glossator.synthesis import load_task, open_teacher, synthesize
from glossator.synthesis.tasks import Task

TEXT = "Pyomo is a Python package that turns models into files. The toolbox provides the plots shown in Figure 3."


def chunk(name: str = "a", document: str = "doc", text: str = TEXT) -> Chunk:
    return Chunk(name, document, 0, ("Summary", "Tools"), 4, 5, text, 30)


def run(
    chunks: list[Chunk],
    task: Task | None = None,
    splits: Mapping[str, Split | None] | None = None,
    progress: list[int] | None = None,
) -> list[Sample | Reject]:
    return list(
        synthesize(
            chunks,
            teacher=open_teacher("extractive", seed=7),
            task=task or load_task("extractive_qa"),
            split_of=lambda c: (splits or {}).get(c.id, "train"),
            groups={"doc": "tools"},
            seed=7,
            on_progress=None if progress is None else progress.append,
        )
    )


def task_with(folder: Path, **changes: str) -> Task:
    fields = {"name": "mine", "context": "chunk", "answer_style": "null", "description": "A task."} | changes
    path = folder / "mine.md"
    path.write_text("---\n" + "\n".join(f"{k}: {v}" for k, v in fields.items()) + "\n---\nWrite pairs.\n")
    return load_task(path)


def test_a_sample_holds_the_prompt_the_answer_and_where_both_come_from() -> None:
    (sample,) = (made for made in run([chunk()]) if isinstance(made, Sample))
    assert [message.role for message in sample.messages] == ["user", "assistant"]
    assert sample.messages[0].content == f"Context:\n{TEXT}\n\nQuestion: What is Pyomo?"
    assert sample.answer == "Pyomo is a Python package that turns models into files."
    assert (sample.question, sample.group, sample.split) == ("What is Pyomo?", "tools", "train")
    assert (sample.document_ids, sample.chunk_ids) == (("doc",), ("a",))
    assert sample.evidence[0].text == sample.answer
    assert sample.metadata == {"kind": "definition", "page": 4, "heading": "Tools"}
    assert sample.origin.teacher == "extractive/1"
    assert (sample.origin.seed, sample.origin.prompt_hash) == (7, load_task("extractive_qa").hash)


def test_the_id_is_the_hash_of_task_and_messages() -> None:
    (sample,) = (made for made in run([chunk()]) if isinstance(made, Sample))
    parts = [part for message in sample.messages for part in (message.role, message.content)]
    assert sample.id == content_id("extractive_qa", *parts)


def test_rejected_sentences_come_along_with_their_reason() -> None:
    (reject,) = (made for made in run([chunk()]) if isinstance(made, Reject))
    assert (reject.subject_id, reject.stage, reject.reason) == ("a", "extractive", "depends_on_context")
    assert "Figure 3" in reject.detail


def test_chunks_of_the_pool_and_without_a_split_are_passed_over() -> None:
    made = run([chunk("a"), chunk("b"), chunk("c")], splits={"a": "pool", "b": None, "c": "test"})
    assert {sample.split for sample in made if isinstance(sample, Sample)} == {"test"}
    assert {reject.subject_id for reject in made if isinstance(reject, Reject)} == {"c"}


def test_a_document_without_a_group_gives_samples_without_one() -> None:
    (sample,) = (made for made in run([chunk(document="other")]) if isinstance(made, Sample))
    assert sample.group is None


def test_progress_counts_every_chunk_also_those_passed_over() -> None:
    progress: list[int] = []
    run([chunk("a"), chunk("b")], splits={"a": "pool"}, progress=progress)
    assert sum(progress) == 2


def test_a_closed_book_task_shows_the_student_no_text(tmp_path: Path) -> None:
    (sample,) = (made for made in run([chunk()], task_with(tmp_path, context="none")) if isinstance(made, Sample))
    assert sample.prompt[0].content == "What is Pyomo?"
    assert sample.context == "none"


def test_an_answer_style_becomes_the_system_turn_and_is_remembered(tmp_path: Path) -> None:
    (sample,) = (made for made in run([chunk()], task_with(tmp_path, answer_style="brief")) if isinstance(made, Sample))
    assert [message.role for message in sample.messages] == ["system", "user", "assistant"]
    assert sample.origin.style_hash


def test_an_unknown_answer_style_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no_such"):
        run([chunk()], task_with(tmp_path, answer_style="no_such"))


def test_a_task_with_retrieved_context_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SynthesisError, match="retrieved context; use context: chunk"):
        run([chunk()], task_with(tmp_path, context="retrieved"))


def test_an_unknown_kind_of_teacher_names_the_known_ones() -> None:
    with pytest.raises(SynthesisError, match="no teacher of kind 'oracle'; choose one of: extractive"):
        open_teacher("oracle")


def test_a_parameter_the_teacher_does_not_take_is_named() -> None:
    with pytest.raises(SynthesisError, match="'extractive' does not take the parameters model"):
        open_teacher("extractive", model="big")
