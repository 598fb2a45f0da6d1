"""Takes documents, leaves parsed documents in reading order and chunks small enough for one prompt."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from glossator.executors import SparkSettings, map_records
from glossator.parsing import docling
from glossator.parsing.markdown import to_markdown
from glossator.parsing.options import PARSERS, ParseOptions
from glossator.parsing.passes import Finished, Passes
from glossator.parsing.tasks import PDF, ParseTask, failed, parse_file
from glossator.parsing.versions import check_libraries, parser_version
from glossator.records import Document, ParsedDocument

__all__ = [
    "PARSERS",
    "Finished",
    "ParseOptions",
    "check_libraries",
    "failed",
    "parse_documents",
    "parse_file",
    "parser_version",
    "to_markdown",
]

_IMAGES_ON_SPARK = 4096
"""Images of pages whose text is held at once on the way to their documents: enough to keep a cluster busy."""


def parse_documents(
    documents: Sequence[Document],
    options: ParseOptions | None = None,
    *,
    executor: str = "local",
    workers: int = 1,
    timeout_seconds: float = 60.0,
    memory_mb: int = 1024,
    spark: SparkSettings | None = None,
    on_result: Callable[[Finished], None] | None = None,
) -> Iterator[ParsedDocument]:
    """Parse documents in worker processes, in the order they finish, one parsed document for each.

    A document with text and no path is parsed as plain text. A parser that hangs, eats memory or crashes costs its own
    document only, with the outcome `timeout`, `memory` or `unreadable`. A very long document is parsed in ranges of
    pages, each with the limits of a document of its own.

    Args:
        documents: with a path, or with a text.
        options: how; all pages by `auto` if left out.
        executor: `local` or `spark`.
        workers: number of processes on this machine.
        timeout_seconds: wall time allowed per document.
        memory_mb: resident memory allowed per worker, in MiB.
        spark: where and how `spark` works.
        on_result: called with each parsed document, the seconds it took, and whether another time may go better.

    Raises:
        MissingExtraError: a library that reads one of these documents is not installed.
        ParsingError: there is no such parser, or it cannot work here.
    """
    options = options or ParseOptions()
    media_types = {document.media_type for document in documents}
    check_libraries(options, media_types)
    if options.parser == "docling" and PDF in media_types:
        docling.load_converter()  # models that are missing are told once, not by every document
    run = functools.partial(
        map_records,
        executor=executor,
        workers=workers,
        timeout_seconds=timeout_seconds,
        memory_bytes=memory_mb << 20,
        spark=spark,
    )
    tasks = [ParseTask(d.id, d.media_type, d.path, None if d.path else d.text, options) for d in documents]
    for finished in Passes(run, images_at_once=_IMAGES_ON_SPARK if executor == "spark" else 16 * workers).parse(tasks):
        if on_result is not None:
            on_result(finished)
        yield finished.document
