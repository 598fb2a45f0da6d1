"""What finetuning will take: rows, steps, tokens, seconds and memory, by formula or as a probe measured it."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glossator.llm.loading import best_device
from glossator.pipeline.context import Road
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.memory import adapter_parameters, calculations, checkpoint_bytes, memory_of, read_shapes
from glossator.pipeline.quote.probe import Probed, probe_training
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.replies import seconds_before
from glossator.pipeline.settings import student_path, training_parameters
from glossator.records import Sample
from glossator.text.tokens import TokenCounter

if TYPE_CHECKING:
    from glossator.training import SftParameters

_TURN = 6
"""Tokens that a chat template adds to a turn: that of the embedded model; others are near."""
_TRIES = 12
_MATRIX = 768
"""Rows and columns of the matrices that are multiplied to see how fast a device is."""


@dataclass(frozen=True, slots=True)
class Device:
    """What training will run on."""

    name: str
    """`cpu` or `cuda`."""
    operations_a_second: float
    """Floating-point operations of one large product of matrices."""
    free_bytes: float


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that will be trained on and examined."""

    by_split: Mapping[str, Range]
    """Samples of train, dev, test and test_seen."""
    mean_tokens: float
    longest_tokens: float
    sample: tuple[Sample, ...]
    """Real rows, the longest first."""

    def count(self, *splits: str) -> Range:
        """Rows of some splits together."""
        total = NOTHING
        for split in splits:
            total = total + self.by_split.get(split, NOTHING)
        return total


@dataclass(frozen=True, slots=True)
class TrainingQuote:
    """What the stages of finetuning will take."""

    steps: Range
    tokens: Range
    seconds: Range
    memory_bytes: Range
    device: Device
    checkpoint_bytes: Range
    trainable_parameters: int
    answer_seconds: Mapping[str, Range]
    """Of the stages that only answer, by name."""
    answers: Mapping[str, Range]
    rests_on: str
    notes: tuple[str, ...] = ()


def measure_rows(samples: Sequence[Sample], by_split: Mapping[str, Range], counter: TokenCounter, most: int) -> Rows:
    """Count the tokens of rows; those that curation will refuse for their length are left out."""
    texts = ["\n".join(message.content for message in sample.messages) for sample in samples]
    turns = [_TURN * len(sample.messages) for sample in samples]
    lengths = [count + turn for count, turn in zip(counter.count(texts), turns, strict=True)]
    fitting = sorted(
        ((length, place) for place, length in enumerate(lengths) if length <= most),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not fitting:
        return Rows(by_split, most / 2, most, ())
    mean = sum(length for length, _ in fitting) / len(fitting)
    return Rows(by_split, mean, float(fitting[0][0]), tuple(samples[place] for _, place in fitting))


def look_at_device() -> Device:
    """What there is to train on, and how fast it multiplies matrices: a fraction of a second is spent on that."""
    import torch

    name = best_device()
    first = torch.ones((_MATRIX, _MATRIX), dtype=torch.float32 if name == "cpu" else torch.bfloat16, device=name)
    rounds = 1 if name == "cpu" else 50
    took = min(_seconds_of(first, rounds) for _ in range(_TRIES))  # the first also sets things up; others may be busy
    free = float(torch.cuda.mem_get_info()[0]) if name == "cuda" else _free_memory()
    return Device(name, rounds * 2.0 * _MATRIX**3 / max(took, 1e-6), free)


def _seconds_of(matrix: Any, rounds: int) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        result = matrix @ matrix
    float(result[0, 0])  # a GPU works on after the call; its result does not come before the work
    return time.perf_counter() - began


def _free_memory() -> float:
    if importlib.util.find_spec("psutil") is None:
        return 0.0
    import psutil

    return float(psutil.virtual_memory().available)


def quote_training(road: Road, rows: Rows, *, probe: bool) -> TrainingQuote:
    """Quote baseline, training, choice and examination of a recipe.

    Raises:
        TrainingError: the probe was asked for and failed.
        ModelError: the base cannot be read.
    """
    section = road.recipe.training
    assert section is not None
    parameters = training_parameters(section)
    model = student_path(road)
    shapes = read_shapes(model)
    device = look_at_device()
    train = rows.count("train").rounded()
    steps = Range(*(float(parameters.planned_steps(max(1, round(end)))) for end in (train.low, train.high)))
    tokens = _tokens(rows, train, steps, parameters)
    longest = min(rows.longest_tokens, float(parameters.max_length))
    padded = _padded(rows, parameters)
    work = Range(*(calculations(shapes, parameters, steps_ * padded) for steps_ in (steps.low, steps.high)))
    share = typical.CALCULATION_SHARE[device.name]
    speed = device.operations_a_second
    seconds = work * Range(1 / (speed * share.high), 1 / (speed * share.low)) + typical.START_SECONDS
    estimate = memory_of(shapes, parameters, length=longest, device=device.name).total
    error = typical.MEMORY_ERROR[device.name]
    memory = Range(estimate * (1 - error), estimate * (1 + error))
    stored = Range.of(checkpoint_bytes(shapes, parameters)).scaled(1.0, 1.1)
    notes: tuple[str, ...] = ()
    told = "measured on small models" if device.name == "cpu" else "never measured on a GPU"
    rests_on = f"formula ({told}, error {error:.0%}): {_size(estimate)} with rows of {longest:.0f} tokens"
    known = seconds_before(road, "train", "tokens")
    if known:
        seconds, rests_on = tokens.scaled(0.7 * known, 1.5 * known), f"{rests_on}; seconds as an earlier run took"
    if probe:
        probed = probe_training(rows.sample[:1], base_model=model, parameters=parameters, seed=road.recipe.seed)
        seconds, memory, stored = _as_probed(probed, steps, rows)
        rests_on = f"probe: {probed.seconds_a_step:.2f} s a step on rows of {longest:.0f} tokens, {probed.device}"
    if memory.high > device.free_bytes > 0:
        room = (
            f"{_size(memory.low)} to {_size(memory.high)} may not fit into the {_size(device.free_bytes)} that are free"
        )
        notes = (f"training: {room}; lower per_device_train_batch_size or max_length, or use gradient_checkpointing",)
    answers = _answers(road, rows)
    answering = {
        name: _answer_seconds(
            road, name, count, rows=rows, seconds_a_token=2.0 * shapes.parameters / speed, device=device
        )
        for name, count in answers.items()
    }
    return TrainingQuote(
        steps, tokens, seconds, memory, device, stored, adapter_parameters(shapes, parameters), answering, answers,
        rests_on, notes,
    )  # fmt: skip


def _tokens(rows: Rows, train: Range, steps: Range, parameters: SftParameters) -> Range:
    """Tokens read in training, padding left out."""
    if parameters.max_steps > 0:
        seen = parameters.per_device_train_batch_size * parameters.gradient_accumulation_steps
        return steps.scaled(seen * rows.mean_tokens * 0.9, seen * rows.mean_tokens * 1.1)
    return train.scaled(
        parameters.num_train_epochs * rows.mean_tokens * 0.9, parameters.num_train_epochs * rows.mean_tokens * 1.1
    )


def _padded(rows: Rows, parameters: SftParameters) -> float:
    """Tokens of one optimiser step, padding counted in: a batch is as long as its longest row."""
    length = (
        (rows.mean_tokens + rows.longest_tokens) / 2 if parameters.per_device_train_batch_size > 1 else rows.mean_tokens
    )
    return length * parameters.per_device_train_batch_size * parameters.gradient_accumulation_steps


def _as_probed(probed: Probed, steps: Range, rows: Rows) -> tuple[Range, Range, Range]:
    """Seconds, memory and checkpoint size; a batch is at least as long as the mean row and at most as the probe's."""
    shortest = rows.mean_tokens / rows.longest_tokens if rows.longest_tokens else 1.0
    seconds = steps.scaled(probed.seconds_a_step * shortest * 0.9, probed.seconds_a_step * 1.1)
    start = Range(probed.start_seconds * 0.7, probed.start_seconds * 1.5)
    memory = Range(0.95 * probed.peak_bytes, 1.1 * probed.peak_bytes)
    return seconds + start, memory, Range(probed.checkpoint_bytes, 1.02 * probed.checkpoint_bytes)


def _answers(road: Road, rows: Rows) -> dict[str, Range]:
    """How many questions each stage that answers will answer."""
    training, evaluation = road.recipe.training, road.recipe.evaluation
    if training is None or evaluation is None:
        return {}
    examined = rows.count("test", "test_seen").rounded()
    return {
        "baseline": examined,
        "select": rows.count("dev").scaled(training.checkpoints).rounded(),
        "evaluate": examined,
    }


def _answer_seconds(
    road: Road, stage: str, answers: Range, *, rows: Rows, seconds_a_token: float, device: Device
) -> Range:
    """Seconds to answer: as an earlier run took, else by how many tokens go through the whole model."""
    known = seconds_before(road, stage, "answers")
    if known:
        return answers.scaled(0.7 * known, 1.5 * known)
    evaluation = road.recipe.evaluation
    assert evaluation is not None
    new = typical.ANSWER_TOKENS_SHARE.scaled(evaluation.max_new_tokens)
    tokens = answers * (new + Range(rows.mean_tokens * 0.5, rows.mean_tokens))
    share = typical.ANSWERING_SHARE[device.name]
    return tokens * Range(seconds_a_token / share.high, seconds_a_token / share.low) + typical.START_SECONDS


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB"
