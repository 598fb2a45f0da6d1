"""Turns materials into samples with a teacher."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glossator import records
from glossator.errors import SynthesisError
from glossator.llm.answer_styles import AnswerStyle, load_answer_style
from glossator.llm.chat_format import student_messages
from glossator.records import Chunk, JsonValue, Message, Origin, Reject, Sample, content_id
from glossator.synthesis.materials import Material
from glossator.synthesis.task import Task
from glossator.synthesis.teachers import Draft, Refused, Teacher


def synthesize(
    materials: Iterable[Material],
    *,
    teacher: Teacher,
    task: Task,
    groups: Mapping[str, str | None],
    seed: int,
    titles: Mapping[str, str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Sample | Reject]:
    """Turn materials into samples, with what the teacher tried in vain as rejects between them.

    Args:
        materials: read as the teacher asks for them, a bounded number ahead, so that a long stream needs no memory.
        teacher: writes the questions and answers.
        task: says what the student's prompt holds.
        groups: the group of each document, by document id.
        seed: the seed the teacher was opened with, for lineage.
        titles: the title of each document, by document id, for teachers that read it.
        on_progress: called with the number of materials done since the last call, in the caller's thread.

    Raises:
        SynthesisError: the task asks for what this teacher cannot write.
        ModelError: the task names an answer style that does not exist.
        EndpointError: while iterating, the model of the teacher cannot answer at all.
    """
    style = load_answer_style(task.answer_style) if task.answer_style else None
    origin = Origin(teacher.name, task.hash, style.hash if style else None, seed)
    composer = _Composer(task, style, origin, groups)
    given = _Given(materials)
    drafts = teacher.write(given, task, titles=titles)
    tell = on_progress or (lambda _: None)

    def write_all() -> Iterator[Sample | Reject]:
        for written in drafts:
            material = given.next_answered(teacher.name)
            yield from (composer.compose(material, made) for made in written)
            tell(1)
        given.end(teacher.name)

    return write_all()


class _Given:
    """The materials that a teacher is given, and those of them that wait for its drafts.

    A teacher may read materials in another thread; a deque takes from one and gives to the other.
    """

    def __init__(self, materials: Iterable[Material]) -> None:
        self._materials = materials
        self._waiting: deque[Material] = deque()

    def __iter__(self) -> Iterator[Material]:
        for material in self._materials:
            self._waiting.append(material)
            yield material

    def next_answered(self, teacher: str) -> Material:
        """Return the material that drafts are about."""
        if not self._waiting:
            raise SynthesisError(f"teacher {teacher} wrote about more than it was given; use another teacher")
        return self._waiting.popleft()

    def end(self, teacher: str) -> None:
        """Make sure that no material is left without a word."""
        if self._waiting:
            raise SynthesisError(f"teacher {teacher} left {len(self._waiting)} passages without a word; run again")


@dataclass(frozen=True, slots=True)
class _Composer:
    """Makes samples of one task from drafts."""

    task: Task
    style: AnswerStyle | None
    origin: Origin
    groups: Mapping[str, str | None]

    def compose(self, material: Material, made: Draft | Refused | Reject) -> Sample | Reject:
        """Turn what a teacher made into a sample, or into a reject that holds one where there is enough for it."""
        if isinstance(made, Reject):
            return made
        if isinstance(made, Refused):
            sample = self._sample(material, made.draft)
            return Reject(sample.id, made.stage, made.reason, made.detail, records.to_dict(sample))
        return self._sample(material, made)

    def _sample(self, material: Material, draft: Draft) -> Sample:
        chunk = next(chunk for chunk in material.chunks if chunk.id == draft.chunk_id)
        task, shown = self.task, self._shown(material, chunk, draft)
        first, *later = (*(question for question, _ in draft.turns), draft.question)
        prompt = list(student_messages(first, context=self._context(material, shown), answer_style=self.style))
        for question, (_, answer) in zip(later, draft.turns, strict=True):
            prompt += [Message("assistant", answer), Message("user", question)]
        messages = (*prompt, Message("assistant", draft.answer))
        return Sample(
            id=content_id(task.name, *(part for message in messages for part in (message.role, message.content))),
            messages=messages,
            question=draft.question,
            group=self.groups.get(chunk.document_id),
            split=material.split,
            task=task.name,
            context=task.context,
            document_ids=tuple(dict.fromkeys(one.document_id for one in shown)),
            chunk_ids=tuple(one.id for one in shown),
            evidence=draft.evidence,
            origin=replace(self.origin, journal_key=draft.journal_key, verdicts=draft.verdicts),
            metadata={**draft.metadata, **_about(material, chunk, draft)},
            rejected=draft.rejected,
        )

    def _shown(self, material: Material, chunk: Chunk, draft: Draft) -> list[Chunk]:
        """The chunks that a sample is made of, in the order in which the student reads them."""
        if self.task.shows == "related_chunks":
            return list(material.chunks)
        proof = [evidence.text for evidence in draft.evidence]
        others = [one for one in material.distractors if not any(text in one.text for text in proof)]
        # Where the right one stands must not tell it, and must be the same every time.
        order = random.Random(f"{self.origin.seed} {chunk.id}")
        return order.sample([chunk, *others], len(others) + 1)

    def _context(self, material: Material, shown: Sequence[Chunk]) -> str | None:
        """The text of the student's prompt, as serving composes it."""
        if self.task.context == "none":
            return None
        return material.text if material.figure else "\n\n".join(chunk.text for chunk in shown)


def _about(material: Material, chunk: Chunk, draft: Draft) -> dict[str, JsonValue]:
    heading = chunk.heading_path[-1] if chunk.heading_path else ""
    about: dict[str, JsonValue] = {"kind": draft.kind, "page": chunk.page_first, "heading": heading}
    if material.distractors:
        about["gold"] = chunk.id
    if material.figure:
        about |= {"figure": material.figure.id, "page": material.figure.page}
    return about
