"""Every shipped recipe is valid, comes with the package, names only what is there, and can be walked."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from tests.teaching import write_reply

from glossator.artifacts import read_records
from glossator.executors import java_version
from glossator.llm.answer_styles import load_answer_style
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import run_recipe, summarize
from glossator.pipeline.context import Road
from glossator.pipeline.preflight import check_before_work
from glossator.recipe import Recipe, load_recipe
from glossator.records import Sample
from glossator.registry import open_version

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_valid_and_can_begin(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GEMINI_API_KEY", "key-of-no-provider")
    recipe = load_recipe(path, (), {})
    assert recipe.name == path.stem.replace("_", "-")
    check_before_work(Road(recipe, path, tmp_path))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_comes_with_the_package(path: Path):
    packaged = files("glossator") / "recipes" / path.name
    assert packaged.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_the_quickstart_reads_the_committed_papers():
    path = ROOT / "recipes" / "quickstart.yaml"
    road = Road(load_recipe(path, (), {}), path, ROOT)
    papers = sorted(road.resolve(road.recipe.sources[0].path).glob("*.pdf"))
    assert len(papers) == 12
    attribution = (ROOT / "examples" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert all(f"`{paper.name}`" in attribution for paper in papers)


def test_the_readme_shows_the_quickstart_as_it_is():
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "recipes" / "quickstart.yaml").read_text(encoding="utf-8").strip() in shown


SMALL = {
    "curation.test_seen": 0.05,
    "training.max_steps": 2,
    "training.checkpoints": 1,
    "training.per_device_train_batch_size": 2,
    "training.gradient_accumulation_steps": 1,
    "evaluation.max_new_tokens": 4,
    "evaluation.resamples": 200,
}
"""What makes a walk short; everything else is the recipe's own."""


@pytest.fixture
def scripted_teacher() -> Iterator[ScriptedServer]:
    with ScriptedServer(write_reply) as server:
        yield server


def small(path: Path, teacher: ScriptedServer, model: Path, corpus: Path) -> Recipe:
    values: dict[str, object] = {**SMALL, "training.base_model": model}
    written = load_recipe(path, (), {})
    if written.synthesis is not None:
        values |= {
            "synthesis.teacher.provider": "null",
            "synthesis.teacher.base_url": teacher.base_url,
            "synthesis.teacher.model": "scripted",
        }
        if written.synthesis.tokens_per_call is not None:
            values["synthesis.tokens_per_call"] = 120  # the texts are short, and a call gives two pairs
    if written.reads_documents:
        values["sources"] = f"[{{kind: local_files, path: '{corpus}'}}]"
    if written.parsing.executor == "spark" and java_version() is None:
        values["parsing.executor"] = "local"
    return load_recipe(path, [f"{key}={value}" for key, value in values.items()], {})


@pytest.mark.parametrize("path", [path for path in RECIPES if path.stem != "quickstart"], ids=lambda path: path.stem)
def test_a_shipped_recipe_walks_to_the_registry(
    path: Path, tmp_path: Path, corpus: Path, tiny_model: Path, scripted_teacher: ScriptedServer
):
    recipe = small(path, scripted_teacher, tiny_model, corpus)
    run = run_recipe(recipe, path, tmp_path / "runs")
    told = summarize(run)
    assert {stage["status"] for stage in told["stages"]} <= {"done", "left_out"}
    assert told["splits"]["train"] >= 8
    assert recipe.evaluation is not None
    assert set(told["scores"]["tuned"]) == set(recipe.evaluation.metrics)
    assert told["registered"]["label"].endswith("@v1.0")
    record = open_version(Path(told["registered"]["registry"]), told["registered"]["label"]).registration
    asked = {task.prompt for task in recipe.synthesis.tasks} if recipe.synthesis else {"qa"}
    assert {prompt.task for prompt in record.prompts} == asked
    groups = {task.group for task in recipe.synthesis.tasks if task.group} if recipe.synthesis else set()
    assert groups <= {row["group"] for row in told["groups"]}


def test_one_answer_style_stands_in_teaching_training_and_the_registry(
    tmp_path: Path, corpus: Path, tiny_model: Path, scripted_teacher: ScriptedServer
):
    path = ROOT / "recipes" / "domain_qa.yaml"
    recipe = small(path, scripted_teacher, tiny_model, corpus)
    run = run_recipe(recipe, path, tmp_path / "runs")
    style = load_answer_style("brief")
    assert all(style.text in conversation[0].content for conversation in scripted_teacher.answered)
    trained = list(read_records(run.need("curate").file("train.jsonl"), Sample))
    assert trained
    assert {sample.messages[0].content for sample in trained} == {style.text}
    told = summarize(run)["registered"]
    record = open_version(Path(told["registry"]), told["label"]).registration
    assert [prompt.style_text for prompt in record.prompts] == [style.text]
