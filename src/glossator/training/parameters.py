"""Takes numbers, leaves the settings of one adapter's training, spelled as PEFT and TRL spell them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from glossator.errors import TrainingError
from glossator.llm.loading import QUANTIZATIONS, Quantization

SCHEDULERS = ("linear", "cosine", "constant", "constant_with_warmup")


@dataclass(frozen=True, slots=True)
class SftParameters:
    """How an adapter is trained.

    Raises:
        TrainingError: a value is out of range; the message names it.
    """

    r: int = 16
    """Rank of the adapter."""
    lora_alpha: int = 32
    """The adapter's output is multiplied by `lora_alpha / r`."""
    lora_dropout: float = 0.05
    target_modules: str | tuple[str, ...] = "all-linear"
    """`all-linear` (every linear layer but the output layer) or the names of modules."""
    max_steps: int = -1
    """Optimiser steps; -1: as `num_train_epochs` says."""
    num_train_epochs: float = 3.0
    per_device_train_batch_size: int = 8
    gradient_accumulation_steps: int = 1
    learning_rate: float = 1e-4
    lr_scheduler_type: str = "cosine"
    warmup_ratio: float = 0.1
    """Share of the steps in which the learning rate rises; transformers 5 takes it as a fractional `warmup_steps`."""
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    """Longest gradient; 0 clips nothing."""
    max_length: int = 1024
    """Longest example in tokens. Longer ones are refused, never cut."""
    optim: str = "adamw_torch"
    """An optimiser of transformers, such as `adamw_torch` or `paged_adamw_32bit` (the latter needs a GPU)."""
    checkpoints: int = 3
    """How many checkpoints, evenly spaced; the last one is the end of training."""
    logging_steps: int = 10
    """Steps between two calls of `on_progress`."""
    quantization: Quantization = "nf4"
    """How the frozen base is held: `nf4` (QLoRA), `int8` or `none`."""
    bf16: bool = True
    """Compute in bfloat16; False: in 32 bits."""
    gradient_checkpointing: bool = False
    """Compute activations a second time rather than keep them: less memory, about a third slower."""

    def __post_init__(self) -> None:
        """Refuse values that no training could honour."""
        for name in ("r", "lora_alpha", "per_device_train_batch_size", "gradient_accumulation_steps", "max_length",
                     "checkpoints", "logging_steps"):  # fmt: skip
            self._require(name, getattr(self, name) >= 1, "at least 1")
        self._require("lora_dropout", 0 <= self.lora_dropout < 1, "at least 0 and below 1")
        self._require("warmup_ratio", 0 <= self.warmup_ratio < 1, "at least 0 and below 1")
        self._require("learning_rate", 0 < self.learning_rate < math.inf, "above 0")
        self._require("weight_decay", self.weight_decay >= 0, "at least 0")
        self._require("max_grad_norm", self.max_grad_norm >= 0, "at least 0")
        self._require("max_steps", self.max_steps >= 1 or self.max_steps == -1, "at least 1, or -1 to count epochs")
        self._require("num_train_epochs", self.num_train_epochs > 0, "above 0")
        self._require("lr_scheduler_type", self.lr_scheduler_type in SCHEDULERS, f"one of {', '.join(SCHEDULERS)}")
        self._require("quantization", self.quantization in QUANTIZATIONS, f"one of {', '.join(QUANTIZATIONS)}")

    def _require(self, name: str, holds: bool, wanted: str) -> None:  # noqa: FBT001  the claim itself
        if not holds:
            raise TrainingError(f"training parameter {name} is {getattr(self, name)!r}; it has to be {wanted}")

    def planned_steps(self, examples: int) -> int:
        """Return how many optimiser steps training on so many examples takes, counted as the trainer counts."""
        if self.max_steps > 0:
            return self.max_steps
        batches = math.ceil(examples / self.per_device_train_batch_size)
        return math.ceil(self.num_train_epochs * max(math.ceil(batches / self.gradient_accumulation_steps), 1))

    def checkpoint_steps(self, total_steps: int) -> tuple[int, ...]:
        """Return the steps after which a checkpoint is written, rising; the last one is `total_steps`."""
        shares = (total_steps * k / self.checkpoints for k in range(1, self.checkpoints + 1))
        return tuple(sorted({max(1, round(share)) for share in shares}))
