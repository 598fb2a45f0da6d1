"""A judge that is a chat model: it is shown a passage, a question and an answer, all of them as data."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from glossator.curation.judging.cases import Case, JudgedAs, Unjudged, Verdict
from glossator.curation.judging.conversation import PROMPT_HASH, conversation_about
from glossator.curation.judging.reply import MAX_CHARACTERS, Saying, read_verdict
from glossator.errors import CurationError, ModelError
from glossator.llm import Answered, Conversation, StructuredModel
from glossator.llm.json_schema import strict_schema
from glossator.text.excerpt import excerpt

_ALL: tuple[JudgedAs, ...] = ("pair", "persona", "unanswerable")
_MAX_CASE_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class ChatJudge:
    """Has a model say of each case whether it is supported, answerable and in style.

    The model sees neither who wrote the pair nor that some pairs are planted. A reply that cannot be read is no verdict
    and is not asked for again.

    Args:
        model: answers in order and tells what failed; what it cost, it counts itself.
        temperature: 0 is greedy.
        max_new_tokens: longest verdict.

    Raises:
        CurationError: one of the numbers is out of range.
    """

    model: StructuredModel
    temperature: float = 0.0
    max_new_tokens: int = 512

    def __post_init__(self) -> None:
        for name, least in {"temperature": 0, "max_new_tokens": 1}.items():
            if not getattr(self, name) >= least:
                raise CurationError(f"judge 'chat': {name} is {getattr(self, name)}; give at least {least}")

    @property
    def name(self) -> str:
        """Kind, model, and whatever else decides a verdict, fit for lineage."""
        return (
            f"chat/{self.model.name} temperature={self.temperature:g} max_new_tokens={self.max_new_tokens} "
            f"prompt={PROMPT_HASH}"
        )

    @property
    def judges(self) -> Collection[JudgedAs]:
        """Every kind of case."""
        return _ALL

    def judge(self, cases: Iterable[Case]) -> Iterator[Verdict | Unjudged]:
        """Judge each case, in order; the model decides how far ahead cases are read.

        Raises:
            EndpointError: nothing can be judged at all.
        """
        # The model may read conversations in another thread; a deque takes from one and gives to the other.
        waiting: deque[Unjudged | None] = deque()

        def conversations() -> Iterator[Conversation]:
            for case in cases:
                unasked = _why_not_ask(case)
                waiting.append(unasked)
                if unasked is None:
                    yield conversation_about(case)

        for answered in self.model.answer(
            conversations(),
            schema=strict_schema(Saying),
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
        ):
            while waiting:
                unasked = waiting.popleft()
                yield unasked or _read(answered)
                if unasked is None:
                    break
            else:
                raise ModelError(f"{self.model.name} gave more answers than it was asked for")
        for unasked in waiting:
            if unasked is None:
                raise ModelError(f"{self.model.name} gave no verdict on a pair and said nothing; run again")
            yield unasked


def _why_not_ask(case: Case) -> Unjudged | None:
    length = sum(map(len, case.passages)) + len(case.question) + len(case.answer)
    if length > _MAX_CASE_CHARACTERS:
        return Unjudged("case_too_long", f"{length} characters, {_MAX_CASE_CHARACTERS} are shown to a judge")
    return None


def _read(answered: Answered) -> Verdict | Unjudged:
    if answered.reply is None or answered.failure:
        return Unjudged(answered.failure or "no_reply", excerpt(answered.detail), answered.journal_key)
    text = answered.reply.text
    if len(text) > MAX_CHARACTERS:
        return Unjudged("too_long", f"{len(text)} characters", answered.journal_key)
    return read_verdict(text, answered.journal_key)
