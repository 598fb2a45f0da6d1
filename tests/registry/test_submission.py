"""Only what would be served as it was evaluated is registered; whatever is refused leaves nothing behind."""

import json
import pickle
import shutil
from dataclasses import replace

import pytest
from tests.registry.submissions import BASE_HASH, CHAT_FORMAT, CLOSED_BOOK, GROUNDED, write_adapter

from glossator.embedded import base_model_path
from glossator.errors import GlossatorError, ModelError, RegistryError
from glossator.llm.adapter_form import FILE, AdapterForm, write_adapter_form
from glossator.registry import register
from glossator.registry.record import BaseModel
from glossator.registry.submission import check_chat_format, content_fingerprint, copy_tokenizer

FORM = AdapterForm("nf4", bf16=True)


def refuse(registry, submission, match, error=RegistryError):
    with pytest.raises(error, match=match):
        register(registry, "qa", submission)
    assert not registry.exists()


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_without_one_of_its_files_is_refused(registry, submit, name):
    submission = submit()
    (submission.adapter / name).unlink()
    refuse(registry, submission, f"holds no {name}")


@pytest.mark.parametrize("name", ["adapter_model.bin", "optimizer.PT", "inner/training_args.pkl"])
def test_pickled_files_are_refused_even_beside_safetensors(registry, submit, name):
    submission = submit()
    path = submission.adapter / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps({}))
    refuse(registry, submission, "runs code when loaded; keep only safetensors")


def test_a_pickle_under_the_name_of_safetensors_is_refused(registry, submit):
    submission = submit()
    (submission.adapter / "adapter_model.safetensors").write_bytes(pickle.dumps(list(range(1000))))
    refuse(registry, submission, "is no safetensors file")


def test_weights_that_were_cut_off_are_refused(registry, submit):
    submission = submit()
    path = submission.adapter / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    refuse(registry, submission, "is no safetensors file")


def test_an_adapter_without_weights_is_refused(registry, submit):
    from safetensors.numpy import save_file

    submission = submit()
    save_file({}, submission.adapter / "adapter_model.safetensors")
    refuse(registry, submission, "holds no weights")


def test_an_adapter_that_does_not_say_how_its_base_was_held_is_refused(registry, submit):
    submission = submit()
    (submission.adapter / FILE).unlink()
    refuse(registry, submission, "does not say in which form its base was held")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_an_unreadable_adapter_config_is_refused(registry, submit, text):
    submission = submit()
    (submission.adapter / "adapter_config.json").write_text(text)
    refuse(registry, submission, r"adapter_config\.json is unreadable")


def test_an_adapter_of_another_base_is_refused(registry, submit):
    base = BaseModel("embedded", "/srv/base", "ba9876543210")
    refuse(registry, submit(base_model=base), f"was trained on tiny@{BASE_HASH}, not on a base with hash ba9876543210")


def test_a_base_whose_identity_is_no_hash_is_refused(registry, submit):
    refuse(registry, submit(base_model=BaseModel("embedded", "/srv/base", "embedded")), "is no hash")


def test_a_chat_format_that_is_not_the_tokenizers_is_refused(registry, submit):
    refuse(registry, submit(chat_format_hash="0" * 20), f"has chat format {CHAT_FORMAT}, but .* with {'0' * 20}")


def test_a_tokenizer_whose_template_was_edited_is_refused(registry, submit, tmp_path):
    copy_tokenizer(base_model_path(), tmp_path / "edited")
    template = tmp_path / "edited" / "chat_template.jinja"
    template.write_text(template.read_text().replace("assistant", "expert"))
    refuse(registry, submit(tokenizer=tmp_path / "edited"), "but the model was trained with")


def test_a_folder_without_a_tokenizer_is_refused(registry, submit, tmp_path):
    refuse(registry, submit(tokenizer=tmp_path), "no tokenizer could be loaded", error=ModelError)


@pytest.mark.parametrize(
    ("prompts", "match"),
    [
        ((), "at least one prompt form"),
        ((replace(GROUNDED, style_text="Be rude."),), "is not the text it was trained with"),
        ((replace(GROUNDED, style_text=None),), "is not the text it was trained with"),
        ((replace(GROUNDED, answer_style="../brief"),), "cannot be a file's name"),
        ((replace(CLOSED_BOOK, style_text="Be short."),), "a style text without a style name"),
    ],
)
def test_a_prompt_that_does_not_agree_with_its_style_is_refused(registry, submit, prompts, match):
    refuse(registry, submit(prompts=prompts), match)


def test_one_style_name_with_two_texts_is_refused(registry, submit):
    from glossator.records import content_id

    other = replace(GROUNDED, task="other", style_text="Be long.", style_hash=content_id("Be long."))
    refuse(registry, submit(prompts=(GROUNDED, other)), "has two texts")


@pytest.mark.parametrize("changes", [{"recipe": {"path": object()}}, {"training": {"loss": float("nan")}}])
def test_values_that_json_cannot_hold_are_refused_before_anything_is_written(registry, submit, changes):
    refuse(registry, submit(**changes), "cannot be written as JSON")


def test_a_bad_name_is_refused(registry, submit):
    with pytest.raises(RegistryError, match=r"'\.\./qa' cannot be used"):
        register(registry, "../qa", submit())
    assert not registry.exists()


def test_a_registry_that_cannot_be_written_is_named(registry, submit):
    registry.write_text("a file where the folder should be")
    with pytest.raises(RegistryError, match="cannot be written into registry"):
        register(registry, "qa", submit())


def test_every_refusal_is_one_line(registry, submit):
    for changes in ({"chat_format_hash": ""}, {"prompts": ()}, {"base_model": BaseModel("x", "x", "x")}):
        with pytest.raises(GlossatorError) as told:
            register(registry, "qa", submit(**changes))
        assert "\n" not in str(told.value)


def test_only_the_tokenizers_own_files_are_copied_and_load_alone(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(base_model_path(), source)
    (source / "notes.txt").write_text("not mine")
    copy_tokenizer(source, tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        "chat_template.jinja", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    facts = check_chat_format(tmp_path / "copy", CHAT_FORMAT)
    assert (facts.hash, facts.stop_ids, facts.dated) == (CHAT_FORMAT, (2,), False)


def test_a_model_is_the_same_whatever_the_order_in_which_its_modules_were_noted(submit, tmp_path):
    one = submit(adapter=write_adapter(tmp_path / "one", target_modules=["q_proj", "v_proj"]))
    other = submit(adapter=write_adapter(tmp_path / "other", target_modules=["v_proj", "q_proj"]))
    assert content_fingerprint(one, FORM) == content_fingerprint(other, FORM)


def test_a_model_is_another_one_if_anything_that_shapes_its_answers_is(submit, tmp_path):
    first = submit()
    others = [
        submit(1),
        submit(run="0" * 16),
        submit(prompts=(CLOSED_BOOK,)),
        submit(chat_format_hash="0" * 20),
        submit(base_model=replace(first.base_model, identity="ba9876543210")),
        submit(adapter=write_adapter(tmp_path / "scaled", lora_alpha=8)),
    ]
    found = {content_fingerprint(submission, FORM) for submission in [first, *others]}
    assert len(found | {content_fingerprint(first, AdapterForm("none", bf16=True))}) == len(others) + 2
    assert content_fingerprint(submit(licenses=("other",), documents=3), FORM) == content_fingerprint(first, FORM)


def test_the_form_that_is_registered_is_the_one_noted_beside_the_adapter(registry, submit):
    submission = submit()
    write_adapter_form(submission.adapter, AdapterForm("none", bf16=False))
    version = register(registry, "qa", submission)
    assert (version.registration.quantization, version.registration.dtype) == ("none", "float32")
    noted = json.loads((version.adapter / FILE).read_text())
    assert noted == {"quantization": "none", "bf16": False}
