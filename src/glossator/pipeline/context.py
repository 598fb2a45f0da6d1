"""What a stage is given: the recipe and its folder on one side, its inputs and its draft on the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import Artifact, Draft
from glossator.pipeline.progress import Progress
from glossator.recipe import Recipe, resolve_path

REVIEWS = "reviews.jsonl"


@dataclass(frozen=True, slots=True)
class Road:
    """One recipe and the folder where its runs lie."""

    recipe: Recipe
    recipe_path: Path
    folder: Path
    """`runs/<recipe name>`."""

    @property
    def artifacts(self) -> Path:
        """Where sealed artifacts and drafts lie."""
        return self.folder / "artifacts"

    @property
    def cache(self) -> Path:
        """Work that outlives changes of the recipe, by content hash; may be deleted at any time."""
        return self.folder / "cache"

    @property
    def splits_file(self) -> Path:
        """The assignment that is kept for good."""
        return self.folder / "splits.json"

    @property
    def test_looks_file(self) -> Path:
        """The record of every time the test set was scored."""
        return self.folder / "test_looks.json"

    @property
    def reviews_file(self) -> Path:
        """What people decided about samples, to be done again whenever they are made again."""
        return self.folder / REVIEWS

    @property
    def spent(self) -> Path:
        """What was spent of each budget, so that a run that was killed does not begin it anew."""
        return self.folder / "spent"

    def without_fetching(self) -> Road:
        """The same road with those sources only that read this machine's own files."""
        local = tuple(source for source in self.recipe.sources if not source.fetches)
        return dataclasses.replace(self, recipe=self.recipe.model_copy(update={"sources": local}))

    def resolve(self, text: str) -> Path:
        """A path as the recipe means it."""
        return resolve_path(text, self.recipe_path)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything one stage works with."""

    road: Road
    inputs: Mapping[str, Artifact]
    draft: Draft
    fingerprint: str
    progress: Progress

    @property
    def recipe(self) -> Recipe:
        """The recipe of the road."""
        return self.road.recipe

    def input(self, stage: str, file: str) -> Path:
        """The path of a file that an earlier stage left."""
        return self.inputs[stage].file(file)

    def output(self, file: str) -> Path:
        """The path of a file in this stage's draft."""
        return self.draft.path / file
