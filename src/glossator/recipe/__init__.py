"""Takes a YAML file, the environment and overrides, leaves one frozen, validated recipe."""

from glossator.recipe.loading import load_recipe, resolve_path
from glossator.recipe.sections import (
    CurationSection,
    EvaluationSection,
    LoraSection,
    ParsingSection,
    Recipe,
    SourceSection,
    SplitsSection,
    SynthesisSection,
    TaskSection,
    TeacherSection,
    TrainingSection,
)

__all__ = [
    "CurationSection",
    "EvaluationSection",
    "LoraSection",
    "ParsingSection",
    "Recipe",
    "SourceSection",
    "SplitsSection",
    "SynthesisSection",
    "TaskSection",
    "TeacherSection",
    "TrainingSection",
    "load_recipe",
    "resolve_path",
]
