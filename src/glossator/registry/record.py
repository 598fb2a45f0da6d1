"""The nouns of the registry: what is handed over, and what is kept of it in `registration.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from glossator.errors import RegistryError
from glossator.records import JsonValue, from_dict

FORMAT = 1
"""The form of `registration.json`; raised when an older program could not read it rightly."""


@dataclass(frozen=True, slots=True)
class PromptForm:
    """How the student's prompt of one task is made."""

    task: str
    context: Literal["none", "chunk", "retrieved"]
    """What text besides the question the prompt holds."""
    answer_style: str | None = None
    """Name of the style that is the system turn; None: there is no system turn."""
    style_text: str | None = None
    """The words of the system turn."""
    style_hash: str | None = None
    """Content hash of these words, as `llm.answer_styles` gives it."""
    groups: tuple[str, ...] = ()
    """The groups of samples that were asked this way; empty where there are none."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The model that the adapter belongs on."""

    name: str
    """As the recipe says it: `embedded` or a folder."""
    path: str
    """The folder on this machine."""
    identity: str
    """Content hash of the folder: 12 hexadecimal digits, as `llm.loading.weights_hash` gives them."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether tuning helped."""

    helped: bool | None
    """None: it cannot be told."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Tuned minus base by one metric on one split."""

    split: str
    metric: str
    difference: float
    low: float | None
    high: float | None
    """The ends of the interval; None where there is none."""
    questions: int
    documents: int
    """Units that the interval was taken over: documents, or sections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedModel:
    """What is known of a tuned model, before and after it is registered."""

    base_model: BaseModel
    method: str
    """How it was tuned, such as `qlora`."""
    chat_format_hash: str
    """`llm.chat_format.ChatFormat.hash` of the tokenizer it was trained and evaluated with."""
    prompts: tuple[PromptForm, ...]
    run: str
    """Fingerprint of the evaluation."""
    verdict: Verdict
    metrics: Mapping[str, Mapping[str, float]]
    """Mean scores on test: `base` and `tuned`, each by metric."""
    metrics_test_seen: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same on test_seen; empty where there are no such questions."""
    differences: tuple[Difference, ...] = ()
    confidence: float | None = None
    """Of the intervals, such as 0.95."""
    test_looks: int = 0
    """How many tuned models were scored on these test documents, this one included; 0: not counted."""
    samples: Mapping[str, int]
    """Number of samples by split."""
    documents: int
    licenses: tuple[str, ...] = ()
    """Licences of the documents, as their sources tell them, each once."""
    license: str | None = None
    """The adapter's own licence, which only its owner can say; None: not said."""
    index: str | None = None
    """The folder of the search index on this machine; None where there is none."""
    index_fingerprint: str | None = None
    """What tells this index from others; None where there is none."""
    recipe: JsonValue = None
    """The resolved recipe."""
    training: Mapping[str, JsonValue] = field(default_factory=dict)
    """Parameters of the training."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(TunedModel):
    """What a caller hands over."""

    adapter: Path
    """A folder with adapter_config.json, adapter_model.safetensors and the note on the form of its base."""
    tokenizer: Path
    """A folder to take the tokenizer's files from: a model's folder, or only a tokenizer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(TunedModel):
    """What is kept of a registered model."""

    format: int
    name: str
    version: str
    """Such as `v1.0`."""
    created: str
    """ISO 8601, UTC."""
    quantization: str
    """How the base is held under the adapter: `none`, `nf4` or `int8`."""
    bf16: bool
    """Whether it computes in bfloat16; else in 32 bits."""
    stop_ids: tuple[int, ...]
    """Token ids at which an answer ends."""
    glossator: str
    """Version of the program that registered it."""

    @property
    def dtype(self) -> str:
        """What is computed in, as torch names it."""
        return "bfloat16" if self.bf16 else "float32"


def read_registration(path: Path) -> Registration:
    """Read a `registration.json`.

    Raises:
        RegistryError: it is missing or unreadable, or has a form that this program does not know.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        written = data["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{path} is no registration ({error}); register the run again") from error
    if written != FORMAT:
        raise RegistryError(
            f"{path} has format {written!r} and this program reads format {FORMAT}; update glossator, or register the"
            " run again"
        )
    try:
        return from_dict(Registration, data)
    except (ValueError, TypeError, AttributeError) as error:
        raise RegistryError(f"{path} is no registration ({error}); register the run again") from error


def same_prompts(one: TunedModel, other: TunedModel) -> bool:
    """Say whether whoever asks the one model may ask the other in the same words and get the same prompt ids.

    The names of styles and groups do not reach the prompt, so they do not count.
    """
    return one.chat_format_hash == other.chat_format_hash and _prompt_forms(one) == _prompt_forms(other)


def _prompt_forms(model: TunedModel) -> set[tuple[str, str, str | None]]:
    return {(prompt.task, prompt.context, prompt.style_hash) for prompt in model.prompts}
