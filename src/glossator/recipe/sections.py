"""One frozen model per section of a recipe. Field descriptions are the reference a user reads."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of a recipe: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class SourceSection(Section):
    """Where documents come from."""

    kind: Literal["local_files"] = Field(description="The source's kind: a file of `glossator/sources`.")
    path: str = Field(min_length=1, description="A file, a folder or a glob; relative to the recipe file, or absolute.")
    patterns: tuple[str, ...] = Field(
        ("**/*",), min_length=1, description="Globs inside the folder; a file that matches any of them is read."
    )


class ParsingSection(Section):
    """How documents become chunks."""

    parser: Literal["fast"] = Field("fast", description="The PDF parser.")
    chunk_by: Literal["section"] = Field("section", description="How text is cut into chunks.")
    min_tokens: int = Field(20, ge=1, description="Shorter chunks are rejected; student's tokens.")
    max_tokens: int = Field(500, ge=16, description="No chunk is longer; student's tokens.")
    executor: Literal["local"] = Field("local", description="Where the parser runs.")
    workers: int = Field(2, ge=1, le=256, description="Parser processes.")
    timeout_seconds: float = Field(60, gt=0, description="A document that takes longer is rejected.")
    memory_mb: int = Field(1024, ge=64, description="A parser process that takes more memory is ended; MiB.")

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> ParsingSection:
        if self.min_tokens >= self.max_tokens:
            raise ValueError(f"min_tokens ({self.min_tokens}) must be smaller than max_tokens ({self.max_tokens})")
        return self


class TeacherSection(Section):
    """Who writes questions and answers."""

    kind: Literal["extractive"] = Field("extractive", description="`extractive` needs no model.")


class TaskSection(Section):
    """One kind of sample to write."""

    prompt: str = Field("extractive_qa", min_length=1, description="A packaged task's name, or a Markdown file.")
    group: str | None = Field(None, description="The group of this task's samples; the document's if left out.")


class SynthesisSection(Section):
    """Which samples are written."""

    teacher: TeacherSection = TeacherSection()
    tasks: tuple[TaskSection, ...] = Field((TaskSection(),), min_length=1)


class SplitsSection(Section):
    """Which documents may teach, which choose, which examine."""

    kind: Literal["fractions"] = "fractions"
    train: Share = 0.7
    dev: Share = 0.15
    test: Share = 0.15
    pool: Share = Field(0.0, description="Kept aside for later rounds.")

    @model_validator(mode="after")
    def _fractions_are_whole(self) -> SplitsSection:
        total = self.train + self.dev + self.test + self.pool
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + dev + test + pool is {total:g} and must be 1")
        if min(self.train, self.dev, self.test) == 0:
            raise ValueError("train, dev and test must each be more than 0")
        return self


class CurationSection(Section):
    """Which samples are kept."""

    splits: SplitsSection = SplitsSection()
    test_seen: Share = Field(0.1, description="Share of the questions about train documents that is held out.")
    max_tokens: int = Field(2048, ge=16, description="Longest sample, prompt and answer; student's tokens.")


class LoraSection(Section):
    """The adapter's shape, spelled as PEFT spells it."""

    r: int = Field(16, ge=1, le=1024)
    lora_alpha: int = Field(32, ge=1)
    lora_dropout: float = Field(0.05, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = Field("all-linear", description="`all-linear` or module names.")


class TrainingSection(Section):
    """How the student is tuned, spelled as TRL spells it."""

    kind: Literal["sft"] = "sft"
    base_model: str = Field("embedded", min_length=1, description="`embedded`, or a folder with a model.")
    quantization: Literal["nf4", "int8", "none"] = Field(
        "nf4", description="How the frozen base is held while training."
    )
    lora: LoraSection = LoraSection()
    max_steps: int = Field(-1, ge=-1, description="Optimiser steps; -1: as num_train_epochs says.")
    num_train_epochs: float = Field(3.0, gt=0)
    per_device_train_batch_size: int = Field(8, ge=1)
    gradient_accumulation_steps: int = Field(1, ge=1)
    learning_rate: float = Field(1e-4, gt=0, lt=1)
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "cosine"
    warmup_ratio: Share = 0.1
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, ge=0)
    max_length: int = Field(2048, ge=16, description="Longest training row in tokens; longer ones stop the run.")
    optim: str = Field("adamw_torch", min_length=1, description="An optimiser of transformers; paged ones need a GPU.")
    bf16: bool = Field(default=True, description="Compute in bfloat16; false: in 32 bits.")
    gradient_checkpointing: bool = Field(default=False, description="Less memory, about a third slower.")
    checkpoints: int = Field(3, ge=1, le=50, description="Checkpoints kept, evenly spaced; dev chooses among them.")
    logging_steps: int = Field(1, ge=1, description="Steps between two signs of progress.")


class EvaluationSection(Section):
    """How the answer to "did it help?" is found."""

    metrics: tuple[str, ...] = Field(("token_f1", "exact_match", "rougeL", "string_similarity"), min_length=1)
    primary: str = Field("token_f1", description="The metric of the verdict; one of `metrics`.")
    select_by: dict[str, float] = Field(
        default_factory=lambda: {"token_f1": 1.0}, min_length=1, description="Weights that choose a checkpoint on dev."
    )
    max_new_tokens: int = Field(64, ge=1, description="Longest answer in tokens.")
    batch_size: int = Field(16, ge=1)
    resamples: int = Field(10_000, ge=100, description="Bootstrap resamples of the test documents.")
    confidence: float = Field(0.95, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _metrics_agree(self) -> EvaluationSection:
        if self.primary not in self.metrics:
            raise ValueError(f"primary {self.primary!r} is not among metrics {', '.join(self.metrics)}")
        if min(self.select_by.values()) < 0 or sum(self.select_by.values()) <= 0:
            raise ValueError("the weights of select_by must be at least 0 and not all 0")
        return self


class Recipe(Section):
    """All that a run is made from. A section that is left out is a room that is not entered."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Names the folder under the runs folder.")
    seed: int = Field(42, ge=0, lt=2**31)
    sources: tuple[SourceSection, ...] = Field(min_length=1)
    parsing: ParsingSection = ParsingSection()
    synthesis: SynthesisSection | None = None
    curation: CurationSection = CurationSection()
    training: TrainingSection | None = None
    evaluation: EvaluationSection | None = None

    @model_validator(mode="after")
    def _rooms_have_what_they_need(self) -> Recipe:
        if self.training is not None and self.synthesis is None:
            raise ValueError("training needs samples; add a synthesis section")
        if self.evaluation is not None and self.training is None:
            raise ValueError("evaluation compares a base with a tuned model; add a training section")
        if self.training is not None and self.curation.max_tokens > self.training.max_length:
            kept, trained = self.curation.max_tokens, self.training.max_length
            raise ValueError(f"curation.max_tokens ({kept}) must not exceed training.max_length ({trained})")
        return self


_SECRET = re.compile(r"(?:^|[_.])(?:API_?)?(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:$|[_.])", re.IGNORECASE)


def looks_secret(name: str) -> bool:
    """Whether a variable or a key is named like a secret: one of its words is KEY, TOKEN, SECRET or PASSWORD."""
    return _SECRET.search(name) is not None


LATER_SECTIONS = ("retrieval", "registry", "serving", "exports")
"""Sections of the design whose rooms are not open yet: naming one is refused, not ignored."""
