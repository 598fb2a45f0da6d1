"""Builders of documents, chunks and samples; session-wide, so that property tests may use them."""

import random
from collections.abc import Callable

import pytest

from glossator.llm.chat_format import student_messages
from glossator.records import Chunk, Document, Evidence, Message, Origin, Sample, content_id

VOCABULARY = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("arn", "elo", "ipt", "oss", "und", "yve")]


@pytest.fixture(scope="session")
def make_text() -> Callable[..., str]:
    """Build a text that is like no text of another seed."""

    def build(seed: object, words: int = 60) -> str:
        rng = random.Random(str(seed))
        return " ".join(rng.choice(VOCABULARY) for _ in range(words))

    return build


@pytest.fixture(scope="session")
def make_document() -> Callable[..., Document]:
    def build(name: str) -> Document:
        return Document(
            id=name, source_id=f"{name}.md", origins=(f"local_files:{name}.md",), title=name, media_type="text/markdown"
        )

    return build


@pytest.fixture(scope="session")
def make_chunk() -> Callable[..., Chunk]:
    def build(document: str, index: int, text: str, heading: str | None = None) -> Chunk:
        path = (heading,) if heading is not None else ()
        return Chunk(
            id=content_id(document, str(path), text),
            document_id=document,
            index=index,
            heading_path=path,
            page_first=1,
            page_last=1,
            text=text,
            tokens=len(text.split()),
        )

    return build


@pytest.fixture(scope="session")
def make_sample() -> Callable[..., Sample]:
    def build(
        question: str = "Who built the bridge?",
        answer: str = "The miller built it.",
        *,
        split: str = "train",
        chunk: str | None = "c1",
        span: tuple[int, int, str] | None = None,
        task: str = "qa",
        group: str | None = None,
        context: str = "none",
        document: str = "d1",
        variant: str = "",
    ) -> Sample:
        messages = (Message("system", variant), Message("user", question), Message("assistant", answer))
        evidence = (Evidence(chunk, *span),) if chunk and span else ()
        return Sample(
            id=content_id(task, *(message.content for message in messages), str(chunk)),
            messages=messages,
            question=question,
            group=group,
            split=split,
            task=task,
            context=context,
            document_ids=(document,),
            chunk_ids=(chunk,) if chunk else (),
            evidence=evidence,
            origin=Origin(teacher="extractive/1", prompt_hash="p", verdicts={"teacher": "kept"}),
        )

    return build


@pytest.fixture(scope="session")
def make_pair() -> Callable[..., Sample]:
    """Build a ready sample, as a source gives it."""

    def build(question: str, answer: str, passage: str | None = None, group: str | None = "g") -> Sample:
        messages = (*student_messages(question, context=passage), Message("assistant", answer))
        return Sample(
            id=content_id("qa", *(message.content for message in messages)),
            messages=messages,
            question=question,
            group=group,
            split="pool",
            task="qa",
            context="chunk" if passage else "none",
            document_ids=("file",),
            chunk_ids=(),
            evidence=(),
            origin=Origin("qa_files/1", "p"),
        )

    return build
