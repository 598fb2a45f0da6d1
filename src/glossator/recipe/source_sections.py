"""Where documents, or ready questions with answers, come from: one model a kind of source."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from glossator.recipe.section import Section


def _no_number(value: Any) -> Any:
    """YAML makes a number of an id without quotes, which may lose a zero at its end."""
    if isinstance(value, int | float):
        raise ValueError(f"{value} is a number; put the id in quotes, such as '2401.00010'")
    return value


def _as_text(value: Any) -> Any:
    """A date, or a year, is what YAML makes of one that stands without quotes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _is_a_day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(f"{value!r} is no day; write one such as 2026-01-31") from None


Date = Annotated[str, BeforeValidator(_as_text), AfterValidator(_is_a_day)]
"""An ISO 8601 date."""


def _is_an_address(value: str) -> str:
    if not value.lower().startswith(("http://", "https://")):
        raise ValueError(f"{value!r} is no address; write one that begins with https:// or http://")
    return value


def _check_dates(first: str | None, last: str | None) -> None:
    if first and last and first > last:
        raise ValueError(f"date_from {first} lies behind date_to {last}; swap them")


class Source(Section):
    """What every source has."""

    @property
    def fetches(self) -> bool:
        """Whether it asks the network."""
        return False


class LocalFilesSection(Source):
    """Documents from files on this machine: PDF, HTML, Markdown and plain text."""

    kind: Literal["local_files"]
    path: str = Field(min_length=1, description="A file, a folder or a glob; relative to the recipe file, or absolute.")
    patterns: tuple[str, ...] = Field(
        ("**/*",), min_length=1, description="Globs inside the folder; a file that matches any of them is read."
    )
    license: str | None = Field(None, description="The licence of these files, for lineage and the model card.")


class TableSection(Source):
    """Documents from the rows of a table: JSON lines, CSV or Parquet."""

    kind: Literal["table"]
    path: str = Field(min_length=1, description="A file, a folder or a glob; relative to the recipe file, or absolute.")
    id_field: str = Field("id", min_length=1, description="The column that names a row.")
    title_field: str = Field("title", min_length=1, description="The column with the title.")
    text_field: str = Field("text", min_length=1, description="The column with the text.")
    group_field: str | None = Field(None, description="The column with the topic.")
    license_field: str | None = Field(None, description="The column with the licence.")
    published_field: str | None = Field(None, description="The column with the date.")
    group_size: int = Field(0, ge=0, description="Rows joined into one document; 0: each row is a document.")


class QaFilesSection(Source):
    """Ready questions with answers: JSON, CSV, Parquet, saved data sets; also in the forms of SQuAD and PubMedQA."""

    kind: Literal["qa_files"]
    path: str = Field(min_length=1, description="A file, a folder or a glob; relative to the recipe file, or absolute.")
    question_field: str = Field("question", min_length=1, description="The key of the question in a row.")
    answer_field: str = Field("answer", min_length=1, description="The key of the answer in a row.")
    context_field: str | None = Field(None, description="The key of the passage that the question is about.")
    group_field: str | None = Field(None, description="The key of the group; without it the file's name tells it.")
    id_field: str | None = Field(None, description="The key of a row's own name.")
    group: str | None = Field(None, description="One group for all rows.")
    answer_style: str | None = Field(None, description="A packaged answer style that the student is told.")
    license: str | None = Field(None, description="The licence of these files, for lineage and the model card.")


class Fetching(Source):
    """What every source that asks the network has."""

    as_of: Annotated[str, BeforeValidator(_as_text)] = Field(
        "", max_length=40, description="Any text, such as a date; another one searches anew and asks for what failed."
    )
    allow_private: bool = Field(default=False, description="Whether addresses inside your own network may be asked.")

    @property
    def fetches(self) -> bool:
        """Whether it asks the network."""
        return True


class ArxivSection(Fetching):
    """Papers, or their abstracts, from the arXiv API: one request at a time, three seconds apart."""

    kind: Literal["arxiv"]
    query: str | None = Field(None, min_length=1, description="In the API's words: `all:tides`, or plain words.")
    categories: tuple[str, ...] = Field((), description="Any of these, such as cs.LG.")
    ids: tuple[Annotated[str, BeforeValidator(_no_number)], ...] = Field(
        (), description="These papers, such as '1707.08567v1', in quotes."
    )
    date_from: Date | None = Field(None, description="Submitted on this day or later.")
    date_to: Date | None = Field(None, description="Submitted on this day or earlier.")
    sort: Literal["submitted", "relevance"] = Field("submitted", description="Newest first, or best match first.")
    max_results: int = Field(50, ge=1, le=30_000, description="At most so many papers.")
    content: Literal["pdf", "abstracts"] = Field("pdf", description="Whole papers, or only what the API tells.")
    group_size: int = Field(0, ge=0, description="Abstracts joined into one document; 0: each is a document.")
    page_size: int = Field(100, ge=1, le=2000, description="Results of one request.")
    base_url: str | None = Field(None, min_length=1, description="Another server that speaks the API; arXiv's own.")
    pdf_base_url: str | None = Field(None, min_length=1, description="Another server of PDFs; arXiv's own.")
    delay_seconds: float = Field(3, ge=0, description="From one request to the next; arXiv asks for three.")

    @model_validator(mode="after")
    def _asks_for_something(self) -> ArxivSection:
        if not (self.query or self.categories or self.ids or self.date_from or self.date_to):
            raise ValueError("neither query, categories, dates nor ids are given; give one of them")
        _check_dates(self.date_from, self.date_to)
        if self.group_size and self.content != "abstracts":
            raise ValueError("group_size joins abstracts; write content: abstracts")
        return self


class KaggleSection(Fetching):
    """Papers, or their abstracts, chosen from the arXiv metadata snapshot on Kaggle, which is read as a stream."""

    kind: Literal["kaggle"]
    path: str | None = Field(
        None, min_length=1, description="The snapshot's file, JSON lines; fetched from Kaggle if left out."
    )
    version: int | None = Field(None, ge=1, description="Of the snapshot on Kaggle; the newest if left out.")
    categories: tuple[str, ...] = Field((), description="Any of these, such as cs.LG or cs.*.")
    licenses: tuple[str, ...] = Field((), description="Any of these in the licence's address, such as by/4.0.")
    date_from: Date | None = Field(None, description="First submitted on this day or later.")
    date_to: Date | None = Field(None, description="First submitted on this day or earlier.")
    sort: Literal["submitted", "file"] = Field("submitted", description="Newest first, or the first ones of the file.")
    max_results: int = Field(50, ge=1, description="At most so many papers.")
    content: Literal["pdf", "abstracts"] = Field("pdf", description="Whole papers, or only what the snapshot tells.")
    group_size: int = Field(0, ge=0, description="Abstracts joined into one document; 0: each is a document.")
    pdf_base_url: str | None = Field(None, min_length=1, description="Another server of PDFs; arXiv's own.")
    delay_seconds: float = Field(3, ge=0, description="From one PDF to the next; arXiv asks for three.")

    @model_validator(mode="after")
    def _groups_abstracts(self) -> KaggleSection:
        _check_dates(self.date_from, self.date_to)
        if self.group_size and self.content != "abstracts":
            raise ValueError("group_size joins abstracts; write content: abstracts")
        return self


class _Polite(Fetching):
    """What a source that asks servers of strangers has."""

    license: str | None = Field(None, description="The licence of what is found, as you know it.")
    timeout_seconds: float = Field(60, gt=0, description="A request that takes longer is given up, and tried again.")
    max_bytes: int = Field(200_000_000, ge=1, description="A larger file is refused.")
    attempts: int = Field(4, ge=1, le=20, description="Tries of a request that a busy or broken server did not answer.")
    per_host: int = Field(2, ge=1, le=16, description="Requests to one host at a time.")
    delay_seconds: float = Field(1, ge=0, description="From one request to a host to the next.")
    obey_robots: bool = Field(default=True, description="Whether robots.txt is obeyed.")


class WebSearchSection(_Polite):
    """PDFs or web pages that a web search finds, through SerpAPI (SERP_API_KEY)."""

    kind: Literal["web_search"]
    query: str | tuple[str, ...] = Field(min_length=1, description="What is searched for; one search each.")
    mode: Literal["pdf", "html"] = Field("pdf", description="What is wanted: PDFs or web pages.")
    max_results: int = Field(50, ge=1, description="At most so many results of each search.")
    language: str | None = Field(None, min_length=2, max_length=8, description="Of the results, such as en.")
    country: str | None = Field(None, min_length=2, max_length=2, description="The search is made from, such as us.")
    base_url: str | None = Field(None, min_length=1, description="Another server that speaks the API; SerpAPI's own.")


class UrlsSection(_Polite):
    """Documents at addresses that are known: PDF, HTML, Markdown and plain text."""

    kind: Literal["urls"]
    urls: tuple[Annotated[str, AfterValidator(_is_an_address)], ...] = Field((), description="Addresses.")
    path: str | None = Field(None, min_length=1, description="A file with one address a line.")

    @model_validator(mode="after")
    def _names_something(self) -> UrlsSection:
        if not self.urls and self.path is None:
            raise ValueError("neither urls nor path is given; give one of them")
        return self


SourceSection = Annotated[
    LocalFilesSection | TableSection | QaFilesSection | ArxivSection | KaggleSection | WebSearchSection | UrlsSection,
    Field(discriminator="kind"),
]
"""Where documents, or ready questions with answers, come from; `kind` is a file of `glossator/sources`."""
