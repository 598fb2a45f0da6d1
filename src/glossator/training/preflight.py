"""Takes samples, leaves training rows and a reject for each sample that cannot be trained on as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glossator.errors import ModelError, TrainingError
from glossator.llm.chat_format import ChatFormat
from glossator.records import Reject, Sample, to_dict

IGNORED_LABEL = -100
"""The label of a token that is read but not learned; PyTorch's cross-entropy leaves it out of the loss."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One sample as the trainer reads it."""

    sample_id: str
    input_ids: list[int]
    labels: list[int]
    """The ids of the assistant's turns with the token that ends each; `IGNORED_LABEL` everywhere else."""


def prepare_rows(
    samples: Sequence[Sample], chat_format: ChatFormat, *, max_length: int
) -> tuple[list[TrainingRow], list[Reject]]:
    """Turn samples into training rows; what cannot be trained on whole becomes a reject, nothing is cut.

    Args:
        samples: whole conversations; every assistant turn is learned.
        chat_format: of the base model's tokenizer.
        max_length: longest row in tokens.

    Returns:
        The rows in input order, and rejects with reason `too_long`, `no_answer` or `refused_by_template`.
    """
    rows, rejects = [], []
    for sample in samples:
        try:
            example = chat_format.training_example(sample.messages)
        except ModelError as error:
            rejects.append(_reject(sample, "refused_by_template", str(error)))
            continue
        if not sample.messages or sample.messages[-1].role != "assistant" or not sample.answer.strip():
            rejects.append(_reject(sample, "no_answer", "the conversation does not end with an answer"))
        elif len(example.input_ids) > max_length:
            detail = f"{len(example.input_ids)} tokens, max_length is {max_length}"
            rejects.append(_reject(sample, "too_long", detail))
        else:
            labels = [
                token if learned else IGNORED_LABEL
                for token, learned in zip(example.input_ids, example.assistant_mask, strict=True)
            ]
            rows.append(TrainingRow(sample.id, example.input_ids, labels))
    return rows, rejects


def require_rows(
    samples: Sequence[Sample], chat_format: ChatFormat, *, max_length: int, split: str
) -> list[TrainingRow]:
    """Turn samples into training rows, or refuse all of them when one cannot be trained on.

    Raises:
        TrainingError: names the first such sample and how many there are.
    """
    rows, rejects = prepare_rows(samples, chat_format, max_length=max_length)
    if rejects:
        first = rejects[0]
        raise TrainingError(
            f"{len(rejects)} of {len(samples)} {split} samples cannot be trained on; sample {first.subject_id}:"
            f" {first.reason} ({first.detail}); filter them in curation, or raise max_length"
        )
    return rows


def check_splits(train: Sequence[Sample], dev: Sequence[Sample]) -> None:
    """Check that there is something to learn from and that dev stands apart from it.

    Raises:
        TrainingError: train is empty, or a sample stands in both.
    """
    if not train:
        raise TrainingError("there are no train samples; check the yield of the stages before")
    shared = {sample.id for sample in train} & {sample.id for sample in dev}
    if shared:
        raise TrainingError(f"{len(shared)} samples stand in train and in dev, such as {min(shared)}; split them first")


def _reject(sample: Sample, reason: str, detail: str) -> Reject:
    return Reject(subject_id=sample.id, stage="preflight", reason=reason, detail=detail, record=to_dict(sample))
