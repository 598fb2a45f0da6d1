"""The models that a recipe names as teacher or judge, opened for use: with key, journal, limits, and a purse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.pipeline.context import Road
from glossator.recipe import ChatTeacherSection, EndpointSection, LocalTeacherSection, read_variables
from glossator.records import JsonValue

if TYPE_CHECKING:
    from glossator.llm.asking import Usage
    from glossator.llm.budget import Purse, Spent
    from glossator.llm.local_structured import LocalStructuredModel
    from glossator.llm.openai_compatible import OpenAICompatibleModel
    from glossator.llm.prices import Price
    from glossator.llm.providers import Endpoint
    from glossator.synthesis import Teacher

JOURNAL = "journal.sqlite"
"""Every reply that was ever paid for, beside the runs that asked for it."""


@dataclass(frozen=True, slots=True)
class OpenTeacher:
    """A teacher that may write, and what its calls came to so far."""

    teacher: Teacher
    usage: Callable[[], Mapping[str, int]] = dict
    """Counts by name; empty for a teacher that makes no calls."""
    spent: Callable[[], Mapping[str, float | None]] = dict
    """What was spent, earlier runs on the same budget included: `usd` (None where nobody knows a price), `calls`,
    `minutes`; empty for a teacher that costs nothing."""


@contextmanager
def open_teacher_of(road: Road, *, spent: str | None = None) -> Iterator[OpenTeacher]:
    """Open the teacher of a recipe; what it holds open ends with the block.

    Args:
        road: the recipe and its folder.
        spent: the name under which the spending of its budget is kept; None to keep it nowhere.

    Raises:
        EndpointError: the endpoint's key is missing.
        ModelError: the budget limits money, and nobody knows the price; or there is no such model.
    """
    from glossator.synthesis import open_teacher

    assert road.recipe.synthesis is not None
    section = road.recipe.synthesis.teacher
    if isinstance(section, ChatTeacherSection):
        with _open_purse(road, section, spent) as purse, open_chat_model(road, section, purse=purse) as model:
            teacher = open_teacher(
                "chat", model=model, temperature=section.temperature, max_new_tokens=section.max_new_tokens
            )
            priced = price_of_section(road, section) is not None
            yield OpenTeacher(teacher, lambda: _counts(model.usage), lambda: _spent(purse.spent, priced=priced))
    elif isinstance(section, LocalTeacherSection):
        with open_local_model(road, section) as local:
            teacher = open_teacher(
                "local", model=local, temperature=section.temperature, max_new_tokens=section.max_new_tokens
            )
            yield OpenTeacher(teacher, lambda: _counts(local.usage))
    else:
        yield OpenTeacher(open_teacher(section.kind, seed=road.recipe.seed))


@contextmanager
def open_chat_model(
    road: Road, section: EndpointSection, *, purse: Purse | None = None
) -> Iterator[OpenAICompatibleModel]:
    """Open the chat model of a section, with the journal of the runs folder; both are closed with the block.

    Raises:
        EndpointError: the endpoint's key is missing.
    """
    from glossator.llm.journal import Journal
    from glossator.llm.limits import Limits
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
            limits=Limits(section.requests_per_minute, section.tokens_per_minute),
            purse=purse,
        ) as model,
    ):
        yield model


@contextmanager
def open_local_model(road: Road, section: LocalTeacherSection) -> Iterator[LocalStructuredModel]:
    """Load the model of a section into this process, with the journal of the runs folder.

    Raises:
        ModelError: there is no such model, or the adapter does not fit it.
    """
    from glossator.llm.journal import Journal
    from glossator.llm.local import LocalModel
    from glossator.llm.local_structured import LocalStructuredModel

    with Journal(journal_path(road)) as journal:
        model = LocalModel.open(
            teacher_folder(road, section),
            adapter=road.resolve(section.adapter) if section.adapter else None,
            quantization=section.quantization,
            dtype="bfloat16" if section.bf16 else "float32",
            batch_size=section.batch_size,
            seed=road.recipe.seed,
        )
        yield LocalStructuredModel(model, journal)


def teacher_folder(road: Road, section: LocalTeacherSection) -> Path:
    """Where the model of a local teacher lies."""
    from glossator.embedded import resolve_model

    return Path(resolve_model("embedded")) if section.model == "embedded" else road.resolve(section.model)


@contextmanager
def _open_purse(road: Road, section: EndpointSection, spent: str | None) -> Iterator[Purse]:
    """The purse that a teacher pays from; with a budget it goes on where an earlier run of the same work ended."""
    from glossator.llm.budget import Budget, Purse
    from glossator.llm.purse_file import kept_purse

    assert road.recipe.synthesis is not None
    bounds = road.recipe.synthesis.budget
    price = price_of_section(road, section)
    budget = Budget(bounds.usd, bounds.calls, bounds.minutes) if bounds else Budget()
    if bounds is None or spent is None:
        yield Purse(budget, price)
        return
    with kept_purse(road.spent / f"{spent}.jsonl", budget, price) as purse:
        yield purse


def price_of_section(road: Road, section: EndpointSection) -> Price | None:
    """What the tokens of a section's model cost; None where nobody knows.

    Raises:
        ModelError: the recipe's table of prices cannot be read.
    """
    from glossator.llm.prices import Price, price_of

    prices = road.recipe.synthesis.prices if road.recipe.synthesis else None
    return price_of(
        section.provider or section.base_url,
        section.model,
        given=Price(section.price.usd_in, section.price.usd_out) if section.price else None,
        table=road.resolve(prices) if prices else None,
    )


def _spent(spent: Spent, *, priced: bool) -> dict[str, float | None]:
    return {"usd": spent.usd if priced else None, "calls": spent.calls, "minutes": round(spent.minutes, 2)}


def _counts(usage: Usage) -> dict[str, int]:
    counts = {"calls": usage.calls, "from_journal": usage.from_journal, "retries": usage.retries}
    return {**counts, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}


def journal_path(road: Road) -> Path:
    """Where replies are kept: shared by all recipes of one runs folder."""
    return road.folder.parent / JOURNAL


def endpoint_of(section: EndpointSection) -> Endpoint:
    """The endpoint of a chat model, with its key from the environment or the `.env` file.

    Raises:
        EndpointError: the key is missing, or the address is no address.
    """
    from glossator.llm.providers import endpoint

    return endpoint(section.provider, section.base_url, section.key_variable, read_variables())


def teacher_identity(road: Road) -> JsonValue:
    """What decides a teacher's words, besides its tasks and the seed; needs no key."""
    from glossator.pipeline.settings import model_identity
    from glossator.synthesis import open_teacher
    from glossator.synthesis.conversation import PROMPT_HASH

    assert road.recipe.synthesis is not None
    section = road.recipe.synthesis.teacher
    if isinstance(section, ChatTeacherSection):
        return {"kind": section.kind, "words": PROMPT_HASH, **endpoint_identity(section)}
    if isinstance(section, LocalTeacherSection):
        values = section.model_dump(mode="json", exclude={"model", "adapter"})
        model = model_identity(teacher_folder(road, section))
        adapter = model_identity(road.resolve(section.adapter)) if section.adapter else None
        return {"words": PROMPT_HASH, **values, "model": model, "adapter": adapter}
    return open_teacher(section.kind, seed=road.recipe.seed).name


def endpoint_identity(section: EndpointSection) -> dict[str, JsonValue]:
    """What decides the replies of a chat model besides its prompts."""
    return section.model_dump(mode="json", include={"provider", "base_url", "model", "temperature", "max_new_tokens"})
