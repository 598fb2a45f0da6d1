"""A run's samples are exported with their documents' licences and lineage, from its name or its folder."""

import json
from pathlib import Path

import pytest
from tests.conftest import write_recipe

from glossator.errors import ArtifactError, CurationError, MissingArtifactError
from glossator.pipeline import find_run, run_recipe
from glossator.pipeline.exporting import export_run


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs folder of a recipe that was walked to its samples."""
    from tests.conftest import write_corpus

    from glossator.recipe import load_recipe

    folder = tmp_path_factory.mktemp("walked")
    path = write_recipe(folder, write_corpus(folder / "corpus"))
    run_recipe(load_recipe(path), path, folder / "runs", last="3c")
    return folder / "runs"


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_export_holds_what_the_run_curated_and_lies_in_its_folder(walked: Path):
    done = export_run("tiny", walked, kind="chat_jsonl")
    run = find_run("tiny", walked)
    assert done.folder == run.path / "exports" / "chat_jsonl"
    kept = run.need("curate")
    for split, count in done.counts[""].items():
        made = rows(kept.file(f"{split}.jsonl"))
        assert [row["messages"] for row in rows(done.folder / f"{split}.jsonl")] == [row["messages"] for row in made]
        assert count == len(made)
    assert str(walked) not in (done.folder / "README.md").read_text("utf-8")


def test_lineage_names_title_page_and_section_of_each_sample(walked: Path, tmp_path: Path):
    folder = export_run("tiny", walked, kind="alpaca", output=tmp_path / "out", splits=["train"], lineage=True).folder
    for row in rows(folder / "train.jsonl"):
        assert row["titles"]
        assert row["pages"] == ["1"]
        assert row["evidence"]
        assert row["split"] == "train"


def test_the_run_may_be_named_by_its_folder(walked: Path, tmp_path: Path):
    run = find_run("tiny", walked)
    assert export_run(str(run.path), tmp_path, kind="csv", output=tmp_path / "out").folder == tmp_path / "out"


def test_what_is_not_there_is_told(walked: Path, tmp_path: Path):
    with pytest.raises(MissingArtifactError, match="no run of 'other'"):
        export_run("other", walked, kind="csv")
    with pytest.raises(CurationError, match="nothing to export as csv from pool"):
        export_run("tiny", walked, kind="csv", splits=["pool"], output=tmp_path / "out")
    with pytest.raises(CurationError, match="there is no format 'xml'"):
        export_run("tiny", walked, kind="xml")


def test_altered_samples_are_not_exported(walked: Path, tmp_path: Path):
    path = find_run("tiny", walked).need("curate").file("dev.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"e", b"a", 1))
    try:
        with pytest.raises(ArtifactError, match="was altered"):
            export_run("tiny", walked, kind="csv", output=tmp_path / "out")
    finally:
        path.write_bytes(whole)
    assert not (tmp_path / "out").exists()
