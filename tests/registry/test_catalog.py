"""A list tells of every version, sound or not; only sound ones are opened."""

import json
import shutil

import pytest

from glossator.errors import RegistryError
from glossator.registry import list_versions, open_version, register


@pytest.fixture
def filled(registry, submit):
    """Two versions of one model and one of another."""
    register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    register(registry, "summary", submit(2))
    return registry


def test_a_list_is_sorted_by_name_and_number_and_marks_the_latest(filled):
    rows = [(row.name, row.version, row.latest, row.problem) for row in list_versions(filled)]
    assert rows == [("qa", "v1.0", False, ""), ("qa", "v1.1", True, ""), ("summary", "v1.0", True, "")]
    assert list_versions(filled)[0].registration.run == "4cec83f6e1efc7de"


def test_a_registry_that_is_not_there_has_an_empty_list(tmp_path):
    assert list_versions(tmp_path / "nowhere") == []


def test_damaged_versions_are_listed_with_what_is_wrong(filled):
    (filled / "qa" / "v1.0" / "manifest.json").unlink()
    (filled / "qa" / "v1.1" / "registration.json").write_text("{")
    (filled / "summary" / "latest").write_text("newest")
    (filled / "qa" / "v9.9").mkdir()
    rows = {(row.name, row.version): row for row in list_versions(filled)}
    assert "never finished" in rows["qa", "v1.0"].problem
    assert "registration.json was altered" in rows["qa", "v1.1"].problem
    assert "holds 'newest', which is no version" in rows["summary", "v1.0"].problem
    assert "never finished" in rows["qa", "v9.9"].problem
    assert rows["qa", "v1.0"].registration is not None
    assert rows["qa", "v1.1"].registration is None


def test_what_is_no_model_is_left_out_of_the_list(filled):
    (filled / "README.txt").write_text("mine")
    (filled / "Notes").mkdir()
    (filled / "empty").mkdir()
    (filled / "qa" / "v1.2.partial").mkdir()
    assert len(list_versions(filled)) == 3


def test_a_version_is_opened_by_number_or_as_the_latest(filled):
    assert open_version(filled, "qa@v1.0").label == "qa@v1.0"
    assert not open_version(filled, "qa@v1.0").latest
    for reference in ("qa", "qa@latest", "qa@v1.1"):
        opened = open_version(filled, reference)
        assert (opened.label, opened.latest) == ("qa@v1.1", True)


def test_the_only_model_needs_no_name(registry, submit, filled):
    shutil.rmtree(filled / "summary")
    assert open_version(filled).label == "qa@v1.1"


def test_of_several_models_one_must_be_named(filled):
    with pytest.raises(RegistryError, match="holds 2 models; say which one: qa, summary"):
        open_version(filled)


def test_an_empty_registry_says_so(registry):
    for reference in (None, "qa"):
        with pytest.raises(RegistryError, match="nothing is registered in"):
            open_version(registry, reference)


@pytest.mark.parametrize("reference", ["other", "other@v1.0", "", "../qa", "QA", "qa/v1.0"])
def test_an_unknown_name_lists_the_names_there_are(filled, reference):
    with pytest.raises(RegistryError, match="registered there: qa, summary"):
        open_version(filled, reference)


@pytest.mark.parametrize("reference", ["qa@", "qa@1.0", "qa@v1", "qa@v1.0@v1.1", "qa@../v1.0"])
def test_what_is_no_version_is_told(filled, reference):
    with pytest.raises(RegistryError, match=r"is none; write it as v1\.0, or latest"):
        open_version(filled, reference)


def test_a_version_that_is_not_there_lists_those_that_are(filled):
    with pytest.raises(RegistryError, match=r"qa has no version v3\.0; it has v1\.0, v1\.1"):
        open_version(filled, "qa@v3.0")


def test_a_latest_that_leads_nowhere_names_the_versions_to_promote(filled):
    (filled / "qa" / "latest").write_text("v8.0\n")
    with pytest.raises(RegistryError, match=r"names v8\.0, which is not there; promote one of v1\.0, v1\.1"):
        open_version(filled, "qa")
    (filled / "qa" / "latest").unlink()
    with pytest.raises(RegistryError, match=r"has no latest version; promote one of v1\.0, v1\.1"):
        open_version(filled, "qa")
    assert open_version(filled, "qa@v1.1").label == "qa@v1.1"


def test_an_unreadable_latest_keeps_no_version_from_being_opened_by_number(filled):
    (filled / "qa" / "latest").write_bytes(b"\xff\xfe")
    assert not open_version(filled, "qa@v1.1").latest
    with pytest.raises(RegistryError, match="latest is unreadable"):
        open_version(filled, "qa")


def test_a_version_of_a_later_program_is_refused_by_its_format(filled):
    version = filled / "qa" / "v1.1"
    path, manifest = version / "registration.json", version / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    said = json.loads(manifest.read_text())
    said["files"]["registration.json"] = {"bytes": path.stat().st_size, "sha256": _sha256(path)}
    manifest.write_text(json.dumps(said))
    with pytest.raises(RegistryError, match="has format 2 and this program reads format 1; update glossator"):
        open_version(filled, "qa")


def _sha256(path):
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
