"""A sample is followed to its document and to the models that learned it; a reject to what rejected it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe
from tests.teaching import write_reply

from glossator.artifacts import read_records, write_records
from glossator.errors import MissingArtifactError
from glossator.llm.journal import Journal
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import Run, clean_runs, run_recipe
from glossator.pipeline.cases import Case, find_cases
from glossator.pipeline.explaining import explain
from glossator.pipeline.forgetting import forget_document
from glossator.pipeline.shelves import Shelf
from glossator.recipe import load_recipe
from glossator.records import Message, Origin, Prediction, Reject, Sample, Score


@dataclass
class House:
    """Two recipes over the same documents: one that trains and registers, one that only curates."""

    runs: Path
    trained: Run
    curated: Run


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> House:
    folder = tmp_path_factory.mktemp("explained")
    corpus = write_corpus(folder / "corpus")
    with ScriptedServer(write_reply) as server:
        teacher = {"kind": "chat", "base_url": server.base_url, "model": "scripted"}
        rooms = {
            "synthesis": {"teacher": teacher, "tasks": [{"prompt": "grounded_qa"}]},
            "registry": {"domain": "crafts", "use_case": "qa"},
        }
        runs = []
        for name, model in (("tiny", tiny_model), ("other", None)):
            path = write_recipe(folder, corpus, model)
            recipe = yaml.safe_load(path.read_text()) | rooms | {"name": name}
            if model is None:
                del recipe["registry"]
            path = folder / f"{name}.yaml"
            path.write_text(yaml.safe_dump(recipe))
            runs.append(run_recipe(load_recipe(path, (), {}), path, folder / "runs"))
    return House(folder / "runs", *runs)


def kept(house: House, split: str) -> Sample:
    return next(read_records(house.trained.need("curate").file(f"{split}.jsonl"), Sample))


def test_the_chain_of_a_sample_leads_to_span_page_document_teacher_and_reply(house: House):
    sample = kept(house, "train")
    told = explain(sample.id[:12], house.runs)
    assert (told["id"], told["kind"]) == (sample.id, "sample")
    assert told["sample"]["answer"] == sample.answer
    (document,) = told["documents"]
    assert document["origins"] == [f"local_files:{document['source_id']}"]
    (chunk,) = told["chunks"]
    assert (chunk["document_id"], chunk["page_first"]) == (document["id"], 1)
    assert chunk["heading_path"]
    (span,) = told["evidence"]
    assert span["stands"]
    assert chunk["text"][span["start"] : span["end"]] == span["text"]
    with Journal(house.runs / "journal.sqlite") as journal:
        assert journal.get(told["origin"]["journal_key"]) is not None
    assert told["origin"]["reply_kept"].endswith("Z")
    assert told["origin"]["seed"] == 7
    assert told["verdicts"]["evidence"] == "passed"
    steps = [(link["child"], link["parent"], link["kind"]) for link in told["links"]]
    assert (sample.id, chunk["id"], "evidence") in steps
    assert (chunk["id"], document["id"], "document") in steps
    assert (document["id"], document["origins"][0], "origin") in steps
    assert {kind for _, _, kind in steps} == {"evidence", "document", "origin", "teacher", "prompt"}


def test_equal_samples_of_two_recipes_are_told_together(house: House):
    (case,) = explain(kept(house, "train").id, house.runs)["cases"]
    assert (case["outcome"], case["split"]) == ("kept", "train")
    assert {place["recipe"]: place["runs"] for place in case["places"]} == {
        "tiny": [house.trained.path.name],
        "other": [house.curated.path.name],
    }


def test_a_train_sample_names_the_adapter_that_learned_it_and_its_version(house: House):
    (case,) = explain(kept(house, "train").id, house.runs)["cases"]
    (place,) = [place for place in case["places"] if place["recipe"] == "tiny"]
    (adapter,) = place["adapters"]
    assert adapter["role"] == "trained on it"
    assert adapter["artifact"] == house.trained.stage("train").artifact
    chosen = json.loads(house.trained.need("select").file("selection.json").read_text())["chosen"]
    assert adapter["checkpoint"] == chosen
    assert adapter["registered"] == ["crafts-qa-qlora@v1.0"]
    assert not [place for place in case["places"] if place["recipe"] == "other" and place["adapters"]]


def test_a_test_sample_has_the_answers_of_base_and_tuned_with_their_scores_each_once(house: House):
    sample = kept(house, "test")
    (case,) = explain(sample.id, house.runs)["cases"]
    rows = [row for place in case["places"] for row in place["predictions"]]
    assert [row["model"] for row in rows] == ["base", "tuned"]
    evaluated = house.trained.need("evaluate")
    scores = [row for row in read_records(evaluated.file("scores.jsonl"), Score) if row.sample_id == sample.id]
    for row in rows:
        assert row["scores"] == {score.metric: score.value for score in scores if score.model == row["model"]}
    texts = [
        row.text for row in read_records(evaluated.file("predictions.jsonl"), Prediction) if row.sample_id == sample.id
    ]
    assert [row["text"] for row in rows] == texts


def test_a_dev_sample_has_the_answers_of_every_checkpoint(house: House):
    told = explain(kept(house, "dev").id, house.runs)
    models = [row["model"] for case in told["cases"] for place in case["places"] for row in place["predictions"]]
    names = json.loads(house.trained.need("train").file("training.json").read_text())["checkpoints"]
    assert models == ["base", *names] or models == names


@pytest.mark.parametrize("model", ["tuned", "crafts-qa-qlora@v1.0"])
def test_a_prediction_is_named_by_its_sample_and_its_model(house: House, model: str):
    sample = kept(house, "test")
    told = explain(f"{sample.id}@{model}", house.runs)
    assert (told["id"], told["kind"]) == (f"{sample.id}@{model}", "prediction")
    rows = [row for case in told["cases"] for place in case["places"] for row in place["predictions"]]
    assert [row["model"] for row in rows] == ["tuned"]


def test_a_model_that_has_not_answered_is_told_with_those_that_have(house: House):
    sample = kept(house, "test")
    with pytest.raises(
        MissingArtifactError, match=rf"'large' has not answered {sample.id}; base, tuned, crafts-qa-qlora@v1"
    ):
        explain(f"{sample.id}@large", house.runs)


def test_a_rejected_sample_names_what_rejected_it_and_leads_back_all_the_same(house: House):
    reject = next(read_records(house.trained.need("curate").file("rejects.jsonl"), Reject))
    told = explain(reject.subject_id, house.runs)
    assert told["kind"] == "sample"
    (case,) = told["cases"]
    assert (case["outcome"], case["stage"], case["reason"]) == ("rejected", reject.stage, reject.reason)
    assert len(case["places"]) == 2
    assert {link["kind"] for link in told["links"]} == {"evidence", "document", "origin", "teacher", "prompt"}


def test_what_a_teacher_wrote_is_explained_before_it_is_curated(tmp_path: Path):
    path = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"))
    run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3b")
    sample = next(read_records(run.need("synthesize").file("samples.jsonl"), Sample))
    told = explain(sample.id, tmp_path / "runs")
    assert [case["outcome"] for case in told["cases"]] == ["written"]
    assert told["origin"]["journal_key"] is None
    assert told["documents"]


def test_a_rejected_file_is_explained_without_a_sample(tmp_path: Path):
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "empty.md").write_text("")
    path = write_recipe(tmp_path, corpus)
    run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="2b")
    rejects = [
        row for stage in ("collect", "parse") for row in read_records(run.need(stage).file("rejects.jsonl"), Reject)
    ]
    told = explain(rejects[0].subject_id, tmp_path / "runs")
    assert (told["kind"], told["sample"], told["origin"]) == ("reject", None, None)
    assert "empty.md" in told["cases"][0]["detail"]


def test_what_is_nowhere_or_not_alone_is_one_line_with_the_remedy(house: House):
    for name in ("never", "", "@tuned"):
        with pytest.raises(MissingArtifactError, match=r"is called '\w*'; take an id from the samples") as told:
            explain(name, house.runs)
        assert "\n" not in str(told.value)
    ids = [row.id for row in read_records(house.trained.need("synthesize").file("samples.jsonl"), Sample)]
    digit = max((name[0] for name in ids), key=lambda first: sum(name[0] == first for name in ids))
    with pytest.raises(MissingArtifactError, match=rf"records begin with '{digit}': .*; give more of the id"):
        explain(digit, house.runs)
    with pytest.raises(MissingArtifactError, match="--runs-dir"):
        explain(ids[0], house.runs / "nowhere")


@pytest.fixture(scope="module")
def trained_twice(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> House:
    """One recipe, trained and registered with two learning rates."""
    folder = tmp_path_factory.mktemp("twice")
    path = write_recipe(folder, write_corpus(folder / "corpus"), tiny_model)
    runs = []
    for rate in (1e-3, 5e-3):
        recipe = yaml.safe_load(path.read_text()) | {"registry": {"domain": "crafts", "use_case": "qa"}}
        recipe["training"]["learning_rate"] = rate
        path.write_text(yaml.safe_dump(recipe))
        runs.append(run_recipe(load_recipe(path, (), {}), path, folder / "runs"))
    return House(folder / "runs", *runs)


def label_of(run: Run) -> str:
    return json.loads(run.need("register").file("registered.json").read_text())["label"]


def test_a_registered_version_has_its_own_answers_and_not_those_of_another_one(trained_twice: House):
    sample = kept(trained_twice, "test")
    for run in (trained_twice.trained, trained_twice.curated):
        told = explain(f"{sample.id}@{label_of(run)}", trained_twice.runs)
        rows = [row for case in told["cases"] for place in case["places"] for row in place["predictions"]]
        assert [row["artifact"] for row in rows] == [run.stage("evaluate").artifact]


def test_a_version_is_named_as_having_seen_a_document_after_its_training_was_cleaned_away(trained_twice: House):
    first, second = trained_twice.trained, trained_twice.curated
    (document,) = kept(trained_twice, "train").document_ids
    before = forget_document(document, trained_twice.runs, purged=False)["models"]
    clean_runs(trained_twice.runs, recipe=None, keep=1, delete=True)
    assert not first.path.exists()
    after = forget_document(document, trained_twice.runs, purged=False)["models"]
    labels = {label_of(second)} | {row["label"] for row in before}
    assert len(labels) == 2
    assert {row["label"] for row in after} == labels
    assert all(row["samples"]["train"] >= 1 for row in after)


def test_many_samples_with_the_same_beginning_are_gone_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    turns = (Message("user", "q"), Message("assistant", "a"))
    rows = [
        Sample(f"a{number}", turns, "q", None, "train", "t", "none", ("d",), (), (), Origin("x", "p"))
        for number in range(600)
    ]
    for artifact, name, some in (("synthesize-1", "samples", rows), ("curate-1", "train", rows[:500])):
        (tmp_path / "artifacts" / artifact).mkdir(parents=True)
        write_records(tmp_path / "artifacts" / artifact / f"{name}.jsonl", some)
    (tmp_path / ".lock").touch()
    shelf = Shelf(tmp_path, {"synthesize-1": {}, "curate-1": {"synthesize": "synthesize-1"}}, ())
    looked = 0

    def counted(case: Case) -> str:
        nonlocal looked
        looked += 1
        return case.sample.id

    monkeypatch.setattr(Case, "id", property(counted))
    found = find_cases("a0", [shelf], tmp_path)
    assert [case.outcome for case in found] == ["kept"]
    with pytest.raises(MissingArtifactError, match="600 records begin with 'a'"):
        find_cases("a", [shelf], tmp_path)
    assert looked < 10 * len(rows)
