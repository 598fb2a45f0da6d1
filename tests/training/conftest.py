"""A model of random weights with the packaged tokenizer, and samples to train it on."""

from __future__ import annotations

import pytest

from glossator.embedded import base_model_path
from glossator.records import Message, Origin, Sample, content_id


@pytest.fixture(scope="session")
def tokenizer():
    pytest.importorskip("transformers")
    from glossator.llm.chat_format import load_tokenizer

    return load_tokenizer(base_model_path())


@pytest.fixture(scope="session")
def make_samples():
    """Make samples of arithmetic about named things, each with its own context."""

    def make(count: int, start: int = 0) -> list[Sample]:
        samples = []
        for number in range(start, start + count):
            question = f"How many boxes does room {number} hold?"
            asked = f"Context:\nRoom {number} holds {number + 3} boxes.\n\nQuestion: {question}"
            messages = (Message("user", asked), Message("assistant", f"It holds {number + 3} boxes."))
            samples.append(
                Sample(
                    id=content_id(*(message.content for message in messages)),
                    messages=messages,
                    question=question,
                    group=None,
                    split="train",
                    task="qa",
                    context="chunk",
                    document_ids=("d",),
                    chunk_ids=(f"c{number}",),
                    evidence=(),
                    origin=Origin("extractive/1", "hash"),
                )
            )
        return samples

    return make
