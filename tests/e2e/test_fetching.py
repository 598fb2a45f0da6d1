"""Recipes whose documents come over the network: from servers on this machine that speak the services' protocols."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.conftest import CORPUS
from tests.sources.arxiv_server import ArxivServer
from tests.sources.arxiv_server import serving as serving_arxiv
from tests.sources.web_server import WebServer
from tests.sources.web_server import serving as serving_web

from glossator.artifacts import read_records, read_table
from glossator.errors import SourceError
from glossator.pipeline import Run, plan_recipe, run_recipe
from glossator.recipe import load_recipe
from glossator.records import Chunk, Document, Reject

ROOT = Path(__file__).parents[2]
PAPERS = sorted((ROOT / "tests" / "fixtures" / "papers").glob("*.pdf"))
PAGE = (
    "<!doctype html><html><head><title>{title}</title></head>"
    "<body><article><h1>{title}</h1>{text}</article></body></html>"
)


@pytest.fixture
def arxiv() -> Iterator[tuple[ArxivServer, str]]:
    server = ArxivServer()
    with serving_arxiv(server) as address:
        yield server, address


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving_web() as server:
        yield server


def walk(recipe: Path, folder: Path, overrides: list[str] | None = None, last: str = "2b") -> Run:
    return run_recipe(load_recipe(recipe, overrides or [], {}), recipe, folder / "runs", last=last)


def of_arxiv(address: str, **more: object) -> list[str]:
    values = {
        "query": "testing",
        "sort": "relevance",
        "max_results": 30,
        "page_size": 10,
        "base_url": f"{address}/api/query",
        "pdf_base_url": f"{address}/pdf",
        "allow_private": True,
        "delay_seconds": 0,
        **more,
    }
    return [f"sources.0.{key}={value}" for key, value in values.items()]


def test_abstracts_of_a_search_become_grouped_documents_and_nothing_is_asked_twice(tmp_path: Path, arxiv):
    server, address = arxiv
    recipe = ROOT / "recipes" / "arxiv_qa.yaml"
    run = walk(recipe, tmp_path, of_arxiv(address, group_size=3))
    documents = read_table(run.need("collect").file("documents.parquet"), Document)
    assert len(documents) == 10
    assert all(document.text and document.path is None for document in documents)
    asked = len(server.requests)
    again = walk(recipe, tmp_path, of_arxiv(address, group_size=3))
    assert again.path == run.path
    regrouped = walk(recipe, tmp_path, of_arxiv(address, group_size=5))
    assert len(read_table(regrouped.need("collect").file("documents.parquet"), Document)) == 6
    assert len(server.requests) == asked


def test_pdfs_of_a_search_are_parsed_and_know_where_they_came_from(tmp_path: Path, arxiv):
    server, address = arxiv
    options = of_arxiv(address, content="pdf", group_size=0, max_results=10)
    run = walk(ROOT / "recipes" / "arxiv_qa.yaml", tmp_path, options)
    documents = read_table(run.need("collect").file("documents.parquet"), Document)
    assert all(document.origins[0].startswith("arxiv:") and document.published for document in documents)
    assert {document.media_type for document in documents} == {"application/pdf"}
    chunks = read_table(run.need("chunk").file("chunks.parquet"), Chunk)
    assert {chunk.document_id for chunk in chunks} == {document.id for document in documents}
    assert server.most_at_once == 1


def test_a_service_that_fails_in_the_middle_stops_the_run_in_one_line_and_the_next_goes_on(tmp_path: Path, arxiv):
    server, address = arxiv
    second = ("testing", "", "10", "10")
    server.faults[second] = [(503, b"busy")] * 30
    recipe = ROOT / "recipes" / "arxiv_qa.yaml"
    with pytest.raises(SourceError) as told:
        walk(recipe, tmp_path, of_arxiv(address, group_size=3))
    assert "\n" not in str(told.value)
    first = ("testing", "", "0", "10")
    assert server.counts[first] == 1
    server.faults.clear()
    run = walk(recipe, tmp_path, of_arxiv(address, group_size=3))
    assert run.stage("collect").counts["documents"] == 10
    assert server.counts[first] == 1


def write_search_recipe(folder: Path, web: WebServer, **source: object) -> Path:
    values = {
        "kind": "web_search",
        "query": "bread",
        "base_url": f"{web.url}/search.json",
        "allow_private": True,
        "delay_seconds": 0,
        **source,
    }
    path = folder / "search.yaml"
    path.write_text(yaml.safe_dump({"name": "search", "sources": [values], "parsing": {"min_tokens": 5}}))
    return path


def results(web: WebServer, *names: str) -> bytes:
    found = [{"position": n, "title": name, "link": f"{web.url}/{name}"} for n, name in enumerate(names, 1)]
    return json.dumps({"search_metadata": {"status": "Success"}, "organic_results": found}).encode()


def test_web_pages_that_a_search_finds_become_chunks_and_failures_are_on_record(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SERP_API_KEY", "of-nobody")
    texts = {path.stem: path.read_text() for path in sorted(CORPUS.glob("*.md"))[:3]}
    for name, text in texts.items():
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n") if not part.startswith("#"))
        web.routes[f"/{name}"] = PAGE.format(title=name, text=paragraphs).encode()
    web.routes["/search.json"] = results(web, *texts, "gone")
    run = walk(write_search_recipe(tmp_path, web, mode="html"), tmp_path)
    documents = read_table(run.need("collect").file("documents.parquet"), Document)
    assert [document.source_id for document in documents] == [f"{web.url}/{name}" for name in texts]
    (reject,) = read_records(run.need("collect").file("rejects.jsonl"), Reject)
    assert (reject.reason, f"{web.url}/gone" in reject.detail) == ("not_found", True)
    chunks = read_table(run.need("chunk").file("chunks.parquet"), Chunk)
    assert {chunk.document_id for chunk in chunks} == {document.id for document in documents}
    kept = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert not any(b"of-nobody" in path.read_bytes() for path in kept)


def test_the_same_file_from_a_folder_and_from_the_web_is_one_document_with_both_origins(tmp_path: Path, web: WebServer):
    web.routes["/paper.pdf"] = PAPERS[0].read_bytes()
    fetched = {"kind": "urls", "urls": [f"{web.url}/paper.pdf"], "allow_private": True, "delay_seconds": 0}
    path = tmp_path / "both.yaml"
    path.write_text(
        yaml.safe_dump({"name": "both", "sources": [{"kind": "local_files", "path": str(PAPERS[0])}, fetched]})
    )
    run = walk(path, tmp_path, last="1")
    (document,) = read_table(run.need("collect").file("documents.parquet"), Document)
    assert document.origins == (f"local_files:{PAPERS[0].name}", f"urls:{web.url}/paper.pdf")


def test_a_missing_key_is_told_before_anything_is_done(tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SERP_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="SERP_API_KEY is not set"):
        walk(write_search_recipe(tmp_path, web), tmp_path)
    assert web.asked == []


def test_a_key_in_the_dotenv_file_is_sent_and_not_left_in_the_environment(
    tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SERP_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("SERP_API_KEY=of-the-file\n")
    web.routes["/paper.pdf"] = PAPERS[0].read_bytes()
    web.routes["/search.json"] = results(web, "paper.pdf")
    run = walk(write_search_recipe(tmp_path, web), tmp_path, last="1")
    assert run.stage("collect").counts["documents"] == 1
    assert any("api_key=of-the-file" in path for path in web.asked)
    assert "SERP_API_KEY" not in os.environ


def test_a_plan_of_what_is_to_be_fetched_asks_nobody(tmp_path: Path, arxiv):
    server, address = arxiv
    recipe = ROOT / "recipes" / "arxiv_qa.yaml"
    told = plan_recipe(load_recipe(recipe, of_arxiv(address), {"GEMINI_API_KEY": "none"}), recipe, tmp_path / "runs")
    assert "at most 30 to fetch" in told["sentence"]
    assert server.requests == []
    assert not (tmp_path / "runs").exists()


def test_files_that_were_fetched_are_found_again_where_the_runs_folder_has_moved(tmp_path: Path, web: WebServer):
    web.routes["/paper.pdf"] = PAPERS[0].read_bytes()
    path = tmp_path / "moved.yaml"
    source = {"kind": "urls", "urls": [f"{web.url}/paper.pdf"], "allow_private": True, "delay_seconds": 0}
    path.write_text(yaml.safe_dump({"name": "moved", "sources": [source]}))
    run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="1")
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    run = run_recipe(load_recipe(path, (), {}), path, tmp_path / "elsewhere", last="2a")
    assert run.stage("parse").counts["documents"] == 1
    assert web.files == ["/paper.pdf"]
