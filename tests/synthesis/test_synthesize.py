"""Chunks become samples that know where they come from."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.conftest import CORPUS
from tests.synthesis.conftest import TEXT as CHAT_TEXT
from tests.synthesis.conftest import StubbornModel, pair, pairs, task_with
from tests.synthesis.conftest import chunk as chat_chunk

from glossator.errors import ModelError, SynthesisError
from glossator.llm import StructuredModel
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Chunk, Reject, Sample, Split, content_id
from glossator.synthesis import Draft, Teacher, load_task, open_teacher, synthesize
from glossator.synthesis.tasks import Task

DOCS = Path(__file__).parents[2] / "docs" / "synthesis.md"

TEXT = "Pyomo is a Python package that turns models into files. The toolbox provides the plots shown in Figure 3."


def chunk(name: str = "a", document: str = "doc", text: str = TEXT) -> Chunk:
    return chat_chunk(name, text, document=document, heading=("Summary", "Tools"))


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


def ask(model: StructuredModel, task: str, chunks: list[Chunk] | None = None) -> list[Sample | Reject]:
    return list(
        synthesize(
            chunks or [chat_chunk()],
            teacher=open_teacher("chat", model=model),
            task=load_task(task),
            split_of=lambda _: "train",
            groups={},
            seed=7,
        )
    )


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
    with pytest.raises(SynthesisError, match="no teacher of kind 'oracle'; choose one of: chat, extractive"):
        open_teacher("oracle")


def test_a_parameter_the_teacher_does_not_take_is_named() -> None:
    with pytest.raises(SynthesisError, match="'extractive' does not take the parameters model"):
        open_teacher("extractive", model="big")


def corpus_chunks() -> Iterator[Chunk]:
    for path in sorted(CORPUS.glob("*.md")):
        for index, text in enumerate(path.read_text(encoding="utf-8").split("\n\n")):
            if not text.startswith("#"):
                name = content_id(path.stem, text)
                yield Chunk(name, path.stem, index, (path.stem,), 1, 1, text, len(text.split()))


def test_what_the_extractive_teacher_makes_of_the_corpus_keeps_its_ids() -> None:
    made = run(list(corpus_chunks()))
    ids = [f"-{one.reason}" if isinstance(one, Reject) else one.id for one in made]
    assert (len(ids), content_id(*ids)) == (33, "e9fe33c3069fd9f992e3")


def test_a_chat_teacher_s_sample_knows_its_reply_its_repairs_and_its_evidence() -> None:
    (sample,) = ask(StubbornModel(f"Sure!\n{pairs()}"), "grounded_qa")
    assert isinstance(sample, Sample)
    assert sample.origin.teacher.startswith("chat/stubborn@test ")
    assert (sample.origin.journal_key, sample.origin.style_hash) == ("key-1", None)
    assert sample.origin.verdicts == {"reply": "repaired: surroundings", "quote": "exact"}
    assert sample.metadata == {"kind": "why", "page": 4, "heading": "Cooling"}
    assert [evidence.text for evidence in sample.evidence] == [pair()["evidence"]]
    assert sample.messages[0].content == f"Context:\n{CHAT_TEXT}\n\nQuestion: Why is glass annealed?"


def test_the_student_is_told_the_very_words_of_the_style_and_no_passage() -> None:
    (sample,) = ask(StubbornModel(pairs()), "brief_qa")
    assert isinstance(sample, Sample)
    style = load_answer_style("brief")
    assert [(turn.role, turn.content) for turn in sample.prompt] == [
        ("system", style.text),
        ("user", "Why is glass annealed?"),
    ]
    assert sample.origin.style_hash == style.hash


PERSONAS = {
    "eli5": ["analogy", "explanation"],
    "intuitive": ["first_principles", "mechanism"],
    "executive": ["use", "cost", "value"],
}


@pytest.mark.parametrize("task", PERSONAS)
def test_a_persona_s_row_is_the_instruction_with_the_section_and_the_labelled_fields(task: str) -> None:
    reply = {field: f"About {field}." for field in PERSONAS[task]}
    (sample,) = ask(StubbornModel(json.dumps(reply)), task)
    assert isinstance(sample, Sample)
    question = load_task(task).question
    assert [turn.role for turn in sample.messages] == ["user", "assistant"]
    assert sample.messages[0].content == f"Context:\n{CHAT_TEXT}\n\nQuestion: {question}"
    labels = [field.replace("_", " ").capitalize() for field in PERSONAS[task]]
    parts = [f"**{label}:** About {field}." for label, field in zip(labels, PERSONAS[task], strict=True)]
    assert sample.answer == "\n\n".join(parts)
    assert (sample.evidence, sample.question, sample.metadata["kind"]) == ((), question, task)


def test_three_personas_of_one_section_are_three_samples() -> None:
    made = [ask(StubbornModel(json.dumps({f: f"{f}." for f in fields})), task)[0] for task, fields in PERSONAS.items()]
    assert len({sample.id for sample in made if isinstance(sample, Sample)}) == 3


def test_titles_reach_the_teacher() -> None:
    model = StubbornModel(pairs())
    made = synthesize(
        [chat_chunk()],
        teacher=open_teacher("chat", model=model),
        task=load_task("grounded_qa"),
        split_of=lambda _: "train",
        groups={},
        seed=7,
        titles={"doc": "On glass"},
    )
    list(made)
    assert "Document: On glass" in model.asked[0][-1].content


def test_no_more_chunks_are_read_than_the_model_reads_ahead_and_progress_follows_the_answers() -> None:
    read: list[int] = []
    progress: list[int] = []

    def chunks() -> Iterator[Chunk]:
        for number in itertools.count():
            read.append(number)
            yield chat_chunk(f"c{number}")

    made = synthesize(
        chunks(),
        teacher=open_teacher("chat", model=StubbornModel(pairs(), ahead=3)),
        task=load_task("grounded_qa"),
        split_of=lambda chunk: "pool" if chunk.id == "c2" else "dev",
        groups={},
        seed=7,
        on_progress=progress.append,
    )
    given = [next(made) for _ in range(4)]
    assert [one.chunk_ids for one in given if isinstance(one, Sample)] == [("c0",), ("c1",), ("c3",), ("c4",)]
    assert progress == [1, 1, 2]
    assert len(read) <= 8


class Miscounting:
    """A teacher that writes a fixed number of lists, however many chunks it is given."""

    name = "miscounting/1"

    def __init__(self, lists: int) -> None:
        self.lists = lists

    def write(
        self, chunks: Iterable[Chunk], task: Task, *, titles: Mapping[str, str] | None = None
    ) -> Iterator[list[Draft | Reject]]:
        list(chunks)
        return iter([[] for _ in range(self.lists)])


@pytest.mark.parametrize(("lists", "complaint"), [(1, "left 1 chunks without a word"), (3, "about more chunks than")])
def test_a_teacher_that_loses_or_invents_chunks_is_an_error(lists: int, complaint: str) -> None:
    teacher: Teacher = Miscounting(lists)
    with pytest.raises(SynthesisError, match=f"teacher miscounting/1 .*{complaint}"):
        list(
            synthesize(
                [chunk("a"), chunk("b")],
                teacher=teacher,
                task=load_task("extractive_qa"),
                split_of=lambda _: "train",
                groups={},
                seed=7,
            )
        )


def test_the_task_of_the_documentation_works_as_it_stands_there(tmp_path: Path) -> None:
    shown = re.search(r"````markdown\n(.*?)````", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    path = tmp_path / "glossary.md"
    path.write_text(shown[1], encoding="utf-8")
    term = pair(question="What is annealing in glass making?", answer="Slow cooling that removes stress.", kind="what")
    model = StubbornModel(pairs(term))
    (sample,) = ask(model, str(path))
    assert isinstance(sample, Sample)
    assert (sample.task, sample.context, sample.question) == ("glossary", "none", term["question"])
    assert sample.prompt[0].content == load_answer_style("brief").text
    assert "at most 2 pairs" in model.asked[0][0].content
    (reject,) = ask(StubbornModel(pairs(term | {"evidence": "A kiln that cools down overnight."})), str(path))
    assert isinstance(reject, Reject)
    assert reject.reason == "evidence_not_found"
