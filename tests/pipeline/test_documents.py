"""Stages 1 and 2: what is kept of a parsed document, and what a moved folder costs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe

from glossator import parsing
from glossator.artifacts import read_table
from glossator.errors import ParsingError, YieldError
from glossator.pipeline import run_recipe
from glossator.pipeline.context import Road
from glossator.pipeline.document_settings import chunk as chunk_settings
from glossator.pipeline.documents import with_origins
from glossator.recipe import load_recipe
from glossator.records import Block, Document, Figure, ParsedDocument

PAPER = Path(__file__).parents[1] / "fixtures" / "papers" / "jcon.00091.pdf"


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


def parsed_of(run):
    return read_table(run.need("parse").file("parsed.parquet"), ParsedDocument)


def test_the_same_text_under_another_media_type_is_parsed_anew(tmp_path: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "tides.txt").write_text("# Tides\n\nThe tides follow the moon.\n")
    recipe = write_recipe(tmp_path, corpus)
    kinds = [block.kind for block in parsed_of(walk(recipe, tmp_path / "runs", last="2a"))[0].blocks]
    assert "heading" not in kinds
    (corpus / "tides.txt").rename(corpus / "tides.md")
    kinds = [block.kind for block in parsed_of(walk(recipe, tmp_path / "runs", last="2a"))[0].blocks]
    assert "heading" in kinds


def test_a_password_that_is_given_later_opens_what_was_locked_before(tmp_path: Path, monkeypatch):
    import pdf_oxide

    corpus = write_corpus(tmp_path / "corpus", 2)
    pdf_oxide.PdfDocument(str(PAPER)).save_encrypted(str(corpus / "locked.pdf"), "sesame", "owner")
    recipe = write_recipe(tmp_path, corpus)
    values = yaml.safe_load(recipe.read_text())
    assert walk(recipe, tmp_path / "runs", last="2a").stage("parse").counts["documents"] == 2
    values["parsing"]["passwords_variable"] = "PASSWORDS_OF_MINE"
    recipe.write_text(yaml.safe_dump(values))
    monkeypatch.setenv("PASSWORDS_OF_MINE", "wrong")
    assert walk(recipe, tmp_path / "runs", last="2a").stage("parse").counts["documents"] == 2
    monkeypatch.setenv("PASSWORDS_OF_MINE", "sesame")
    assert walk(recipe, tmp_path / "runs", last="2a").stage("parse").counts["documents"] == 3


def test_what_is_repaired_because_a_task_was_lost_is_not_kept_in_the_cache(tmp_path: Path, corpus: Path, monkeypatch):
    runs, recipe = tmp_path / "runs", write_recipe(tmp_path, corpus)

    def losing(documents, options, *, on_result, **limits):
        for document in documents:
            made = ParsedDocument(
                document.id, "repaired", "a part timed out", 1, (Block("paragraph", "Text.", 1),), "x"
            )
            on_result(parsing.Finished(made, 0.0, lost=True))
            yield made

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "parse_documents", losing)
        walk(recipe, runs, last="2a")
    assert cached(runs) == []


CHUNKING = {
    "chunk_by": "token",
    "min_tokens": 6,
    "max_tokens": 90,
    "languages": ["en"],
    "duplicate_threshold": 0.9,
    "max_repeated_share": 0.9,
}


@pytest.mark.parametrize("key", CHUNKING)
def test_whatever_decides_the_chunks_is_in_their_fingerprint(tmp_path: Path, corpus: Path, key: str):
    path = write_recipe(tmp_path, corpus)
    before = load_recipe(path, (), {})
    values = yaml.safe_load(path.read_text())
    values["parsing"][key] = CHUNKING[key]
    path.write_text(yaml.safe_dump(values))
    after = load_recipe(path, (), {})
    assert chunk_settings(Road(before, path, tmp_path)) != chunk_settings(Road(after, path, tmp_path))


def test_figures_that_no_machine_wrote_where_all_see_them_are_told_in_one_line(tmp_path: Path, monkeypatch):
    recipe = write_recipe(tmp_path, PAPER)
    values = yaml.safe_load(recipe.read_text())
    values["parsing"]["figures"] = {}
    recipe.write_text(yaml.safe_dump(values))
    original = parsing.parse_documents

    def elsewhere(documents, options, **limits):
        limits["on_result"] = lambda finished: None
        for parsed in original(documents, options, **limits):
            yield replace(parsed, figures=(Figure("gone", parsed.document_id, 0, 1, "Figure 1", "", 1, 1),))

    monkeypatch.setattr(parsing, "parse_documents", elsewhere)
    with pytest.raises(ParsingError, match="storage that all machines see"):
        walk(recipe, tmp_path / "runs", last="2a")


def test_a_document_from_two_sources_has_what_either_tells_of_it():
    bare = Document("d", "a.pdf", ("local_files:a.pdf",), "a", "application/pdf", metadata={"bytes": 7})
    told = replace(bare, source_id="1", origins=("arxiv:1",), license="CC BY 4.0", group="cs.LG", metadata={"doi": "x"})
    both = with_origins(bare, told)
    assert both.origins == ("local_files:a.pdf", "arxiv:1")
    assert (both.license, both.group, dict(both.metadata)) == ("CC BY 4.0", "cs.LG", {"bytes": 7, "doi": "x"})
