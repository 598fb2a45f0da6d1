"""The teacher that a recipe names, opened for use: with the endpoint's key from the environment and the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.pipeline.context import Road
from glossator.recipe import ChatTeacherSection, read_variables
from glossator.records import JsonValue

if TYPE_CHECKING:
    from glossator.llm.asking import Usage
    from glossator.llm.openai_compatible import OpenAICompatibleModel
    from glossator.llm.providers import Endpoint
    from glossator.synthesis import Teacher

JOURNAL = "journal.sqlite"
"""Every reply that was ever paid for, beside the runs that asked for it."""


@dataclass(frozen=True, slots=True)
class OpenTeacher:
    """A teacher that may write, and what its calls came to so far."""

    teacher: Teacher
    usage: Callable[[], Mapping[str, int]]
    """Counts by name; empty for a teacher that makes no calls."""


@contextmanager
def open_teacher_of(road: Road) -> Iterator[OpenTeacher]:
    """Open the teacher of a recipe; what it holds open ends with the block.

    Raises:
        EndpointError: the endpoint's key is missing.
    """
    from glossator.synthesis import open_teacher

    assert road.recipe.synthesis is not None
    section = road.recipe.synthesis.teacher
    if not isinstance(section, ChatTeacherSection):
        yield OpenTeacher(open_teacher(section.kind, seed=road.recipe.seed), dict)
        return
    with open_chat_model(road, section) as model:
        teacher = open_teacher(
            section.kind, model=model, temperature=section.temperature, max_new_tokens=section.max_new_tokens
        )
        yield OpenTeacher(teacher, lambda: _counts(model.usage))


@contextmanager
def open_chat_model(road: Road, section: ChatTeacherSection) -> Iterator[OpenAICompatibleModel]:
    """Open the chat model of a section, with the journal of the runs folder; both are closed with the block.

    Raises:
        EndpointError: the endpoint's key is missing.
    """
    from glossator.llm.journal import Journal
    from glossator.llm.openai_compatible import OpenAICompatibleModel

    with (
        Journal(journal_path(road)) as journal,
        OpenAICompatibleModel(
            endpoint_of(section),
            section.model,
            concurrency=section.concurrency,
            timeout_seconds=section.timeout_seconds,
            attempts=section.attempts,
            journal=journal,
            seed=road.recipe.seed,
        ) as model,
    ):
        yield model


def _counts(usage: Usage) -> dict[str, int]:
    counts = {"calls": usage.calls, "from_journal": usage.from_journal, "retries": usage.retries}
    return {**counts, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}


def journal_path(road: Road) -> Path:
    """Where replies are kept: shared by all recipes of one runs folder."""
    return road.folder.parent / JOURNAL


def endpoint_of(section: ChatTeacherSection) -> Endpoint:
    """The endpoint of a chat teacher, with its key from the environment or the `.env` file.

    Raises:
        EndpointError: the key is missing, or the address is no address.
    """
    from glossator.llm.providers import endpoint

    return endpoint(section.provider, section.base_url, section.key_variable, read_variables())


def teacher_identity(road: Road) -> JsonValue:
    """What decides a teacher's words, besides its tasks and the seed; needs no key."""
    from glossator.synthesis import open_teacher
    from glossator.synthesis.conversation import PROMPT_HASH

    assert road.recipe.synthesis is not None
    section = road.recipe.synthesis.teacher
    if not isinstance(section, ChatTeacherSection):
        return open_teacher(section.kind, seed=road.recipe.seed).name
    values = section.model_dump(mode="json", include={"provider", "base_url", "model", "temperature", "max_new_tokens"})
    return {"kind": section.kind, "words": PROMPT_HASH, **values}
