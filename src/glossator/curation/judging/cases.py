"""What a judge looks at, and what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

JudgedAs = Literal["pair", "persona", "unanswerable"]
"""What a task's samples are: `pair` is a question with its answer, `persona` explains a whole passage in other words,
`unanswerable` asks what the passage does not tell."""
Aspect = Literal["support", "answerable", "style"]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with its answer, beside the text they are said to come from; who wrote them is not told."""

    question: str
    answer: str
    passages: tuple[str, ...]
    """One; two where the answer needs both."""
    kind: JudgedAs = "pair"
    context: Literal["none", "chunk", "retrieved"] = "chunk"
    """What text the student reads besides the question."""
    style: str | None = None
    """The words of the answer style; None where there is none, and then none is judged."""
    turns: tuple[tuple[str, str], ...] = ()
    """Questions and answers before this one, in the same conversation."""
    document_ids: tuple[str, ...] = ()
    """Where the passages come from."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of a case; what it was not asked is True."""

    support: bool
    """The passages bear out all that the answer says."""
    answerable: bool
    """The passages answer the question, and its reader understands it."""
    style: bool
    """The answer keeps to the answer style."""
    reason: str = ""
    """Why, in one sentence; empty where nothing is wrong."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Numbers behind the verdict, by name, of a judge that measures."""
    journal_key: str | None = None
    """Where the reply lies in the journal; None for a judge that makes no calls."""


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A case that a judge could not come to a verdict on."""

    failure: str
    """One word fit for counting: `malformed`, `truncated`, `timeout`, …"""
    detail: str = ""
    journal_key: str | None = None


class Judge(Protocol):
    """Anything that looks at questions and answers beside their passages."""

    @property
    def name(self) -> str:
        """Kind and version, or kind, model and whatever else decides its verdicts, fit for lineage."""

    @property
    def judges(self) -> Collection[JudgedAs]:
        """What it can judge; cases of other kinds are not given to it."""

    def judge(self, cases: Iterable[Case]) -> Iterator[Verdict | Unjudged]:
        """Judge each case, in order.

        Args:
            cases: read only a bounded number ahead of what was given back.

        Raises:
            EndpointError: nothing can be judged at all.
        """


def aspects_of(case: Case) -> tuple[Aspect, ...]:
    """Turn a case into what is asked of it: of a persona only support, of an unanswerable question only whether it is.

    The style is asked for only where there is one.
    """
    if case.kind == "persona":
        return ("support",)
    if case.kind == "unanswerable":
        return ("answerable",)
    return ("support", "answerable", "style") if case.style else ("support", "answerable")
