"""Stages 2a and 2b: documents to parsed documents, parsed documents to chunks, on this machine or on a cluster."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from glossator.artifacts import iterate_table, write_json, write_records, write_table
from glossator.errors import ParsingError, YieldError
from glossator.pipeline.context import Context
from glossator.pipeline.describing import describe_figures
from glossator.pipeline.document_settings import (
    chunk_embedder,
    downloads,
    figure_path,
    figures_folder,
    parse_options,
    spark_settings,
)
from glossator.pipeline.documents import is_prose, read_documents, read_rejects, read_sources, reasons_text
from glossator.pipeline.settings import student_path
from glossator.records import Chunk, Document, Figure, ParsedDocument, Reject, from_dict, to_dict

if TYPE_CHECKING:
    from glossator.parsing.chunking import Chunked, ChunkTask

_FILE_NAME = str.maketrans("/ ", "-_")
_LASTING_OUTCOMES = ("ok", "repaired", "empty")
"""What the content alone decides, where no task was lost on the way. A time-out, too little memory, a killed worker or
a failing disk may not come again, `unreadable` does not tell these from a damaged file, and what is `encrypted` may
open with another password; such documents are read anew."""
_ROWS_PER_GROUP = 256
"""Parsed documents are large: so many of them are held at once."""


def parse(context: Context) -> dict[str, int]:
    """Parse each document once; what was parsed under this parser before is taken from the cache."""
    documents = [document for document in read_documents(context) if is_prose(document)]
    if not documents:
        told = reasons_text(read_rejects(context, "collect"))
        raise YieldError(
            f"there is no document to read beside the ready questions ({told}); give some, or no such source"
        )
    cache = _Cache(context)
    missing = _where_they_lie_now(context, [document for document in documents if not cache.holds(document)])
    context.progress.expect(len(documents), "documents")
    context.progress.advance(len(documents) - len(missing))
    failures = dict(_parse(context, missing, cache))

    def results() -> Iterator[ParsedDocument]:
        for document in documents:
            yield failures.get(document.id) or cache.read(document)

    described, rejects = describe_figures(context, (figure for result in results() for figure in result.figures))
    return _write_parsed(context, documents, results(), described, rejects)


class _Cache:
    """Parsed documents by content and parser: work that outlives changes of the recipe."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._options = parse_options(context.road)
        self._folder = context.road.cache / "parsed"

    def holds(self, document: Document) -> bool:
        """Whether a document was parsed by the parser that would parse it now."""
        return self._path(document).is_file()

    def keep(self, document: Document, parsed: ParsedDocument) -> None:
        """Keep what was made of a document."""
        write_json(self._path(document), to_dict(parsed))

    def read(self, document: Document) -> ParsedDocument:
        """Read it back; a file of the cache that cannot be read is parsed again."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            parsed = from_dict(ParsedDocument, json.loads(self._path(document).read_text("utf-8")))
            if self._shows_all_figures(parsed):
                return parsed
        self._path(document).unlink(missing_ok=True)
        failures = dict(_parse(self._context, _where_they_lie_now(self._context, [document]), self))
        if document.id in failures:
            return failures[document.id]
        parsed = from_dict(ParsedDocument, json.loads(self._path(document).read_text("utf-8")))
        if not self._shows_all_figures(parsed):
            raise ParsingError(
                f"figures of {document.source_id} are not in {figures_folder(self._context.road)}, where the parser was"
                " told to write them; on a cluster, put the runs folder on storage that all machines see"
            )
        return parsed

    def _shows_all_figures(self, parsed: ParsedDocument) -> bool:
        return all(figure_path(self._context.road, figure).is_file() for figure in parsed.figures)

    def _path(self, document: Document) -> Path:
        from glossator.parsing import parser_version

        version = parser_version(self._options, document.media_type).translate(_FILE_NAME)
        return self._folder / version / f"{document.id}.json"


def _parse(context: Context, documents: Sequence[Document], cache: _Cache) -> Iterator[tuple[str, ParsedDocument]]:
    """Parse documents into the cache; leave those that may fare better another time."""
    from glossator.parsing import Finished, parse_documents

    section = context.recipe.parsing
    by_id = {document.id: document for document in documents}
    lost: set[str] = set()

    def note(finished: Finished) -> None:
        if finished.lost:
            lost.add(finished.document.document_id)

    for result in parse_documents(
        documents,
        parse_options(context.road),
        executor=section.executor,
        workers=section.workers,
        timeout_seconds=section.timeout_seconds,
        memory_mb=section.memory_mb,
        spark=spark_settings(context.road),
        on_result=note,
    ):
        if result.outcome in _LASTING_OUTCOMES and result.document_id not in lost:
            cache.keep(by_id[result.document_id], result)
        else:
            yield result.document_id, result
        context.progress.advance()


def _where_they_lie_now(context: Context, documents: Sequence[Document]) -> list[Document]:
    """Documents with the paths that their files have today.

    What was collected is known by its content, so a folder may have moved since and the work on it still holds.
    """
    if not documents:
        return []
    local = context.road.without_fetching()
    paths = {found.id: found.path for found in read_sources(local) if isinstance(found, Document)}
    kept = downloads(context.road) / "files"

    def now(document: Document) -> str | None:
        if document.path is None or document.id in paths:
            return paths.get(document.id)
        path = Path(document.path)
        return str(path if path.exists() else kept / path.name)

    return [replace(document, path=now(document)) for document in documents]


def _write_parsed(
    context: Context,
    documents: Sequence[Document],
    results: Iterable[ParsedDocument],
    described: Mapping[str, Figure],
    rejects: list[Reject],
) -> dict[str, int]:
    counts = Counter[str]()

    def readable() -> Iterator[ParsedDocument]:
        for document, result in zip(documents, results, strict=True):
            if not result.blocks:
                rejects.append(Reject(document.id, "parse", result.outcome, f"{document.source_id}: {result.reason}"))
                continue
            counts.update(documents=1, pages=result.pages, figures=len(result.figures))
            for figure in result.figures:
                _take_image(context, figure)
            yield replace(result, figures=tuple(described.get(figure.id, figure) for figure in result.figures))

    path = context.output("parsed.parquet")
    if not write_table(path, readable(), ParsedDocument, rows_per_group=_ROWS_PER_GROUP):
        told = reasons_text(rejects)
        raise YieldError(f"none of {len(documents)} documents could be read ({told}); try: glossator parse FILE")
    write_records(context.output("rejects.jsonl"), rejects)
    figures = {"figures": counts["figures"]} if context.recipe.parsing.figures is not None else {}
    return {"documents": counts["documents"], "pages": counts["pages"], **figures, "rejected": len(rejects)}


def _take_image(context: Context, figure: Figure) -> None:
    """Put the image of a figure into the artifact: the same bytes on disk where the file system can."""
    source, target = figure_path(context.road, figure), context.output(f"figures/{figure.id}.png")
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def chunk(context: Context) -> dict[str, int]:
    """Cut each parsed document into chunks counted in the student's tokens."""
    from glossator.parsing.repeats import drop_repeats

    section = context.recipe.parsing
    chunks: list[Chunk] = []
    rejects: list[Reject] = []
    count = 0
    for chunked in _chunk_all(context):
        chunks.extend(chunked.chunks)
        rejects.extend(chunked.rejects)
        count += 1
    chunks, repeats = drop_repeats(
        chunks, duplicate_threshold=section.duplicate_threshold, max_repeated_share=section.max_repeated_share
    )
    rejects.extend(repeats)
    if not chunks:
        raise YieldError(
            f"{count} documents gave no chunk of {section.min_tokens} to {section.max_tokens} tokens"
            f" ({reasons_text(rejects)}); {_remedy(rejects)}"
        )
    write_table(context.output("chunks.parquet"), chunks, Chunk)
    write_records(context.output("rejects.jsonl"), rejects)
    return {"chunks": len(chunks), "tokens": sum(item.tokens for item in chunks), "rejected": len(rejects)}


def _remedy(rejects: Sequence[Reject]) -> str:
    """What to change where no chunk was left, by what most of them were rejected for."""
    common = Counter(reject.reason for reject in rejects).most_common(1)
    if common and common[0][0] == "other_language":
        return "check parsing.languages"
    return "lower parsing.min_tokens or give longer documents"


def _chunk_all(context: Context) -> Iterator[Chunked]:
    """Cut every parsed document, in their order, where the recipe says."""
    from glossator.executors import map_records
    from glossator.parsing.chunking import Chunked, chunk_task

    tasks = _chunk_tasks(context)
    if context.recipe.parsing.executor == "local":
        for task in tasks:
            yield chunk_task(task)
            context.progress.advance()
        return
    section = context.recipe.parsing
    ids: list[str] = []

    def noted() -> Iterator[ChunkTask]:
        for task in tasks:
            ids.append(task.parsed.document_id)
            yield task

    for result in map_records(
        chunk_task,
        noted(),
        leaves=Chunked,
        executor=section.executor,
        timeout_seconds=section.timeout_seconds,
        memory_bytes=section.memory_mb << 20,
        spark=spark_settings(context.road),
        files=[student_path(context.road) / "tokenizer.json"],
    ):  # in the order of the documents
        lost = Reject(ids[result.index], "chunk", result.failure or "", result.reason)
        yield Chunked(ids[result.index], (), (lost,)) if result.failure else result.value
        context.progress.advance()


def _chunk_tasks(context: Context) -> Iterator[ChunkTask]:
    from glossator.parsing.chunking import ChunkTask

    section = context.recipe.parsing
    path = context.input("parse", "parsed.parquet")
    context.progress.expect(context.inputs["parse"].manifest.counts["documents"], "documents")
    for parsed in iterate_table(path, ParsedDocument):
        yield ChunkTask(
            parsed=parsed,
            tokenizer=str(student_path(context.road) / "tokenizer.json"),
            chunk_by=section.chunk_by,
            min_tokens=section.min_tokens,
            max_tokens=section.max_tokens,
            overlap=section.overlap,
            languages=section.languages,
            embedder=chunk_embedder(context.road),
        )
