"""The `local_files` source: a file, a folder or a glob pattern on this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glossator.records import Document, Reject, content_id
from glossator.sources.contents import MAX_PDF_BYTES, MAX_TEXT_BYTES, Contents, read_contents
from glossator.sources.finding import find, printable

__all__ = ["LocalFile", "collect", "look", "printable", "state", "to_document"]


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One file: where it is, what it is called, what it holds."""

    path: Path
    """As found under the path that was given."""
    name: str
    """Path relative to the root, with forward slashes, fit for printing."""
    contents: Contents


def collect(
    path: Path | str,
    *,
    patterns: Sequence[str] = ("**/*",),
    max_pdf_bytes: int = MAX_PDF_BYTES,
    max_text_bytes: int = MAX_TEXT_BYTES,
    license: str | None = None,  # noqa: A002 - the record's own name
) -> Iterator[Document | Reject]:
    """Collect PDF, HTML, Markdown and plain text files; what cannot be taken becomes a reject.

    A PDF is known by its content, whatever it is called; a text that mentions a PDF's header is none. Other files are
    taken if they are called `.html`, `.htm` or `.xhtml` and hold tags, in any encoding, or are UTF-8 text and called
    `.md`, `.markdown`, `.txt`, `.text`, `.rst` or nothing; a plain text that opens with a doctype or `<html>` is a
    page. Files come sorted by name; the same bytes under several names make one document with all of them as origins.
    Hidden files are passed over in silence.

    Args:
        path: a file, a folder, or a glob pattern such as `papers/*.pdf`.
        patterns: which files of a folder to take, as glob patterns relative to it.
        max_pdf_bytes: a larger PDF is rejected as `too_large`.
        max_text_bytes: a larger text is rejected as `too_large`.
        license: of these files, as the user tells it.

    Raises:
        SourceError: there is nothing at `path`.
    """
    documents: dict[str, Document] = {}
    rejects: list[Reject] = []
    for file in look(path, patterns=patterns, max_pdf_bytes=max_pdf_bytes, max_text_bytes=max_text_bytes):
        if file.contents.problem:
            rejects.append(_to_reject(file))
            continue
        document = dataclasses.replace(to_document(file), license=license)
        known = documents.get(document.id)
        documents[document.id] = document if known is None else _with_origins(known, document)
    yield from documents.values()
    yield from rejects


def state(
    path: Path | str,
    *,
    patterns: Sequence[str] = ("**/*",),
    max_pdf_bytes: int = MAX_PDF_BYTES,
    max_text_bytes: int = MAX_TEXT_BYTES,
    **_: str | None,
) -> str:
    """Hash the names and contents of the files that `collect` would look at; of one it would reject, name and size.

    Where the folder lies is no part of it: documents are the same wherever they are. Other options of `collect` are
    part of the recipe and change nothing here.

    Raises:
        SourceError: there is nothing at `path`.
    """
    parts: list[str] = []
    for file in look(path, patterns=patterns, max_pdf_bytes=max_pdf_bytes, max_text_bytes=max_text_bytes):
        contents = file.contents
        parts += [file.name, contents.id or f"{contents.problem} {contents.bytes}"]
    return content_id(*parts)


def look(
    path: Path | str,
    *,
    patterns: Sequence[str] = ("**/*",),
    max_pdf_bytes: int = MAX_PDF_BYTES,
    max_text_bytes: int = MAX_TEXT_BYTES,
) -> Iterator[LocalFile]:
    """Read what `collect` would, one row a file: also for equal files and for those that cannot be taken.

    Raises:
        SourceError: there is nothing at `path`.
    """
    for found in find(path, patterns):
        if found.problem:
            yield LocalFile(found.path, found.name, Contents(problem=found.problem, detail=found.detail))
        else:
            contents = read_contents(found.path, max_pdf_bytes=max_pdf_bytes, max_text_bytes=max_text_bytes)
            yield LocalFile(found.path, found.name, contents)


def to_document(file: LocalFile) -> Document:
    """Turn a file that has no problem into a document."""
    return Document(
        id=file.contents.id,
        source_id=file.name,
        origins=(f"local_files:{file.name}",),
        title=file.contents.heading or file.path.stem,
        media_type=file.contents.media_type,
        path=str(file.path.resolve()),
        metadata={"bytes": file.contents.bytes},
    )


def _to_reject(file: LocalFile) -> Reject:
    subject = content_id("local_files", file.name)
    return Reject(subject, "collect", file.contents.problem, f"{file.name}: {file.contents.detail}")


def _with_origins(first: Document, second: Document) -> Document:
    return dataclasses.replace(first, origins=(*first.origins, *second.origins))
