"""A teacher that is a chat model: it is shown a passage and the task, and its replies are checked before they count."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from glossator.errors import ModelError, SynthesisError
from glossator.llm import Answered, Conversation, ConversationAbout, StructuredModel
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Chunk, Message, Reject
from glossator.synthesis.conversation import PROMPT_HASH, material_turn, opening_turns
from glossator.synthesis.evidence import require_matching
from glossator.synthesis.materials import Material
from glossator.synthesis.replies import MALFORMED, SCHEMA, Fault, read_reply
from glossator.synthesis.schemas import json_schema
from glossator.synthesis.task import Task
from glossator.synthesis.teachers.back_matter import is_back_matter
from glossator.synthesis.teachers.checking import Checker
from glossator.synthesis.teachers.drafts import Draft, Refused
from glossator.synthesis.wording import Prompted, refuses
from glossator.text.excerpt import excerpt

_STAGE = "teacher"
_MAX_CHUNK_CHARACTERS = 50_000
_LARGEST_IMAGE = 10_000_000
"""Bytes of an image that is sent at all."""
_UNREADABLE = ("truncated", "refused", "too_long", "empty_reply")
"""Failures of a call that are about what the reply says; after all others there is none."""

Made = Draft | Refused | Reject


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A material that is being asked about, with what of it is not."""

    material: Material
    unasked: tuple[Reject, ...] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class ChatTeacher:
    """Has a model write about materials and takes from its replies what can be trusted.

    A reply never becomes a draft as it is: it is read as JSON, each part is checked against its schema and the words
    it may hold, quoted evidence is looked for in the chunk, and what fails is a reject with its reason.

    Args:
        model: answers in order and tells what failed; what it cost, it counts itself.
        temperature: 0 is greedy.
        max_new_tokens: longest reply.
        max_pairs: most parts a material gives, where the task does not say.

    Raises:
        SynthesisError: one of the numbers is out of range.
    """

    kind: ClassVar[str] = "chat"

    model: StructuredModel
    temperature: float = 0.0
    max_new_tokens: int = 1024
    max_pairs: int = 3

    def __post_init__(self) -> None:
        bounds = {"temperature": 0, "max_new_tokens": 1, "max_pairs": 1}
        for name, least in bounds.items():
            if not getattr(self, name) >= least:
                raise SynthesisError(f"teacher {self.kind!r}: {name} is {getattr(self, name)}; give at least {least}")

    @property
    def name(self) -> str:
        """Kind, model, and whatever else decides what is written, fit for lineage."""
        return (
            f"{self.kind}/{self.model.name} temperature={self.temperature:g} max_new_tokens={self.max_new_tokens} "
            f"max_pairs={self.max_pairs} prompt={PROMPT_HASH}"
        )

    def write(
        self, materials: Iterable[Material], task: Task, *, titles: Mapping[str, str] | None = None
    ) -> Iterator[list[Made]]:
        """Turn materials into drafts, one list for each; the model decides how far ahead materials are read.

        Chunks that no model should be paid for (blank, endless, acknowledgements, references) are rejects at once.

        Raises:
            ModelError: the task names an answer style that does not exist.
            MissingExtraError: evidence must be looked for and rapidfuzz is not installed.
            EndpointError: while iterating, the model cannot answer at all.
        """
        style = load_answer_style(task.answer_style) if task.answer_style else None
        if task.question is None:
            require_matching()
        opening = opening_turns(task, style, pairs=task.pairs or self.max_pairs)
        return self._write(materials, task, opening, titles or {})

    def _write(
        self, materials: Iterable[Material], task: Task, opening: tuple[Message, ...], titles: Mapping[str, str]
    ) -> Iterator[list[Made]]:
        # The model may read conversations in another thread; a deque takes from one and gives to the other.
        waiting: deque[_Waiting] = deque()

        def conversations() -> Iterator[Conversation]:
            for given in materials:
                asked, turn = _prepare(given, task, titles)
                waiting.append(asked)
                if turn is not None:
                    yield ConversationAbout((*opening, turn), given.document_ids)

        prompted = Prompted("\n".join(turn.content for turn in opening))
        for answered in self.model.answer(
            conversations(),
            schema=json_schema(task.form),
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
        ):
            while waiting:
                one = waiting.popleft()
                yield [*(self._made(one.material, answered, task, prompted, titles) if one.asked else ()), *one.unasked]
                if one.asked:
                    break
            else:
                raise ModelError(f"{self.model.name} gave more answers than it was asked for")
        for one in waiting:
            if one.asked:
                raise ModelError(
                    f"{self.model.name} gave no answer about {one.material.id} and said nothing; run again"
                )
            yield list(one.unasked)

    def _made(
        self, material: Material, answered: Answered, task: Task, prompted: Prompted, titles: Mapping[str, str]
    ) -> list[Made]:
        """Turn one answer into drafts, followed by what is refused and what could not be read."""
        if answered.reply is None or answered.failure not in ("", "truncated"):
            stage = MALFORMED if answered.failure in _UNREADABLE else _STAGE
            return [Reject(material.id, stage, answered.failure or "no_reply", excerpt(answered.detail))]
        text = answered.reply.text
        read = read_reply(text, task.form)
        repaired = {"reply": f"repaired: {', '.join(read.repairs)}"} if read.repairs else {}
        checker = Checker(material, task, prompted, titles)
        drafts: list[Made] = []
        refused: list[Made] = []
        for part in read.parts:
            made = checker.check(part)
            draft = made.draft if isinstance(made, Refused) else made
            draft = replace(draft, journal_key=answered.journal_key, verdicts=repaired | dict(draft.verdicts))
            if isinstance(made, Refused):
                refused.append(replace(made, draft=draft))
            elif len(drafts) == (task.pairs or self.max_pairs):
                refused.append(Refused(draft, SCHEMA, "too_many", excerpt(draft.question)))
            else:
                drafts.append(draft)
        refused += [_unread(fault, text, material, prompted, answered) for fault in read.faults]
        if not drafts and not refused:
            refused.append(Reject(material.id, _STAGE, "no_pair", "the teacher found nothing to ask"))
        return [*drafts, *refused]


def _prepare(given: Material, task: Task, titles: Mapping[str, str]) -> tuple[_Waiting, Message | None]:
    """Leave out of a material what no model should be paid for, and make the turn that shows the rest."""
    why = {chunk.id: _why_not_ask(chunk) for chunk in given.chunks}
    unasked = tuple(reject for reject in why.values() if reject)
    chunks = tuple(chunk for chunk in given.chunks if why[chunk.id] is None)
    if not chunks or (unasked and task.shows == "related_chunks"):
        return _Waiting(given, unasked, asked=False), None
    material = replace(given, chunks=chunks)
    try:
        if material.figure and len(material.image or b"") > _LARGEST_IMAGE:
            raise OSError(f"it has more than {_LARGEST_IMAGE} bytes")
        return _Waiting(material, unasked), material_turn(material, titles)
    except OSError as error:
        reject = Reject(given.id, _STAGE, "no_image", excerpt(f"{type(error).__name__}: {error}"))
        return _Waiting(given, (*unasked, reject), asked=False), None


def _unread(fault: Fault, text: str, material: Material, prompted: Prompted, answered: Answered) -> Made:
    """Tell why a reply that holds no object holds none, where its words say so; what it did say is kept."""
    if fault.said is not None:
        draft = Draft(*fault.said, (), "other", material.chunks[0].id, journal_key=answered.journal_key)
        return Refused(draft, fault.stage, fault.reason, fault.detail)
    reason = fault.reason
    if reason == "malformed" and refuses(text):
        reason = "refused"
    elif reason == "malformed" and prompted.echoed_in(text, material.text):
        reason = "echo"
    elif reason == "malformed" and answered.failure == "truncated":
        reason = "truncated"
    return Reject(material.id, fault.stage, reason, fault.detail)


def _why_not_ask(chunk: Chunk) -> Reject | None:
    if len(chunk.text) > _MAX_CHUNK_CHARACTERS:
        detail = f"{len(chunk.text)} characters; chunk it to at most {_MAX_CHUNK_CHARACTERS}"
        return Reject(chunk.id, _STAGE, "chunk_too_long", detail)
    if not any(char.isalnum() for char in chunk.text):
        return Reject(chunk.id, _STAGE, "chunk_blank", "there is nothing to read")
    if is_back_matter(chunk):
        return Reject(chunk.id, _STAGE, "back_matter", excerpt(" › ".join(chunk.heading_path)))
    return None
