"""Runs are found by folder or by recipe, and only one process works in a recipe's folder."""

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from glossator.artifacts import Draft, write_text
from glossator.errors import ArtifactError, MissingArtifactError
from glossator.pipeline.runs import (
    Run,
    RunRecord,
    StageRecord,
    find_newest_result,
    find_run,
    list_runs,
    locked,
    new_run_path,
    open_run,
)


def make_run(folder: Path, name: str, artifact: str | None = None, stage: str = "collect") -> Run:
    record = StageRecord("1", stage, "done" if artifact else "not_run", "abc", artifact, 0.5, {"documents": 2})
    run = Run(folder / name, RunRecord("tiny", {"name": "tiny"}, "hash", "then", "now", {}, (record,)))
    run.save()
    if artifact and not (folder / "artifacts" / artifact).exists():
        draft = Draft(folder / "artifacts" / artifact)
        write_text(draft.path / "documents.jsonl", "")
        draft.seal(stage=stage, fingerprint="abc", inputs={}, settings={}, seconds=0, counts={})
    return run


def test_a_run_is_read_back_as_it_was_saved(tmp_path: Path):
    run = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", "collect-abc")
    assert open_run(run.path).record == run.record


def test_a_recipes_name_means_its_newest_run_that_holds_what_is_asked_for(tmp_path: Path):
    holding = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", "collect-abc")
    newest = make_run(tmp_path / "tiny", "2026-01-02T00-00-00Z")
    assert find_run("tiny", tmp_path).path == newest.path
    assert find_run("tiny", tmp_path, ["collect"]).path == holding.path


def test_a_folder_means_that_run(tmp_path: Path):
    run = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", "collect-abc")
    make_run(tmp_path / "tiny", "2026-01-02T00-00-00Z")
    assert find_run(str(run.path), tmp_path).path == run.path


def test_what_no_run_holds_names_the_stage_to_run(tmp_path: Path):
    make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z")
    with pytest.raises(MissingArtifactError, match="run: glossator run RECIPE --to collect"):
        find_run("tiny", tmp_path, ["collect"])


def test_an_unknown_name_lists_the_recipes_that_have_runs(tmp_path: Path):
    make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z")
    with pytest.raises(MissingArtifactError, match="recipes with runs there: tiny"):
        find_run("other", tmp_path)


@pytest.mark.parametrize("name", ["..", "../elsewhere", "a/b", ""])
def test_a_name_never_leads_out_of_the_folder_of_runs(tmp_path: Path, name: str):
    make_run(tmp_path.parent / "elsewhere", "2026-01-01T00-00-00Z")
    with pytest.raises(MissingArtifactError):
        find_run(name, tmp_path)


def test_an_unreadable_run_file_is_told_and_left_out_of_the_list(tmp_path: Path):
    run = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z")
    (run.path / "run.json").write_text("{")
    with pytest.raises(ArtifactError, match="unreadable"):
        open_run(run.path)
    assert list_runs(tmp_path / "tiny") == []


def test_two_runs_of_one_second_have_two_folders(tmp_path: Path):
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    first = new_run_path(tmp_path, now)
    first.mkdir()
    assert first.name == "2026-01-02T03-04-05Z"
    assert new_run_path(tmp_path, now).name == "2026-01-02T03-04-05Z.2"


def test_a_second_process_is_kept_out_while_the_first_works(tmp_path: Path):
    code = "\n".join(
        [
            "from pathlib import Path",
            "from glossator.pipeline.runs import locked",
            f"with locked(Path({str(tmp_path)!r})):",
            "    pass",
        ]
    )
    with locked(tmp_path):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode != 0
    assert "another run is working" in second.stderr
    third = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert third.returncode == 0, third.stderr


def test_a_recipes_newest_result_is_shown_before_a_newer_run_without_one(tmp_path: Path):
    evaluated = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", "evaluate-abc", stage="evaluate")
    newest = make_run(tmp_path / "tiny", "2026-01-02T00-00-00Z")
    assert find_newest_result("tiny", tmp_path).path == evaluated.path
    assert find_newest_result(str(newest.path), tmp_path).path == newest.path
