"""Documents and ready questions in one recipe: each is split as what it is, and the verdict says what was counted."""

import json
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe

from glossator.artifacts import read_records
from glossator.errors import CurationError, MissingArtifactError, YieldError
from glossator.pipeline import Run, run_recipe, search_run, summarize
from glossator.recipe import load_recipe
from glossator.records import Sample

GRAINS = "wheat barley spelt rye oats maize millet rice mustard pepper paprika coffee cocoa bones flint lime"
QUESTIONS = {
    f"What does the {grain} mill number {n} grind?": f"Mill {n} grinds {grain} for the {n} villages around it."
    for n, grain in enumerate(GRAINS.split(" "))
}


def mixed(folder: Path, *, teach: bool, model: Path | None = None, documents: int = 8) -> Path:
    (folder / "questions.json").write_text(json.dumps(QUESTIONS))
    path = write_recipe(folder, write_corpus(folder / "corpus", documents), model)
    recipe = yaml.safe_load(path.read_text())
    recipe["sources"].append({"kind": "qa_files", "path": str(folder / "questions.json")})
    if not teach:
        del recipe["synthesis"]
    path.write_text(yaml.safe_dump(recipe))
    return path


def walk(recipe: Path, folder: Path, last: str | None = None) -> Run:
    return run_recipe(load_recipe(recipe, (), {}), recipe, folder / "runs", last=last)


def test_both_kinds_teach_and_examine_and_the_verdict_speaks_of_sources(tmp_path: Path, tiny_model: Path):
    run = walk(mixed(tmp_path, teach=True, model=tiny_model), tmp_path)
    tested = list(read_records(run.need("curate").file("test.jsonl"), Sample))
    assert {bool(sample.chunk_ids) for sample in tested} == {True, False}
    told = summarize(run)
    assert told["unit"] == "source"
    assert "unseen sources" in told["verdict"]["sentence"]


def test_held_out_questions_beside_documents_are_frozen_too(tmp_path: Path):
    recipe, file = mixed(tmp_path, teach=True), tmp_path / "questions.json"
    long = {
        f"What does the {grain} machine in hall {n} do for factory {7 * n}?": f"It grinds exactly {13 * n} sheets of"
        f" {grain} in each hour of shift {n} of the long and weary season."
        for n, grain in enumerate(GRAINS.split(" "))
    }
    file.write_text(json.dumps(long))
    first = walk(recipe, tmp_path, "3c")
    held = {
        sample.question
        for split in ("dev", "test")
        for sample in read_records(first.need("curate").file(f"{split}.jsonl"), Sample)
        if not sample.chunk_ids
    }
    # The held-out pairs under other words are new pairs; then the old ones come back beside them.
    reworded = {question: f"{answer} So it was." if question in held else answer for question, answer in long.items()}
    file.write_text(json.dumps(reworded))
    walk(recipe, tmp_path, "3c")
    rows = [{"question": q, "answer": a} for told in (long, reworded) for q, a in told.items()]
    file.unlink()
    (tmp_path / "questions.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    loaded = yaml.safe_load(recipe.read_text())
    loaded["sources"][-1]["path"] = str(tmp_path / "questions.jsonl")
    recipe.write_text(yaml.safe_dump(loaded))
    with pytest.raises(CurationError, match="the held-out side is frozen"):
        walk(recipe, tmp_path, "3c")


def test_documents_that_are_only_there_to_be_found_are_not_split(tmp_path: Path):
    recipe = mixed(tmp_path, teach=False, documents=1)
    run = walk(recipe, tmp_path, "3c")
    counts = run.need("split").manifest.counts
    assert set(counts) <= {"pairs_train", "pairs_dev", "pairs_test", "rejected"}
    assert run.need("curate").manifest.counts["train"] >= 5


def test_a_source_of_documents_without_any_is_told_beside_ready_questions(tmp_path: Path):
    recipe = mixed(tmp_path, teach=False)
    for path in (tmp_path / "corpus").glob("*.md"):
        path.write_bytes(b"\0\0\0\0")
    with pytest.raises(YieldError, match="no document to read beside the ready questions"):
        walk(recipe, tmp_path, "2a")


def test_a_question_that_stands_in_two_files_names_both(tmp_path: Path):
    recipe = mixed(tmp_path, teach=False)
    (tmp_path / "again.json").write_text(json.dumps(QUESTIONS, indent=2))
    loaded = yaml.safe_load(recipe.read_text())
    loaded["sources"].append({"kind": "qa_files", "path": str(tmp_path / "again.json"), "group": "questions"})
    recipe.write_text(yaml.safe_dump(loaded))
    run = walk(recipe, tmp_path, "1")
    samples = list(read_records(run.need("collect").file("samples.jsonl"), Sample))
    assert len(samples) == len(QUESTIONS)
    assert all(len(sample.document_ids) == 2 for sample in samples)


def test_a_search_in_a_run_without_an_index_names_the_section_that_makes_one(tmp_path: Path):
    walk(mixed(tmp_path, teach=False), tmp_path, "2b")
    with pytest.raises(MissingArtifactError, match=r"makes no index; add `retrieval: \{\}`"):
        search_run("tiny", tmp_path / "runs", ["flour"], k=3, mode=None)
