"""The quote itself: every stage with what it will count, take and leave on disk, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from glossator.errors import GlossatorError
from glossator.pipeline.context import Road
from glossator.pipeline.listing import list_stages
from glossator.pipeline.preflight import (
    check_before_work,
    check_describer,
    check_judge,
    check_sources,
    check_teacher,
)
from glossator.pipeline.quote.budget import judge_budget
from glossator.pipeline.quote.calls import NO_CALLS
from glossator.pipeline.quote.finetuning import quote_finetuning
from glossator.pipeline.quote.lines import StageQuote, plan_sentence
from glossator.pipeline.quote.looking import LOOK_DOCUMENTS, Look, look_at_documents
from glossator.pipeline.quote.ranges import NOTHING
from glossator.pipeline.quote.reading import quote_reading
from glossator.pipeline.quote.sampling import Sampled, quote_sampling
from glossator.pipeline.quote.sources import Sources, read_all_sources
from glossator.pipeline.quote.standing import Standing
from glossator.pipeline.quote.training import TrainingQuote
from glossator.pipeline.quote.writing import Written
from glossator.recipe import Recipe
from glossator.records import JsonValue

WORDS = {"done": "done already", "to_do": "to do", "left_out": "left out", "when_asked": "when asked: --stage 6"}
_ASKED: Mapping[str, Callable[[Recipe], None]] = {
    "collect": check_sources,
    "parse": check_describer,
    "synthesize": check_teacher,
    "curate": check_judge,
}
"""What a stage needs of others."""


def plan_recipe(
    recipe: Recipe, recipe_path: Path, runs_dir: Path, *, probe: bool = False, most_documents: int = LOOK_DOCUMENTS
) -> dict[str, JsonValue]:
    """Turn a recipe into a quote: what a run would count, call, spend and hold, by stage. Nothing is fetched or kept.

    A few documents are really read, cut and put into prompts; what is done already costs nothing and tells its real
    counts. Figures that are not known are `{"low", "high"}`.

    Args:
        recipe: the validated recipe.
        recipe_path: where it lies; its relative paths start there.
        runs_dir: the folder of all runs; it need not exist.
        probe: really load the base and make a few optimiser steps on the longest rows, in a process of its own.
        most_documents: documents that are looked at.

    Raises:
        GlossatorError: the recipe cannot be run at all, as `run` would tell before its first stage.
    """
    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    check_before_work(road)
    rows = list_stages(recipe, recipe_path, road.folder.parent)
    standing = Standing.of(road)
    sources = read_all_sources(road, standing.done)
    collected = _source_counts(sources)
    quotes: dict[str, StageQuote] = {}
    look, sampled, trained = Look(), Sampled(Written(), {}), None
    if recipe.reads_documents:
        look = look_at_documents(road, sources, standing.done, most=most_documents)
        quotes |= quote_reading(standing, look)
    if recipe.makes_samples:
        sampled = quote_sampling(standing, sources, look)
        trained, finetuning = quote_finetuning(standing, sources, sampled, probe=probe)
        quotes |= {**sampled.quotes, **finetuning}
    if standing.to_do("collect"):
        rows[0]["counts"] = collected
        quotes["collect"] = StageQuote(rests_on="the sources on this machine were read")
    return {
        "recipe": recipe.name,
        "sentence": plan_sentence(collected, rows, quotes, trained),
        "stages": [_row(row, quotes) for row in rows],
        "totals": _totals(quotes, trained),
        "budget": judge_budget(standing, sampled.written) if standing.to_do("synthesize") else None,
        "warnings": list(dict.fromkeys(_missing(standing))),
        "notes": list(dict.fromkeys(_notes(quotes, sampled, trained))),
    }


def _notes(quotes: Mapping[str, StageQuote], sampled: Sampled, trained: TrainingQuote | None) -> Iterator[str]:
    described = quotes["parse"].calls if "parse" in quotes else NO_CALLS
    for calls in (sampled.written.calls, sampled.judged, described):
        yield from calls.notes
    yield from sampled.written.notes
    yield from trained.notes if trained else ()


def _missing(standing: Standing) -> Iterator[str]:
    """Name what is missing for a stage that is to be done; a plan needs no keys itself."""
    for stage, check in _ASKED.items():
        if standing.to_do(stage):
            try:
                check(standing.road.recipe)
            except GlossatorError as error:
                yield str(error)


def _row(row: Mapping[str, JsonValue], quotes: Mapping[str, StageQuote]) -> dict[str, JsonValue]:
    quoted = quotes.get(str(row["name"]))
    return {**row, "status": WORDS[str(row["status"])], "estimate": quoted.plain() if quoted else None}


def _totals(quotes: Mapping[str, StageQuote], trained: TrainingQuote | None) -> dict[str, JsonValue]:
    calls, seconds, disk = NO_CALLS, NOTHING, NOTHING
    for quoted in quotes.values():
        calls, seconds, disk = calls + quoted.calls, seconds + quoted.seconds, disk + quoted.disk_bytes
    device = trained.device if trained else None
    return {
        "calls": calls.calls.plain(),
        "from_journal": calls.from_journal.plain(),
        "tokens_in": calls.tokens_in.plain(),
        "tokens_out": calls.tokens_out.plain(),
        "usd": calls.usd.plain(4) if calls.usd is not None else None,
        "seconds": seconds.plain(1),
        "disk_bytes": disk.plain(),
        "training_memory_bytes": trained.memory_bytes.plain() if trained and "train" in quotes else 0,
        "device": device.name if device else None,
        "device_free_bytes": round(device.free_bytes) if device else None,
    }


def _source_counts(sources: Sources) -> dict[str, int]:
    questions = {"ready_questions": len(sources.ready)} if sources.ready else {}
    fetched = {"to_fetch_at_most": sources.to_fetch} if sources.to_fetch else {}
    return {
        "documents": sources.documents_found,
        "bytes": sources.bytes,
        **questions,
        **fetched,
        "rejected": sources.rejected,
    }
