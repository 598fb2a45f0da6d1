"""The stages that make samples: what splitting, writing and curating will take and leave."""

from __future__ import annotations

from dataclasses import dataclass, field

from glossator.artifacts import read_records
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.calls import NO_CALLS, CallQuote
from glossator.pipeline.quote.judging import quote_judging
from glossator.pipeline.quote.lines import StageQuote
from glossator.pipeline.quote.looking import Look
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.replies import curated_before
from glossator.pipeline.quote.shares import ready_by_split
from glossator.pipeline.quote.sources import Sources
from glossator.pipeline.quote.standing import Standing
from glossator.pipeline.quote.writing import Written, quote_writing
from glossator.records import Sample

_MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Sampled:
    """What stage 3 will leave."""

    written: Written
    by_split: dict[str, Range]
    """Curated samples of train, dev, test and test_seen."""
    judged: CallQuote = NO_CALLS
    quotes: dict[str, StageQuote] = field(default_factory=dict)
    """Of the stages that are to be done."""


def quote_sampling(standing: Standing, sources: Sources, look: Look) -> Sampled:
    """Quote the stages 3a, 3b and 3c."""
    quotes: dict[str, StageQuote] = {}
    recipe = standing.road.recipe
    if standing.to_do("split"):
        units = look.documents if recipe.synthesis else Range.of(len(sources.ready))
        name = "documents" if recipe.synthesis else "questions"
        quotes["split"] = StageQuote({name: units}, seconds=look.chunks.scaled(0.0002, 0.01) + Range(0.1, 2))
    written = _written(standing, look)
    if standing.to_do("synthesize"):
        quotes["synthesize"] = StageQuote(
            {"passages": written.passages, "samples": written.samples},
            calls=written.calls,
            seconds=written.seconds,
            disk_bytes=written.samples.scaled(1_200, 6_000) + written.calls.tokens_out.scaled(3, 8),
            rests_on="; ".join(filter(None, (look.rests_on, written.rests_on))),
        )
    if not standing.to_do("curate"):
        counts = standing.done["curate"].manifest.counts if "curate" in standing.done else {}
        names = ("train", "dev", "test", "test_seen")
        return Sampled(written, {name: Range.of(counts.get(name, 0)) for name in names}, quotes=quotes)
    by_split = _by_split(standing, sources, written)
    judged = quote_judging(standing, written.samples, written.rows)
    total = written.samples + Range.of(len(sources.ready))
    share = "an earlier run's share of kept samples" if curated_before(standing.road) else "typical share of kept"
    quotes["curate"] = StageQuote(
        by_split,
        calls=judged,
        seconds=total.scaled(0.001, 0.02) + Range(0.5, 5) + judged.seconds,
        disk_bytes=total.scaled(1_500, 8_000),
        rests_on=share,
    )
    return Sampled(written, by_split, judged, quotes)


def _written(standing: Standing, look: Look) -> Written:
    """What the teacher left, or will leave."""
    if standing.road.recipe.synthesis is None:
        return Written()
    if "synthesize" not in standing.done:
        return quote_writing(standing.road, look, standing.done, standing.counter)
    made = list(read_records(standing.done["synthesize"].file("samples.jsonl"), Sample))
    splits = {name: Range.of(sum(row.split == name for row in made)) for name in ("train", "dev", "test")}
    return Written(samples=Range.of(len(made)), by_split=splits, rows=tuple(made[:_MOST_ROWS]))


def _by_split(standing: Standing, sources: Sources, written: Written) -> dict[str, Range]:
    """How many samples curation will leave in each split."""
    recipe = standing.road.recipe
    kept = curated_before(standing.road) or typical.CURATED
    ready = ready_by_split(recipe, sources.ready)
    by_split = {}
    for name in ("train", "dev", "test"):
        by_split[name] = ((written.by_split.get(name, NOTHING) + ready[name]) * kept).rounded()
    held = (written.by_split.get("train", NOTHING) * kept).scaled(recipe.curation.test_seen).rounded()
    by_split["test_seen"] = held
    by_split["train"] = Range(max(1.0, by_split["train"].low - held.high), by_split["train"].high - held.low)
    return by_split
