"""Training learns, saves what can be resumed and moved, and survives being killed."""

import dataclasses
import json
import pickle
import signal
import subprocess
import sys

import pytest

from glossator.embedded import base_model_path
from glossator.errors import TrainingError
from glossator.training.parameters import SftParameters
from glossator.training.sft import train_adapter

pytest.importorskip("trl")
pytest.importorskip("bitsandbytes")

QUICK = SftParameters(
    r=4, lora_alpha=8, lora_dropout=0.1, max_steps=6, per_device_train_batch_size=4, learning_rate=1e-2, checkpoints=3,
    logging_steps=2, max_length=128,
)  # fmt: skip


def weights(checkpoint):
    from safetensors.torch import load_file

    return load_file(checkpoint / "adapter_model.safetensors")


def same_weights(one, two):
    import torch

    first, second = weights(one), weights(two)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def trained(tiny_model, make_samples, tmp_path_factory):
    """A training that ran through undisturbed, with what it reported."""
    steps = []
    output = tmp_path_factory.mktemp("trained")
    result = train_adapter(
        make_samples(20), make_samples(4, start=50), base_model=tiny_model, output=output, parameters=QUICK, seed=3,
        on_progress=steps.append,
    )  # fmt: skip
    return result, steps, output


def test_the_result_holds_checkpoints_losses_and_counts(trained):
    result, _, output = trained
    assert result.checkpoints == [output / f"checkpoint-{step}" for step in (2, 4, 6)]
    assert [step for step, _ in result.losses] == [1, 2, 3, 4, 5, 6]
    assert [step for step, _ in result.dev_losses] == [2, 4, 6]
    assert result.losses[-1][1] < result.losses[0][1]
    assert result.steps == 6
    assert result.seconds > 0
    assert result.tokens > 6 * 4 * 20
    assert result.trainable_parameters == sum(tensor.numel() for tensor in weights(result.checkpoints[0]).values())


def test_progress_tells_step_total_loss_rate_and_tokens(trained):
    result, steps, _ = trained
    assert [(step.step, step.total) for step in steps] == [(2, 6), (4, 6), (6, 6)]
    assert steps[-1].tokens == result.tokens
    assert all(step.loss == dict(result.losses)[step.step] for step in steps)
    assert steps[0].learning_rate > steps[-1].learning_rate > 0


def test_a_checkpoint_holds_an_adapter_without_pickled_weights_or_paths_of_this_machine(trained, tiny_model):
    result, _, _ = trained
    for checkpoint in result.checkpoints:
        assert {path.name for path in checkpoint.iterdir()} == {
            "adapter_config.json", "adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth",
            "trainer_state.json", "complete.json",
        }  # fmt: skip
        config = json.loads((checkpoint / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"].startswith(f"{tiny_model.name}@")
        text = "".join(path.read_text() for path in checkpoint.glob("*.json"))
        assert str(tiny_model.parent) not in text


def test_the_optimisers_state_can_be_read_without_running_code(trained):
    import torch

    result, _, _ = trained
    assert torch.load(result.checkpoints[-1] / "optimizer.pt", weights_only=True)["state"]


def test_the_trained_adapter_changes_the_answers_and_its_base_is_checked(trained, tiny_model, make_samples):
    from glossator.errors import ModelError
    from glossator.llm.local import LocalModel

    result, _, _ = trained
    base = LocalModel.open(tiny_model, quantization="nf4")
    asked = [make_samples(1)[0].prompt]
    tuned = base.with_adapter(result.checkpoints[-1])
    assert tuned.generate(asked, max_new_tokens=8)[0].text != base.generate(asked, max_new_tokens=8)[0].text
    with pytest.raises(ModelError, match="was trained on"):
        LocalModel.open(base_model_path(), adapter=result.checkpoints[-1])


def test_a_finished_training_is_read_back_rather_than_repeated(trained, tiny_model, make_samples):
    result, _, output = trained
    steps = []
    again = train_adapter(
        make_samples(20), make_samples(4, start=50), base_model=tiny_model, output=output, parameters=QUICK, seed=3,
        on_progress=steps.append,
    )  # fmt: skip
    assert again == result
    assert steps == []


def test_other_parameters_in_the_same_folder_are_refused(trained, tiny_model, make_samples):
    _, _, output = trained
    other = dataclasses.replace(QUICK, learning_rate=1e-3)
    with pytest.raises(TrainingError, match="belongs to a training with other samples"):
        train_adapter(make_samples(20), [], base_model=tiny_model, output=output, parameters=other, seed=3)


CHILD = """
import pickle, signal, sys
from pathlib import Path
from glossator.training.sft import train_adapter
arguments = pickle.loads(Path(sys.argv[1]).read_bytes())

def report(step):
    if step.step == 4:  # after the first checkpoint, before the second
        print("ready", flush=True)
        signal.pause()

train_adapter(**arguments, on_progress=report)
"""


def test_a_training_killed_after_its_first_checkpoint_ends_with_the_same_weights(
    trained, tiny_model, make_samples, tmp_path
):
    result, _, _ = trained
    output = tmp_path / "killed"
    arguments = {
        "train": make_samples(20), "dev": make_samples(4, start=50), "base_model": tiny_model, "output": output,
        "parameters": QUICK, "seed": 3,
    }  # fmt: skip
    (tmp_path / "arguments.pkl").write_bytes(pickle.dumps(arguments))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path / "arguments.pkl")], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert [path.name for path in output.iterdir()] == ["checkpoint-2"]
    half = output / "checkpoint-5"  # what a kill in the midst of saving leaves
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")

    steps = []
    resumed = train_adapter(**arguments, on_progress=steps.append)
    assert [step.step for step in steps] == [4, 6]
    assert not half.exists()
    assert same_weights(resumed.checkpoints[-1], result.checkpoints[-1])
    assert resumed.losses == result.losses
    assert resumed.dev_losses == result.dev_losses
    assert resumed.tokens == result.tokens


def test_the_seed_decides_the_outcome(trained, tiny_model, make_samples, tmp_path):
    result, _, _ = trained
    for seed, same in ((3, True), (4, False)):
        other = train_adapter(
            make_samples(20), make_samples(4, start=50), base_model=tiny_model, output=tmp_path / str(seed),
            parameters=QUICK, seed=seed,
        )  # fmt: skip
        assert same_weights(other.checkpoints[-1], result.checkpoints[-1]) is same


def test_the_loss_is_the_cross_entropy_of_the_answers_alone(tiny_model, make_samples, tmp_path):
    """The trainer's first loss, taken before any update, against one computed by hand."""
    import torch
    from transformers import AutoModelForCausalLM

    from glossator.llm.chat_format import ChatFormat, load_tokenizer

    samples = make_samples(4)
    parameters = dataclasses.replace(QUICK, max_steps=1, checkpoints=1, quantization="none", bf16=False, lora_dropout=0)
    result = train_adapter(samples, [], base_model=tiny_model, output=tmp_path, parameters=parameters, seed=0)

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()
    chat_format = ChatFormat(load_tokenizer(tiny_model))
    total, count = 0.0, 0
    for sample in samples:
        example = chat_format.training_example(sample.messages)
        with torch.no_grad():
            scores = model(torch.tensor([example.input_ids])).logits[0].log_softmax(-1)
        for position, (token, learned) in enumerate(zip(example.input_ids, example.assistant_mask, strict=True)):
            if learned:
                total -= scores[position - 1, token].item()
                count += 1
    assert result.losses[0][1] == pytest.approx(total / count, rel=1e-4)
    assert result.dev_losses == []


def test_our_loss_on_a_cpu_is_the_one_trl_computes(tiny_model, make_samples, tmp_path, monkeypatch):
    from trl.trainer.sft_trainer import SFTTrainer

    from glossator.training.trainer import AdapterTrainer

    parameters = dataclasses.replace(QUICK, max_steps=3, checkpoints=1, quantization="none", bf16=False, lora_dropout=0)
    options = {"base_model": tiny_model, "parameters": parameters, "seed": 0}
    ours = train_adapter(make_samples(12), [], output=tmp_path / "ours", **options)
    monkeypatch.setattr(AdapterTrainer, "compute_loss", SFTTrainer.compute_loss)
    theirs = train_adapter(make_samples(12), [], output=tmp_path / "theirs", **options)
    assert [loss for _, loss in ours.losses] == pytest.approx([loss for _, loss in theirs.losses], rel=1e-4)


def test_accumulated_small_batches_learn_as_one_large_batch(tiny_model, make_samples, tmp_path):
    samples = make_samples(8)
    last = []
    for batch, accumulation in ((8, 1), (2, 4)):
        parameters = dataclasses.replace(
            QUICK, max_steps=3, checkpoints=1, quantization="none", bf16=False, lora_dropout=0,
            per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation,
        )  # fmt: skip
        output = tmp_path / str(batch)
        result = train_adapter(samples, [], base_model=tiny_model, output=output, parameters=parameters, seed=0)
        last.append([loss for _, loss in result.losses])
    assert last[0] == pytest.approx(last[1], rel=1e-3)


def test_a_loss_that_is_no_number_stops_the_training(tiny_model, make_samples, tmp_path):
    wild = dataclasses.replace(
        QUICK, learning_rate=1e30, max_grad_norm=0.0, warmup_ratio=0.0, quantization="none", bf16=False, max_steps=8
    )
    with pytest.raises(TrainingError, match=r"became (nan|inf) at step"):
        train_adapter(make_samples(8), [], base_model=tiny_model, output=tmp_path, parameters=wild, seed=0)


@pytest.mark.parametrize(("name", "value"), [("target_modules", ("no_such_layer",)), ("optim", "no_such_optimiser")])
def test_parameters_that_do_not_suit_the_model_or_library_are_an_expected_error(
    tiny_model, make_samples, tmp_path, name, value
):
    parameters = dataclasses.replace(QUICK, **{name: value})
    with pytest.raises(TrainingError, match="no_such_"):
        train_adapter(make_samples(4), [], base_model=tiny_model, output=tmp_path, parameters=parameters, seed=0)


def test_training_says_nothing_on_the_terminal(tiny_model, make_samples, tmp_path, capfd):
    parameters = dataclasses.replace(QUICK, max_steps=2, checkpoints=1)
    train_adapter(make_samples(4), [], base_model=tiny_model, output=tmp_path, parameters=parameters, seed=0)
    assert capfd.readouterr() == ("", "")
