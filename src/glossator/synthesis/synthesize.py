"""Turns chunks into samples with a teacher."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

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
    titles: Mapping[str, str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Sample | Reject]:
    """Turn chunks into samples, with what the teacher tried in vain as rejects between them.

    Args:
        chunks: read as the teacher asks for them, a bounded number ahead, so that a long stream needs no memory.
        teacher: writes the questions and answers.
        task: says what the student's prompt holds.
        split_of: the split of a chunk; chunks of the pool, and those without a split, are passed over.
        groups: the group of each document, by document id.
        seed: the seed the teacher was opened with, for lineage.
        titles: the title of each document, by document id, for teachers that read it.
        on_progress: called with the number of chunks done since the last call, in the caller's thread.

    Raises:
        SynthesisError: the task asks for retrieved context, or for what this teacher cannot write.
        ModelError: the task names an answer style that does not exist.
        EndpointError: while iterating, the model of the teacher cannot answer at all.
    """
    if task.context == "retrieved":
        raise SynthesisError(f"task {task.name!r} asks for retrieved context; use context: chunk or context: none")
    style = load_answer_style(task.answer_style) if task.answer_style else None
    origin = Origin(teacher.name, task.hash, style.hash if style else None, seed)

    given = _Given(chunks, split_of)
    drafts = teacher.write(given, task, titles=titles)

    tell = on_progress or (lambda _: None)

    def write_all() -> Iterator[Sample | Reject]:
        for written in drafts:
            chunk, split, done = given.next_answered(teacher.name)
            group = groups.get(chunk.document_id)
            for made in written:
                if isinstance(made, Reject):
                    yield made
                else:
                    yield _sample(chunk, made, task, style, split=split, group=group, origin=origin)
            tell(done)
        tell(given.end(teacher.name))

    return write_all()


class _Given:
    """The chunks that a teacher is given, and those of them that wait for its drafts.

    A teacher may read chunks in another thread; a deque takes from one and gives to the other.
    """

    def __init__(self, chunks: Iterable[Chunk], split_of: Callable[[Chunk], Split | None]) -> None:
        self._chunks = chunks
        self._split_of = split_of
        self._waiting: deque[tuple[Chunk, Split, int]] = deque()
        self._passed_over = 0

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            split = self._split_of(chunk)
            if split is None or split == "pool":
                self._passed_over += 1
            else:
                self._waiting.append((chunk, split, self._passed_over + 1))
                self._passed_over = 0
                yield chunk

    def next_answered(self, teacher: str) -> tuple[Chunk, Split, int]:
        """Return the chunk that drafts are about, its split, and how many chunks are done with it."""
        if not self._waiting:
            raise SynthesisError(f"teacher {teacher} wrote about more chunks than it was given; use another teacher")
        return self._waiting.popleft()

    def end(self, teacher: str) -> int:
        """Make sure that no chunk is left without a word, and return how many were passed over at the end."""
        if self._waiting:
            raise SynthesisError(f"teacher {teacher} left {len(self._waiting)} chunks without a word; run again")
        return self._passed_over


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
        evidence=(draft.evidence,) if draft.evidence else (),
        origin=replace(origin, journal_key=draft.journal_key, verdicts=draft.verdicts),
        metadata={"kind": draft.kind, "page": chunk.page_first, "heading": heading},
    )
