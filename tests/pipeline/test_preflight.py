"""What can be known to fail is told before anything is read, asked or paid."""

from pathlib import Path

import pytest
import yaml
from tests.conftest import write_recipe

from glossator.errors import GlossatorError
from glossator.pipeline.context import Road
from glossator.pipeline.preflight import check_before_work
from glossator.recipe import load_recipe

CHAT = {"kind": "chat", "base_url": "http://127.0.0.1:9/v1", "model": "m"}


def task_file(folder: Path, **fields: str) -> str:
    head = {"name": "mine", "description": "A task.", "context": "chunk"} | fields
    path = folder / f"{fields.get('file', 'mine')}.md"
    head.pop("file", None)
    path.write_text("---\n" + "".join(f"{key}: {value}\n" for key, value in head.items()) + "---\nWrite pairs.\n")
    return path.name


def check(folder: Path, corpus: Path, *prompts: str, **changes: object) -> None:
    path = write_recipe(folder, corpus)
    recipe = yaml.safe_load(path.read_text())
    recipe["synthesis"] = {"teacher": CHAT, "tasks": [{"prompt": prompt} for prompt in prompts or ("grounded_qa",)]}
    path.write_text(yaml.safe_dump(recipe | changes))
    check_before_work(Road(load_recipe(path, (), {}), path, folder / "runs" / "tiny"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"checks": "[evidnce]"}, "names the check evidnce; there are .*evidence"),
        ({"context": "retrieved"}, "distractors are missing"),
        ({"answer_style": "pirate"}, "answer style 'pirate' is unknown"),
        ({"answer_style": "pirate.md"}, "does not exist"),
    ],
)
def test_a_task_that_cannot_be_curated_or_asked_is_told(tmp_path: Path, corpus: Path, fields: dict, message: str):
    with pytest.raises(GlossatorError, match=message):
        check(tmp_path, corpus, task_file(tmp_path, **fields))


def test_an_answer_style_lies_beside_the_task_that_names_it(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir("/")
    (tmp_path / "pirate.md").write_text("Answer like a pirate.")
    check(tmp_path, corpus, task_file(tmp_path, answer_style="pirate.md"))


def test_two_tasks_of_one_name_are_told_apart(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match="task mine is the name of two tasks"):
        check(tmp_path, corpus, task_file(tmp_path), task_file(tmp_path, file="other", checks="[evidence]"))
    with pytest.raises(GlossatorError, match="task grounded_qa stands twice"):
        check(tmp_path, corpus, "grounded_qa", "grounded_qa")


def test_preference_pairs_are_exported_only_where_there_will_be_some(tmp_path: Path, corpus: Path):
    wanted = {"exports": {"formats": ["dpo_jsonl"]}}
    with pytest.raises(GlossatorError, match="add a task such as preference"):
        check(tmp_path, corpus, "grounded_qa", **wanted)
    check(tmp_path, corpus, "grounded_qa", "preference", **wanted)


def test_figures_are_asked_about_only_where_they_are_taken_out_and_can_be_seen(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match=r"add parsing\.figures"):
        check(tmp_path, corpus, "figure_qa")
    blind = {"teacher": {"kind": "local"}, "tasks": [{"prompt": "figure_qa"}]}
    with pytest.raises(GlossatorError, match="only a teacher of kind chat can look at"):
        check(tmp_path, corpus, parsing={"figures": {}}, synthesis=blind)


def test_a_model_that_is_to_teach_here_must_be_there(tmp_path: Path, corpus: Path):
    absent = {"teacher": {"kind": "local", "model": "nowhere"}, "tasks": [{"prompt": "grounded_qa"}]}
    with pytest.raises(GlossatorError, match=r"synthesis\.teacher\.model 'nowhere' is no model folder"):
        check(tmp_path, corpus, synthesis=absent)


def test_a_benchmark_that_cannot_be_read_is_told(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match=r"exam\.jsonl"):
        check(tmp_path, corpus, curation={"decontamination": {"benchmarks": ["exam.jsonl"]}})


def test_the_extractive_teacher_is_not_asked_for_a_persona(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match="extractive teacher cannot write task eli5"):
        check(tmp_path, corpus, synthesis={"teacher": {"kind": "extractive"}, "tasks": [{"prompt": "eli5"}]})


def test_an_embedder_that_is_not_there_is_told(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match="nowhere"):
        check(tmp_path, corpus, retrieval={"embedder": "nowhere"})


def test_answers_that_the_base_model_cannot_hold_are_told(tmp_path: Path, corpus: Path):
    rooms = {
        "training": {"max_length": 256},
        "evaluation": {},
        "registry": {"domain": "a", "use_case": "b"},
        "serving": {"max_new_tokens": 5000},
    }
    with pytest.raises(GlossatorError, match="it holds 1024 tokens"):
        check(tmp_path, corpus, **rooms)


def test_no_key_is_needed_to_know_that_a_recipe_can_begin(tmp_path: Path, corpus: Path, monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    teacher = {"kind": "chat", "provider": "gemini", "model": "gemini-2.5-flash"}
    check(tmp_path, corpus, synthesis={"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}]})


def test_passwords_that_are_not_set_are_told(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOT_SET_AT_ALL", raising=False)
    with pytest.raises(GlossatorError, match="NOT_SET_AT_ALL is not set"):
        check(tmp_path, corpus, parsing={"passwords_variable": "NOT_SET_AT_ALL"})


def test_a_cluster_without_a_folder_that_all_machines_see_is_told(tmp_path: Path, corpus: Path):
    with pytest.raises(GlossatorError, match=r"Java|work_folder"):
        check(tmp_path, corpus, parsing={"executor": "spark", "spark": {"master": "spark://127.0.0.1:1"}})
