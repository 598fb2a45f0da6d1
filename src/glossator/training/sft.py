"""Takes samples and a base model, leaves LoRA adapters: supervised fine-tuning with TRL, PEFT and bitsandbytes."""

from __future__ import annotations

import dataclasses
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glossator.errors import TrainingError
from glossator.llm.chat_format import ChatFormat, load_tokenizer
from glossator.llm.loading import (
    best_device,
    is_local,
    load_causal_model,
    quiet_libraries,
    require_training_libraries,
    weights_hash,
)
from glossator.records import JsonValue, Sample, content_id
from glossator.training.checkpoints import checkpoint_path, complete_checkpoints, read_marker
from glossator.training.parameters import SftParameters
from glossator.training.preflight import TrainingRow, check_splits, require_rows


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Where training stands."""

    step: int
    total: int
    loss: float
    """Mean loss of this step's batch, in nats a learned token."""
    learning_rate: float
    tokens: int
    """Tokens read so far, padding left out."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training left."""

    checkpoints: list[Path]
    """Adapter folders by rising step; the last one is the end of training."""
    losses: list[tuple[int, float]]
    """Step and loss, every step, in nats a learned token."""
    dev_losses: list[tuple[int, float]]
    """Step and loss on dev, at every checkpoint; empty without dev samples."""
    steps: int
    seconds: float
    """Time in the training loop, over all interruptions."""
    trainable_parameters: int
    tokens: int
    """Tokens read, padding left out."""


def train_adapter(
    train: Sequence[Sample],
    dev: Sequence[Sample],
    *,
    base_model: Path | str,
    output: Path,
    parameters: SftParameters,
    seed: int,
    on_progress: Callable[[TrainingStep], None] | None = None,
) -> TrainingResult:
    """Train a LoRA adapter on the answers of the train samples; leaves checkpoints in `output`.

    Killed at any moment and called again with the same arguments, it goes on from the newest whole checkpoint and
    ends with the same weights as if undisturbed (on the same machine and number of threads). Called after its end,
    it returns the result again. Sets the random seeds of Python, NumPy and PyTorch.

    Args:
        train: what is learned: every assistant turn, with its end of turn, and nothing else.
        dev: whose loss is taken at every checkpoint; may be empty.
        base_model: a model folder or hub id.
        output: folder of the checkpoints, each an adapter that PEFT reads, with the optimiser's state beside it.
        parameters: how to train.
        seed: of the adapter's first weights, the order of samples and dropout.
        on_progress: called every `logging_steps` steps and at the last one.

    Raises:
        TrainingError: a sample does not fit, the parameters do not suit the model or machine, `output` belongs to
            another training, or the loss stopped being a number.
        ModelError: the base model cannot be loaded.
        MissingExtraError: a library of the `train` extra is not installed.
    """
    _require_libraries(parameters)
    check_splits(train, dev)
    chat_format = ChatFormat(load_tokenizer(base_model))
    rows = require_rows(train, chat_format, max_length=parameters.max_length, split="train")
    dev_rows = require_rows(dev, chat_format, max_length=parameters.max_length, split="dev")
    base_name = f"{Path(base_model).name}@{weights_hash(Path(base_model))}" if is_local(base_model) else str(base_model)
    run = _fingerprint(rows, dev_rows, parameters, seed, base_name)
    total = parameters.planned_steps(len(rows))
    output.mkdir(parents=True, exist_ok=True)
    done = complete_checkpoints(output, run=run)
    if checkpoint_path(output, total) not in done:
        with _quiet():
            trainer = _build_trainer(
                rows, dev_rows, base_model=base_model, base_name=base_name, output=output, parameters=parameters,
                seed=seed, total=total,
            )  # fmt: skip
            _train(
                trainer, parameters, total=total, run=run, newest=done[-1] if done else None, on_progress=on_progress
            )
        done = complete_checkpoints(output, run=run)
    return _result(done)


def _require_libraries(parameters: SftParameters) -> None:
    libraries = ("torch", "transformers", "peft", "trl", "datasets", "accelerate")
    require_training_libraries(*libraries, *(() if parameters.quantization == "none" else ("bitsandbytes",)))


def _fingerprint(
    rows: Sequence[TrainingRow], dev_rows: Sequence[TrainingRow], parameters: SftParameters, seed: int, base: str
) -> str:
    """Name a training by everything that decides its outcome; how often it reports is left out."""
    settings = {name: value for name, value in dataclasses.asdict(parameters).items() if name != "logging_steps"}
    content = [[row.input_ids, row.labels] for row in (*rows, *dev_rows)]
    return content_id(json.dumps([settings, seed, base, len(rows), content], sort_keys=True))


def _build_trainer(
    rows: Sequence[TrainingRow],
    dev_rows: Sequence[TrainingRow],
    *,
    base_model: Path | str,
    base_name: str,
    output: Path,
    parameters: SftParameters,
    seed: int,
    total: int,
) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback, set_seed

    from glossator.training.trainer import AdapterTrainer

    model = load_causal_model(
        base_model, quantization=parameters.quantization, dtype="bfloat16" if parameters.bf16 else "float32"
    )
    limit = int(getattr(model.config, "max_position_embeddings", 1 << 30))
    longest = max(len(row.input_ids) for row in (*rows, *dev_rows))
    if longest > limit:
        raise TrainingError(f"the longest sample has {longest} tokens, but {base_name} holds {limit}; filter it out")

    def dataset(some: Sequence[TrainingRow]) -> Any:
        return Dataset.from_list([{"input_ids": row.input_ids, "labels": row.labels} for row in some])

    set_seed(seed)  # the adapter's first weights are drawn before the trainer sets its seed
    try:
        trainer = AdapterTrainer(
            model=model,
            args=_arguments(output, parameters, seed=seed, total=total),
            train_dataset=dataset(rows),
            eval_dataset=dataset(dev_rows) if dev_rows else None,
            processing_class=load_tokenizer(base_model),
            peft_config=_lora(parameters),
        )
    except (ValueError, ImportError) as error:
        raise TrainingError(f"training {base_name} cannot start: {_first_line(error)}") from error
    trainer.recorded_base = base_name
    trainer.keep_adapter_in_32_bits()
    trainer.remove_callback(PrinterCallback)
    return trainer


def _lora(parameters: SftParameters) -> Any:
    from peft import LoraConfig

    targets = parameters.target_modules
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=parameters.r,
        lora_alpha=parameters.lora_alpha,
        lora_dropout=parameters.lora_dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
    )


def _arguments(output: Path, parameters: SftParameters, *, seed: int, total: int) -> Any:
    from trl.trainer.sft_config import SFTConfig

    on_cpu = best_device() == "cpu"
    return SFTConfig(
        output_dir=str(output),
        max_steps=total,
        per_device_train_batch_size=parameters.per_device_train_batch_size,
        per_device_eval_batch_size=parameters.per_device_train_batch_size,
        gradient_accumulation_steps=parameters.gradient_accumulation_steps,
        learning_rate=parameters.learning_rate,
        lr_scheduler_type=parameters.lr_scheduler_type,
        warmup_steps=parameters.warmup_ratio,
        weight_decay=parameters.weight_decay,
        max_grad_norm=parameters.max_grad_norm,
        optim=parameters.optim,
        # Without autocast the adapter computes in 32 bits on the base's bfloat16 activations, as it does when it
        # answers. On a GPU autocast is much faster.
        bf16=parameters.bf16 and not on_cpu,
        gradient_checkpointing=parameters.gradient_checkpointing,
        use_cpu=on_cpu,
        seed=seed,
        # Rows come tokenised, labelled and checked for length from `preflight`; TRL's own preparation would cut them.
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        # `Watch` decides when to save and measure. Every step is logged, so that the means a resumed run reports
        # are over the same steps; a loss that is no number shows as such instead of being replaced.
        save_strategy="no",
        eval_strategy="no",
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not on_cpu,
    )


def _train(
    trainer: Any,
    parameters: SftParameters,
    *,
    total: int,
    run: str,
    newest: Path | None,
    on_progress: Callable[[TrainingStep], None] | None,
) -> None:
    from glossator.training.trainer import Watch

    def report(state: Any, loss: float, learning_rate: float) -> None:
        step = int(state.global_step)
        if on_progress and (step % parameters.logging_steps == 0 or step == total):
            on_progress(TrainingStep(step, total, loss, learning_rate, int(state.num_input_tokens_seen)))

    marker = read_marker(newest) if newest else None
    trainer.add_callback(
        Watch(
            steps=parameters.checkpoint_steps(total),
            measure_dev=trainer.eval_dataset is not None,
            report=report,
            run=run,
            seconds_before=float(marker["seconds"]) if marker else 0.0,
        )
    )
    try:
        trainer.train(resume_from_checkpoint=str(newest) if newest else None)
    except (ValueError, ImportError, RuntimeError) as error:
        raise TrainingError(f"training stopped: {_first_line(error)}") from error


def _result(checkpoints: list[Path]) -> TrainingResult:
    """Read a finished training back from its last checkpoint."""
    last = checkpoints[-1]
    state: dict[str, JsonValue] = json.loads((last / "trainer_state.json").read_text(encoding="utf-8"))
    marker = read_marker(last) or {}
    history = state["log_history"]
    return TrainingResult(
        checkpoints=checkpoints,
        losses=[(entry["step"], entry["loss"]) for entry in history if "loss" in entry],
        dev_losses=[(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry],
        steps=int(state["global_step"]),
        seconds=float(marker["seconds"]),
        trainable_parameters=_count_parameters(last / "adapter_model.safetensors"),
        tokens=int(state["num_input_tokens_seen"]),
    )


def _count_parameters(weights: Path) -> int:
    from safetensors import safe_open

    with safe_open(str(weights), framework="pt") as file:
        tensors: Any = file
        return sum(tensors.get_tensor(name).numel() for name in tensors.keys())  # noqa: SIM118  not a dict


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the trainer's notices off the terminal: progress is told through `on_progress`."""
    loggers = [logging.getLogger(name) for name in ("transformers", "trl", "peft", "accelerate")]
    levels = [logger.level for logger in loggers]
    with quiet_libraries(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
