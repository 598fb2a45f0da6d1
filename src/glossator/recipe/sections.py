"""One frozen model per section of a recipe. Field descriptions are the reference a user reads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from glossator.recipe.curation_sections import CurationSection, ExportsSection
from glossator.recipe.document_sections import ParsingSection, RetrievalSection
from glossator.recipe.section import Section
from glossator.recipe.source_sections import SourceSection
from glossator.recipe.teacher_sections import ExtractiveTeacherSection, TeacherSection

NAME_PART = r"^[a-z0-9][a-z0-9_.]{0,30}$"
"""A part of a registered model's name; the dash stands between parts."""


class TaskSection(Section):
    """One kind of sample to write."""

    prompt: str = Field("extractive_qa", min_length=1, description="A packaged task's name, or a Markdown file.")
    group: str | None = Field(None, description="The group of this task's samples; the document's if left out.")


class BudgetSection(Section):
    """What writing may take at most; what is written by then is kept, and what is missing is told."""

    usd: float | None = Field(None, ge=0, description="US dollars, by the price of the teacher's tokens.")
    calls: int | None = Field(None, ge=0, description="Requests, repeated ones included.")
    minutes: float | None = Field(None, ge=0, description="Minutes of asking.")


class SynthesisSection(Section):
    """Which samples are written."""

    teacher: TeacherSection = Field(ExtractiveTeacherSection(), description="Who writes questions and answers.")
    tasks: tuple[TaskSection, ...] = Field((TaskSection(),), min_length=1, description="What is written.")
    tokens_per_call: int | None = Field(
        None,
        ge=50,
        description="Small neighbouring chunks are shown together up to it; each alone if left out.",
    )
    budget: BudgetSection | None = Field(None, description="What it may take at most; without a bound if left out.")
    prices: str | None = Field(None, min_length=1, description="A table of prices of your own (YAML).")

    @model_validator(mode="after")
    def _a_budget_is_of_calls(self) -> SynthesisSection:
        if self.budget is not None and self.teacher.kind != "chat":
            raise ValueError(f"a teacher of kind {self.teacher.kind} makes no calls; remove budget")
        return self


class LoraSection(Section):
    """The adapter's shape, spelled as PEFT spells it."""

    r: int = Field(16, ge=1, le=1024, description="Rank of the update.")
    lora_alpha: int = Field(32, ge=1, description="Its scale is lora_alpha / r.")
    lora_dropout: float = Field(0.05, ge=0, lt=1, description="Dropout before the update, while training.")
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
    num_train_epochs: float = Field(3.0, gt=0, description="Passes over train, where max_steps is -1.")
    per_device_train_batch_size: int = Field(8, ge=1, description="Rows a device takes at once.")
    gradient_accumulation_steps: int = Field(1, ge=1, description="Batches to one optimiser step.")
    learning_rate: float = Field(1e-4, gt=0, lt=1, description="The highest, after the warm-up.")
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = Field(
        "cosine", description="How the learning rate falls."
    )
    warmup_ratio: float = Field(0.1, ge=0, lt=1, description="Share of the steps over which it rises.")
    weight_decay: float = Field(0.0, ge=0, description="Of the adapter's weights.")
    max_grad_norm: float = Field(1.0, ge=0, description="Gradients are clipped to it; 0: not at all.")
    max_length: int = Field(2048, ge=16, description="Longest training row in tokens; longer ones stop the run.")
    optim: str = Field("adamw_torch", min_length=1, description="An optimiser of transformers; paged ones need a GPU.")
    bf16: bool = Field(default=True, description="Compute in bfloat16; false: in 32 bits.")
    gradient_checkpointing: bool = Field(default=False, description="Less memory, about a third slower.")
    checkpoints: int = Field(3, ge=1, le=50, description="Checkpoints kept, evenly spaced; dev chooses among them.")
    logging_steps: int = Field(1, ge=1, description="Steps between two signs of progress.")


class EvaluationSection(Section):
    """How the answer to "did it help?" is found."""

    metrics: tuple[str, ...] = Field(
        ("token_f1", "exact_match", "rougeL", "string_similarity"),
        min_length=1,
        description="What answers are scored by.",
    )
    primary: str = Field("token_f1", description="The metric of the verdict; one of `metrics`.")
    select_by: dict[str, float] = Field(
        default_factory=lambda: {"token_f1": 1.0}, min_length=1, description="Weights that choose a checkpoint on dev."
    )
    max_new_tokens: int = Field(64, ge=1, description="Longest answer in tokens.")
    batch_size: int = Field(16, ge=1, description="Questions answered at once.")
    resamples: int = Field(10_000, ge=100, description="Bootstrap resamples of the test documents.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Of every interval.")

    @model_validator(mode="after")
    def _metrics_agree(self) -> EvaluationSection:
        if self.primary not in self.metrics:
            raise ValueError(f"primary {self.primary!r} is not among metrics {', '.join(self.metrics)}")
        if min(self.select_by.values()) < 0 or sum(self.select_by.values()) <= 0:
            raise ValueError("the weights of select_by must be at least 0 and not all 0")
        return self


class RegistrySection(Section):
    """Where the chosen adapter is kept, as `{domain}-{use_case}-{method}`."""

    kind: Literal["local"] = "local"
    domain: str = Field(pattern=NAME_PART, description="What the documents are about: papers, medical.")
    use_case: str = Field(pattern=NAME_PART, description="What the model is for: qa, personas.")
    path: str | None = Field(
        None, min_length=1, description="The registry's folder; `registry` beside the runs folder if left out."
    )


class ServingSection(Section):
    """How the registered model answers."""

    engine: Literal["local"] = Field("local", description="What runs the model: base and adapters in this process.")
    host: str = Field("127.0.0.1", min_length=1, description="Without API_TOKEN only a loopback address is allowed.")
    port: int = Field(8000, ge=1, le=65535, description="Where it listens.")
    timeout_seconds: float = Field(60, gt=0, description="A question that takes longer is given up.")
    max_new_tokens: int | None = Field(
        None, ge=1, description="Longest answer in tokens; as in evaluation if left out."
    )


class Recipe(Section):
    """All that a run is made from. A section that is left out is a room that is not entered."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Names the folder under the runs folder.")
    seed: int = Field(42, ge=0, lt=2**31, description="Of every draw: splits, training, bootstrap.")
    sources: tuple[SourceSection, ...] = Field(
        min_length=1, description="Where documents, or ready questions with answers, come from."
    )
    parsing: ParsingSection = ParsingSection()
    retrieval: RetrievalSection | None = None
    synthesis: SynthesisSection | None = None
    curation: CurationSection = CurationSection()
    training: TrainingSection | None = None
    evaluation: EvaluationSection | None = None
    registry: RegistrySection | None = None
    serving: ServingSection | None = None
    exports: ExportsSection | None = None

    @property
    def reads_documents(self) -> bool:
        """Whether a source gives something to parse, rather than ready questions with answers."""
        return any(source.kind != "qa_files" for source in self.sources)

    @property
    def makes_samples(self) -> bool:
        """Whether samples are written by a teacher or come ready."""
        return self.synthesis is not None or any(source.kind == "qa_files" for source in self.sources)

    @model_validator(mode="after")
    def _rooms_have_what_they_need(self) -> Recipe:
        if self.name == "downloads":
            raise ValueError("a recipe cannot be called downloads: that folder is there for what is fetched")
        for name, section in (("synthesis", self.synthesis), ("retrieval", self.retrieval)):
            if section is not None and not self.reads_documents:
                raise ValueError(f"{name} needs documents; add a source of kind local_files or table")
        if self.training is not None and not self.makes_samples:
            raise ValueError("training needs samples; add a synthesis section or a source of kind qa_files")
        if self.exports is not None and not self.makes_samples:
            raise ValueError("exports hands out samples; add a synthesis section or a source of kind qa_files")
        if self.curation.round_trip is not None and self.retrieval is None:
            raise ValueError("curation.round_trip searches the index; add a retrieval section")
        if self.evaluation is not None and self.training is None:
            raise ValueError("evaluation compares a base with a tuned model; add a training section")
        if self.registry is not None and self.evaluation is None:
            raise ValueError("registry keeps what was evaluated; add an evaluation section")
        if self.serving is not None and self.registry is None:
            raise ValueError("serving answers with a registered model; add a registry section")
        if self.training is not None and self.curation.max_tokens > self.training.max_length:
            kept, trained = self.curation.max_tokens, self.training.max_length
            raise ValueError(f"curation.max_tokens ({kept}) must not exceed training.max_length ({trained})")
        return self
