"""What the rooms of documents are told by a recipe, and what decides the output of stages 1, 2a and 2b."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glossator.pipeline.context import Road
from glossator.pipeline.forgotten import read_forgotten
from glossator.pipeline.progress import Progress, Silent
from glossator.pipeline.settings import embedder_name, student_path
from glossator.recipe import SourceSection, read_variables
from glossator.records import Figure, JsonValue

if TYPE_CHECKING:
    from glossator.executors import SparkSettings
    from glossator.parsing import ParseOptions

DOWNLOADS = "downloads"
"""Everything that was ever fetched, beside the runs that asked for it: shared by all recipes of one runs folder."""
_NOT_DECIDING = {"timeout_seconds", "attempts", "delay_seconds", "per_host", "page_size"}
"""Keys of a source that say how politely it is asked, not what it leaves."""
_CHUNK_KEYS = {
    "chunk_by",
    "min_tokens",
    "max_tokens",
    "overlap",
    "languages",
    "duplicate_threshold",
    "max_repeated_share",
}
_MEDIA_TYPES = ("application/pdf", "text/html", "text/markdown", "text/plain")


def collect(road: Road) -> JsonValue:
    """The sources, the state of what they read, and what was forgotten of it."""
    from glossator.sources import state

    rows: list[JsonValue] = []
    for source in road.recipe.sources:
        values = source.model_dump(mode="json", exclude={"kind", "path", *_NOT_DECIDING})
        found = state(source.kind, **source_values(road, source))
        rows.append({"kind": source.kind, **values, "state": found})
    forgotten = read_forgotten(road.folder.parent).concerning(road.recipe.name)
    return [*rows, {"forgotten": forgotten}] if forgotten else rows


def source_values(road: Road, source: SourceSection) -> dict[str, Any]:
    """What a source is told besides its kind; paths, and a style that is a file, are meant relative to the recipe.

    What the recipe leaves out is left out here as well, so that the source's own default holds.
    """
    values = {key: value for key, value in source.model_dump(exclude={"kind"}).items() if value is not None}
    if "path" in values:
        values["path"] = road.resolve(values["path"])
    style = values.get("answer_style")
    if style and style.endswith(".md"):
        values["answer_style"] = str(road.resolve(style))
    return values


def fetching_values(road: Road, source: SourceSection, watch: Progress | None) -> dict[str, Any]:
    """What a source that asks the network is told besides: where it keeps what it fetched, and who watches."""
    return {"store": downloads(road), "watch": watch or Silent()} if source.fetches else {}


def downloads(road: Road) -> Path:
    """Where fetched files and answers are kept."""
    return road.folder.parent / DOWNLOADS


def parse(road: Road) -> JsonValue:
    """Parsers, their versions and limits, and who describes figures; not where or by how many the work is done."""
    from glossator.parsing import parser_version

    section, options = road.recipe.parsing, parse_options(road)
    limits = {"timeout_seconds": section.timeout_seconds, "memory_mb": section.memory_mb}
    versions = {media_type: parser_version(options, media_type) for media_type in _MEDIA_TYPES}
    return {"versions": versions, **limits, "passwords": _passwords_mark(road), "describe": _describer(road)}


def _passwords_mark(road: Road) -> str | None:
    """Two bytes of a hash of the passwords: enough to notice that they changed, too few to try guesses on."""
    variable = road.recipe.parsing.passwords_variable
    if variable is None:
        return None
    return hashlib.blake2b(read_variables().get(variable, "").encode(), digest_size=2).hexdigest()


def parse_options(road: Road) -> ParseOptions:
    """How documents are parsed, as the room takes it."""
    from glossator.parsing import ParseOptions

    section = road.recipe.parsing
    return ParseOptions(
        parser=section.parser,
        layout=section.layout,
        dpi=section.dpi,
        figures_folder=str(figures_folder(road)) if section.figures is not None else None,
        passwords_variable=section.passwords_variable,
    )


def figures_folder(road: Road) -> Path:
    """Where the parser leaves the images of figures."""
    return road.cache / "figures"


def _describer(road: Road) -> JsonValue:
    """What decides a description besides the figure; needs no key. None where nothing is described."""
    section = road.recipe.parsing.figures
    if section is None or section.describe is None:
        return None
    from glossator.parsing.describing import prompt_hash

    values = section.describe.model_dump(
        mode="json", include={"provider", "base_url", "model", "temperature", "max_new_tokens"}
    )
    return {"words": prompt_hash(), "seed": road.recipe.seed, **values}


def figure_path(road: Road, figure: Figure) -> Path:
    """Where the parser left the image of a figure."""
    return figures_folder(road) / f"{figure.id}.png"


def spark_settings(road: Road) -> SparkSettings | None:
    """Where and how Spark works; None where it does not."""
    from glossator.executors import SparkSettings

    if road.recipe.parsing.executor != "spark":
        return None
    section = road.recipe.parsing.spark
    folder = section.work_folder
    if folder and "://" not in folder:
        folder = str(road.resolve(folder))
    values = section.model_dump(exclude={"work_folder"})
    return SparkSettings(work_folder=folder, **values)


def chunk(road: Road) -> JsonValue:
    """How text is cut, and the tokenizer that counts."""
    from glossator.retrieval import embedder_identity
    from glossator.text.tokens import TokenCounter

    section = road.recipe.parsing
    values = section.model_dump(mode="json", include=_CHUNK_KEYS)
    embedder = embedder_identity(chunk_embedder(road)) if section.chunk_by == "semantic" else None
    tokenizer = TokenCounter(student_path(road) / "tokenizer.json").id
    return {**values, "tokenizer": tokenizer, "embedder": embedder}


def chunk_embedder(road: Road) -> str:
    """The embedder that finds the breakpoints of semantic chunks."""
    return embedder_name(road)
