"""A teacher that is a chat model: it is shown a passage and the task, and its replies are checked before they count."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from glossator.errors import ModelError, SynthesisError
from glossator.llm import Answered, Conversation, StructuredModel
from glossator.llm.answer_styles import load_answer_style
from glossator.records import Chunk, Message, Reject
from glossator.synthesis.conversation import PROMPT_HASH, instruction, passage_turn
from glossator.synthesis.evidence import require_matching
from glossator.synthesis.replies import Fault, excerpt, read_reply
from glossator.synthesis.schemas import json_schema
from glossator.synthesis.tasks import Task
from glossator.synthesis.teachers.back_matter import is_back_matter
from glossator.synthesis.teachers.checking import check_part
from glossator.synthesis.teachers.drafts import Draft
from glossator.synthesis.wording import Prompted, refuses

_STAGE = "chat"
_MAX_CHUNK_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class ChatTeacher:
    """Has a model write about chunks and takes from its replies what can be trusted.

    A reply never becomes a draft as it is: it is read as JSON, each part is checked against its schema and the words
    it may hold, quoted evidence is looked for in the chunk, and what fails is a reject with its reason.

    Args:
        model: answers in order and tells what failed; what it cost, it counts itself.
        temperature: 0 is greedy.
        max_new_tokens: longest reply.
        max_pairs: most pairs a chunk gives, where the task does not say.

    Raises:
        SynthesisError: one of the numbers is out of range.
    """

    model: StructuredModel
    temperature: float = 0.0
    max_new_tokens: int = 1024
    max_pairs: int = 3

    def __post_init__(self) -> None:
        bounds = {"temperature": 0, "max_new_tokens": 1, "max_pairs": 1}
        for name, least in bounds.items():
            if not getattr(self, name) >= least:
                raise SynthesisError(f"teacher 'chat': {name} is {getattr(self, name)}; give at least {least}")

    @property
    def name(self) -> str:
        """Kind, model, and whatever else decides what is written, fit for lineage."""
        return (
            f"chat/{self.model.name} temperature={self.temperature:g} max_new_tokens={self.max_new_tokens} "
            f"max_pairs={self.max_pairs} prompt={PROMPT_HASH}"
        )

    def write(
        self, chunks: Iterable[Chunk], task: Task, *, titles: Mapping[str, str] | None = None
    ) -> Iterator[list[Draft | Reject]]:
        """Turn chunks into drafts, one list for each; the model decides how far ahead chunks are read.

        Chunks that no model should be paid for (blank, endless, acknowledgements, references) are rejects at once.

        Raises:
            ModelError: the task names an answer style that does not exist.
            MissingExtraError: evidence must be looked for and rapidfuzz is not installed.
            EndpointError: while iterating, the model cannot answer at all.
        """
        style = load_answer_style(task.answer_style) if task.answer_style else None
        if task.question is None:
            require_matching()
        told = Message("system", instruction(task, style, pairs=task.pairs or self.max_pairs))
        return self._write(chunks, task, told, titles or {})

    def _write(
        self, chunks: Iterable[Chunk], task: Task, told: Message, titles: Mapping[str, str]
    ) -> Iterator[list[Draft | Reject]]:
        # The model may read conversations in another thread; a deque takes from one and gives to the other.
        waiting: deque[tuple[Chunk, Reject | None]] = deque()

        def conversations() -> Iterator[Conversation]:
            for chunk in chunks:
                unasked = _why_not_ask(chunk)
                waiting.append((chunk, unasked))
                if unasked is None:
                    yield (told, passage_turn(chunk, titles.get(chunk.document_id, "")))

        prompted = Prompted(told.content)
        for answered in self.model.answer(
            conversations(),
            schema=json_schema(task.schema),
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
        ):
            while waiting:
                chunk, unasked = waiting.popleft()
                yield [unasked] if unasked else self._drafts(chunk, answered, task, prompted)
                if unasked is None:
                    break
            else:
                raise ModelError(f"{self.model.name} gave more answers than it was asked for")
        for chunk, unasked in waiting:
            if unasked is None:
                raise ModelError(f"{self.model.name} gave no answer about chunk {chunk.id} and said nothing; run again")
            yield [unasked]

    def _drafts(self, chunk: Chunk, answered: Answered, task: Task, prompted: Prompted) -> list[Draft | Reject]:
        """Turn one answer into drafts, followed by rejects."""
        if answered.reply is None or answered.failure not in ("", "truncated"):
            return [Reject(chunk.id, _STAGE, answered.failure or "no_reply", excerpt(answered.detail))]
        text = answered.reply.text
        read = read_reply(text, task.schema)
        repaired = {"reply": f"repaired: {', '.join(read.repairs)}"} if read.repairs else {}
        drafts: list[Draft] = []
        faults: list[Fault] = []
        for part in read.parts:
            made = check_part(part, chunk, task, prompted)
            if isinstance(made, Fault):
                faults.append(made)
            elif len(drafts) == (task.pairs or self.max_pairs):
                faults.append(Fault("too_many", excerpt(made.question)))
            else:
                drafts.append(replace(made, journal_key=answered.journal_key, verdicts=repaired | dict(made.verdicts)))
        faults += [_unread(fault, text, chunk, prompted) for fault in read.faults]
        if not drafts and not faults:
            faults.append(Fault("no_pair", "the teacher found nothing to ask"))
        return [*drafts, *(Reject(chunk.id, _STAGE, fault.reason, fault.detail) for fault in faults)]


def _unread(fault: Fault, text: str, chunk: Chunk, prompted: Prompted) -> Fault:
    """Tell why a reply that holds no object holds none, where its words say so."""
    if fault.reason != "malformed":
        return fault
    if refuses(text):
        return Fault("refused", fault.detail)
    return Fault("echo", fault.detail) if prompted.echoed_in(text, chunk.text) else fault


def _why_not_ask(chunk: Chunk) -> Reject | None:
    if len(chunk.text) > _MAX_CHUNK_CHARACTERS:
        detail = f"{len(chunk.text)} characters; chunk it to at most {_MAX_CHUNK_CHARACTERS}"
        return Reject(chunk.id, _STAGE, "chunk_too_long", detail)
    if not any(char.isalnum() for char in chunk.text):
        return Reject(chunk.id, _STAGE, "chunk_blank", "there is nothing to read")
    if is_back_matter(chunk):
        return Reject(chunk.id, _STAGE, "back_matter", excerpt(" › ".join(chunk.heading_path)))
    return None
