"""Cleaning frees what no kept run needs, and touches nothing that is not its own."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from tests.conftest import write_corpus, write_recipe
from tests.pipeline.test_runs import make_run

from glossator.artifacts import Draft, write_json, write_text
from glossator.errors import MissingArtifactError
from glossator.pipeline import clean_runs, run_recipe
from glossator.pipeline.runs import Run, locked
from glossator.recipe import load_recipe

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


@pytest.mark.parametrize("absolute", [False, True])
def test_a_name_never_leads_out_of_the_folder_of_runs(tmp_path: Path, run: Run, absolute: bool):
    draft = run.artifacts / f"train-{FINGERPRINT}.partial"
    draft.mkdir()
    runs = tmp_path / "other" / "runs"
    runs.mkdir(parents=True)
    for name in (str(tmp_path / "tiny"),) if absolute else ("../../tiny", "..", ".", "", "tiny/", "a/../../../tiny"):
        with pytest.raises(MissingArtifactError, match=r"is no name of a recipe; give the name alone"):
            clean_runs(runs, recipe=name, keep=1, delete=True)
    assert draft.exists()


def test_one_recipes_runs_are_cleaned_by_its_name(tmp_path: Path, run: Run):
    with locked(tmp_path / "other"):
        other = make_run(tmp_path / "other", "2026-01-01T00-00-00Z", f"collect-{FINGERPRINT}")
    drafts = [folder / f"train-{FINGERPRINT}.partial" for folder in (run.artifacts, other.artifacts)]
    for draft in drafts:
        draft.mkdir()
    clean_runs(tmp_path, recipe="tiny", keep=1, delete=True)
    assert [draft.exists() for draft in drafts] == [False, True]


def seal_reference(run: Run, **told: str) -> Path:
    """Leave the artifact of stage 5, as no run holds it."""
    draft = Draft(run.artifacts / f"register-{FINGERPRINT}")
    write_json(draft.path / "registered.json", told)
    return draft.seal(stage="register", fingerprint=FINGERPRINT, inputs={}, settings={}, seconds=0, counts={}).path


@pytest.mark.parametrize("damaged", ["#", "7", '{"label": 3}', "\x00"])
def test_a_damaged_reference_to_the_registry_keeps_nothing(tmp_path: Path, run: Run, damaged: str):
    path = seal_reference(run, label="tiny-qa@v1.0", path=str(tmp_path), registry=str(tmp_path))
    file = path / "registered.json"
    file.write_text(damaged.ljust(file.stat().st_size))
    assert clean(tmp_path, delete=True)[path.name] is False
    assert not path.exists()


def test_a_version_that_is_gone_from_the_registry_keeps_nothing(tmp_path: Path, run: Run):
    path = seal_reference(run, label="tiny-qa@v1.0", path=str(tmp_path / "gone"), registry=str(tmp_path))
    assert clean(tmp_path)[path.name] is False


def test_cleaning_again_and_again_keeps_what_a_registered_model_answers_from(tmp_path: Path, tiny_model: Path):
    path = write_recipe(tmp_path, write_corpus(tmp_path / "corpus"), tiny_model)
    rooms = {"retrieval": {}, "registry": {"domain": "crafts", "use_case": "qa"}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | rooms))
    made = run_recipe(load_recipe(path, (), {}), path, tmp_path / "runs")
    index, reference = made.need("index"), made.need("register")
    version = Path(json.loads(reference.file("registered.json").read_text())["path"])
    make_run(tmp_path / "runs" / "tiny", "2999-01-01T00-00-00Z", f"evaluate-{FINGERPRINT}", stage="evaluate")

    for _ in range(3):
        found = clean(tmp_path / "runs", delete=True)
        assert found[index.path.name] is found[reference.path.name] is True
    assert made.path.name not in found  # the run itself went with the first cleaning
    index.check(content=True)

    shutil.rmtree(version)
    found = clean(tmp_path / "runs", delete=True)
    assert found[index.path.name] is found[reference.path.name] is False
    assert not index.path.exists()
