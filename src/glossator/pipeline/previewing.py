"""A few samples before all of them are paid for: some documents read, some passages asked about, nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.errors import GlossatorError, YieldError
from glossator.pipeline.context import Road
from glossator.pipeline.corridor import done_artifact, stage_fingerprints
from glossator.pipeline.preflight import check_before_work, check_money, check_teacher
from glossator.pipeline.quote.looking import Look, look_at_documents
from glossator.pipeline.quote.sources import read_all_sources
from glossator.pipeline.settings import task_of
from glossator.pipeline.stages import STAGES
from glossator.pipeline.teaching import OpenTeacher, open_teacher_of
from glossator.recipe import Recipe, dotenv_in_environment
from glossator.records import Reject, Sample, Split

if TYPE_CHECKING:
    from glossator.synthesis import Material, Task

DOCUMENTS = 4
"""Documents that are read, where none are yet."""
TRIES = 3
"""Passages that are asked about at most, for each sample that is wanted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a teacher made of a few passages."""

    samples: tuple[Sample, ...]
    rejects: tuple[Reject, ...]
    titles: dict[str, str]
    """Of the documents looked at, by id."""
    rests_on: str
    """What was looked at, in words."""
    usage: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the preview leaves out."""
    usd: float | None = None
    """What the calls cost; None where nobody knows."""


def preview_recipe(recipe: Recipe, recipe_path: Path, runs_dir: Path, *, count: int = 5) -> Preview:
    """Have the recipe's teacher write a few samples for each task, on real passages and with the recipe's own words.

    Documents that were read by an earlier run are not read again; else a few of those on this machine are. Replies go
    into the journal, so that a later run does not pay for them again. No run is made and no split is drawn: passages
    are taken from everywhere.

    Args:
        recipe: the validated recipe.
        recipe_path: where it lies.
        runs_dir: the folder of all runs.
        count: samples of each task.

    Raises:
        GlossatorError: the recipe has no synthesis, or nothing that can be read yet.
    """
    if recipe.synthesis is None:
        raise GlossatorError(f"recipe {recipe.name} has no synthesis section, so there is nothing to preview; add one")
    road = Road(recipe, recipe_path, runs_dir.absolute() / recipe.name)
    check_before_work(road)
    check_money(road)
    check_teacher(recipe)
    with dotenv_in_environment():
        look = _look(road)
        samples: list[Sample] = []
        rejects: list[Reject] = []
        notes: list[str] = []
        with open_teacher_of(road) as opened:
            for row in recipe.synthesis.tasks:
                for made in _write(road, task_of(road, row.prompt), look, opened, count):
                    if isinstance(made, Reject):
                        rejects.append(made)
                    else:
                        samples.append(made)
                if task_of(road, row.prompt).shows == "figure":
                    notes.append(f"task {row.prompt} is not previewed: a look at documents takes no figures out")
            usage, usd = dict(opened.usage()), opened.spent().get("usd")
    return Preview(tuple(samples), tuple(rejects), dict(look.titles), look.rests_on, usage, tuple(notes), usd)


def _look(road: Road) -> Look:
    prints = stage_fingerprints(road)
    found = {stage.name: done_artifact(road, stage, prints[stage.name] or "") for stage in STAGES[:3]}
    done = {name: artifact for name, artifact in found.items() if artifact is not None}
    look = look_at_documents(road, read_all_sources(road, done), done, most=DOCUMENTS)
    if not look.sample:
        raise YieldError(
            "no document is at hand to be looked at: fetch some first with"
            f" glossator run {road.recipe_path} --to process"
        )
    return look


def _write(road: Road, task: Task, look: Look, opened: OpenTeacher, count: int) -> Iterator[Sample | Reject]:
    """Ask about as many passages as samples are wanted, then about as many as are missing, up to a bound."""
    from glossator.synthesis import synthesize

    materials = _materials(road, task, look)
    bound = min(len(materials), TRIES * count)
    asked, got = 0, 0
    while asked < bound and got < count:
        some = materials[asked : min(asked + count - got, bound)]
        asked += len(some)
        for made in synthesize(
            some, teacher=opened.teacher, task=task, groups={}, titles=look.titles, seed=road.recipe.seed
        ):
            got += isinstance(made, Sample)
            if isinstance(made, Reject) or got <= count:
                yield made


def _materials(road: Road, task: Task, look: Look) -> Sequence[Material]:
    from glossator.synthesis import make_materials, spread

    section = road.recipe.synthesis
    assert section is not None
    if task.shows == "figure":
        return []  # a look at documents takes no figures out
    train: Split = "train"
    told = [(chunk, train) for chunk in look.sample]
    return spread(make_materials(told, task, tokens_per_call=section.tokens_per_call, seed=road.recipe.seed))
