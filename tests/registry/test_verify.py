"""Every file of a version is compared with the manifest: altered, missing and added ones are told by name."""

import json

import pytest

from glossator.errors import RegistryError
from glossator.registry import open_version, register, verify


@pytest.fixture
def version(registry, submit):
    return register(registry, "qa", submit()).path


def refused(version):
    with pytest.raises(RegistryError, match="cannot be trusted") as told:
        open_version(version.parents[1], "qa")
    assert "register its run again" in str(told.value)
    return str(told.value)


def test_another_version_is_offered_where_there_is_one(registry, submit, version):
    (version / "metrics.json").unlink()
    assert "promote" not in refused(version)
    register(registry, "qa", submit(5))
    with pytest.raises(RegistryError, match=r"promote another version \(v\d\.\d\), or delete"):
        open_version(registry, "qa@v1.0")


def test_a_version_as_it_was_registered_has_no_problems(version):
    assert verify(version) == ()
    assert verify(version, content=False) == ()


@pytest.mark.parametrize(
    "name",
    [
        "adapter/adapter_model.safetensors",
        "adapter/glossator_form.json",
        "tokenizer/chat_template.jinja",
        "answer_styles/brief.md",
        "registration.json",
        "README.md",
    ],
)
def test_one_altered_byte_is_noticed(version, name):
    data = bytearray((version / name).read_bytes())
    data[len(data) // 2] ^= 1
    (version / name).write_bytes(data)
    assert verify(version) == (f"{name} was altered after it was registered",)
    assert f"{name} was altered" in refused(version)


@pytest.mark.parametrize("name", ["adapter/adapter_model.safetensors", "tokenizer/tokenizer.json", "metrics.json"])
def test_a_missing_file_is_noticed(version, name):
    (version / name).unlink()
    assert verify(version) == verify(version, content=False) == (f"{name} is missing",)
    assert f"{name} is missing" in refused(version)


@pytest.mark.parametrize(
    "name", ["adapter/adapter_model.bin", "tokenizer/added_tokens.json", "adapter/deep/x.py", "answer_styles/loud.md"]
)
def test_a_file_that_was_put_there_is_noticed(version, name):
    (version / name).parent.mkdir(exist_ok=True)
    (version / name).write_text("{}")
    assert verify(version, content=False) == (f"{name} does not belong there",)
    assert f"{name} does not belong there" in refused(version)


def test_a_link_that_was_put_there_is_noticed(version, tmp_path):
    (version / "adapter" / "more").symlink_to(tmp_path, target_is_directory=True)
    assert verify(version) == ("adapter/more does not belong there",)


def test_notes_beside_the_closed_folders_are_the_owners(version):
    (version / "notes.txt").write_text("asked by email")
    assert verify(version) == ()


def test_every_problem_is_told_by_verify_and_counted_on_opening(version):
    (version / "metrics.json").unlink()
    (version / "README.md").write_text("another")
    (version / "adapter" / "x").write_text("")
    assert len(verify(version)) == 3
    assert "(and 2 more)" in refused(version)


def test_a_manifest_that_leaves_out_the_weights_vouches_for_nothing(version):
    said = json.loads((version / "manifest.json").read_text())
    del said["files"]["adapter/adapter_model.safetensors"]
    (version / "manifest.json").write_text(json.dumps(said))
    assert verify(version) == (
        "manifest.json does not list adapter/adapter_model.safetensors",
        "adapter/adapter_model.safetensors does not belong there",
    )


@pytest.mark.parametrize("name", ["../elsewhere", "/etc/hostname", ""])
def test_a_manifest_that_leads_out_of_the_version_is_unreadable(version, name):
    said = json.loads((version / "manifest.json").read_text())
    said["files"][name] = {"bytes": 1, "sha256": "0"}
    (version / "manifest.json").write_text(json.dumps(said))
    [problem] = verify(version)
    assert "manifest.json is unreadable" in problem


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 1}'])
def test_an_unreadable_manifest_is_told(version, text):
    (version / "manifest.json").write_text(text)
    [problem] = verify(version)
    assert "manifest.json is unreadable" in problem


def test_a_version_under_another_name_or_number_is_noticed(version):
    moved = version.with_name("v1.7")
    version.rename(moved)
    [problem] = verify(moved)
    assert "was registered as qa@v1.0, but lies at qa@v1.7" in problem


def test_a_folder_that_is_not_there_has_a_problem(tmp_path):
    [problem] = verify(tmp_path / "v1.0")
    assert "never finished" in problem


def test_a_version_is_verified_from_inside_the_registry_too(version, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(version.parent)
    assert verify(Path("v1.0")) == ()
