"""The nouns of serving: a model as it is asked, a question, an answer and the passages it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glossator.llm.answer_styles import AnswerStyle
from glossator.serving.passages import Mode

MAX_QUESTION_CHARACTERS = 8_000
MAX_PASSAGES = 20


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as it is asked: with the style and the kind of context that it was trained with."""

    name: str
    """What it is asked for by; `base` is the base model itself."""
    answer_style: AnswerStyle | None
    """None leaves the system turn out."""
    context: Literal["none", "chunk", "retrieved"]
    """What text besides the question its prompts held: none, exactly one passage, or several."""
    description: str
    """One line for a reader."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and how it should be answered; None leaves a choice to the answerer."""

    text: str
    model: str | None = None
    retrieval: bool | None = None
    k: int = 3
    mode: Mode | None = None
    max_new_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that was found for a question."""

    number: int
    """From 1, the nearest first."""
    document_id: str
    source_id: str
    title: str
    page_first: int
    page_last: int
    heading_path: tuple[str, ...]
    chunk_id: str
    text: str
    score: float
    """Comparable within one answer only."""
    used: bool
    """Whether the model was shown it, wholly or in part."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to a question, and what it was shown."""

    text: str
    model: str
    citations: tuple[Citation, ...]
    retrieval_used: bool
    """Whether passages were looked for."""
    trimmed: bool
    """Whether the model was shown less of the passages than it should have been, since they did not fit."""
    tokens_in: int
    tokens_out: int
    seconds: float
    """Wall time from the question to the answer, waiting included."""
    retrieval_seconds: float
    """The part of it that the search took; 0 without one."""
