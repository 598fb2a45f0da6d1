"""The quote itself: every stage with what it will count, take and leave on disk, before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from glossator.artifacts import Artifact, read_records
from glossator.errors import GlossatorError
from glossator.llm.providers import endpoint
from glossator.pipeline.context import Road
from glossator.pipeline.corridor import done_artifact, stage_fingerprints
from glossator.pipeline.listing import list_stages
from glossator.pipeline.preflight import check_before_work, check_describer, check_sources, check_teacher
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.budget import judge_budget
from glossator.pipeline.quote.calls import NO_CALLS, CallQuote
from glossator.pipeline.quote.lines import StageQuote, plan_sentence
from glossator.pipeline.quote.looking import LOOK_DOCUMENTS, Look, look_at_documents
from glossator.pipeline.quote.ranges import NOTHING, Range
from glossator.pipeline.quote.replies import curated_before, seconds_before
from glossator.pipeline.quote.shares import ready_by_split
from glossator.pipeline.quote.sources import Sources, read_all_sources
from glossator.pipeline.quote.training import TrainingQuote, measure_rows, quote_training
from glossator.pipeline.quote.writing import Written, quote_describing, quote_judging, quote_writing
from glossator.pipeline.settings import student_path
from glossator.pipeline.stages import STAGES
from glossator.recipe import EndpointSection, Recipe, read_variables
from glossator.records import JsonValue, Sample
from glossator.text.tokens import TokenCounter

WORDS = {"done": "done already", "to_do": "to do", "left_out": "left out", "when_asked": "when asked: --stage 6"}
_VECTOR_BYTES = 384 * 4
_INDEX_SHARE = 1.6
"""What an index takes besides its vectors, of the text that it finds."""
_CHARACTERS_A_TOKEN = 4.0


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
    return _Plan(road, most_documents).make(probe=probe)


@dataclass(slots=True)
class _Plan:
    """A quote in the making: each stage goes on from what the one before will leave."""

    road: Road
    most_documents: int
    done: dict[str, Artifact] = field(default_factory=dict)
    quotes: dict[str, StageQuote] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def make(self, *, probe: bool) -> dict[str, JsonValue]:
        rows = list_stages(self.road.recipe, self.road.recipe_path, self.road.folder.parent)
        self.done = self._done()
        sources = read_all_sources(self.road, self.done)
        collected = _source_counts(sources)
        look, written, trained = Look(), Written(), None
        if self.road.recipe.reads_documents:
            look = look_at_documents(self.road, sources, self.done, most=self.most_documents)
            self._quote_reading(look)
        if self.road.recipe.makes_samples:
            written = self._quote_samples(sources, look)
            by_split, judged = self._quote_curation(sources, written)
            trained = self._quote_training(sources, written, by_split, probe=probe)
        else:
            judged = NO_CALLS
        self._warn()
        if self._to_do("collect"):
            rows[0]["counts"] = collected
            self.quotes["collect"] = StageQuote(rests_on="the sources on this machine were read")
        budget = judge_budget(self.road.recipe, written) if self._to_do("synthesize") else None
        described = self.quotes["parse"].calls if "parse" in self.quotes else NO_CALLS
        for call in (written.calls, judged, described):
            self.notes.extend(call.notes)
        self.notes.extend([*written.notes, *(trained.notes if trained else ())])
        sentence = plan_sentence(collected, rows, self.quotes, trained)
        return {
            "recipe": self.road.recipe.name,
            "sentence": sentence,
            "stages": [self._row(row) for row in rows],
            "totals": self._totals(trained),
            "budget": budget,
            "warnings": list(dict.fromkeys(self.warnings)),
            "notes": list(dict.fromkeys(self.notes)),
        }

    def _done(self) -> dict[str, Artifact]:
        """What is finished under this recipe, with all that it rests on."""
        prints = stage_fingerprints(self.road)
        found = {
            stage.name: done_artifact(self.road, stage, print_ or "")
            for stage in STAGES
            if (print_ := prints[stage.name])
        }
        return {name: artifact for name, artifact in found.items() if artifact is not None}

    def _to_do(self, stage: str) -> bool:
        needed = {one.name: one.needs(self.road.recipe) for one in STAGES}
        return needed[stage] and stage not in self.done

    def _quote_reading(self, look: Look) -> None:
        counter = TokenCounter(student_path(self.road) / "tokenizer.json")
        if self._to_do("parse"):
            figures = {"figures": look.figures} if self.road.recipe.parsing.figures is not None else {}
            calls = quote_describing(self.road, look.figures, counter)
            self.quotes["parse"] = StageQuote(
                {"documents": look.documents, "pages": look.pages, **figures},
                calls=calls,
                seconds=look.parse_seconds + calls.seconds,
                disk_bytes=look.parsed_bytes.scaled(0.8, 1.3),
                rests_on=look.rests_on,
            )
        text = look.chunk_tokens.scaled(_CHARACTERS_A_TOKEN * 0.5, _CHARACTERS_A_TOKEN * 1.2)
        if self._to_do("chunk"):
            self.quotes["chunk"] = StageQuote(
                {"chunks": look.chunks, "tokens": look.chunk_tokens},
                seconds=look.chunk_seconds,
                disk_bytes=text,
                rests_on=look.rests_on,
            )
        if self._to_do("index"):
            speed = typical.EMBED_CHUNKS_A_SECOND
            known = seconds_before(self.road, "index", "passages")
            seconds = (
                look.chunks.scaled(0.8 * known, 1.3 * known)
                if known
                else Range(look.chunks.low / speed.high, look.chunks.high / speed.low) + typical.START_SECONDS
            )
            self.quotes["index"] = StageQuote(
                {"passages": look.chunks},
                seconds=seconds,
                disk_bytes=look.chunks.scaled(2 * _VECTOR_BYTES) + text.scaled(0.8, _INDEX_SHARE),
                rests_on="an earlier run" if known else "typical speed of an embedder on a CPU",
            )

    def _quote_samples(self, sources: Sources, look: Look) -> Written:
        """Stages 3a and 3b."""
        if self._to_do("split"):
            units = look.documents if self.road.recipe.synthesis else Range.of(len(sources.ready))
            name = "documents" if self.road.recipe.synthesis else "questions"
            self.quotes["split"] = StageQuote({name: units}, seconds=look.chunks.scaled(0.0002, 0.01) + Range(0.1, 2))
        if self.road.recipe.synthesis is None:
            return Written()
        if "synthesize" in self.done:
            count = Range.of(self.done["synthesize"].manifest.counts["samples"])
            made = self._written_rows()
            splits = {name: Range.of(sum(row.split == name for row in made)) for name in ("train", "dev", "test")}
            return Written(samples=count, by_split=splits, rows=tuple(made[:400]))
        counter = TokenCounter(student_path(self.road) / "tokenizer.json")
        written = quote_writing(self.road, look, self.done, counter)
        self.quotes["synthesize"] = StageQuote(
            {"passages": written.passages, "samples": written.samples},
            calls=written.calls,
            seconds=written.seconds,
            disk_bytes=written.samples.scaled(1_200, 6_000) + written.calls.tokens_out.scaled(3, 8),
            rests_on="; ".join(filter(None, (look.rests_on, written.rests_on))),
        )
        return written

    def _written_rows(self) -> list[Sample]:
        return list(read_records(self.done["synthesize"].file("samples.jsonl"), Sample))

    def _quote_curation(self, sources: Sources, written: Written) -> tuple[dict[str, Range], CallQuote]:
        """Stage 3c: how many samples each split will have."""
        if "curate" in self.done:
            counts = self.done["curate"].manifest.counts
            return {name: Range.of(counts.get(name, 0)) for name in ("train", "dev", "test", "test_seen")}, NO_CALLS
        kept = curated_before(self.road) or typical.CURATED
        ready = ready_by_split(self.road.recipe, sources.ready)
        seen = self.road.recipe.curation.test_seen
        by_split = {}
        for name in ("train", "dev", "test"):
            by_split[name] = ((written.by_split.get(name, NOTHING) + ready[name]) * kept).rounded()
        held = (written.by_split.get("train", NOTHING) * kept).scaled(seen).rounded()
        by_split["test_seen"] = held
        by_split["train"] = Range(max(1.0, by_split["train"].low - held.high), by_split["train"].high - held.low)
        counter = TokenCounter(student_path(self.road) / "tokenizer.json")
        judged = quote_judging(self.road, written.samples, written.rows, counter)
        total = written.samples + Range.of(len(sources.ready))
        self.quotes["curate"] = StageQuote(
            by_split,
            calls=judged,
            seconds=total.scaled(0.001, 0.02) + Range(0.5, 5) + judged.seconds,
            disk_bytes=total.scaled(1_500, 8_000),
            rests_on="an earlier run's share of kept samples" if curated_before(self.road) else "typical share of kept",
        )
        return by_split, judged

    def _quote_training(
        self, sources: Sources, written: Written, by_split: Mapping[str, Range], *, probe: bool
    ) -> TrainingQuote | None:
        """Stages 4 and 5."""
        recipe = self.road.recipe
        wanted = [name for name in ("baseline", "train", "select", "evaluate") if self._to_do(name)]
        if recipe.training is None or not wanted:
            return None
        rows = self._curated_rows() or [*written.rows, *sources.ready[:400]]
        counter = TokenCounter(student_path(self.road) / "tokenizer.json")
        measured = measure_rows(rows, by_split, counter, recipe.curation.max_tokens)
        trained = quote_training(self.road, measured, probe=probe and "train" in wanted)
        if "train" in wanted:
            self.quotes["train"] = StageQuote(
                {"rows": measured.count("train"), "steps": trained.steps, "tokens": trained.tokens},
                seconds=trained.seconds,
                disk_bytes=trained.checkpoint_bytes.scaled(recipe.training.checkpoints),
                memory_bytes=trained.memory_bytes,
                rests_on=trained.rests_on,
            )
        for name, count in trained.answers.items():
            if name in wanted:
                adapter = trained.checkpoint_bytes.scaled(1 / 3) if name == "select" else NOTHING
                self.quotes[name] = StageQuote(
                    {"answers": count},
                    seconds=trained.answer_seconds[name],
                    disk_bytes=count.scaled(300, 2_000) + adapter,
                    rests_on="formula: the model's size and what the device calculates",
                )
        if self._to_do("register"):
            self.quotes["register"] = StageQuote(
                seconds=Range(2, 20), disk_bytes=trained.checkpoint_bytes.scaled(0.34, 0.5)
            )
        return trained

    def _curated_rows(self) -> list[Sample]:
        if "curate" not in self.done:
            return []
        files = (self.done["curate"].file(f"{name}.jsonl") for name in ("train", "dev", "test"))
        return [row for file in files for row in read_records(file, Sample)]

    def _warn(self) -> None:
        """Name what is missing for a stage that is to be done; a plan needs no keys itself."""
        recipe = self.road.recipe
        checks: dict[str, list[Callable[[], object]]] = {
            "collect": [partial(check_sources, recipe)],
            "parse": [partial(check_describer, recipe)],
            "synthesize": [partial(check_teacher, recipe)],
        }
        judge = getattr(recipe.curation, "judge", None)
        if isinstance(judge, EndpointSection):
            names = (judge.provider, judge.base_url, judge.key_variable)
            checks["curate"] = [partial(endpoint, *names, read_variables())]
        for stage, asked in checks.items():
            for check in asked if self._to_do(stage) else ():
                try:
                    check()
                except GlossatorError as error:
                    self.warnings.append(str(error))

    def _row(self, row: dict[str, JsonValue]) -> dict[str, JsonValue]:
        name = str(row["name"])
        quoted = self.quotes.get(name)
        return {**row, "status": WORDS[str(row["status"])], "estimate": quoted.plain() if quoted else None}

    def _totals(self, trained: TrainingQuote | None) -> dict[str, JsonValue]:
        calls, seconds, disk = NO_CALLS, NOTHING, NOTHING
        for quoted in self.quotes.values():
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
            "training_memory_bytes": trained.memory_bytes.plain() if trained and "train" in self.quotes else 0,
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
