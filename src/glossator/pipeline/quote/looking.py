"""A look at the documents before a run: a few of them, really read and cut, tell what all of them make likely."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from glossator.artifacts import Artifact, canonical_json, iterate_table, read_table
from glossator.pipeline.context import Road
from glossator.pipeline.document_settings import chunk_embedder, parse_options
from glossator.pipeline.quote import typical
from glossator.pipeline.quote.ranges import NOTHING, Range, expand
from glossator.pipeline.quote.sources import Expected, Sources, size_of
from glossator.pipeline.settings import student_path
from glossator.recipe import dotenv_in_environment
from glossator.records import Chunk, Document, Figure, ParsedDocument, to_dict

if TYPE_CHECKING:
    from glossator.parsing import Finished

LOOK_SECONDS = 30.0
"""No longer than this."""
ENOUGH_SECONDS = 6.0
"""After so long, `ENOUGH` documents are enough."""
ENOUGH = 8
LOOK_DOCUMENTS = 64
"""Most documents that are looked at, where that is quick."""
_QUICK = ("text/plain", "text/markdown")
_TABLE_SHARE = 0.3
"""What a parsed document takes in the artifact, of its size in the cache: measured on papers."""


@dataclass(frozen=True, slots=True)
class Look:
    """What documents hold, as far as it was looked at."""

    documents: Range = NOTHING
    pages: Range = NOTHING
    figures: Range = NOTHING
    chunks: Range = NOTHING
    chunk_tokens: Range = NOTHING
    parse_seconds: Range = NOTHING
    chunk_seconds: Range = NOTHING
    parsed_bytes: Range = NOTHING
    sample: tuple[Chunk, ...] = ()
    """Real chunks: all of them where that stage is done, else those of the documents looked at."""
    titles: Mapping[str, str] = field(default_factory=dict)
    seen_figures: Mapping[str, Figure] = field(default_factory=dict)
    """Those of the documents looked at, by id."""
    whole: bool = False
    """Whether `sample` holds every chunk."""
    rests_on: str = ""
    """In words: `12 of 80 documents looked at`."""


def look_at_documents(
    road: Road, sources: Sources, done: Mapping[str, Artifact], *, most: int = LOOK_DOCUMENTS
) -> Look:
    """Read and cut a few documents, chosen by seed and spread over their sizes; what is done already is exact.

    Bounded by time and number; writes into a temporary folder only.

    Args:
        road: the recipe and its folder.
        sources: what there is to read.
        done: the artifacts of finished stages.
        most: documents that are looked at, of files and of texts each.
    """
    if "chunk" in done:
        return _look_at_chunks(done)
    if "parse" in done:
        return _look_at_parsed(road, sources, done["parse"], most)
    quick = [document for document in sources.documents if document.path is None or document.media_type in _QUICK]
    named = {document.id for document in quick}
    slow = [document for document in sources.documents if document.id not in named]
    began = time.monotonic()
    looks = [_read_some(road, documents, most, began) for documents in (quick, slow) if documents]
    looks += [_typical(road, expected) for expected in sources.expected if expected.documents]
    return _together(looks)


def spread(documents: Sequence[Document], count: int, seed: int) -> list[Document]:
    """Choose documents by seed, one from each stretch of their order by size.

    They come in random order, so that some of them
    are as good a sample as all of them.
    """
    ordered = sorted(documents, key=lambda document: (size_of(document), document.id))
    draw = random.Random(seed)  # for a sample, not for secrets
    count = min(count, len(ordered))
    bounds = [place * len(ordered) // count for place in range(count + 1)] if count else []
    chosen = [ordered[draw.randrange(low, high)] for low, high in pairwise(bounds)]
    draw.shuffle(chosen)
    return chosen


@dataclass(slots=True)
class _Read:
    """What came of one document."""

    size: float
    parsed: ParsedDocument
    parse_seconds: float
    chunks: tuple[Chunk, ...] = ()
    chunk_seconds: float = 0.0


def _read_some(road: Road, documents: Sequence[Document], most: int, began: float) -> Look:
    chosen = spread(documents, most, road.recipe.seed)
    with dotenv_in_environment():
        read = list(_read(road, chosen, began))
    titles = {document.id: document.title for document in documents}
    return _summed(read, len(documents), sum(map(size_of, documents)), titles, road.recipe.parsing.workers)


def _read(road: Road, chosen: Sequence[Document], began: float) -> Iterator[_Read]:
    from glossator.parsing import parse_documents

    section = road.recipe.parsing
    seconds: dict[str, float] = {}

    def note(finished: Finished) -> None:
        seconds[finished.document.document_id] = finished.seconds

    by_id = {document.id: document for document in chosen}
    with tempfile.TemporaryDirectory(prefix="glossator-plan-") as folder:
        options = parse_options(road)
        if options.figures_folder is not None:
            options = replace(options, figures_folder=folder)
        parsing = parse_documents(
            chosen,
            options,
            workers=section.workers,
            timeout_seconds=min(section.timeout_seconds, LOOK_SECONDS),
            memory_mb=section.memory_mb,
            on_result=note,
        )
        with closing(parsing):  # type: ignore[type-var]  # a generator, which ends its workers when it is closed
            for count, parsed in enumerate(parsing, start=1):
                took = seconds[parsed.document_id]
                yield _cut(road, _Read(size_of(by_id[parsed.document_id]), parsed, took))
                if _long_enough(time.monotonic() - began, count):
                    return


def _long_enough(seconds: float, count: int) -> bool:
    return seconds > LOOK_SECONDS or (seconds > ENOUGH_SECONDS and count >= ENOUGH)


def _cut(road: Road, read: _Read) -> _Read:
    from glossator.parsing.chunking import ChunkTask, chunk_task

    section = road.recipe.parsing
    if not read.parsed.blocks:
        return read
    began = time.monotonic()
    cut = chunk_task(
        ChunkTask(
            parsed=read.parsed,
            tokenizer=str(student_path(road) / "tokenizer.json"),
            chunk_by=section.chunk_by,
            min_tokens=section.min_tokens,
            max_tokens=section.max_tokens,
            overlap=section.overlap,
            languages=section.languages,
            embedder=chunk_embedder(road),
        )
    )
    read.chunks, read.chunk_seconds = cut.chunks, time.monotonic() - began
    return read


def _summed(
    read: Sequence[_Read],
    count: int,
    total_size: float,
    titles: Mapping[str, str],
    workers: int,
    *,
    parsed: bool = False,
) -> Look:
    """Turn what a few documents hold into what all of them will."""
    sizes = [one.size for one in read]

    def all_of(values: Iterable[float]) -> Range:
        return expand(list(values), sizes, count=count, total_size=total_size)

    looked = f"{len(read):,} of {count:,} documents looked at" if len(read) < count else f"all {count:,} documents read"
    return Look(
        documents=all_of(1.0 if one.parsed.blocks else 0.0 for one in read).rounded(),
        pages=all_of(one.parsed.pages for one in read).rounded(),
        figures=all_of(len(one.parsed.figures) for one in read).rounded(),
        chunks=all_of(len(one.chunks) for one in read).rounded(),
        chunk_tokens=all_of(sum(chunk.tokens for chunk in one.chunks) for one in read).rounded(),
        parse_seconds=NOTHING
        if parsed
        else all_of(one.parse_seconds for one in read).scaled(1 / workers, 1.5 / workers),
        chunk_seconds=all_of(one.chunk_seconds for one in read).scaled(0.7, 1.5),
        parsed_bytes=NOTHING if parsed else all_of(_stored_bytes(one.parsed) for one in read),
        sample=tuple(chunk for one in read for chunk in one.chunks),
        titles={**titles, **dict(_headings(one.parsed for one in read))},
        seen_figures={figure.id: figure for one in read for figure in one.parsed.figures},
        rests_on=looked,
    )


def _headings(documents: Iterable[ParsedDocument]) -> Iterator[tuple[str, str]]:
    """The title of each document that has one top heading only: with it a teacher is told what it reads."""
    for parsed in documents:
        top = [block.text for block in parsed.blocks if block.kind == "heading" and block.level == 1]
        if len(top) == 1:
            yield parsed.document_id, top[0]


def _stored_bytes(parsed: ParsedDocument) -> float:
    return len(canonical_json(to_dict(parsed))) * (1 + _TABLE_SHARE)


def _look_at_chunks(done: Mapping[str, Artifact]) -> Look:
    chunks = read_table(done["chunk"].file("chunks.parquet"), Chunk)
    documents = read_table(done["collect"].file("documents.parquet"), Document)
    parsed = done["parse"].manifest.counts
    titles = {document.id: document.title for document in documents}
    read = iterate_table(done["parse"].file("parsed.parquet"), ParsedDocument)
    return Look(
        documents=Range.of(parsed["documents"]),
        pages=Range.of(parsed["pages"]),
        figures=Range.of(parsed.get("figures", 0)),
        chunks=Range.of(len(chunks)),
        chunk_tokens=Range.of(sum(chunk.tokens for chunk in chunks)),
        sample=tuple(chunks),
        titles={**titles, **dict(_headings(read))},
        whole=True,
        rests_on=f"all {len(chunks):,} chunks are there",
    )


def _look_at_parsed(road: Road, sources: Sources, artifact: Artifact, most: int) -> Look:
    """Cut a few of the documents that are parsed already."""
    counts = artifact.manifest.counts
    readable = int(counts["documents"])
    draw = random.Random(road.recipe.seed)
    places = set(draw.sample(range(readable), min(most, readable)))
    read: list[_Read] = []
    sizes: list[float] = []
    began = time.monotonic()
    for place, parsed in enumerate(iterate_table(artifact.file("parsed.parquet"), ParsedDocument)):
        sizes.append(float(sum(len(block.text) for block in parsed.blocks)))
        if place in places and not _long_enough(time.monotonic() - began, len(read)):
            read.append(_cut(road, _Read(sizes[-1], parsed, 0.0)))
    titles = {document.id: document.title for document in sources.documents}
    look = _summed(read, readable, sum(sizes), titles, 1, parsed=True)
    return replace(
        look,
        documents=Range.of(readable),
        pages=Range.of(counts["pages"]),
        figures=Range.of(counts.get("figures", 0)),
    )


def _typical(road: Road, expected: Expected) -> Look:
    """What is known of documents that nobody has seen: at most so many, each like its kind."""
    some = Range(0.8 * expected.documents, float(expected.documents))
    tokens = some * typical.TOKENS[expected.form].scaled(expected.joined)
    full = Range(road.recipe.parsing.max_tokens * typical.FILL.low, road.recipe.parsing.max_tokens * typical.FILL.high)
    pages = some * typical.PAGES[expected.form]
    return Look(
        documents=some.rounded(),
        pages=pages.rounded(),
        figures=(some * typical.FIGURES[expected.form]).rounded() if road.recipe.parsing.figures else NOTHING,
        chunks=Range(max(some.low, tokens.low / full.high), max(some.high, tokens.high / full.low)).rounded(),
        chunk_tokens=tokens.rounded(),
        parse_seconds=(pages * typical.PARSE_SECONDS_A_PAGE).scaled(1 / road.recipe.parsing.workers),
        parsed_bytes=tokens.scaled(5, 12),
        rests_on=f"typical figures for at most {expected.documents:,} documents that are not here yet",
    )


def _together(looks: Sequence[Look]) -> Look:
    total = Look(whole=False)
    for look in looks:
        total = Look(
            documents=total.documents + look.documents,
            pages=total.pages + look.pages,
            figures=total.figures + look.figures,
            chunks=total.chunks + look.chunks,
            chunk_tokens=total.chunk_tokens + look.chunk_tokens,
            parse_seconds=total.parse_seconds + look.parse_seconds,
            chunk_seconds=total.chunk_seconds + look.chunk_seconds,
            parsed_bytes=total.parsed_bytes + look.parsed_bytes,
            sample=(*total.sample, *look.sample),
            titles={**total.titles, **look.titles},
            seen_figures={**total.seen_figures, **look.seen_figures},
            rests_on="; ".join(filter(None, (total.rests_on, look.rests_on))),
        )
    return total
