"""Which samples are kept, who looks at them, and in which forms they are handed out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from glossator.recipe.section import Section, Share, kind_or
from glossator.recipe.teacher_sections import EndpointSection


class FractionsSection(Section):
    """Shares of all documents."""

    kind: Literal["fractions"] = "fractions"
    train: Share = Field(0.7, description="Share that may teach.")
    dev: Share = Field(0.15, description="Share that chooses among checkpoints.")
    test: Share = Field(0.15, description="Share that examines.")
    pool: Share = Field(0.0, description="Kept aside for later rounds.")

    @model_validator(mode="after")
    def _fractions_are_whole(self) -> FractionsSection:
        total = self.train + self.dev + self.test + self.pool
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + dev + test + pool is {total:g} and must be 1")
        if min(self.train, self.dev, self.test) == 0:
            raise ValueError("train, dev and test must each be more than 0")
        return self


class PerGroupSection(Section):
    """A fixed holdout of each group, and a part of the rest; what is left waits in the pool."""

    kind: Literal["per_group"]
    holdout: int = Field(10, ge=2, description="Clusters of each group that examine, and never change.")
    train_share: float = Field(0.5, gt=0, le=1, description="Share of the rest that is opened.")
    dev_share: float = Field(0.2, gt=0, lt=1, description="Share of what is opened that chooses, once and for all.")


SplitsSection = Annotated[
    Annotated[FractionsSection, Tag("fractions")] | Annotated[PerGroupSection, Tag("per_group")],
    Discriminator(kind_or("fractions")),
]
"""Which documents or pairs may teach, which choose, which examine."""


class LexicalJudgeSection(Section):
    """A judge without a model: looks for the words, numbers and denials of an answer in its passage."""

    kind: Literal["lexical"] = "lexical"
    planted: int = Field(20, ge=0, le=1000, description="Good pairs, and bad ones, that it is tested with in each run.")
    minimum_accuracy: float = Field(0.9, ge=0, le=1, description="On the planted pairs; below it the run stops.")


class ChatJudgeSection(EndpointSection):
    """A judge that is a chat model: it is shown question, answer and passage."""

    max_new_tokens: int = Field(512, ge=16, description="Longest verdict in tokens.")
    planted: int = Field(20, ge=0, le=1000, description="Good pairs, and bad ones, that it is tested with in each run.")
    minimum_accuracy: float = Field(0.8, ge=0, le=1, description="On the planted pairs; below it the run stops.")


JudgeSection = Annotated[
    Annotated[LexicalJudgeSection, Tag("lexical")] | Annotated[ChatJudgeSection, Tag("chat")],
    Discriminator(kind_or("lexical")),
]
"""Who looks at each pair beside its passage; `kind` is a file of `glossator/curation/judging`."""


class RoundTripSection(Section):
    """Whether a question finds its own passage in the index."""

    k: int = Field(10, ge=1, le=100, description="Passages of the search among which its own must be.")
    on_miss: Literal["mark", "reject"] = Field("mark", description="What becomes of a sample whose question does not.")


class DecontaminationSection(Section):
    """What train may not share with dev, test and named benchmarks."""

    benchmarks: tuple[str, ...] = Field((), description="Files (JSON, JSONL, CSV) never to be trained on.")
    threshold: float = Field(
        0.25, gt=0, le=1, description="Share of a sample's runs of 8 words that may stand in a held-out one."
    )
    cosine: float = Field(0.95, gt=0, le=1, description="Likeness from which a sample leaks; with an embedder.")


class CurationSection(Section):
    """Which samples are kept."""

    splits: SplitsSection = Field(
        FractionsSection(), description="Which documents or pairs may teach, which choose, which examine."
    )
    test_seen: Share = Field(0.1, description="Share of the questions about train documents that is held out.")
    max_tokens: int = Field(2048, ge=16, description="Longest sample, prompt and answer; student's tokens.")
    fit: Literal["reject", "trim"] = Field(
        "reject", description="Longer samples: rejected, or their passage cut by whole sentences far from the evidence."
    )
    max_question_words: int = Field(60, ge=1, description="Longest question in words.")
    max_answer_words: int = Field(1000, ge=1, description="Longest answer in words.")
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...] | None = Field(
        None,
        min_length=1,
        description="Languages of samples, such as [en, de]; their passage's if left out.",
    )
    embedder: str | None = Field(
        None, min_length=1, description="Finds duplicates and leaks by meaning too: `minilm`, or a folder with a model."
    )
    judge: JudgeSection | None = Field(None, description="Who looks at each pair and its passage; nobody if left out.")
    round_trip: RoundTripSection | None = Field(
        None, description="Whether a question finds its own passage; needs a retrieval section."
    )
    decontamination: DecontaminationSection = DecontaminationSection()


ExportFormat = Literal["chat_jsonl", "alpaca", "sharegpt", "hf_dataset", "csv", "mlx", "dpo_jsonl"]


class ExportsSection(Section):
    """In which forms the samples are written into the run's folder `exports`."""

    formats: tuple[ExportFormat, ...] = Field(min_length=1, description="One folder each.")
    lineage: bool = Field(default=False, description="With columns that say where each sample came from.")
    by: Literal["split", "group"] = Field("split", description="`group`: a folder for each group, such as a persona.")
