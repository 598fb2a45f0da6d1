from __future__ import annotations

from collections.abc import Callable

import pytest

from glossator.records import Message, Origin, Sample


def _sample(
    name: str,
    *,
    question: str = "",
    answer: str = "an answer",
    split: str = "test",
    group: str | None = None,
    documents: tuple[str, ...] = ("d1",),
    chunks: tuple[str, ...] = (),
) -> Sample:
    question = question or f"What is {name}?"
    return Sample(
        id=name,
        messages=(Message("user", question), Message("assistant", answer)),
        question=question,
        group=group,
        split=split,  # type: ignore[arg-type]
        task="qa",
        context="none",
        document_ids=documents,
        chunk_ids=chunks,
        evidence=(),
        origin=Origin(teacher="extractive/1", prompt_hash="p"),
    )


@pytest.fixture
def make_sample() -> Callable[..., Sample]:
    return _sample
