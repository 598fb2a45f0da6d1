"""The corridor skips what is done, redoes what changed, and takes nothing half-written for done."""

import errno
import json
import re
import shutil
from pathlib import Path

import pytest
from tests.conftest import CORPUS, write_corpus, write_recipe

from glossator.errors import (
    ArtifactError,
    GlossatorError,
    MissingArtifactError,
    ModelError,
    RecipeError,
    TrainingError,
    YieldError,
)
from glossator.pipeline import documents as document_stages
from glossator.pipeline import list_runs, list_stages, plan_recipe, run_recipe, summarize
from glossator.recipe import load_recipe


def walk(recipe: Path, runs: Path, *overrides: str, **chosen):
    return run_recipe(load_recipe(recipe, overrides, {}), recipe, runs, **(chosen or {"last": "3c"}))


def statuses(run) -> dict[str, str]:
    return {stage.name: stage.status for stage in run.record.stages}


@pytest.fixture
def recipe(tmp_path: Path, corpus: Path) -> Path:
    return write_recipe(tmp_path, corpus)


def test_a_road_without_training_ends_with_curated_samples(recipe: Path, tmp_path: Path):
    run = walk(recipe, tmp_path / "runs")
    summary = summarize(run)
    assert summary["funnel"]["documents"] == 8
    assert summary["funnel"]["samples"] == sum(summary["splits"].values()) > 0
    assert min(summary["splits"][name] for name in ("train", "dev", "test", "test_seen")) > 0
    assert summary["verdict"]["helped"] is None
    assert statuses(run)["train"] == "not_run"


def test_what_is_done_is_skipped_and_the_earlier_run_is_the_answer(recipe: Path, tmp_path: Path):
    first = walk(recipe, tmp_path / "runs")
    second = walk(recipe, tmp_path / "runs")
    assert second.path == first.path
    assert len(list((tmp_path / "runs" / "tiny").glob("*/run.json"))) == 1


def test_a_changed_value_redoes_its_stage_and_those_that_depend_on_it(recipe: Path, tmp_path: Path):
    walk(recipe, tmp_path / "runs")
    changed = walk(recipe, tmp_path / "runs", "curation.max_tokens=200")
    found = statuses(changed)
    assert {name for name, status in found.items() if status == "done"} == {"curate"}
    assert found["synthesize"] == "skipped"


def test_a_changed_document_is_noticed_by_its_content(recipe: Path, tmp_path: Path, corpus: Path):
    first = walk(recipe, tmp_path / "runs")
    (corpus / "bread.md").touch()
    assert walk(recipe, tmp_path / "runs").path == first.path
    target = corpus / "bread.md"
    target.write_text(target.read_text() + "\n\nA banneton is a basket in which dough rises.\n")
    assert statuses(walk(recipe, tmp_path / "runs"))["collect"] == "done"


def test_a_document_is_parsed_once_however_many_runs_read_it(recipe: Path, tmp_path: Path, corpus: Path, monkeypatch):
    walk(recipe, tmp_path / "runs")
    asked = []
    parsing = pytest.importorskip("glossator.parsing")
    original = parsing.parse_documents

    def watched(documents, options, **limits):
        asked.extend(document.source_id for document in documents)
        return original(documents, options, **limits)

    monkeypatch.setattr(parsing, "parse_documents", watched)
    (corpus / "new.md").write_text("# New\n\n## Part\n\n" + "Ostrava is a city that makes steel for bridges. " * 3)
    walk(recipe, tmp_path / "runs")
    assert asked == ["new.md"]


def test_documents_that_were_assigned_never_move_when_others_are_added(tmp_path: Path):
    corpus = write_corpus(tmp_path / "corpus", 7)
    recipe = write_recipe(tmp_path, corpus)
    walk(recipe, tmp_path / "runs")
    kept = tmp_path / "runs" / "tiny" / "splits.json"
    before = json.loads(kept.read_text())["assignment"]["split_of"]
    write_corpus(corpus, 8)
    walk(recipe, tmp_path / "runs")
    after = json.loads(kept.read_text())["assignment"]["split_of"]
    assert len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


def assignment(runs: Path) -> dict[str, str]:
    return json.loads((runs / "tiny" / "splits.json").read_text())["assignment"]["split_of"]


def test_deleting_the_kept_splits_draws_anew(tmp_path: Path):
    corpus = write_corpus(tmp_path / "corpus", 6)
    recipe = write_recipe(tmp_path, corpus)
    walk(recipe, tmp_path / "runs", last="3a")
    write_corpus(corpus, 8)
    walk(recipe, tmp_path / "runs", last="3a")
    grown = assignment(tmp_path / "runs")
    walk(recipe, tmp_path / "fresh", last="3a")
    drawn = assignment(tmp_path / "fresh")
    assert grown != drawn  # or there is nothing to tell apart
    (tmp_path / "runs" / "tiny" / "splits.json").unlink()
    walk(recipe, tmp_path / "runs", last="3a")
    assert assignment(tmp_path / "runs") == drawn


@pytest.mark.parametrize("spoil", ["deleted", "older"])
def test_what_was_drawn_is_kept_again_and_does_not_move_when_documents_are_added(tmp_path: Path, spoil: str):
    corpus = write_corpus(tmp_path / "corpus", 6)
    recipe = write_recipe(tmp_path, corpus)
    runs, kept = tmp_path / "runs", tmp_path / "runs" / "tiny" / "splits.json"
    drawn = walk(recipe, runs, last="3a")
    if spoil == "deleted":
        kept.unlink()
    else:
        older = kept.read_bytes()
        write_corpus(corpus, 7)
        drawn = walk(recipe, runs, last="3a")
        kept.write_bytes(older)
    assert walk(recipe, runs, last="3a").path == drawn.path  # found done, so that all that rests on it stays
    before = assignment(runs)
    assert before == json.loads(drawn.need("split").file("assignment.json").read_text())["split_of"]
    assert walk(recipe, runs, last="3a").path == drawn.path
    write_corpus(corpus, 8)
    walk(recipe, runs, last="3a")
    after = assignment(runs)
    assert {name: after[name] for name in before} == before
    assert len(after) == 8


def test_an_altered_split_is_not_kept_again(recipe: Path, tmp_path: Path):
    run = walk(recipe, tmp_path / "runs", last="3a")
    file = run.need("split").file("assignment.json")
    file.write_bytes(file.read_bytes().replace(b'"test"', b'"pool"'))
    (tmp_path / "runs" / "tiny" / "splits.json").unlink()
    with pytest.raises(ArtifactError, match=r"assignment\.json was altered"):
        walk(recipe, tmp_path / "runs", last="3a")
    assert not (tmp_path / "runs" / "tiny" / "splits.json").exists()


def test_restored_splits_are_honoured(recipe: Path, tmp_path: Path):
    walk(recipe, tmp_path / "one", last="3a")
    walk(recipe, tmp_path / "other", "seed=8", last="3a")
    kept = assignment(tmp_path / "other")
    assert assignment(tmp_path / "one") != kept
    shutil.copyfile(tmp_path / "other" / "tiny" / "splits.json", tmp_path / "one" / "tiny" / "splits.json")
    run = walk(recipe, tmp_path / "one", last="3a")
    used = json.loads(run.artifact("split").file("assignment.json").read_text())["split_of"]
    assert used == kept


def test_no_document_is_in_two_splits_and_no_question_leaves_its_document(recipe: Path, tmp_path: Path):
    run = walk(recipe, tmp_path / "runs")
    folder = Path(summarize(run)["paths"]["samples"])
    documents: dict[str, set[str]] = {}
    for split in ("train", "dev", "test"):
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        documents[split] = {name for row in rows for name in row["document_ids"]}
    assert not documents["train"] & (documents["dev"] | documents["test"])
    assert not documents["dev"] & documents["test"]


def test_one_stage_alone_needs_what_comes_before_it(recipe: Path, tmp_path: Path):
    with pytest.raises(MissingArtifactError, match=r"stage 2b chunk needs what stage 1 collect leaves.* --to parse"):
        walk(recipe, tmp_path / "runs", stage="2b")
    walk(recipe, tmp_path / "runs", last="2a")
    assert statuses(walk(recipe, tmp_path / "runs", stage="2b"))["chunk"] == "done"


def follow(error: MissingArtifactError, recipe: Path, runs: Path, *overrides: str) -> str:
    """Do what an error says; gives the stage that it names."""
    told = re.search(rf"glossator run {re.escape(str(recipe))} --to (\w+)$", str(error))
    assert told
    walk(recipe, runs, *overrides, last=told[1])
    return told[1]


ROOMS = ("retrieval={}", "training.max_steps=2", "training.max_length=256", "evaluation.max_new_tokens=4")


@pytest.mark.parametrize(
    ("done", "stage", "passed_by"), [("chunk", "split", "index"), ("2b", "3", "index"), ("curate", "train", "baseline")]
)
def test_a_stage_is_not_held_up_by_one_that_it_does_not_need(
    recipe: Path, tmp_path: Path, tiny_model: Path, done: str, stage: str, passed_by: str
):
    overrides = (*ROOMS, f"training.base_model={tiny_model}")
    walk(recipe, tmp_path / "runs", *overrides, last=done)
    if passed_by == "baseline":
        shutil.rmtree(next((tmp_path / "runs" / "tiny" / "artifacts").glob("index-*")))
    found = statuses(walk(recipe, tmp_path / "runs", *overrides, stage=stage))
    assert found["split" if stage == "3" else stage] == "done"
    assert found[passed_by] == "not_run"


@pytest.mark.parametrize(
    ("done", "stage", "named"),
    [(None, "2c", "chunk"), ("parse", "split", "chunk"), ("chunk", "4b", "curate"), ("curate", "4c", "train")],
)
def test_what_a_stage_needs_is_made_by_the_run_that_the_error_names(
    recipe: Path, tmp_path: Path, tiny_model: Path, done: str | None, stage: str, named: str
):
    overrides = (*ROOMS, f"training.base_model={tiny_model}")
    if done is not None:
        walk(recipe, tmp_path / "runs", *overrides, last=done)
    with pytest.raises(MissingArtifactError, match=r"needs what stage .* leaves, and it was not made yet") as refused:
        walk(recipe, tmp_path / "runs", *overrides, stage=stage)
    assert follow(refused.value, recipe, tmp_path / "runs", *overrides) == named
    found = walk(recipe, tmp_path / "runs", *overrides, stage=stage)
    assert "done" in statuses(found).values()


def test_what_is_done_stays_on_record_where_no_chosen_stage_needs_it(recipe: Path, tmp_path: Path):
    walk(recipe, tmp_path / "runs", "retrieval={}", last="chunk")
    walk(recipe, tmp_path / "runs", "retrieval={}", stage="index")
    found = walk(recipe, tmp_path / "runs", "retrieval={}", stage="split")
    assert (statuses(found)["index"], statuses(found)["split"]) == ("skipped", "done")
    assert found.need("index")


def test_an_altered_artifact_is_refused_with_the_remedy(recipe: Path, tmp_path: Path):
    run = walk(recipe, tmp_path / "runs", last="3b")
    samples = run.artifact("synthesize").file("samples.jsonl")
    samples.write_bytes(samples.read_bytes().replace(b"hive", b"hire"))
    with pytest.raises(ArtifactError, match=r"samples\.jsonl was altered .* delete .* and run again"):
        walk(recipe, tmp_path / "runs")


def test_a_full_disk_is_told_in_one_line_and_the_next_run_goes_on(recipe: Path, tmp_path: Path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(document_stages, "write_table", full)
        with pytest.raises(ArtifactError, match=r"is full.*what is finished is kept"):
            walk(recipe, tmp_path / "runs")
    found = statuses(walk(recipe, tmp_path / "runs"))
    assert found["collect"] == found["curate"] == "done"


def test_a_run_that_failed_is_on_record(recipe: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(document_stages, "write_table", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        walk(recipe, tmp_path / "runs")
    record = json.loads(next((tmp_path / "runs" / "tiny").glob("*/run.json")).read_text())
    assert record["finished"] is None
    assert record["stages"][0]["status"] == "failed"


def test_a_folder_with_no_readable_document_stops_with_the_reasons(tmp_path: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "empty.pdf").write_bytes(b"")
    (corpus / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    recipe = write_recipe(tmp_path, corpus)
    with pytest.raises(YieldError, match=r"nothing to work with in .*rejected: .*1 empty"):
        walk(recipe, tmp_path / "runs")


def test_documents_that_all_fail_to_parse_stop_with_the_reasons(tmp_path: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "fake.pdf").write_bytes(b"%PDF-1.7\nnot really a PDF")
    recipe = write_recipe(tmp_path, corpus)
    with pytest.raises(YieldError, match=r"none of 1 documents could be read .*unreadable"):
        walk(recipe, tmp_path / "runs")


def test_a_broken_document_among_good_ones_is_a_reject_and_the_run_goes_on(recipe: Path, tmp_path: Path, corpus: Path):
    (corpus / "fake.pdf").write_bytes(b"%PDF-1.7\nnot really a PDF")
    run = walk(recipe, tmp_path / "runs")
    rejects = [json.loads(line) for line in run.artifact("parse").file("rejects.jsonl").read_text().splitlines()]
    assert [reject["reason"] for reject in rejects] == ["unreadable"]
    assert "fake.pdf" in rejects[0]["detail"]
    assert summarize(run)["funnel"]["documents"] == 8


def test_one_long_document_is_split_by_its_sections(tmp_path: Path):
    chapters = [path.read_text().replace("# ", "## ") for path in sorted(CORPUS.glob("*.md"))]
    corpus = tmp_path / "book"
    corpus.mkdir()
    (corpus / "book.md").write_text("# A book of many things\n\n" + "\n\n".join(chapters))
    run = walk(write_recipe(tmp_path, corpus), tmp_path / "runs", last="3b")
    assert any(name.startswith("sections_") for name in run.stage("split").counts)


def test_one_short_document_is_an_error_that_says_why(tmp_path: Path):
    recipe = write_recipe(tmp_path, write_corpus(tmp_path / "corpus", 1))
    with pytest.raises(GlossatorError, match="section"):
        walk(recipe, tmp_path / "runs")


def test_what_cannot_work_is_told_before_the_first_stage(recipe: Path, tmp_path: Path):
    with pytest.raises(ModelError, match="is no model folder"):
        walk(recipe, tmp_path / "runs", "training.base_model=nowhere")
    with pytest.raises(RecipeError, match=r"evaluation\.metrics.*rougL"):
        walk(
            recipe, tmp_path / "runs", "training={}", "evaluation.metrics=[token_f1, rougL]", "curation.max_tokens=300"
        )
    with pytest.raises(TrainingError, match="max_steps"):
        walk(recipe, tmp_path / "runs", "training.max_steps=0")
    with pytest.raises(RecipeError, match="it holds 1024 tokens"):
        walk(recipe, tmp_path / "runs", "training={}", "curation.max_tokens=2000")
    assert not (tmp_path / "runs" / "tiny" / "artifacts").exists()


def test_a_plan_counts_and_writes_nothing(recipe: Path, tmp_path: Path):
    plan = plan_recipe(load_recipe(recipe, (), {}), recipe, tmp_path / "runs")
    assert plan["sentence"].startswith("8 documents, 6 of 6 stages to do: no calls")
    assert not (tmp_path / "runs").exists()


def test_stages_tell_what_is_done_under_a_recipe(recipe: Path, tmp_path: Path):
    walk(recipe, tmp_path / "runs", last="2a")
    rows = list_stages(load_recipe(recipe, (), {}), recipe, tmp_path / "runs")
    assert {row["name"]: row["status"] for row in rows if row["number"] in ("1", "2a", "2b", "4b")} == {
        "collect": "done",
        "parse": "done",
        "chunk": "to_do",
        "train": "left_out",
    }


def test_a_source_that_changes_while_it_is_read_is_not_sealed(recipe: Path, tmp_path: Path, corpus: Path, monkeypatch):
    original = document_stages.write_table

    def change_then_write(*arguments):
        (corpus / "bread.md").write_text("# Bread\n\nSomething else altogether.")
        return original(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(document_stages, "write_table", change_then_write)
        with pytest.raises(ArtifactError, match="was changed while it was read; run again"):
            walk(recipe, tmp_path / "runs", last="1")
    assert statuses(walk(recipe, tmp_path / "runs", last="1"))["collect"] == "done"


def test_looking_at_a_part_that_is_done_leaves_no_new_run(recipe: Path, tmp_path: Path):
    whole = walk(recipe, tmp_path / "runs")
    assert walk(recipe, tmp_path / "runs", last="2a").path == whole.path


def test_a_changed_answer_style_makes_new_samples(recipe: Path, tmp_path: Path):
    style = tmp_path / "style.md"
    style.write_text("Answer in one sentence.")
    task = tmp_path / "task.md"
    task.write_text(
        f"---\nname: styled\ndescription: x\ncontext: chunk\nanswer_style: {style}\nchecks: []\n---\nAsk.\n"
    )
    prompt = f"synthesis.tasks=[{{prompt: {task}}}]"
    walk(recipe, tmp_path / "runs", prompt)
    style.write_text("Answer in five words.")
    run = walk(recipe, tmp_path / "runs", prompt)
    assert statuses(run)["synthesize"] == "done"
    sample = json.loads(run.artifact("synthesize").file("samples.jsonl").read_text().splitlines()[0])
    assert sample["messages"][0] == {"role": "system", "content": "Answer in five words."}


@pytest.mark.parametrize("told", ["No space left on device", "I/O error: (os error 28)", "inline_container.cc:672"])
def test_a_full_disk_is_known_by_whatever_words_a_library_has_for_it(recipe: Path, tmp_path: Path, monkeypatch, told):
    def full(*_, **__):
        raise RuntimeError(told)

    monkeypatch.setattr(document_stages, "write_table", full)
    with pytest.raises(ArtifactError, match="is full"):
        walk(recipe, tmp_path / "runs")


def test_a_folder_that_cannot_be_written_is_told(recipe: Path, tmp_path: Path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(ArtifactError, match=r"cannot be used.*another --runs-dir"):
        walk(recipe, tmp_path / "runs")


def test_a_damaged_cache_is_made_again(recipe: Path, tmp_path: Path, corpus: Path):
    walk(recipe, tmp_path / "runs")
    for file in (tmp_path / "runs" / "tiny" / "cache").rglob("*.json"):
        file.write_text("{")
    (corpus / "new.md").write_text("# New\n\n## Part\n\n" + "Ostrava is a city that makes steel for bridges. " * 3)
    assert statuses(walk(recipe, tmp_path / "runs", last="2a"))["parse"] == "done"


def test_a_failed_stage_is_on_record_with_its_reason(tmp_path: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "empty.pdf").write_bytes(b"")
    recipe = write_recipe(tmp_path, corpus)
    with pytest.raises(YieldError):
        walk(recipe, tmp_path / "runs")
    (run,) = list_runs(tmp_path / "runs" / "tiny")
    told = {stage["name"]: stage for stage in summarize(run)["stages"]}
    assert told["collect"]["status"] == "failed"
    assert "nothing to work with" in told["collect"]["error"]


def test_the_files_that_were_set_aside_are_told(tmp_path: Path, corpus: Path):
    (corpus / "empty.txt").write_bytes(b"")
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7\nnot really a PDF")
    run = walk(write_recipe(tmp_path, corpus), tmp_path / "runs", last="2a")
    aside = summarize(run)["set_aside"]
    assert aside["count"] == 2
    assert {row["detail"].split(":")[0] for row in aside["first"]} == {"empty.txt", "broken.pdf"}
