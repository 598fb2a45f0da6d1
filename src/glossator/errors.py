"""The exceptions a user can meet, as one tree.

    GlossatorError                 an expected error: one line at the command line, exit code 2
    ├── RecipeError                a recipe that cannot be honoured; lists every problem at once
    ├── SourceError                documents cannot be fetched or found
    ├── ParsingError               the parser itself cannot be used (a bad *file* is a reject, not an error)
    ├── executors.SparkError       Spark cannot be started or reached, or gave up
    ├── RetrievalError             an index that cannot be built, opened or searched
    ├── SynthesisError             a teacher that cannot work at all
    ├── CurationError              samples that cannot be split or curated
    ├── ModelError                 a model that cannot be loaded or used
    │   └── EndpointError          a server of models that is down, refuses the key or knows no such model
    ├── TrainingError              training that cannot start or diverged
    ├── EvaluationError            scores that cannot be computed
    ├── RegistryError              a model that cannot be registered, or a version that is missing or altered
    ├── ServingError               a gateway that cannot start
    │   └── serving.refusals       a question that it cannot take; each with its code and HTTP status
    ├── ArtifactError              a missing, half-written or altered artifact
    │   └── MissingArtifactError   a stage needs what no earlier stage has left yet
    ├── YieldError                 a stage left nothing, or far too little, for the next one
    └── MissingExtraError          an optional library is not installed; carries the pip line

Each message names the thing, its value and what to do. Bad *input* (a broken PDF, a malformed row) is not an
exception: it becomes a `records.Reject` and is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GlossatorError(Exception):
    """An expected error: its message is one line that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a recipe."""

    path: str
    """Where: the dotted path inside the recipe, such as `sources.0.path`."""
    message: str
    """What is wrong there, with the bad value."""
    remedy: str
    """What to write instead."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}; {self.remedy}" if self.remedy else f"{self.path}: {self.message}"


class RecipeError(GlossatorError):
    """A recipe that cannot be honoured.

    Args:
        origin: the recipe file or other place the values came from.
        problems: every mistake found, in recipe order.
    """

    def __init__(self, origin: str, problems: Sequence[Problem]) -> None:
        self.origin = origin
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{origin}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))


class SourceError(GlossatorError):
    """Documents cannot be fetched or found."""


class ParsingError(GlossatorError):
    """The parser itself cannot be used. A file that cannot be parsed is a reject instead."""


class RetrievalError(GlossatorError):
    """An index that cannot be built, opened or searched."""


class SynthesisError(GlossatorError):
    """A teacher that cannot work at all. A single bad reply is a reject instead."""


class CurationError(GlossatorError):
    """Samples that cannot be split or curated."""


class ModelError(GlossatorError):
    """A model, adapter, tokenizer or chat template that cannot be loaded or used."""


class EndpointError(ModelError):
    """A server of models that cannot be reached, refuses the key or knows no such model."""


class TrainingError(GlossatorError):
    """Training that cannot start, or whose loss stopped being a number."""


class EvaluationError(GlossatorError):
    """Scores that cannot be computed, for example for lack of references."""


class RegistryError(GlossatorError):
    """A model that cannot be registered, or a version that is missing or altered."""


class ServingError(GlossatorError):
    """A gateway that cannot start; a question that it cannot take is one of `serving.refusals`."""


class ArtifactError(GlossatorError):
    """An artifact that is half-written, altered or unreadable."""


class MissingArtifactError(ArtifactError):
    """A stage needs what no earlier stage has left yet."""


class YieldError(GlossatorError):
    """A stage left nothing, or far too little, for the next one."""


class MissingExtraError(GlossatorError):
    """An optional library is not installed.

    Args:
        library: the import name that is missing.
        extra: the extra of glossator that brings it.
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; run: pip install 'glossator[{extra}]'")
