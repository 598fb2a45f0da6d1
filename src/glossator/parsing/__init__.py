"""Takes documents, leaves parsed documents in reading order and chunks small enough for one prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from glossator.errors import MissingExtraError
from glossator.executors.local import Result, map_isolated
from glossator.parsing import fast, plain
from glossator.parsing.plain import parse_text
from glossator.records import Document, Outcome, ParsedDocument, content_id

PARSER_VERSION = f"{fast.VERSION} {plain.VERSION}"
"""Versions of this package's own parsing rules; `parser_version` also covers the library beneath them."""

_FAILURES: dict[str, Outcome] = {"timeout": "timeout", "memory": "memory"}


def parser_version() -> str:
    """Say what decides the blocks of a file: the versions of the rules and of the installed PDF library.

    It belongs into the stage's fingerprint and into the key of every cache of parsed documents. Loads no library.
    """
    try:
        return f"{PARSER_VERSION} pdf_oxide/{version('pdf_oxide')}"
    except PackageNotFoundError:
        return PARSER_VERSION


@dataclass(frozen=True, slots=True)
class _Task:
    document_id: str
    media_type: str
    path: str | None
    text: str | None


def parse_file(path: Path, media_type: str, document_id: str) -> ParsedDocument:
    """Parse one file in this process; what is wrong with the file is the outcome, never an exception.

    Args:
        path: the file.
        media_type: `application/pdf`, `text/markdown` or `text/plain`.
        document_id: the hash of the file's bytes; a file that no longer has it is `unreadable`.

    Raises:
        MissingExtraError: the library that reads this type is not installed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        return failed(document_id, "unreadable", f"{path.name}: {error.strerror or error}")
    if content_id(data) != document_id:
        return failed(document_id, "unreadable", "the file has changed since it was collected")
    if not data:
        return failed(document_id, "empty", "the file is empty")
    if media_type == "application/pdf":
        del data  # the library reads the file itself; two copies would count against the memory limit
        return fast.parse(path, document_id)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return failed(document_id, "unreadable", f"not UTF-8 text: byte {error.start}")
    return parse_text(text, document_id, markdown=media_type == "text/markdown")


def parse_documents(
    documents: Sequence[Document],
    *,
    workers: int = 1,
    timeout_seconds: float = 60.0,
    memory_mb: int = 1024,
    on_result: Callable[[ParsedDocument, float], None] | None = None,
) -> Iterator[ParsedDocument]:
    """Parse documents in worker processes, in the order they finish, one parsed document for each.

    A document with text and no path is parsed as plain text. A parser that hangs, eats memory or crashes costs its own
    document only, with the outcome `timeout`, `memory` or `unreadable`.

    Args:
        documents: with a path, or with a text.
        workers: number of processes.
        timeout_seconds: wall time allowed per document.
        memory_mb: resident memory allowed per worker, in MiB.
        on_result: called with each parsed document and the seconds it took.

    Raises:
        MissingExtraError: there are PDFs and the library that reads them is not installed.
    """
    if any(document.media_type == "application/pdf" for document in documents) and find_spec("pdf_oxide") is None:
        raise MissingExtraError("pdf_oxide", "documents")
    tasks = [_Task(d.id, d.media_type, d.path, None if d.path else d.text) for d in documents]
    results = map_isolated(
        _parse_task, tasks, workers=workers, timeout_seconds=timeout_seconds, memory_bytes=memory_mb << 20
    )
    for result in results:
        parsed = _to_parsed(result, tasks[result.index].document_id)
        if on_result is not None:
            on_result(parsed, result.seconds)
        yield parsed


def failed(document_id: str, outcome: Outcome, reason: str) -> ParsedDocument:
    """A document that could not be parsed: no blocks, an outcome and a reason."""
    return ParsedDocument(document_id, outcome, reason, 0, (), PARSER_VERSION)


def to_markdown(parsed: ParsedDocument) -> str:
    """Write a parsed document as Markdown; an empty string if it has no blocks."""
    pieces = []
    for block in parsed.blocks:
        if block.kind == "heading":
            pieces.append(f"{'#' * max(1, block.level)} {' '.join(block.text.split())}")
        elif block.kind == "list_item":
            pieces.append(f"- {block.text}")
        elif block.kind in ("code", "table"):
            fence = "```" if "```" not in block.text else "~~~~"
            pieces.append(f"{fence}\n{block.text}\n{fence}")
        else:
            pieces.append(block.text)
    return "\n\n".join(pieces) + "\n" if pieces else ""


def _parse_task(task: _Task) -> ParsedDocument:
    if task.path is None:
        return parse_text(task.text or "", task.document_id, markdown=task.media_type == "text/markdown")
    return parse_file(Path(task.path), task.media_type, task.document_id)


def _to_parsed(result: Result, document_id: str) -> ParsedDocument:
    if isinstance(result.value, ParsedDocument):
        return result.value
    return failed(document_id, _FAILURES.get(result.failure or "", "unreadable"), result.reason)
