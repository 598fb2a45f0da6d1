"""Stage 1: sources to documents; and what later stages read of what stages 1 and 2 left."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence

from glossator.artifacts import iterate_table, read_records, read_table, write_json, write_records, write_table
from glossator.errors import YieldError
from glossator.pipeline.context import Context, Road
from glossator.pipeline.document_settings import downloads, fetching_values, source_values
from glossator.pipeline.forgotten import PASSED_OVER, REASON, Forgotten, ForgottenDocument, read_forgotten
from glossator.pipeline.progress import Progress
from glossator.records import Chunk, Document, ParsedDocument, Reject, Sample


def collect(context: Context) -> dict[str, int]:
    """Read every source; the same content from two places is one document, or one ready question, with both origins."""
    documents: dict[str, Document] = {}
    samples: dict[str, Sample] = {}
    rejects: list[Reject] = []
    passed_over: set[str] = set()
    for found in read_sources(context.road, watch=context.progress, passed_over=passed_over):
        if isinstance(found, Reject):
            rejects.append(found)
        elif isinstance(found, Sample):
            samples[found.id] = _from_both(samples[found.id], found) if found.id in samples else found
        elif found.id in documents:
            documents[found.id] = with_origins(documents[found.id], found)
        else:
            documents[found.id] = found
    _drop_fetched(context.road, rejects)
    _note_passed_over(context, passed_over)
    if not any(map(is_prose, documents.values())) and not samples:
        places = ", ".join(getattr(source, "path", None) or source.kind for source in context.recipe.sources)
        wanted = "a folder of PDF, HTML, .md or .txt" if context.recipe.reads_documents else "files of questions"
        raise YieldError(f"nothing to work with in {places} ({reasons_text(rejects)}); name {wanted}")
    write_table(context.output("documents.parquet"), documents.values(), Document)
    write_records(context.output("samples.jsonl"), samples.values())
    write_records(context.output("rejects.jsonl"), rejects)
    ready = {"ready_questions": len(samples)} if samples else {}
    return {"documents": len(documents), **ready, "rejected": len(rejects)}


def _drop_fetched(road: Road, rejects: Sequence[Reject]) -> None:
    """Drop what was fetched of forgotten documents before they were known by their content."""
    if any(reject.reason == REASON for reject in rejects) and downloads(road).is_dir():
        from glossator.sources.forgetting import forget_fetched

        forgotten = read_forgotten(road.folder.parent)
        found = {reject.subject_id for reject in rejects if reject.reason == REASON}
        forget_fetched(downloads(road), found, forgotten.fetched_places)


def _note_passed_over(context: Context, ids: set[str]) -> None:
    """Note which rows of the list kept something out that this recipe never had: once they are gone, it is collected.

    Of what the recipe had, the fingerprint of this stage tells already.
    """
    road = context.road
    forgotten = read_forgotten(road.folder.parent)
    had = {row.id for row in forgotten.documents if road.recipe.name in row.recipes}
    if names := (ids - had) | forgotten.taken_back(road.recipe.name):
        write_json(context.output(PASSED_OVER), sorted(names))


def read_sources(
    road: Road, *, watch: Progress | None = None, passed_over: set[str] | None = None
) -> Iterator[Document | Sample | Reject]:
    """What every source of a recipe has to give, one after the other; the same thing may come twice.

    A document that was forgotten gives a reject, which does not say what it holds.

    Args:
        road: the recipe and where its runs are.
        watch: whoever wants to know how far it is.
        passed_over: takes the ids of the rows of the list of forgotten documents that kept something out.
    """
    from glossator.sources import collect as collect_from

    forgotten = read_forgotten(road.folder.parent)
    for source in road.recipe.sources:
        values = {**source_values(road, source), **fetching_values(road, source, watch)}
        for found in collect_from(source.kind, **values):
            if watch is not None and not source.fetches:  # the others tell it themselves, also while they wait
                watch.advance()
            row = _row_of(found, forgotten, road.recipe.name)
            if row is None:
                yield found
            elif passed_over is not None:
                passed_over.add(row.id)
            if row is not None and isinstance(found, Document):
                yield forgotten.reject(found, road.recipe.name) or found


def _row_of(found: Document | Sample | Reject, forgotten: Forgotten, recipe: str) -> ForgottenDocument | None:
    """The row of the list that keeps something out."""
    if isinstance(found, Document):
        return forgotten.find(found, recipe)
    return forgotten.find_sample(found, recipe) if isinstance(found, Sample) else None


def is_prose(document: Document) -> bool:
    """Whether a document is there to be read, rather than a file of ready questions."""
    from glossator.sources import READY_SAMPLES

    return document.media_type != READY_SAMPLES


def with_origins(first: Document, second: Document) -> Document:
    """The first document with what only the second one tells: further origins, a licence, a date, …"""
    return dataclasses.replace(
        first,
        origins=tuple(dict.fromkeys([*first.origins, *second.origins])),
        license=first.license or second.license,
        published=first.published or second.published,
        group=first.group or second.group,
        metadata={**second.metadata, **first.metadata},
    )


def _from_both(first: Sample, second: Sample) -> Sample:
    """A ready question that stands in two files."""
    return dataclasses.replace(first, document_ids=tuple(dict.fromkeys([*first.document_ids, *second.document_ids])))


def reasons_text(rejects: Sequence[Reject]) -> str:
    """Count rejects by reason, for one line of a message."""
    counts = Counter(reject.reason for reject in rejects)
    return (
        "rejected: " + ", ".join(f"{count} {reason}" for reason, count in counts.most_common()) if counts else "empty"
    )


def read_documents(context: Context) -> list[Document]:
    """The documents that stage 1 left."""
    return read_table(context.input("collect", "documents.parquet"), Document)


def read_ready_samples(context: Context) -> list[Sample]:
    """The questions that came with their answers, as stage 1 left them: without a split."""
    return list(read_records(context.input("collect", "samples.jsonl"), Sample))


def titles_of(context: Context) -> dict[str, str]:
    """The title of each document: its only top heading, else what its source calls it."""
    titles = {document.id: document.title for document in read_documents(context)}
    if "parse" not in context.inputs:
        return titles
    for parsed in iterate_table(context.input("parse", "parsed.parquet"), ParsedDocument):
        top = [block.text for block in parsed.blocks if block.kind == "heading" and block.level == 1]
        if len(top) == 1:
            titles[parsed.document_id] = top[0]
    return titles


def read_chunks(context: Context) -> list[Chunk]:
    """The chunks that stage 2b left; none where the recipe reads no documents."""
    if "chunk" not in context.inputs:
        return []
    return read_table(context.input("chunk", "chunks.parquet"), Chunk)


def read_rejects(context: Context, stage: str) -> list[Reject]:
    """The rejects that a stage left."""
    return list(read_records(context.input(stage, "rejects.jsonl"), Reject))
