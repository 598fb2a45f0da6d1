"""Takes TRL's trainer, leaves one that saves only adapters and reports to nobody.

Imports trl at its top: import this module where it is used.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from trl.trainer.sft_trainer import SFTTrainer

from glossator.artifacts import write_json
from glossator.errors import TrainingError
from glossator.training.checkpoints import checkpoint_path, mark_complete
from glossator.training.preflight import IGNORED_LABEL

_HEAD_SETTINGS = (
    "final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier", "output_multiplier",
)  # fmt: skip
"""Settings of a model whose logits are scaled or bent after the output layer."""


class AdapterTrainer(SFTTrainer):  # type: ignore[misc,unused-ignore]
    """TRL's SFTTrainer, with checkpoints that hold the adapter in safetensors and no path of this machine."""

    recorded_base = ""
    """How the adapter names the base it was trained on."""

    def keep_adapter_in_32_bits(self) -> None:
        """Hold the adapter's weights in float32, as TRL does for an unquantised base.

        On a quantised base TRL turns them to bfloat16, whose eight bits of precision lose small updates.
        """
        model: Any = self.model
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.to(torch.float32)

    def compute_loss(self, model: Any, inputs: Any, return_outputs: Any = False, num_items_in_batch: Any = None) -> Any:  # noqa: FBT002
        """Give the same loss as TRL, on a CPU without projecting to the vocabulary what has no label.

        TRL scores only the labelled positions on a GPU, but every position elsewhere. Only the answers have labels
        here, about a tenth of the tokens, and for a small model the projection is a large part of a step.
        """
        if return_outputs or inputs["input_ids"].device.type != "cpu" or not self._has_plain_head():
            theirs: Any = super()
            return theirs.compute_loss(model, inputs, return_outputs, num_items_in_batch)
        base = self.accelerator.unwrap_model(model).get_base_model()
        read = {name: value for name, value in inputs.items() if name != "labels"}
        hidden = base.base_model(**read, use_cache=False).last_hidden_state[:, :-1]
        labels = inputs["labels"][:, 1:]
        learned = labels != IGNORED_LABEL
        logits = base.get_output_embeddings()(hidden[learned]).float()
        total = torch.nn.functional.cross_entropy(logits, labels[learned], reduction="sum")
        count = learned.sum() if num_items_in_batch is None else num_items_in_batch
        return total / torch.as_tensor(count).clamp(min=1)

    def _has_plain_head(self) -> bool:
        """Say whether the logits are the output layer's and nothing else is added to the loss."""
        model: Any = self.model
        config = model.config.get_text_config()
        scaled = any(getattr(config, name, None) is not None for name in _HEAD_SETTINGS)
        return not scaled and not self.aux_loss_enabled

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        # The trainer's own would pickle the training arguments. PEFT would ask the hub, by name, whether the
        # vocabulary grew (`save_embedding_layers="auto"`), and note the base's path on this machine.
        folder = Path(output_dir or str(self.args.output_dir))
        model: Any = self.model
        model.save_pretrained(str(folder), state_dict=state_dict, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        config = folder / "adapter_config.json"
        write_json(
            config, {**json.loads(config.read_text(encoding="utf-8")), "base_model_name_or_path": self.recorded_base}
        )

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write no card: the registry writes one, with figures."""

    def _send_telemetry(self) -> None:
        """Report nothing: TRL would send model type and hardware to the hub."""


class Watch(TrainerCallback):
    """Saves at chosen steps, measures dev there, reports progress, and stops when the loss is no number.

    Args:
        steps: after which a checkpoint is written.
        measure_dev: whether dev's loss is taken at the same steps.
        report: called at every step with step, loss and learning rate.
        run: fingerprint of the training, for the checkpoint's marker.
        seconds_before: training time of the earlier, interrupted attempts.
    """

    def __init__(
        self, *, steps: tuple[int, ...], measure_dev: bool, report: Callable[[Any, float, float], None], run: str,
        seconds_before: float,
    ) -> None:  # fmt: skip
        self._steps = frozenset(steps)
        self._measure_dev = measure_dev
        self._report = report
        self._run = run
        self._seconds_before = seconds_before
        self._started = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Ask for a checkpoint where one is due."""
        control.should_save = state.global_step in self._steps
        control.should_evaluate = control.should_save and self._measure_dev

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Look at each step's loss and pass it on."""
        for name in ("loss", "grad_norm", "eval_loss"):
            if name in logs and not math.isfinite(logs[name]):
                raise TrainingError(
                    f"{name} became {logs[name]} at step {state.global_step}; lower the learning rate or max_grad_norm,"
                    " or compute in more bits"
                )
        if "loss" in logs:
            self._report(state, float(logs["loss"]), float(logs.get("learning_rate", 0.0)))

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Declare the checkpoint whole."""
        seconds = self._seconds_before + time.perf_counter() - self._started
        mark_complete(checkpoint_path(Path(args.output_dir), state.global_step), run=self._run, seconds=seconds)
