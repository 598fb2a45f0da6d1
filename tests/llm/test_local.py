"""A model in this process answers in input order, stops where it should, and swaps adapters."""

import shutil

import pytest

from glossator.embedded import base_model_path
from glossator.errors import ModelError
from glossator.llm.chat_format import student_messages
from glossator.llm.local import LocalModel
from glossator.records import Message

QUESTIONS = [
    (Message("user", text),) for text in ("Why?", "Who was there, and what for, and since when?", "Where now?", "")
]


def texts(model, questions=QUESTIONS, **options):
    return [reply.text for reply in model.generate(questions, max_new_tokens=12, **options)]


@pytest.fixture(scope="module")
def opened(odd_model):
    return LocalModel.open(odd_model, dtype="float32", batch_size=2)


def test_replies_come_in_input_order_whatever_the_batches(opened, odd_model):
    alone = [texts(opened, [question])[0] for question in QUESTIONS]
    assert len(set(alone)) > 1
    assert texts(opened) == alone
    assert texts(opened, QUESTIONS[::-1]) == alone[::-1]
    assert texts(LocalModel.open(odd_model, dtype="float32", batch_size=1)) == alone


def test_counts_and_progress_cover_every_conversation(opened):
    done = []
    replies = opened.generate(QUESTIONS, max_new_tokens=5, on_progress=done.append)
    assert sum(done) == len(QUESTIONS)
    assert [reply.tokens_in for reply in replies] == [len(opened.chat_format.prompt_ids(q)) for q in QUESTIONS]
    assert all(1 <= reply.tokens_out <= 5 for reply in replies)
    assert all(reply.seconds > 0 for reply in replies)
    assert opened.generate([], max_new_tokens=5) == []


def test_adapters_are_swapped_on_one_base_and_the_base_comes_back_unchanged(opened, make_adapter):
    before = texts(opened)
    first, second = opened.with_adapter(make_adapter(1)), opened.with_adapter(make_adapter(2))
    said_first, said_second = texts(first), texts(second)
    assert before != said_first != said_second
    assert texts(first) == said_first
    assert texts(opened) == before
    assert texts(second.with_adapter(None)) == before
    assert len({opened.name, first.name, second.name}) == 3
    assert second.with_adapter(None).name == opened.name


def test_an_adapter_opened_at_once_answers_as_one_swapped_in(opened, odd_model, make_adapter):
    adapter = make_adapter(3)
    assert texts(LocalModel.open(odd_model, dtype="float32", adapter=adapter)) == texts(opened.with_adapter(adapter))


def test_a_folder_without_an_adapter_is_refused(opened, tmp_path):
    with pytest.raises(ModelError, match="holds no adapter"):
        opened.with_adapter(tmp_path)


def test_an_adapter_of_another_shape_is_refused_and_the_model_stays_usable(odd_model, make_adapter):
    model = LocalModel.open(odd_model, dtype="float32")
    before = texts(model)
    misfit, fitting = make_adapter(4, base_model_path()), make_adapter(1)
    with pytest.raises(ModelError, match="does not fit the base model"):
        model.with_adapter(misfit)
    assert texts(model) == before
    tuned = model.with_adapter(fitting)
    said = texts(tuned)
    with pytest.raises(ModelError, match="does not fit the base model"):
        model.with_adapter(misfit)
    assert (texts(tuned), texts(model)) == (said, before)
    assert texts(LocalModel.open(odd_model, dtype="float32", adapter=fitting)) == said


def test_an_adapter_with_more_layers_than_the_base_is_refused(opened, make_adapter, tmp_path):
    from safetensors.torch import load_file, save_file

    adapter = shutil.copytree(make_adapter(6), tmp_path / "adapter")
    tensors = load_file(adapter / "adapter_model.safetensors")
    deeper = {
        name.replace("layers.1.", "layers.2."): tensor.clone()
        for name, tensor in tensors.items()
        if "layers.1." in name
    }
    save_file({**tensors, **deeper}, adapter / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="weights have no counterpart"):
        opened.with_adapter(adapter)


def test_an_adapter_trained_on_other_weights_is_refused_by_name(opened, make_adapter, tmp_path):
    import json

    adapter = shutil.copytree(make_adapter(5), tmp_path / "adapter")
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "odd@0123456789ab"}))
    with pytest.raises(ModelError, match="trained on odd@0123456789ab"):
        opened.with_adapter(adapter)


def test_a_prompt_that_leaves_no_room_for_its_reply_is_named_before_anything_is_generated(opened):
    done = []
    long = (Message("user", "word " * 200),)
    with pytest.raises(ModelError, match=r"conversation 1 has .* the model holds 128"):
        opened.generate([QUESTIONS[0], long], max_new_tokens=5, on_progress=done.append)
    assert done == []


def test_sampled_replies_follow_the_seed_and_leave_the_random_state_alone(odd_model):
    import torch

    one, two = (LocalModel.open(odd_model, dtype="float32", seed=seed) for seed in (1, 2))
    state = torch.get_rng_state()
    assert texts(one, temperature=1.0) == texts(one, temperature=1.0)
    assert texts(one, temperature=1.0) != texts(two, temperature=1.0)
    assert torch.equal(state, torch.get_rng_state())


def test_weights_that_are_no_safetensors_are_refused(odd_model, tmp_path):
    import torch
    from safetensors.torch import load_file

    folder = shutil.copytree(odd_model, tmp_path / "pickled")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="could not be loaded"):
        LocalModel.open(folder)


def test_a_missing_model_and_unknown_settings_are_named(odd_model, tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        LocalModel.open(tmp_path)
    with pytest.raises(ModelError, match="quantization 'int3' is unknown"):
        LocalModel.open(odd_model, quantization="int3")
    with pytest.raises(ModelError, match="dtype 'float8' is unknown"):
        LocalModel.open(odd_model, dtype="float8")


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_the_packaged_model_quotes_its_passage_and_stops_by_itself(quantization, capfd):
    pytest.importorskip("bitsandbytes")
    model = LocalModel.open(base_model_path(), quantization=quantization)
    passage = "A llama is a domesticated animal of South America. Its wool is soft."
    [reply] = model.generate([student_messages("What is a llama?", context=passage)], max_new_tokens=60)
    assert reply.text
    assert reply.text in passage
    assert reply.tokens_out < 60
    assert capfd.readouterr() == ("", "")
