"""Documents that need more than their text layer: figures, scans, passwords, very long files, a cluster."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from tests.parsing.made_pdfs import many_pages
from tests.parsing.scanned import picture, words, write_scan
from tests.sources.arxiv_server import ArxivServer, serving

from glossator.artifacts import read_records, read_table
from glossator.executors import java_version
from glossator.llm.scripted_server import ScriptedServer
from glossator.pipeline import Run, run_recipe
from glossator.recipe import load_recipe
from glossator.records import Chunk, ParsedDocument, Reject

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
PAPER = FIXTURES / "papers" / "jcon.00091.pdf"
SCANNED = FIXTURES / "papers" / "jose.00021.pdf"
ILLUSTRATED = ROOT / "examples" / "papers" / "jose.00168.pdf"
SEEN = "A chart with two lines that fall from the left to the right, one of them much faster than the other."


def write_recipe(folder: Path, source: Path, **parsing: object) -> Path:
    path = folder / "reading.yaml"
    values = {"name": "reading", "sources": [{"kind": "local_files", "path": str(source)}], "parsing": parsing}
    path.write_text(yaml.safe_dump(values))
    return path


def walk(recipe: Path, folder: Path, last: str = "2b", overrides: list[str] | None = None) -> Run:
    return run_recipe(load_recipe(recipe, overrides or [], {}), recipe, folder / "runs", last=last)


def parsed_of(run: Run) -> list[ParsedDocument]:
    return read_table(run.need("parse").file("parsed.parquet"), ParsedDocument)


def test_figures_are_kept_with_their_images_and_belong_to_the_chunks_that_speak_of_them(tmp_path: Path):
    run = walk(write_recipe(tmp_path, ILLUSTRATED, figures={}), tmp_path)
    (document,) = parsed_of(run)
    assert document.figures
    assert run.stage("parse").counts["figures"] == len(document.figures)
    for figure in document.figures:
        assert run.need("parse").file(f"figures/{figure.id}.png").read_bytes().startswith(b"\x89PNG")
    chunks = read_table(run.need("chunk").file("chunks.parquet"), Chunk)
    assert {figure for chunk in chunks for figure in chunk.figures} == {figure.id for figure in document.figures}


def test_images_that_were_lost_from_the_cache_are_made_again(tmp_path: Path):
    recipe = write_recipe(tmp_path, ILLUSTRATED, figures={})
    first = walk(recipe, tmp_path, "2a")
    names = {path.name for path in (first.need("parse").path / "figures").iterdir()}
    shutil.rmtree(tmp_path / "runs" / "reading" / "artifacts")
    shutil.rmtree(tmp_path / "runs" / "reading" / "cache" / "figures")
    again = walk(recipe, tmp_path, "2a")
    assert {path.name for path in (again.need("parse").path / "figures").iterdir()} == names


def test_what_a_vision_teacher_sees_becomes_chunks_and_is_asked_for_once(tmp_path: Path):
    with ScriptedServer(lambda _: SEEN) as server:
        teacher = {"kind": "chat", "base_url": server.base_url, "model": "scripted"}
        recipe = write_recipe(tmp_path, ILLUSTRATED, figures={"describe": teacher})
        run = walk(recipe, tmp_path)
        (document,) = parsed_of(run)
        assert {figure.description for figure in document.figures} == {SEEN}
        chunks = read_table(run.need("chunk").file("chunks.parquet"), Chunk)
        seen = [chunk for chunk in chunks if SEEN in chunk.text]
        assert sorted(chunk.figures[0] for chunk in seen) == sorted(figure.id for figure in document.figures)
        asked = len(server.answered)
        shutil.rmtree(tmp_path / "runs" / "reading" / "artifacts")
        walk(recipe, tmp_path)
        assert len(server.answered) == asked == len(document.figures)


def test_a_figure_that_cannot_be_described_is_a_reject_and_stays_a_figure(tmp_path: Path):
    with ScriptedServer(lambda _: "No.") as server:
        teacher = {"kind": "chat", "base_url": server.base_url, "model": "scripted"}
        run = walk(write_recipe(tmp_path, ILLUSTRATED, figures={"describe": teacher}), tmp_path)
    (document,) = parsed_of(run)
    rejects = list(read_records(run.need("parse").file("rejects.jsonl"), Reject))
    assert [reject.stage for reject in rejects] == ["describe"] * len(document.figures)
    assert run.stage("parse").counts["documents"] == 1


def test_the_pages_of_a_scan_are_read_by_tasks_of_their_own_and_put_together(tmp_path: Path):
    scans = tmp_path / "scans"
    scans.mkdir()
    write_scan(scans / "scan.pdf", [picture(SCANNED.name, number, dpi=110) for number in (1, 2, 3)], dpi=110)
    shutil.copyfile(SCANNED, scans / "paper.pdf")
    run = walk(write_recipe(tmp_path, scans, dpi=110), tmp_path, "2a")
    parsers = {document.parser: document for document in parsed_of(run)}
    assert set(parsers) == {"fast/2", "ocr/1"}
    read = parsers["ocr/1"]
    assert {block.page for block in read.blocks} == {1, 2, 3}
    known = set(words(" ".join(block.text for block in parsers["fast/2"].blocks)))
    found = set(words(" ".join(block.text for block in read.blocks)))
    assert len(known & found) > 0.85 * len(known)


def test_a_very_long_file_is_parsed_in_ranges_and_is_one_document(tmp_path: Path):
    pages = [
        f"Page {number} tells of the {number} sheep that were counted there that day.".encode()
        for number in range(1, 451)
    ]
    (tmp_path / "long.pdf").write_bytes(many_pages(pages))
    run = walk(write_recipe(tmp_path, tmp_path / "long.pdf"), tmp_path, "2a")
    (document,) = parsed_of(run)
    assert (document.outcome, document.pages) == ("ok", 450)
    text = " ".join(block.text for block in document.blocks)
    assert all(f"the {number} sheep" in text for number in range(1, 451))
    assert [block.page for block in document.blocks] == sorted(block.page for block in document.blocks)


def test_passwords_come_from_the_environment_and_reach_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import pdf_oxide

    pdf_oxide.PdfDocument(str(PAPER)).save_encrypted(str(tmp_path / "locked.pdf"), "open sesame", "owner")
    shutil.copyfile(min((FIXTURES / "corpus").iterdir()), tmp_path / "other.md")
    source = tmp_path / "*.*[fd]"
    monkeypatch.setenv("READING_PASSWORDS", "not this one\nopen sesame")
    run = walk(write_recipe(tmp_path, source, passwords_variable="READING_PASSWORDS"), tmp_path, "2a")
    assert run.stage("parse").counts["documents"] == 2
    kept = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"open sesame" in path.read_bytes() for path in kept)


@pytest.mark.skipif(java_version() is None, reason="Spark needs Java, and none is installed")
def test_papers_of_the_snapshot_are_read_on_spark_as_they_are_here(tmp_path: Path):
    server = ArxivServer()
    with serving(server) as address:
        values = {
            "path": FIXTURES / "arxiv" / "snapshot.jsonl",
            "categories": "[]",
            "date_from": "null",
            "max_results": 4,
            "pdf_base_url": f"{address}/pdf",
            "allow_private": True,
            "delay_seconds": 0,
        }
        shown = [f"sources.0.{key}={value}" for key, value in values.items()]
        recipe = ROOT / "recipes" / "spark_rag.yaml"
        there = walk(recipe, tmp_path / "there", overrides=[*shown, "parsing.spark.items_per_partition=2"])
        here = walk(recipe, tmp_path / "here", overrides=[*shown, "parsing.executor=local"])
    assert there.stage("parse").counts["documents"] == 4
    for stage, name, kind in (("parse", "parsed.parquet", ParsedDocument), ("chunk", "chunks.parquet", Chunk)):
        assert read_table(there.need(stage).file(name), kind) == read_table(here.need(stage).file(name), kind)
    assert there.need("chunk").manifest.fingerprint == here.need("chunk").manifest.fingerprint
    assert json.loads((there.path / "run.json").read_text())["resolved"]["parsing"]["executor"] == "spark"
