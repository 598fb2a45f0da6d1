"""Registering makes a version that is whole, numbered by itself and the latest; the way back is known."""

import json
import shutil
from dataclasses import replace

import pytest
from tests.registry.submissions import BASE_HASH, CLOSED_BOOK, GROUNDED, write_adapter

from glossator.errors import RegistryError
from glossator.registry import BaseModel, list_versions, open_version, promote, register, rollback
from glossator.registry.latest import read_history, read_latest
from glossator.registry.lock import locked
from glossator.registry.verify import verify

FILES = {
    "README.md", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/glossator_form.json",
    "answer_styles/brief.md", "manifest.json", "metrics.json", "registration.json", "tokenizer/chat_template.jinja",
    "tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json",
}  # fmt: skip


def labels(registry):
    return [f"{row.name}@{row.version}{'*' if row.latest else ''}" for row in list_versions(registry)]


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_holds_adapter_tokenizer_styles_figures_card_and_record(registry, submit):
    submission = submit()
    version = register(registry, "qa", submission)
    assert (version.label, version.latest, version.path) == ("qa@v1.0", True, registry / "qa" / "v1.0")
    assert set(tree(version.path)) == FILES
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (version.adapter / name).read_bytes() == (submission.adapter / name).read_bytes()
    assert (version.path / "answer_styles" / "brief.md").read_text().strip() == GROUNDED.style_text
    metrics = json.loads((version.path / "metrics.json").read_text())
    assert metrics["metrics"] == submission.metrics
    assert metrics["differences"][0]["low"] == 0.199
    assert (registry / "qa" / "latest").read_text() == "v1.0\n"
    assert not (registry / "qa" / "latest").is_symlink()


def test_another_adapter_on_the_same_base_raises_the_minor_number(registry, submit):
    register(registry, "qa", submit(0))
    assert register(registry, "qa", submit(1)).label == "qa@v1.1"
    assert register(registry, "qa", submit(1, run="f" * 16)).label == "qa@v1.2"
    assert labels(registry) == ["qa@v1.0", "qa@v1.1", "qa@v1.2*"]


def test_another_base_or_another_prompt_raises_the_major_number(registry, submit, tmp_path):
    register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    other = "ba9876543210"
    adapter = write_adapter(tmp_path / "other-base", base_model_name_or_path=f"other@{other}")
    moved = submit(adapter=adapter, base_model=BaseModel("other", "/srv/other", other))
    assert register(registry, "qa", moved).label == "qa@v2.0"
    assert register(registry, "qa", submit(2)).label == "qa@v3.0"
    assert register(registry, "qa", submit(3, prompts=(CLOSED_BOOK,))).label == "qa@v4.0"
    assert register(registry, "qa", submit(4, prompts=(CLOSED_BOOK,))).label == "qa@v4.1"


def test_a_renamed_style_or_group_keeps_the_major_number(registry, submit):
    register(registry, "qa", submit(0))
    renamed = (replace(GROUNDED, answer_style="short", groups=("papers", "books")),)
    assert register(registry, "qa", submit(1, prompts=renamed)).label == "qa@v1.1"


def test_each_name_counts_for_itself(registry, submit):
    register(registry, "one", submit(0))
    register(registry, "two", submit(0))
    assert labels(registry) == ["one@v1.0*", "two@v1.0*"]


def test_the_same_content_is_registered_once_and_left_untouched(registry, submit):
    first = register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    before = tree(registry)
    assert register(registry, "qa", submit(0, documents=99)).label == "qa@v1.0"
    assert tree(registry) == before
    assert open_version(registry, "qa@v1.0").registration == first.registration


def test_registering_the_same_again_does_not_undo_a_rollback(registry, submit):
    register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    rollback(registry, "qa")
    again = register(registry, "qa", submit(1))
    assert (again.label, again.latest) == ("qa@v1.1", False)
    assert labels(registry) == ["qa@v1.0*", "qa@v1.1"]


def test_content_whose_version_was_damaged_gets_a_new_version(registry, submit):
    damaged = register(registry, "qa", submit(0))
    (damaged.path / "adapter" / "adapter_config.json").write_text("{}")
    assert register(registry, "qa", submit(0)).label == "qa@v1.1"
    assert verify(registry / "qa" / "v1.1") == ()


def test_after_a_version_that_cannot_be_read_the_major_number_rises(registry, submit):
    damaged = register(registry, "qa", submit(0))
    (damaged.path / "registration.json").write_text("{}")
    assert register(registry, "qa", submit(1)).label == "qa@v2.0"


def test_a_number_is_never_given_again(registry, submit):
    register(registry, "qa", submit(0))
    shutil.rmtree(register(registry, "qa", submit(1)).path)
    assert register(registry, "qa", submit(2)).label == "qa@v2.0"


def test_half_a_version_of_a_killed_process_is_swept_away_by_the_next_one(registry, submit):
    register(registry, "qa", submit(0))
    for name in ("v1.1.partial", "v2.0.partial"):
        (registry / "qa" / name / "adapter").mkdir(parents=True)
        (registry / "qa" / name / "adapter" / "adapter_model.safetensors").write_text("half")
    assert labels(registry) == ["qa@v1.0*"]
    assert set(tree(register(registry, "qa", submit(1)).path)) == FILES
    assert not list((registry / "qa").glob("*.partial"))


def test_a_submission_that_cannot_be_copied_leaves_the_registry_as_it_was(registry, submit, monkeypatch):
    from glossator.registry import local

    register(registry, "qa", submit(0))
    before = tree(registry)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local.shutil, "copyfile", full)
    with pytest.raises(RegistryError, match=r"No space left on device.*make room"):
        register(registry, "qa", submit(1))
    assert tree(registry) == before
    assert not list((registry / "qa").glob("*.partial"))


def test_a_tokenizer_that_needs_more_than_is_copied_is_refused(registry, submit, monkeypatch):
    from glossator.registry import submission

    monkeypatch.setattr(submission, "TOKENIZER_FILES", ("tokenizer.json", "tokenizer_config.json"))
    with pytest.raises(Exception, match="chat template") as told:
        register(registry, "qa", submit(0))
    assert "\n" not in str(told.value)
    assert list_versions(registry) == []


def test_promote_moves_latest_and_rollback_goes_back_step_by_step(registry, submit):
    for seed in range(3):
        register(registry, "qa", submit(seed))
    assert promote(registry, "qa", "v1.0").latest
    assert labels(registry) == ["qa@v1.0*", "qa@v1.1", "qa@v1.2"]
    assert rollback(registry, "qa").label == "qa@v1.2"
    assert rollback(registry, "qa").label == "qa@v1.1"
    assert rollback(registry, "qa").label == "qa@v1.0"
    with pytest.raises(RegistryError, match="qa had no latest version before this one"):
        rollback(registry, "qa")
    assert open_version(registry, "qa").label == "qa@v1.0"


def test_promoting_the_latest_version_adds_no_step_to_the_way_back(registry, submit):
    register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    promote(registry, "qa", "v1.1")
    assert rollback(registry, "qa").label == "qa@v1.0"


def test_a_version_that_is_missing_or_damaged_is_not_made_the_latest(registry, submit):
    first = register(registry, "qa", submit(0))
    register(registry, "qa", submit(1))
    with pytest.raises(RegistryError, match=r"qa has no version v7\.0; it has v1\.0, v1\.1"):
        promote(registry, "qa", "v7.0")
    with pytest.raises(RegistryError, match="'newest' is none"):
        promote(registry, "qa", "newest")
    (first.path / "adapter" / "stranger").write_text("x")
    for move in (lambda: promote(registry, "qa", "v1.0"), lambda: rollback(registry, "qa")):
        with pytest.raises(RegistryError, match="cannot be trusted"):
            move()
    assert labels(registry) == ["qa@v1.0", "qa@v1.1*"]
    assert open_version(registry, "qa").label == "qa@v1.1"


def test_moving_the_latest_of_an_unknown_name_lists_the_names(registry, submit):
    with pytest.raises(RegistryError, match="nothing is registered"):
        rollback(registry, "qa")
    register(registry, "qa", submit(0))
    with pytest.raises(RegistryError, match=r"no model 'other' in .*: qa"):
        promote(registry, "other", "v1.0")
    assert not (registry / "other").exists()


def test_whoever_waits_too_long_for_the_folder_is_told(registry, submit, monkeypatch):
    from glossator.registry import local, lock

    register(registry, "qa", submit(0))
    monkeypatch.setattr(local, "locked", lambda folder: lock.locked(folder, wait_seconds=0))
    with locked(registry / "qa"), pytest.raises(RegistryError, match="another process has been changing"):
        register(registry, "qa", submit(1))
    assert register(registry, "qa", submit(1)).label == "qa@v1.1"


def test_the_memory_follows_the_decision_when_a_process_died_between_the_two_files(registry, submit):
    register(registry, "qa", submit(0))
    remembered = (registry / "qa" / "history.json").read_text()
    register(registry, "qa", submit(1))
    (registry / "qa" / "history.json").write_text(remembered)  # as if killed after `latest` was replaced
    assert read_history(registry / "qa").way == ("v1.0", "v1.1")
    assert register(registry, "qa", submit(1)).label == "qa@v1.1"
    assert read_history(registry / "qa").released == ("v1.0", "v1.1")
    assert rollback(registry, "qa").label == "qa@v1.0"
    (registry / "qa" / "latest").write_text("v1.1\n")  # as if killed before `latest` was replaced by the rollback
    assert read_history(registry / "qa").way == ("v1.0", "v1.1")
    assert rollback(registry, "qa").label == "qa@v1.0"


@pytest.mark.parametrize("text", ["{", "[]", '{"way": ["one"]}', '{"way": [1]}', '{"surprise": []}'])
def test_an_unreadable_memory_is_told_and_costs_only_the_way_back(registry, submit, text):
    register(registry, "qa", submit(0))
    (registry / "qa" / "history.json").write_text(text)
    assert open_version(registry, "qa").label == "qa@v1.0"
    with pytest.raises(RegistryError, match=r"history\.json is unreadable .* delete it"):
        rollback(registry, "qa")
    (registry / "qa" / "history.json").unlink()
    assert register(registry, "qa", submit(1)).label == "qa@v1.1"


def test_the_base_of_a_registration_is_named_by_hash_and_found_by_path(registry, submit):
    base = register(registry, "qa", submit(0)).registration.base_model
    assert (base.name, base.path, base.identity) == ("embedded", "/srv/models/base", BASE_HASH)
    assert str(read_latest(registry / "qa")) == "v1.0"
