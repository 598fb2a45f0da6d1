"""Stages 1 and 2: what is kept of a parsed document, and what a moved folder costs."""

import shutil
from pathlib import Path

import pytest
from tests.conftest import write_corpus, write_recipe

from glossator import parsing
from glossator.errors import YieldError
from glossator.pipeline import run_recipe
from glossator.recipe import load_recipe


def walk(recipe: Path, runs: Path, **chosen):
    return run_recipe(load_recipe(recipe, (), {}), recipe, runs, **chosen)


def cached(runs: Path) -> list[Path]:
    return sorted((runs / "tiny" / "cache" / "parsed").rglob("*.json"))


@pytest.mark.parametrize("outcome", ["unreadable", "timeout", "memory"])
def test_a_failure_that_may_pass_is_not_kept_in_the_cache(tmp_path: Path, corpus: Path, monkeypatch, outcome: str):
    runs, recipe = tmp_path / "runs", write_recipe(tmp_path, corpus)

    def killed(documents, options, **limits):
        for document in documents:
            yield parsing.failed(document.id, outcome, "the worker process ended by signal SIGKILL")

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "parse_documents", killed)
        with pytest.raises(YieldError, match=f"8 {outcome}"):
            walk(recipe, runs, last="2a")
    assert cached(runs) == []
    assert walk(recipe, runs, last="2a").stage("parse").counts["documents"] == 8


def test_what_the_content_decides_is_kept_in_the_cache(tmp_path: Path):
    corpus = write_corpus(tmp_path / "corpus", 2)
    (corpus / "rules.md").write_text("----\n\n****\n")
    (corpus / "cut.pdf").write_bytes(b"%PDF-1.7\nnot really a PDF")
    run = walk(write_recipe(tmp_path, corpus), tmp_path / "runs", last="2a")
    assert run.stage("parse").counts == {"documents": 2, "pages": 2, "rejected": 2}
    assert len(cached(tmp_path / "runs")) == 3


def test_another_parser_version_does_not_take_what_an_earlier_one_cached(tmp_path: Path, corpus: Path, monkeypatch):
    runs, recipe = tmp_path / "runs", write_recipe(tmp_path, corpus)
    walk(recipe, runs, last="2a")
    shutil.rmtree(runs / "tiny" / "artifacts")
    monkeypatch.setattr(parsing, "parser_version", lambda options, media_type: "fast/1 plain/1 pdf_oxide/0")
    walk(recipe, runs, last="2a")
    assert len(cached(runs)) == 16


def test_a_folder_moved_after_it_was_collected_is_read_where_it_lies_now(tmp_path: Path, corpus: Path):
    walk(write_recipe(tmp_path, corpus), tmp_path / "runs", last="1")
    corpus.rename(tmp_path / "elsewhere")
    run = walk(write_recipe(tmp_path, tmp_path / "elsewhere"), tmp_path / "runs", last="2a")
    assert run.stage("parse").counts["documents"] == 8


def test_moving_the_folder_redoes_no_finished_stage(tmp_path: Path, corpus: Path):
    walk(write_recipe(tmp_path, corpus), tmp_path / "runs", last="3c")
    corpus.rename(tmp_path / "elsewhere")
    run = walk(write_recipe(tmp_path, tmp_path / "elsewhere"), tmp_path / "runs", last="3c")
    assert {stage.status for stage in run.record.stages if stage.status != "not_run"} == {"skipped", "left_out"}
