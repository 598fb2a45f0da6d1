"""A registered model, its base, tokenizer and index, put together so that it answers as it was evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.errors import ModelError, RetrievalError, ServingError
from glossator.registry import Registration, Version, open_version

if TYPE_CHECKING:
    from glossator.llm.local import LocalModel
    from glossator.retrieval import Mode, SearchIndex
    from glossator.serving import Answerer, ServedModel

BATCH_SIZE = 8
DEFAULT_LENGTH = 128
"""Tokens of an answer, where a registration does not say how it was evaluated."""


@contextmanager
def open_answerer(
    registry: Path,
    models: Sequence[str],
    *,
    base_model: Path | None = None,
    index: Path | None = None,
    retrieval: bool = True,
    mode: Mode | None = None,
    max_new_tokens: int | None = None,
    queue_size: int = 64,
    on_note: Callable[[str], None] | None = None,
) -> Iterator[Answerer]:
    """Load registered models on the base they share, and the index of the first of them.

    Args:
        registry: the registry's folder.
        models: references such as `papers-qa-qlora@v1.0`; none for the only model there is. The first is the default.
        base_model: the base model's folder, where it lies elsewhere than it did when it was registered.
        index: the folder of another index than the registered one.
        retrieval: whether an index is opened at all.
        mode: how the index is searched when a question does not say; None for how the first model's recipe says.
        max_new_tokens: longest answer when a question does not say; None for how the first model was evaluated.
        queue_size: most questions that wait.
        on_note: told what is worth knowing before the first question, in one line.

    Raises:
        RegistryError: a model is unknown or its files were altered.
        ModelError: the base model is missing, or another one than the adapters were trained on.
        ServingError: the models do not share a base, a form or a chat format.
        RetrievalError: the index is missing, damaged or of another embedder.
    """
    from glossator.serving import Answerer
    from glossator.serving.engines.local import LocalEngine

    versions = [open_version(registry, name) for name in models] or [open_version(registry, None)]
    _require_one_base(versions)
    found = _open_index(versions[0].registration, index) if retrieval else None
    base = _open_base(versions[0], base_model)
    longest = max_new_tokens or _evaluated_length(versions[0].registration)
    if longest >= base.max_length:
        raise ServingError(f"answers of {longest} tokens do not fit a model of {base.max_length}; lower max_new_tokens")
    engine = LocalEngine.open(
        base,
        {version.label: version.adapter for version in versions},
        max_length=base.max_length,
        batch_size=BATCH_SIZE,
        queue_size=queue_size,
    )
    served = [_served(version, with_passages=found is not None, note=on_note) for version in versions]
    answerer = Answerer(
        engine,
        [*served, _base_as(served[0])],
        index=found,
        mode=mode or _recipe_of(versions[0].registration, "retrieval").get("mode", "hybrid"),
        max_new_tokens=longest,
        queue_size=queue_size,
    )
    try:
        yield answerer
    finally:
        answerer.close()


def _require_one_base(versions: Sequence[Version]) -> None:
    """Adapters are served together only where the same base in the same form stands under them."""

    def form(record: Registration) -> tuple[object, ...]:
        return (record.base_model.identity, record.quantization, record.bf16, record.chat_format_hash)

    first = versions[0]
    for other in versions[1:]:
        if form(other.registration) != form(first.registration):
            raise ServingError(
                f"{other.label} and {first.label} do not share one base model, its form and its chat format;"
                " serve them from two gateways"
            )


def _open_base(version: Version, elsewhere: Path | None) -> LocalModel:
    from glossator.embedded import resolve_model
    from glossator.llm.loading import weights_hash
    from glossator.llm.local import LocalModel

    record = version.registration
    told = resolve_model(record.base_model.name) if record.base_model.name == "embedded" else record.base_model.path
    folder = elsewhere or Path(told)
    if not (folder / "config.json").is_file():
        raise ModelError(f"the base model of {version.label} is not in {folder}; say where it lies with --base-model")
    if weights_hash(folder) != record.base_model.identity:
        raise ModelError(
            f"{folder} is another model than {version.label} was trained on ({record.base_model.identity});"
            " say where that one lies with --base-model"
        )
    return LocalModel.open(
        folder,
        tokenizer=version.tokenizer,
        quantization=record.quantization,  # type: ignore[arg-type]  # checked when it was registered
        dtype=record.dtype,
        batch_size=BATCH_SIZE,
    )


def _open_index(record: Registration, other: Path | None) -> SearchIndex | None:
    """The index that a model was registered with, or another one; None where there is none."""
    from glossator.retrieval import open_index

    folder = other or (Path(record.index) if record.index else None)
    if folder is None:
        return None
    if not folder.is_dir():
        raise RetrievalError(
            f"the index {folder} is not there; make it again (glossator run RECIPE --to index), name another with"
            " --index, or answer without one (--no-retrieval)"
        )
    return open_index(folder)


def _recipe_of(record: Registration, section: str) -> Mapping[str, Any]:
    """A section of the recipe that a model was made from; empty where it has none."""
    return (record.recipe or {}).get(section) or {}


def _evaluated_length(record: Registration) -> int:
    """The longest answer in tokens: as the recipe serves it, else as it was evaluated."""
    serving, evaluation = _recipe_of(record, "serving"), _recipe_of(record, "evaluation")
    return int(serving.get("max_new_tokens") or evaluation.get("max_new_tokens") or DEFAULT_LENGTH)


def _served(version: Version, *, with_passages: bool, note: Callable[[str], None] | None) -> ServedModel:
    """How a registered model is asked: as in the task that most of its samples came from.

    Without passages that is the most frequent task that had none; where there is no such task, the model is asked in
    a form it was not taught, which is said.
    """
    from glossator.llm.answer_styles import AnswerStyle
    from glossator.serving import ServedModel

    prompts = version.registration.prompts
    prompt = prompts[0]
    if not with_passages:
        prompt = next((form for form in prompts if form.context == "none"), prompt)
        if prompt.context != "none" and note:
            note(f"{version.label} was taught to answer with a passage at hand and there is none: expect guesses")
    style = None
    if prompt.style_text is not None:
        style = AnswerStyle(prompt.answer_style or "own", prompt.style_text, prompt.style_hash or "")
    sentence = version.registration.verdict.sentence
    return ServedModel(name=version.label, answer_style=style, context=prompt.context, description=sentence)


def _base_as(tuned: ServedModel) -> ServedModel:
    """The base model, asked in the same words as the tuned one."""
    return replace(tuned, name="base", description="the base model without an adapter")
