"""A registered model, its base, tokenizer and index, put together so that it answers as it was evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.errors import ModelError, RetrievalError, ServingError
from glossator.registry import Registration, Version, open_version

if TYPE_CHECKING:
    from glossator.llm.local import LocalModel
    from glossator.retrieval import Mode, SearchIndex
    from glossator.serving import Answerer, ServedModel

BATCH_SIZE = 8


@contextmanager
def open_answerer(
    registry: Path,
    models: Sequence[str],
    *,
    base_model: Path | None = None,
    index: Path | None = None,
    retrieval: bool = True,
    mode: Mode = "hybrid",
    max_new_tokens: int = 128,
    queue_size: int = 64,
) -> Iterator[Answerer]:
    """Load registered models on the base they share, and the index of the first of them.

    Args:
        registry: the registry's folder.
        models: references such as `papers-qa-qlora@v1.0`; none for the only model there is. The first is the default.
        base_model: the base model's folder, where it lies elsewhere than it did when it was registered.
        index: the folder of another index than the registered one.
        retrieval: whether an index is opened at all.
        mode: how the index is searched when a question does not say.
        max_new_tokens: longest answer when a question does not say.
        queue_size: most questions that wait.

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
    engine = LocalEngine.open(
        base,
        {version.label: version.adapter for version in versions},
        max_length=base.max_length,
        batch_size=BATCH_SIZE,
        queue_size=queue_size,
    )
    served = [_served(version) for version in versions]
    answerer = Answerer(
        engine,
        [*served, _base_as(served[0])],
        index=found,
        mode=mode,
        max_new_tokens=max_new_tokens,
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


def _served(version: Version) -> ServedModel:
    """How a registered model is asked: as in the task that most of its samples came from, which is the first."""
    from glossator.llm.answer_styles import AnswerStyle
    from glossator.serving import ServedModel

    prompt = version.registration.prompts[0]
    style = None
    if prompt.style_text is not None:
        style = AnswerStyle(prompt.answer_style or "own", prompt.style_text, prompt.style_hash or "")
    return ServedModel(
        name=version.label,
        answer_style=style,
        context=prompt.context,
        description=version.registration.verdict.sentence,
    )


def _base_as(tuned: ServedModel) -> ServedModel:
    """The base model, asked in the same words as the tuned one."""
    from dataclasses import replace

    return replace(tuned, name="base", description="the base model without an adapter")
