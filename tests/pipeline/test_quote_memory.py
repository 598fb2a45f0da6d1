"""Memory and calculations come from the shapes in a model's own files."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from glossator.embedded import base_model_path
from glossator.errors import ModelError
from glossator.pipeline.quote.memory import adapter_parameters, calculations, checkpoint_bytes, memory_of, read_shapes
from glossator.training import SftParameters

PARAMETERS = SftParameters(r=16, lora_dropout=0.0, per_device_train_batch_size=8, quantization="nf4")


@pytest.fixture(scope="module")
def shapes():
    return read_shapes(base_model_path())


def test_parameters_are_counted_as_the_library_counts_them(shapes, tiny_model: Path):
    from transformers import AutoModelForCausalLM

    for folder in (base_model_path(), tiny_model):
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        assert read_shapes(folder).parameters == sum(weight.numel() for weight in model.parameters())
    assert len(shapes.linear) == 7 * shapes.layers


def test_the_adapter_is_counted_as_peft_counts_it(shapes):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base_model_path(), local_files_only=True)
    lora = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=16, target_modules=["q_proj", "v_proj"]))
    trained = sum(weight.numel() for weight in lora.parameters() if weight.requires_grad)
    assert adapter_parameters(shapes, replace(PARAMETERS, target_modules=("q_proj", "v_proj"))) == trained
    assert adapter_parameters(shapes, PARAMETERS) > 2 * trained


def test_more_rows_longer_rows_and_wider_weights_take_more(shapes):
    total = memory_of(shapes, PARAMETERS, length=200, device="cpu").total
    assert memory_of(shapes, PARAMETERS, length=400, device="cpu").total > total
    fewer = replace(PARAMETERS, per_device_train_batch_size=2)
    assert memory_of(shapes, fewer, length=200, device="cpu").total < total
    weights = [
        memory_of(shapes, replace(PARAMETERS, quantization=kind), length=200, device="cpu").weights
        for kind in ("nf4", "int8", "none")
    ]
    assert weights == sorted(weights)
    sparing = replace(PARAMETERS, gradient_checkpointing=True)
    assert memory_of(shapes, sparing, length=200, device="cpu").total < total
    assert calculations(shapes, sparing, 1000) > calculations(shapes, PARAMETERS, 1000)


def test_a_checkpoint_is_the_adapter_with_two_moments(shapes):
    assert checkpoint_bytes(shapes, PARAMETERS) == 12 * adapter_parameters(shapes, PARAMETERS)


@pytest.mark.parametrize("spoil", ["config", "weights", "length"])
def test_a_folder_that_is_no_model_is_one_line(tmp_path: Path, tiny_model: Path, spoil: str):
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    if spoil == "config":
        (folder / "config.json").unlink()
    else:
        text = b"no weights" if spoil == "weights" else (1 << 40).to_bytes(8, "little") + json.dumps({}).encode()
        (folder / "model.safetensors").write_bytes(text)
    with pytest.raises(ModelError, match=r"shapes of .* cannot be read"):
        read_shapes(folder)
