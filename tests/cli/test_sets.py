"""What is typed at `--set`: relative paths start at the working directory, and nothing stays nothing."""

from pathlib import Path

import pytest
import yaml

from glossator.cli.sets import absolute_paths, overrides_of
from glossator.recipe import load_recipe

KEYS = (
    "registry.path",
    "retrieval.embedder",
    "curation.embedder",
    "sources.0.path",
    "training.base_model",
    "synthesis.prices",
)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ["null", "NULL", "~", "", " null "])
def test_nothing_is_not_taken_for_a_folder(key: str, value: str):
    assert absolute_paths([f"{key}={value}"]) == [f"{key}={value}"]


@pytest.mark.parametrize("key", KEYS)
def test_a_relative_path_starts_at_the_working_directory(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert absolute_paths([f"{key}=nullable"]) == [f"{key}={tmp_path / 'nullable'}"]
    assert absolute_paths([f"{key}=~/a"]) == [f"{key}={Path.home() / 'a'}"]


def test_null_takes_back_what_a_recipe_says(tmp_path: Path):
    recipe = {
        "name": "tiny",
        "sources": [{"kind": "local_files", "path": "a"}],
        "synthesis": {},
        "training": {},
        "evaluation": {},
        "registry": {"domain": "a", "use_case": "b", "path": "models"},
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe))
    assert load_recipe(path, (), {}).registry.path == "models"
    assert load_recipe(path, absolute_paths(["registry.path=null"]), {}).registry.path is None


def test_documents_stand_in_for_the_sources_of_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump({"name": "tiny", "sources": [{"kind": "arxiv", "query": "tides"}]}))
    given = overrides_of([Path("a: b"), Path("/c")], ["sources.1.patterns=[x.pdf]"])
    recipe = load_recipe(path, given, {})
    assert [source.path for source in recipe.sources] == [str(tmp_path / "a: b"), "/c"]
    assert recipe.sources[1].patterns == ("x.pdf",)
    assert load_recipe(path, overrides_of(None, None), {}).sources[0].kind == "arxiv"


def test_a_work_folder_that_is_an_address_stays_one():
    assert absolute_paths(["parsing.spark.work_folder=s3://bucket/work"]) == [
        "parsing.spark.work_folder=s3://bucket/work"
    ]
