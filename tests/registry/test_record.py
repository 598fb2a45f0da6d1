"""A registration is read back as it was written, or refused with what is wrong."""

import json
from dataclasses import replace

import pytest
from tests.registry.submissions import CLOSED_BOOK, GROUNDED

from glossator.errors import RegistryError
from glossator.records import to_dict
from glossator.registry import BaseModel, read_registration, register
from glossator.registry.record import same_prompts


def test_a_registration_holds_all_that_was_handed_over_and_what_was_found_out(registry, submit):
    submission = submit()
    version = register(registry, "qa", submission)
    kept = read_registration(version.path / "registration.json")
    assert kept == version.registration
    handed = to_dict(submission)
    assert {key: to_dict(kept)[key] for key in handed if key not in ("adapter", "tokenizer")} == {
        key: value for key, value in handed.items() if key not in ("adapter", "tokenizer")
    }
    assert (kept.name, kept.version, kept.quantization, kept.bf16, kept.dtype, kept.stop_ids) == (
        "qa", "v1.0", "nf4", True, "bfloat16", (2,),
    )  # fmt: skip
    assert isinstance(kept.base_model, BaseModel)
    assert kept.prompts == (GROUNDED,)


def test_a_format_of_another_time_is_named(registry, submit):
    path = register(registry, "qa", submit()).path / "registration.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 7}))
    with pytest.raises(RegistryError, match=r"registration\.json has format 7 and this program reads format 1"):
        read_registration(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "surprise": 2}', "\udcff"])
def test_what_is_no_registration_is_told(tmp_path, text):
    path = tmp_path / "registration.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RegistryError, match="is no registration"):
        read_registration(path)


def test_names_of_styles_and_groups_do_not_make_another_prompt(submit):
    one = submit()
    renamed = replace(GROUNDED, answer_style="short", groups=())
    assert same_prompts(one, submit(prompts=(renamed,)))
    assert not same_prompts(one, submit(prompts=(replace(GROUNDED, context="retrieved"),)))
    assert not same_prompts(one, submit(prompts=(GROUNDED, CLOSED_BOOK)))
    assert not same_prompts(one, submit(prompts=(replace(GROUNDED, style_hash="0" * 20),)))
    assert not same_prompts(one, submit(chat_format_hash="0" * 20))
