"""How far a recipe is: which stages are done, and what they left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glossator.artifacts import Artifact
from glossator.pipeline.context import Road
from glossator.pipeline.corridor import done_artifact, stage_fingerprints
from glossator.pipeline.settings import student_path
from glossator.pipeline.stages import STAGES
from glossator.text.tokens import TokenCounter


@dataclass(frozen=True, slots=True)
class Standing:
    """A recipe, its folder, and what is finished of it."""

    road: Road
    prints: Mapping[str, str | None]
    """The fingerprint of every stage; None where the recipe leaves it out."""
    done: Mapping[str, Artifact]
    """What is finished under this recipe, with all that it rests on."""
    counter: TokenCounter = field(repr=False)
    """Counts tokens with the student's tokenizer."""

    @classmethod
    def of(cls, road: Road) -> Standing:
        """Turn a recipe and its folder into how far it is."""
        prints = stage_fingerprints(road)
        found = {
            stage.name: done_artifact(road, stage, print_)
            for stage in STAGES
            if (print_ := prints[stage.name]) is not None
        }
        done = {name: artifact for name, artifact in found.items() if artifact is not None}
        return cls(road, prints, done, TokenCounter(student_path(road) / "tokenizer.json"))

    def to_do(self, stage: str) -> bool:
        """Whether a run would do this stage."""
        return self.prints[stage] is not None and stage not in self.done

    def inputs_of(self, stage: str) -> dict[str, str]:
        """The fingerprints of what a stage rests on under the recipe, whether that is there yet or not."""
        named = next(one for one in STAGES if one.name == stage).inputs_under(self.road.recipe)
        return {name: print_ for name in named if (print_ := self.prints[name]) is not None}

    def ready_for(self, stage: str) -> bool:
        """Whether all that a stage rests on is there."""
        return all(name in self.done for name in self.inputs_of(stage))
