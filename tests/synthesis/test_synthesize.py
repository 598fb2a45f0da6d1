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
from tests.synthesis.conftest import StubbornModel, material, pair, pairs, task_with
from tests.synthesis.conftest import chunk as chat_chunk

from glossator.errors import ModelError, SynthesisError
from glossator.llm import StructuredModel
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Chunk, Reject, Sample, Split, content_id
from glossator.synthesis import Draft, Material, Refused, Teacher, load_task, make_materials, open_teacher, synthesize
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
    task = task or load_task("extractive_qa")
    return list(
        synthesize(
            make_materials([(one, (splits or {}).get(one.id, "train")) for one in chunks], task),
            teacher=open_teacher("extractive", seed=7),
            task=task,
            groups={"doc": "tools"},
            seed=7,
            on_progress=None if progress is None else progress.append,
        )
    )


def task_file(folder: Path, **changes: str) -> Path:
    task_with(folder, **changes)
    return folder / "mine.md"


def ask(model: StructuredModel, task: str, chunks: list[Chunk] | None = None) -> list[Sample | Reject]:
    return list(
        synthesize(
            map(material, chunks or [chat_chunk()]),
            teacher=open_teacher("chat", model=model),
            task=load_task(task),
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
    assert sample.origin.teacher == open_teacher("extractive").name
    assert (sample.origin.seed, sample.origin.prompt_hash) == (7, load_task("extractive_qa").hash)


def test_the_id_is_the_hash_of_task_and_messages() -> None:
    (sample,) = (made for made in run([chunk()]) if isinstance(made, Sample))
    parts = [part for message in sample.messages for part in (message.role, message.content)]
    assert sample.id == content_id("extractive_qa", *parts)


def test_rejected_sentences_come_along_with_their_reason() -> None:
    (reject,) = (made for made in run([chunk()]) if isinstance(made, Reject))
    assert reject.reason == "depends_on_context"
    assert "Figure 3" in reject.detail


def test_chunks_of_the_pool_and_without_a_split_are_passed_over() -> None:
    made = run([chunk("a"), chunk("b"), chunk("c")], splits={"a": "pool", "b": None, "c": "test"})
    assert {sample.split for sample in made if isinstance(sample, Sample)} == {"test"}
    assert {sample.chunk_ids for sample in made if isinstance(sample, Sample)} == {("c",)}
    assert len([reject for reject in made if isinstance(reject, Reject)]) == 1


def test_a_document_without_a_group_gives_samples_without_one() -> None:
    (sample,) = (made for made in run([chunk(document="other")]) if isinstance(made, Sample))
    assert sample.group is None


def test_progress_counts_every_material() -> None:
    progress: list[int] = []
    run([chunk("a"), chunk("b"), chunk("c")], splits={"a": "pool"}, progress=progress)
    assert progress == [1, 1]


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


def test_an_unknown_kind_of_teacher_names_the_known_ones() -> None:
    with pytest.raises(SynthesisError, match="no teacher of kind 'oracle'; choose one of: chat, extractive, local"):
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


def test_the_same_chunks_and_seed_give_the_same_samples_again() -> None:
    first, again = run(list(corpus_chunks())), run(list(corpus_chunks()))
    assert first == again
    assert len({one.id for one in first if isinstance(one, Sample)}) >= 8


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


def test_the_very_words_of_a_style_reach_teacher_training_evaluation_and_serving(tmp_path: Path) -> None:
    """One text: in the teacher's prompt, in what is trained, and in what a model is asked, by us or by a caller."""
    from glossator.embedded import base_model_path
    from glossator.evaluation.predict import predict
    from glossator.llm.chat_format import ChatFormat, load_tokenizer
    from glossator.llm.scripted import ScriptedModel
    from glossator.serving.prompting import fit_prompt

    path = tmp_path / "own.md"
    path.write_text("Answer like a glassblower: in one breath.\n", encoding="utf-8")
    style = load_answer_style(str(path))
    taught = StubbornModel(pairs())
    (sample,) = ask(taught, str(task_file(tmp_path, answer_style="own.md")))
    assert isinstance(sample, Sample)
    assert taught.asked[0][0].content.count(style.text) == 1
    chat_format = ChatFormat(load_tokenizer(base_model_path()))
    trained = chat_format.training_example(sample.messages).input_ids
    served = fit_prompt(sample.question, [CHAT_TEXT], answer_style=style, room=lambda _: None).conversation
    assert trained[: len(prompt := chat_format.prompt_ids(served))] == prompt
    asked = ScriptedModel({"": "So."})
    predict(asked, [sample], model_name="base", adapter=None, run="run", max_new_tokens=5)
    assert tuple(asked.asked[0]) == tuple(served) == sample.prompt
    assert served[0].content == style.text
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
        [material()],
        teacher=open_teacher("chat", model=model),
        task=load_task("grounded_qa"),
        groups={},
        seed=7,
        titles={"doc": "On glass"},
    )
    list(made)
    assert "Document: On glass" in model.asked[0][-1].content


def test_no_more_materials_are_read_than_the_model_reads_ahead_and_progress_follows_the_answers() -> None:
    read: list[int] = []
    progress: list[int] = []

    def materials() -> Iterator[Material]:
        for number in itertools.count():
            read.append(number)
            yield material(chat_chunk(f"c{number}"))

    made = synthesize(
        materials(),
        teacher=open_teacher("chat", model=StubbornModel(pairs(), ahead=3)),
        task=load_task("grounded_qa"),
        groups={},
        seed=7,
        on_progress=progress.append,
    )
    given = [next(made) for _ in range(4)]
    assert [one.chunk_ids for one in given if isinstance(one, Sample)] == [("c0",), ("c1",), ("c2",), ("c3",)]
    assert progress == [1, 1, 1]
    assert len(read) <= 7


class Miscounting:
    """A teacher that writes a fixed number of lists, however many chunks it is given."""

    name = "miscounting/1"

    def __init__(self, lists: int) -> None:
        self.lists = lists

    def write(
        self, materials: Iterable[Material], task: Task, *, titles: Mapping[str, str] | None = None
    ) -> Iterator[list[Draft | Refused | Reject]]:
        list(materials)
        return iter([[] for _ in range(self.lists)])


@pytest.mark.parametrize(
    ("lists", "complaint"), [(1, "left 1 passages without a word"), (3, "about more than it was given")]
)
def test_a_teacher_that_loses_or_invents_chunks_is_an_error(lists: int, complaint: str) -> None:
    teacher: Teacher = Miscounting(lists)
    with pytest.raises(SynthesisError, match=f"teacher miscounting/1 .*{complaint}"):
        list(
            synthesize(
                [material(chunk("a")), material(chunk("b"))],
                teacher=teacher,
                task=load_task("extractive_qa"),
                groups={},
                seed=7,
            )
        )


def test_the_task_of_the_documentation_works_as_it_stands_there(tmp_path: Path) -> None:
    page = DOCS.read_text(encoding="utf-8")
    for name, language in (("glossary.md", "markdown"), ("glossary.yaml", "yaml")):
        shown = re.search(rf"````{language}\n(.*?)````", page, re.DOTALL)
        assert shown is not None
        (tmp_path / name).write_text(shown[1], encoding="utf-8")
    task = str(tmp_path / "glossary.md")
    term = pair(question="What is annealing in glass making?", answer="Slow cooling that removes stress.")
    term = {key: value for key, value in term.items() if key != "kind"} | {
        "term": "annealing",
        "near": ["x"],
        "level": 2,
    }
    model = StubbornModel(pairs(term))
    (sample,) = ask(model, task)
    assert isinstance(sample, Sample)
    assert (sample.task, sample.context, sample.question) == ("glossary", "none", term["question"])
    assert (sample.metadata["term"], sample.metadata["near"], sample.metadata["level"]) == ("annealing", ["x"], 2)
    assert sample.prompt[0].content == load_answer_style("brief").text
    told, passage, reply, _ = model.asked[0]
    assert "at most 2 pairs" in told.content
    assert '"term": "…"' in told.content
    assert "blowpipe" in passage.content
    assert json.loads(reply.content)["pairs"][0]["level"] == 1
    (reject,) = ask(StubbornModel(pairs(term | {"evidence": "A kiln that cools down overnight."})), task)
    assert isinstance(reject, Reject)
    assert (reject.stage, reject.reason) == ("evidence", "evidence_not_found")
    (reject,) = ask(StubbornModel(pairs(term | {"level": "high"})), task)
    assert (reject.stage, reject.reason) == ("schema", "schema")
