"""How documents become chunks and an index: the sections `parsing` and `retrieval`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from glossator.recipe.section import Section, looks_secret
from glossator.recipe.teacher_sections import ChatTeacherSection


def _yes_or_no(value: Any) -> Any:
    """Whoever writes `true` means figures as they come, and `false` none."""
    return {True: {}, False: None}[value] if isinstance(value, bool) else value


class FiguresSection(Section):
    """Figures with their captions, from born-digital PDFs; a vision teacher may say what they show."""

    describe: ChatTeacherSection | None = Field(
        None, description="A model that can see; what it says of a figure becomes a chunk."
    )


class SparkSection(Section):
    """Where and how `executor: spark` works."""

    master: str = Field("local[*]", min_length=1, description="The cluster; spark-submit's own master comes first.")
    work_folder: str | None = Field(
        None, min_length=1, description="Where records pass between machines: a folder or URL that all of them see."
    )
    items_per_wave: int = Field(2000, ge=1, description="Documents given to the cluster at once.")
    items_per_partition: int = Field(16, ge=1, description="Documents a task works on.")
    config: dict[str, str] = Field(default_factory=dict, description="Further settings, as Spark spells them.")

    @model_validator(mode="after")
    def _holds_no_secret(self) -> SparkSection:
        secret = [key for key in self.config if looks_secret(key)]
        if secret:
            raise ValueError(f"config holds {secret[0]}, a secret; give it to Spark in spark-defaults.conf instead")
        return self


class ParsingSection(Section):
    """How documents become chunks."""

    parser: Literal["auto", "fast", "pymupdf", "docling", "ocr"] = Field(
        "auto", description="The PDF parser; `auto` is `fast`, with OCR for pages that have no usable text."
    )
    layout: bool = Field(default=True, description="Of `pymupdf`: whether its model looks at the layout.")
    dpi: int = Field(200, ge=72, le=600, description="Resolution at which pages are read by OCR.")
    figures: Annotated[FiguresSection | None, BeforeValidator(_yes_or_no)] = Field(
        None, description="Extract figures; `{}` for their images and captions."
    )
    passwords_variable: str | None = Field(
        None, min_length=1, description="The environment variable with passwords of encrypted PDFs, one a line."
    )
    chunk_by: Literal["section", "token", "recursive", "semantic"] = Field(
        "section", description="How text is cut into chunks."
    )
    min_tokens: int = Field(20, ge=1, description="Shorter chunks are rejected; student's tokens.")
    max_tokens: int = Field(500, ge=16, description="No chunk is longer; student's tokens.")
    overlap: int = Field(
        0, ge=0, description="Tokens that a chunk shares with the one before it: `token`, `recursive`."
    )
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...] = Field(
        (), description="Codes such as en; chunks surely in another language are rejected. Empty: all are kept."
    )
    duplicate_threshold: float | None = Field(
        None, gt=0, le=1, description="Chunks this similar to an earlier one are rejected; none is if left out."
    )
    max_repeated_share: float = Field(
        1.0, gt=0, le=1, description="Chunks of which a larger share stands in three documents are rejected; 1: none."
    )
    executor: Literal["local", "spark"] = Field("local", description="Where documents are parsed and cut.")
    spark: SparkSection = Field(SparkSection(), description="Where and how `executor: spark` works.")
    workers: int = Field(2, ge=1, le=256, description="Parser processes on this machine.")
    timeout_seconds: float = Field(60, gt=0, description="A document, or 200 pages of a long one, may take so long.")
    memory_mb: int = Field(1024, ge=64, description="A parser process that takes more memory is ended; MiB.")

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> ParsingSection:
        if self.min_tokens >= self.max_tokens:
            raise ValueError(f"min_tokens ({self.min_tokens}) must be smaller than max_tokens ({self.max_tokens})")
        if self.overlap and self.chunk_by not in ("token", "recursive"):
            raise ValueError(f"chunk_by {self.chunk_by} knows no overlap; use token or recursive, or leave it out")
        if self.overlap >= self.max_tokens // 2:
            raise ValueError(f"overlap ({self.overlap}) must be less than half of max_tokens ({self.max_tokens})")
        return self


class RetrievalSection(Section):
    """How passages are found again."""

    embedder: str = Field("minilm", min_length=1, description="`minilm`, or a folder with a sentence embedder.")
    mode: Literal["hybrid", "dense", "bm25"] = Field("hybrid", description="What `search` and the gateway use.")
