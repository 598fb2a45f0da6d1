"""Turns chunks into samples with a teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from glossator.errors import SynthesisError
from glossator.llm.answer_styles import AnswerStyle, load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.records import Chunk, Message, Origin, Reject, Sample, Split, content_id
from glossator.synthesis.tasks import Task
from glossator.synthesis.teachers import Draft, Teacher


def synthesize(
    chunks: Iterable[Chunk],
    *,
    teacher: Teacher,
    task: Task,
    split_of: Callable[[Chunk], Split | None],
    groups: Mapping[str, str | None],
    seed: int,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Sample | Reject]:
    """Turn chunks into samples, with what the teacher tried in vain as rejects between them.

    Args:
        chunks: read one at a time, so that a long stream needs no memory.
        teacher: writes the questions and answers.
        task: says what the student's prompt holds.
        split_of: the split of a chunk; chunks of the pool, and those without a split, are passed over.
        groups: the group of each document, by document id.
        seed: the seed the teacher was opened with, for lineage.
        on_progress: called with the number of chunks done since the last call.

    Raises:
        SynthesisError: the task asks for retrieved context, which this stage does not have.
        ModelError: the task names an answer style that does not exist.
    """
    if task.context == "retrieved":
        raise SynthesisError(f"task {task.name!r} asks for retrieved context; use context: chunk or context: none")
    style = load_answer_style(task.answer_style) if task.answer_style else None
    origin = Origin(teacher.name, task.hash, style.hash if style else None, seed)

    def write_all() -> Iterator[Sample | Reject]:
        for chunk in chunks:
            split = split_of(chunk)
            if split is not None and split != "pool":
                group = groups.get(chunk.document_id)
                for written in teacher.write(chunk):
                    if isinstance(written, Reject):
                        yield written
                    else:
                        yield _sample(chunk, written, task, style, split=split, group=group, origin=origin)
            if on_progress is not None:
                on_progress(1)

    return write_all()


def _sample(
    chunk: Chunk,
    draft: Draft,
    task: Task,
    style: AnswerStyle | None,
    *,
    split: Split,
    group: str | None,
    origin: Origin,
) -> Sample:
    context = chunk.text if task.context == "chunk" else None
    prompt = student_messages(draft.question, context=context, answer_style=style)
    messages = (*prompt, Message("assistant", draft.answer))
    heading = chunk.heading_path[-1] if chunk.heading_path else ""
    return Sample(
        id=content_id(task.name, *(part for message in messages for part in (message.role, message.content))),
        messages=messages,
        question=draft.question,
        group=group,
        split=split,
        task=task.name,
        context=task.context,
        document_ids=(chunk.document_id,),
        chunk_ids=(chunk.id,),
        evidence=(draft.evidence,),
        origin=origin,
        metadata={"kind": draft.kind, "page": chunk.page_first, "heading": heading},
    )
