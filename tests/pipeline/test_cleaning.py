"""Cleaning frees what no kept run needs, and touches nothing that is not its own."""

from pathlib import Path

import pytest
from tests.pipeline.test_runs import make_run

from glossator.artifacts import Draft, write_text
from glossator.errors import MissingArtifactError
from glossator.pipeline import clean_runs
from glossator.pipeline.runs import Run, locked

FINGERPRINT = "0123456789abcdef"


def clean(runs: Path, *, keep: int = 1, delete: bool = False) -> dict[str, bool]:
    report = clean_runs(runs, recipe=None, keep=keep, delete=delete)
    return {Path(row["path"]).name: row["needed"] for row in report["items"]}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with locked(tmp_path / "tiny"):
        return make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", f"collect-{FINGERPRINT}")


def test_folders_that_hold_no_runs_are_not_looked_at(tmp_path: Path, run: Run):
    precious = tmp_path / "project" / "artifacts" / "collect-0000000000000000"
    precious.mkdir(parents=True)
    (precious / "thesis.txt").write_text("years of work")
    assert precious.name not in clean(tmp_path, delete=True)
    assert (precious / "thesis.txt").exists()
    assert not (tmp_path / "project" / ".lock").exists()


def test_strange_things_among_the_artifacts_are_left_alone(tmp_path: Path, run: Run):
    (run.artifacts / "notes.txt").write_text("mine")
    (run.artifacts / "thesis").mkdir()
    assert set(clean(tmp_path, delete=True)) == {run.path.name, f"collect-{FINGERPRINT}"}
    assert (run.artifacts / "notes.txt").exists()
    assert (run.artifacts / "thesis").exists()


def test_the_work_of_a_run_that_did_not_finish_is_kept(tmp_path: Path, run: Run):
    Draft(run.artifacts / f"train-{FINGERPRINT}")
    assert clean(tmp_path)[f"train-{FINGERPRINT}.partial"] is False
    unfinished = make_run(tmp_path / "tiny", "2026-01-02T00-00-00Z")
    Run(unfinished.path, type(unfinished.record)(**{**fields(unfinished), "finished": None})).save()
    assert clean(tmp_path)[f"train-{FINGERPRINT}.partial"] is True


def fields(run: Run) -> dict:
    return {name: getattr(run.record, name) for name in run.record.__dataclass_fields__}


def test_what_an_interrupted_deletion_left_is_freed_by_the_next(tmp_path: Path, run: Run):
    left = run.artifacts / f".deleting-parse-{FINGERPRINT}"
    left.mkdir()
    clean(tmp_path, delete=True)
    assert not left.exists()


def test_an_artifact_that_lost_its_manifest_does_not_stand_in_the_way(tmp_path: Path):
    (tmp_path / "parse-abc").mkdir()
    (tmp_path / "parse-abc" / "old.jsonl").write_text("{}")
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "new.jsonl", "{}")
    made = draft.seal(stage="parse", fingerprint="abc", inputs={}, settings={}, seconds=0, counts={})
    assert [path.name for path in sorted(made.path.iterdir())] == ["manifest.json", "new.jsonl"]


def test_a_missing_folder_is_told(tmp_path: Path):
    with pytest.raises(MissingArtifactError, match="--runs-dir"):
        clean_runs(tmp_path / "nowhere", recipe=None, keep=1, delete=False)


def test_failed_attempts_do_not_cost_the_last_result(tmp_path: Path):
    with locked(tmp_path / "tiny"):
        kept = make_run(tmp_path / "tiny", "2026-01-01T00-00-00Z", f"evaluate-{FINGERPRINT}", stage="evaluate")
        for day in (2, 3):
            make_run(tmp_path / "tiny", f"2026-01-0{day}T00-00-00Z")
    found = clean(tmp_path, delete=True)
    assert found[kept.path.name] is True
    assert found[f"evaluate-{FINGERPRINT}"] is True
    assert found["2026-01-02T00-00-00Z"] is False
