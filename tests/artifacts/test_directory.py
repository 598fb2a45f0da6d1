"""An artifact exists whole or not at all."""

import json
from pathlib import Path

import pytest

from glossator.artifacts import Draft, find_artifact, open_artifact, write_text
from glossator.errors import ArtifactError


def seal(draft: Draft, **counts: int):
    return draft.seal(
        stage="parse", fingerprint="abc", inputs={"collect": "x"}, settings={}, seconds=1.5, counts=counts
    )


def test_a_draft_is_not_taken_for_done(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "records.jsonl", "{}\n")
    assert find_artifact(tmp_path / "parse-abc") is None
    with pytest.raises(ArtifactError, match="never finished"):
        open_artifact(draft.path)


def test_sealing_moves_the_draft_into_place_with_hashes_and_counts(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "sub" / "records.jsonl", "{}\n")
    artifact = seal(draft, documents=3)
    assert not draft.path.exists()
    reopened = open_artifact(tmp_path / "parse-abc")
    assert reopened.manifest == artifact.manifest
    assert reopened.manifest.counts == {"documents": 3}
    assert set(reopened.manifest.files) == {"sub/records.jsonl"}
    assert reopened.file("sub/records.jsonl").read_text() == "{}\n"


def test_a_new_attempt_keeps_resumable_work_and_drops_the_rest(tmp_path: Path):
    first = Draft(tmp_path / "train-abc", keep=("checkpoints",))
    write_text(first.resume / "log.jsonl", "1\n")
    write_text(first.path / "checkpoints" / "one", "weights")
    write_text(first.path / "half.json", "{")
    second = Draft(tmp_path / "train-abc", keep=("checkpoints",))
    assert (second.resume / "log.jsonl").read_text() == "1\n"
    assert (second.path / "checkpoints" / "one").exists()
    assert not (second.path / "half.json").exists()


def test_resumable_work_is_left_out_of_the_sealed_artifact(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.resume / "log.jsonl", "1\n")
    write_text(draft.path / "records.jsonl", "{}\n")
    artifact = seal(draft)
    assert not (artifact.path / "resume").exists()
    assert set(artifact.manifest.files) == {"records.jsonl"}


def test_a_file_of_another_size_is_noticed_on_opening(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "records.jsonl", "{}\n")
    artifact = seal(draft)
    (artifact.path / "records.jsonl").write_text("{}\n{}\n")
    with pytest.raises(ArtifactError, match="altered"):
        open_artifact(artifact.path)


def test_a_file_of_the_same_size_and_other_content_is_noticed_by_its_hash(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "records.jsonl", "{}\n")
    artifact = seal(draft)
    (artifact.path / "records.jsonl").write_text("[]\n")
    open_artifact(artifact.path)
    with pytest.raises(ArtifactError, match="altered"):
        artifact.check(content=True)


def test_a_missing_file_is_named(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "records.jsonl", "{}\n")
    artifact = seal(draft)
    (artifact.path / "records.jsonl").unlink()
    with pytest.raises(ArtifactError, match=r"records\.jsonl is missing"):
        open_artifact(artifact.path)


def test_asking_for_a_file_it_does_not_hold_lists_what_it_holds(tmp_path: Path):
    draft = Draft(tmp_path / "parse-abc")
    write_text(draft.path / "records.jsonl", "{}\n")
    with pytest.raises(ArtifactError, match=r"holds no chunks\.parquet; it holds records\.jsonl"):
        seal(draft).file("chunks.parquet")


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"stage": "parse", "surprise": 1})])
def test_an_unreadable_manifest_is_an_artifact_error(tmp_path: Path, content: str):
    folder = tmp_path / "parse-abc"
    folder.mkdir()
    (folder / "manifest.json").write_text(content)
    with pytest.raises(ArtifactError, match="unreadable"):
        open_artifact(folder)
