"""The stages of finetuning: what training, answering and registering will take and leave."""

from __future__ import annotations

from glossator.artifacts import read_records
from glossator.pipeline.quote.lines import StageQuote
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.sampling import Sampled
from glossator.pipeline.quote.sources import Sources
from glossator.pipeline.quote.standing import Standing
from glossator.pipeline.quote.training import TrainingQuote, measure_rows, quote_training
from glossator.records import Sample

_STAGES = ("baseline", "train", "select", "evaluate")
_MOST_ROWS = 400


def quote_finetuning(
    standing: Standing, sources: Sources, sampled: Sampled, *, probe: bool
) -> tuple[TrainingQuote | None, dict[str, StageQuote]]:
    """Quote the stages 4 and 5 that are to be done; nothing where none of them trains or answers."""
    recipe = standing.road.recipe
    wanted = [name for name in _STAGES if standing.to_do(name)]
    if recipe.training is None or not wanted:
        return None, {}
    rows = _curated_rows(standing) or [*sampled.written.rows, *sources.ready[:_MOST_ROWS]]
    measured = measure_rows(rows, sampled.by_split, standing.counter, recipe.curation.max_tokens)
    trained = quote_training(standing.road, measured, probe=probe and "train" in wanted)
    quotes: dict[str, StageQuote] = {}
    if "train" in wanted:
        quotes["train"] = StageQuote(
            {"rows": measured.count("train"), "steps": trained.steps, "tokens": trained.tokens},
            seconds=trained.seconds,
            disk_bytes=trained.checkpoint_bytes.scaled(recipe.training.checkpoints),
            memory_bytes=trained.memory_bytes,
            rests_on=trained.rests_on,
        )
    for name, count in trained.answers.items():
        if name in wanted:
            adapter = trained.checkpoint_bytes.scaled(1 / 3) if name == "select" else NOTHING
            quotes[name] = StageQuote(
                {"answers": count},
                seconds=trained.answer_seconds[name],
                disk_bytes=count.scaled(300, 2_000) + adapter,
                rests_on="formula: the model's size and what the device calculates",
            )
    if standing.to_do("register"):
        quotes["register"] = StageQuote(seconds=Range(2, 20), disk_bytes=trained.checkpoint_bytes.scaled(0.34, 0.5))
    return trained, quotes


def _curated_rows(standing: Standing) -> list[Sample]:
    if "curate" not in standing.done:
        return []
    files = (standing.done["curate"].file(f"{name}.jsonl") for name in ("train", "dev", "test"))
    return [row for file in files for row in read_records(file, Sample)]
