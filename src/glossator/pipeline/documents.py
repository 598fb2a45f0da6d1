"""Stages 1 and 2: sources to documents, documents to chunks."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from glossator.artifacts import read_records, read_table, write_json, write_records, write_table
from glossator.errors import YieldError
from glossator.pipeline.context import Context, Road
from glossator.pipeline.settings import source_values, student_path
from glossator.records import Chunk, Document, ParsedDocument, Reject, Sample, from_dict, to_dict

_FILE_NAME = str.maketrans("/ ", "-_")
_LASTING_OUTCOMES = ("ok", "repaired", "empty", "encrypted")
"""What the content alone decides. A time-out, too little memory, a killed worker or a failing disk may not come again,
and `unreadable` does not tell these from a damaged file; such documents are read anew."""


def collect(context: Context) -> dict[str, int]:
    """Read every source; the same content from two places is one document, or one ready question, with both origins."""
    documents: dict[str, Document] = {}
    samples: dict[str, Sample] = {}
    rejects: list[Reject] = []
    for found in read_sources(context.road):
        context.progress.advance()
        if isinstance(found, Reject):
            rejects.append(found)
        elif isinstance(found, Sample):
            samples[found.id] = _from_both(samples[found.id], found) if found.id in samples else found
        elif found.id in documents:
            documents[found.id] = _with_origins(documents[found.id], found)
        else:
            documents[found.id] = found
    if not any(map(is_prose, documents.values())) and not samples:
        places = ", ".join(source.path for source in context.recipe.sources)
        wanted = "a folder of PDF, .md or .txt" if context.recipe.reads_documents else "files of questions with answers"
        raise YieldError(f"nothing to work with in {places} ({reasons_text(rejects)}); name {wanted}")
    write_table(context.output("documents.parquet"), documents.values(), Document)
    write_records(context.output("samples.jsonl"), samples.values())
    write_records(context.output("rejects.jsonl"), rejects)
    ready = {"ready_questions": len(samples)} if samples else {}
    return {"documents": len(documents), **ready, "rejected": len(rejects)}


def read_sources(road: Road) -> Iterator[Document | Sample | Reject]:
    """What every source of a recipe has to give, one after the other; the same thing may come twice."""
    from glossator.sources import collect as collect_from

    for source in road.recipe.sources:
        yield from collect_from(source.kind, path=road.resolve(source.path), **source_values(road, source))


def is_prose(document: Document) -> bool:
    """Whether a document is there to be read, rather than a file of ready questions."""
    from glossator.sources import READY_SAMPLES

    return document.media_type != READY_SAMPLES


def _with_origins(first: Document, second: Document) -> Document:
    return dataclasses.replace(first, origins=tuple(dict.fromkeys([*first.origins, *second.origins])))


def parse(context: Context) -> dict[str, int]:
    """Parse each document once; what was parsed under this parser before is taken from the cache."""
    from glossator.parsing import parse_documents, parser_version

    section = context.recipe.parsing
    documents = [document for document in read_documents(context) if is_prose(document)]
    if not documents:
        told = reasons_text(read_rejects(context, "collect"))
        raise YieldError(
            f"there is no document to read beside the ready questions ({told}); give some, or no such source"
        )
    cache = context.road.cache / "parsed" / parser_version().translate(_FILE_NAME)
    parsed: dict[str, ParsedDocument] = {}
    for document in documents:
        with suppress(OSError, ValueError, TypeError, AttributeError):  # what cannot be read is parsed again
            text = (cache / f"{document.id}.json").read_text("utf-8")
            parsed[document.id] = from_dict(ParsedDocument, json.loads(text))
    missing = _where_they_lie_now(context, [document for document in documents if document.id not in parsed])
    context.progress.expect(len(documents), "documents")
    context.progress.advance(len(parsed))
    for result in parse_documents(
        missing, workers=section.workers, timeout_seconds=section.timeout_seconds, memory_mb=section.memory_mb
    ):
        parsed[result.document_id] = result
        if result.outcome in _LASTING_OUTCOMES:
            write_json(cache / f"{result.document_id}.json", to_dict(result))
        context.progress.advance()
    return _write_parsed(context, documents, [parsed[document.id] for document in documents])


def _from_both(first: Sample, second: Sample) -> Sample:
    """A ready question that stands in two files."""
    return dataclasses.replace(first, document_ids=tuple(dict.fromkeys([*first.document_ids, *second.document_ids])))


def _where_they_lie_now(context: Context, documents: Sequence[Document]) -> list[Document]:
    """Documents with the paths that their files have today.

    What was collected is known by its content, so a folder may have moved since and the work on it still holds.
    """
    if not documents:
        return []
    paths = {found.id: found.path for found in read_sources(context.road) if isinstance(found, Document)}
    return [
        dataclasses.replace(document, path=paths.get(document.id) or document.path) if document.path else document
        for document in documents
    ]


def _write_parsed(context: Context, documents: Sequence[Document], parsed: Sequence[ParsedDocument]) -> dict[str, int]:
    rejects = [
        Reject(document.id, "parse", result.outcome, f"{document.source_id}: {result.reason}")
        for document, result in zip(documents, parsed, strict=True)
        if not result.blocks
    ]
    readable = [result for result in parsed if result.blocks]
    if not readable:
        told = reasons_text(rejects)
        raise YieldError(f"none of {len(documents)} documents could be read ({told}); try: glossator parse FILE")
    write_table(context.output("parsed.parquet"), readable, ParsedDocument)
    write_records(context.output("rejects.jsonl"), rejects)
    pages = sum(result.pages for result in readable)
    return {"documents": len(readable), "pages": pages, "rejected": len(rejects)}


def chunk(context: Context) -> dict[str, int]:
    """Cut each parsed document into chunks counted in the student's tokens."""
    from glossator.parsing.chunking import chunk_document
    from glossator.text.tokens import TokenCounter

    section = context.recipe.parsing
    counter = TokenCounter(student_path(context.road) / "tokenizer.json")
    chunks: list[Chunk] = []
    rejects: list[Reject] = []
    parsed = read_table(context.input("parse", "parsed.parquet"), ParsedDocument)
    context.progress.expect(len(parsed), "documents")
    for document in parsed:
        kept, left_out = chunk_document(
            document,
            count_tokens=counter.count,
            chunk_by=section.chunk_by,
            min_tokens=section.min_tokens,
            max_tokens=section.max_tokens,
        )
        chunks.extend(kept)
        rejects.extend(left_out)
        context.progress.advance()
    if not chunks:
        raise YieldError(
            f"{len(parsed)} documents gave no chunk of {section.min_tokens} to {section.max_tokens} tokens"
            f" ({reasons_text(rejects)}); lower parsing.min_tokens or give longer documents"
        )
    write_table(context.output("chunks.parquet"), chunks, Chunk)
    write_records(context.output("rejects.jsonl"), rejects)
    return {"chunks": len(chunks), "tokens": sum(item.tokens for item in chunks), "rejected": len(rejects)}


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
    for parsed in read_table(context.input("parse", "parsed.parquet"), ParsedDocument):
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
