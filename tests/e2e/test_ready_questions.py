"""Ready questions with answers, by group: from files to scores of each group, without a teacher or a parser."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from glossator.artifacts import read_records
from glossator.pipeline import Run, run_recipe, summarize
from glossator.recipe import load_recipe
from glossator.records import Sample

MEDICAL = Path(__file__).parents[2] / "examples" / "qa-medical"
SPECIALTIES = {"immunology", "nutrition", "urology"}


def recipe_file(folder: Path, model: Path) -> Path:
    path = folder / "ready.yaml"
    recipe = {
        "name": "ready",
        "sources": [{"kind": "qa_files", "path": str(MEDICAL), "license": "CC-BY-4.0"}],
        "curation": {"splits": {"kind": "per_group", "holdout": 4}, "max_tokens": 512},
        "training": {
            "base_model": str(model),
            "lora": {"r": 4, "lora_alpha": 8},
            "max_steps": 2,
            "checkpoints": 1,
            "per_device_train_batch_size": 2,
            "max_length": 512,
        },
        "evaluation": {"max_new_tokens": 4, "resamples": 200},
        "registry": {"domain": "medical", "use_case": "qa"},
    }
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Run:
    folder = tmp_path_factory.mktemp("ready")
    recipe = recipe_file(folder, tiny_model)
    return run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs")


def samples(run: Run, split: str) -> list[Sample]:
    return list(read_records(run.need("curate").file(f"{split}.jsonl"), Sample))


def test_nothing_is_parsed_and_no_teacher_is_asked(run: Run):
    left_out = {stage.name for stage in run.record.stages if stage.status == "left_out"}
    assert left_out == {"parse", "chunk", "index", "synthesize"}


def test_each_group_has_its_holdout_and_its_scores(run: Run):
    held = Counter(sample.group for sample in samples(run, "test"))
    assert set(held) == SPECIALTIES
    assert all(count >= 4 for count in held.values())
    told = summarize(run)
    assert {row["group"] for row in told["groups"] if row["split"] == "test"} == SPECIALTIES
    assert {row["questions"] for row in told["groups"] if row["metric"] == told["primary"]} == set(held.values())


def test_what_is_not_opened_waits_in_the_pool_and_nothing_is_in_two_splits(run: Run):
    questions = {name: {sample.question for sample in samples(run, name)} for name in ("train", "dev", "test", "pool")}
    assert len(questions["pool"]) > 10
    for name, own in questions.items():
        for other, theirs in questions.items():
            assert name == other or own.isdisjoint(theirs)


def test_the_verdict_counts_questions_not_files(run: Run):
    told = summarize(run)
    assert told["unit"] == "pair"
    assert "unseen question" in told["verdict"]["sentence"]
    assert "document" not in told["verdict"]["sentence"]


def test_every_pair_is_traced_to_its_file_and_licence(run: Run):
    lines = run.need("curate").file("lineage.jsonl").read_text("utf-8").splitlines()
    links = [json.loads(line) for line in lines]
    documents = {link["child"]: link["parent"] for link in links if link["kind"] == "document"}
    origins = {link["child"]: link["detail"] for link in links if link["kind"] == "origin"}
    for sample in samples(run, "train"):
        assert origins[documents[sample.id]] == "CC-BY-4.0"


def test_statistics_by_group_are_written(run: Run):
    stats = json.loads(run.need("curate").file("dataset_stats.json").read_text("utf-8"))
    assert set(json.dumps(stats).replace('"', " ").split()) >= SPECIALTIES


def test_the_registered_model_is_asked_without_context(run: Run):
    from glossator.registry import open_version

    told = summarize(run)["registered"]
    record = open_version(Path(told["registry"]), told["label"]).registration
    assert told["label"] == "medical-qa-qlora@v1.0"
    assert [prompt.context for prompt in record.prompts] == ["none"]
    assert set(record.prompts[0].groups) == SPECIALTIES
    assert record.licenses == ("CC-BY-4.0",)
    assert record.index is None
