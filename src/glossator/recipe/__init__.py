"""Takes a YAML file, the environment and overrides, leaves one frozen, validated recipe."""

from glossator.recipe.document_sections import FiguresSection, ParsingSection, RetrievalSection, SparkSection
from glossator.recipe.loading import load_recipe, resolve_path
from glossator.recipe.sections import (
    CurationSection,
    EvaluationSection,
    FractionsSection,
    LoraSection,
    PerGroupSection,
    Recipe,
    RegistrySection,
    ServingSection,
    SplitsSection,
    SynthesisSection,
    TaskSection,
    TrainingSection,
)
from glossator.recipe.source_sections import (
    ArxivSection,
    KaggleSection,
    LocalFilesSection,
    QaFilesSection,
    SourceSection,
    TableSection,
    UrlsSection,
    WebSearchSection,
)
from glossator.recipe.teacher_sections import ChatTeacherSection, ExtractiveTeacherSection, TeacherSection
from glossator.recipe.variables import dotenv_in_environment, read_variables

__all__ = [
    "ArxivSection",
    "ChatTeacherSection",
    "CurationSection",
    "EvaluationSection",
    "ExtractiveTeacherSection",
    "FiguresSection",
    "FractionsSection",
    "KaggleSection",
    "LocalFilesSection",
    "LoraSection",
    "ParsingSection",
    "PerGroupSection",
    "QaFilesSection",
    "Recipe",
    "RegistrySection",
    "RetrievalSection",
    "ServingSection",
    "SourceSection",
    "SparkSection",
    "SplitsSection",
    "SynthesisSection",
    "TableSection",
    "TaskSection",
    "TeacherSection",
    "TrainingSection",
    "UrlsSection",
    "WebSearchSection",
    "dotenv_in_environment",
    "load_recipe",
    "read_variables",
    "resolve_path",
]
