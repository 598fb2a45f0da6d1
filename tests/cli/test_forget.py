"""`glossator forget` lists first and purges when it is told to."""

import json
from pathlib import Path

import pytest
from tests.cli.test_doors import glossator
from tests.conftest import write_corpus, write_recipe

from glossator.pipeline import run_recipe
from glossator.recipe import load_recipe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"))
    run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs", last="3c")
    return tmp_path


def test_it_lists_without_touching_then_purges_then_has_nothing_left(folder: Path):
    before = sorted(folder.rglob("*"))
    listed = glossator("forget", "bread.md", cwd=folder)
    assert listed.returncode == 0, listed.stderr
    assert "1 curate" in listed.stdout
    assert "nothing was touched; purge it with: glossator forget bread.md --yes" in listed.stdout
    assert sorted(folder.rglob("*")) == before
    purged = glossator("forget", "bread.md", "--yes", cwd=folder)
    assert "purged, and never collected again" in purged.stdout
    assert (folder / "corpus" / "bread.md").is_file()
    assert "nothing depends on it" in glossator("forget", "bread.md", cwd=folder).stdout
    ran = glossator("run", "tiny.yaml", "--to", "3c", "--json", cwd=folder)
    assert json.loads(ran.stdout)["funnel"]["documents"] == 7
    assert json.loads(ran.stdout)["set_aside"]["first"][0]["reason"] == "forgotten"


def test_one_json_value_tells_the_same(folder: Path):
    told = json.loads(glossator("forget", "bread.md", "--json", cwd=folder).stdout)
    assert told["recipes"][0]["recipe"] == "tiny"
    assert told["recipes"][0]["chunks"] == 3
    assert not told["purged"]


def test_an_unknown_document_is_one_line(folder: Path):
    failed = glossator("forget", "nowhere.md", cwd=folder)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "knows a document 'nowhere.md'; give its id" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
