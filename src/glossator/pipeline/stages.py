"""The table of stages: the whole road on one screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import Artifact, Draft
from glossator.errors import GlossatorError
from glossator.pipeline import (
    curating,
    document_settings,
    documents,
    processing,
    registering,
    samples,
    searching,
    settings,
    student,
    writing,
)
from glossator.pipeline.context import Context, Road
from glossator.recipe import Recipe
from glossator.records import JsonValue


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the road: what it needs, what decides its output, and the work itself."""

    number: str
    name: str
    room: str
    """The numbered stage of the design it belongs to."""
    leaves: str
    inputs: tuple[str, ...]
    version: str
    """Raised when the code changes what comes out, so that old artifacts are made again."""
    settings: Callable[[Road], JsonValue]
    """Everything besides the inputs that decides the output."""
    work: Callable[[Context], dict[str, int]]
    """Fills the draft; returns the counts."""
    needs: Callable[[Recipe], bool] = lambda _: True
    """False where the recipe leaves the room out."""
    keep: tuple[str, ...] = ()
    """Entries of the draft that a new attempt goes on with."""
    adds_to: Callable[[Road, Mapping[str, str]], JsonValue] | None = None
    """What is kept from earlier runs that the output adds to, given the fingerprints of the inputs."""
    also: Callable[[Recipe], tuple[str, ...]] = lambda _: ()
    """Inputs that only some recipes ask for."""
    still_holds: Callable[[Artifact], bool] = lambda _: True
    """Whether what a sealed artifact points at outside itself is still there."""

    def inputs_under(self, recipe: Recipe) -> tuple[str, ...]:
        """The inputs that a recipe's rooms leave: those of rooms that it leaves out are missing."""
        return tuple(name for name in (*self.inputs, *self.also(recipe)) if BY_NAME[name].needs(recipe))


def _reads(recipe: Recipe) -> bool:
    return recipe.reads_documents


def _indexes(recipe: Recipe) -> bool:
    return recipe.retrieval is not None


def _splits(recipe: Recipe) -> bool:
    return recipe.makes_samples


def _teaches(recipe: Recipe) -> bool:
    return recipe.synthesis is not None


def _searched(recipe: Recipe) -> tuple[str, ...]:
    """Curation searches the index where questions are to find their passages."""
    return ("index",) if recipe.curation.round_trip is not None else ()


def _trains(recipe: Recipe) -> bool:
    return recipe.training is not None


def _evaluates(recipe: Recipe) -> bool:
    return recipe.evaluation is not None


def _registers(recipe: Recipe) -> bool:
    return recipe.registry is not None


# fmt: off
STAGES: tuple[Stage, ...] = (
    Stage("1", "collect", "collect", "documents, ready questions", (), "3",
          document_settings.collect, documents.collect),
    Stage("2a", "parse", "process", "parsed documents, figures", ("collect",), "2",
          document_settings.parse, processing.parse, _reads),
    Stage("2b", "chunk", "process", "chunks", ("parse",), "2", document_settings.chunk, processing.chunk, _reads),
    Stage("2c", "index", "process", "the search index", ("collect", "parse", "chunk"), "1",
          settings.index, searching.index, _indexes),
    Stage("3a", "split", "generate", "which document may teach, choose, examine", ("collect", "chunk"), "4",
          settings.split, samples.split, _splits, adds_to=settings.kept_splits),
    Stage("3b", "synthesize", "generate", "questions and answers", ("collect", "parse", "chunk", "split"), "5",
          settings.synthesize, writing.synthesize, _teaches),
    Stage("3c", "curate", "generate", "train, dev, test, test_seen, pool; rejects; ledger",
          ("collect", "parse", "chunk", "split", "synthesize"), "4",
          settings.curate, curating.curate, _splits, also=_searched),
    Stage("4a", "baseline", "finetune", "answers of the base model", ("curate",), "1",
          settings.baseline, student.baseline, _evaluates),
    Stage("4b", "train", "finetune", "checkpoints", ("curate",), "1",
          settings.train, student.train, _trains, keep=("checkpoints",)),
    Stage("4c", "select", "finetune", "the checkpoint that dev prefers", ("curate", "train"), "1",
          settings.select, student.select, _evaluates),
    Stage("4d", "evaluate", "finetune", "scores, verdict, report",
          ("collect", "parse", "chunk", "split", "synthesize", "curate", "baseline", "train", "select"), "2",
          settings.evaluate, student.evaluate, _evaluates),
    Stage("5", "register", "register", "a version in the registry",
          ("collect", "index", "synthesize", "curate", "train", "select", "evaluate"), "1",
          settings.register, registering.register, _registers, still_holds=registering.still_holds),
)
# fmt: on
SERVE = ("6", "serve")
"""Number and name of the stage that lasts: it leaves no artifact, so `run` enters it only when asked to."""
BY_NAME: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}


def stages_named(text: str) -> tuple[Stage, ...]:
    """The stages meant by a number (`2`, `4b`) or a name (`process`, `train`), in order.

    Raises:
        GlossatorError: nothing is called so; lists what is.
    """
    wanted = text.strip().lower()
    found = tuple(
        stage
        for stage in STAGES
        if wanted in (stage.number, stage.name, stage.room)
        or (wanted.isdigit() and stage.number.rstrip("abcd") == wanted)
    )
    if not found:
        known = ", ".join([*(f"{stage.number} {stage.name}" for stage in STAGES), " ".join(SERVE)])
        raise GlossatorError(f"no stage is called {text!r}; there are {known}")
    return found


def choose_stages(stage: str | None = None, first: str | None = None, last: str | None = None) -> tuple[Stage, ...]:
    """The stages that `--stage`, or `--from` and `--to`, ask for; all of them if nothing is asked.

    Raises:
        GlossatorError: both forms are mixed, a name is unknown, or the range is empty.
    """
    if stage is not None and (first is not None or last is not None):
        raise GlossatorError("--stage cannot go with --from or --to; give one of them")
    if stage is not None:
        return stages_named(stage)
    begin = STAGES.index(stages_named(first)[0]) if first is not None else 0
    end = STAGES.index(stages_named(last)[-1]) if last is not None else len(STAGES) - 1
    if begin > end:
        raise GlossatorError(f"--from {first} lies behind --to {last}; swap them")
    return STAGES[begin : end + 1]


def draft_for(stage: Stage, path: Path) -> Draft:
    """Begin, or go on with, the artifact of a stage."""
    return Draft(path, stage.keep)
