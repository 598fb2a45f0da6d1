"""The `local_files` source: a file, a folder or a glob pattern on this machine."""

from __future__ import annotations

import dataclasses
import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources.contents import MAX_PDF_BYTES, MAX_TEXT_BYTES, Contents, read_contents

_WILDCARD = re.compile(r"[*?\[]")


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
) -> Iterator[Document | Reject]:
    """Collect PDF, Markdown and plain text files; what cannot be taken becomes a reject.

    A PDF is known by its content, whatever it is called. Other files are taken if they are UTF-8 text and called
    `.md`, `.markdown`, `.txt`, `.text`, `.rst` or nothing. Files come sorted by name; the same bytes under several
    names make one document with all of them as origins. Hidden files are passed over in silence.

    Args:
        path: a file, a folder, or a glob pattern such as `papers/*.pdf`.
        patterns: which files of a folder to take, as glob patterns relative to it.
        max_pdf_bytes: a larger PDF is rejected as `too_large`.
        max_text_bytes: a larger text is rejected as `too_large`.

    Raises:
        SourceError: there is nothing at `path`.
    """
    documents: dict[str, Document] = {}
    rejects: list[Reject] = []
    for file in look(path, patterns=patterns, max_pdf_bytes=max_pdf_bytes, max_text_bytes=max_text_bytes):
        if file.contents.problem:
            rejects.append(_to_reject(file))
            continue
        document = to_document(file)
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
) -> str:
    """Hash the names and contents of the files that `collect` would look at; of one it would reject, name and size.

    Where the folder lies is no part of it: documents are the same wherever they are.

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
    for file in _find(Path(path), patterns):
        if file.contents.problem:
            yield file
        else:
            contents = read_contents(file.path, max_pdf_bytes=max_pdf_bytes, max_text_bytes=max_text_bytes)
            yield dataclasses.replace(file, contents=contents)


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


def printable(path: Path) -> str:
    r"""Write a path so that it can be printed and stored; bytes that are not UTF-8 become `\xe9` and the like."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _to_reject(file: LocalFile) -> Reject:
    subject = content_id("local_files", file.name)
    return Reject(subject, "collect", file.contents.problem, f"{file.name}: {file.contents.detail}")


def _with_origins(first: Document, second: Document) -> Document:
    return dataclasses.replace(first, origins=(*first.origins, *second.origins))


def _find(path: Path, patterns: Sequence[str]) -> list[LocalFile]:
    """The files under a path, sorted by name; those that lead out of it already carry that problem."""
    if path.is_file():
        return [_named(path, Path(path.name))]
    if path.is_dir():
        bad = [
            pattern for pattern in patterns if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern
        ]
        if bad:
            raise SourceError(f"pattern {bad[0]!r} is not relative to the folder {path}; write one such as '**/*.pdf'")
        matches = {match for pattern in patterns for match in path.glob(pattern)}
        return _select(path, matches)
    if _WILDCARD.search(str(path)) and not path.exists():
        matches = {Path(match) for match in glob.glob(str(path), recursive=True)}  # noqa: PTH207 - may be absolute
        if matches:
            return _select(_fixed_part(path), matches)
        raise SourceError(f"{path}: no file matches this pattern; check it, or name a folder")
    raise SourceError(f"{path}: no such file or folder; check the path, which is relative to the recipe or to here")


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first part of a pattern that has a wildcard."""
    fixed = []
    for part in pattern.parts:
        if _WILDCARD.search(part):
            break
        fixed.append(part)
    return Path(*fixed) if fixed else Path()


def _select(root: Path, matches: set[Path]) -> list[LocalFile]:
    home = root.resolve()
    selected = []
    for match in matches:
        relative = match.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or (match.is_dir() and not match.is_symlink()):
            continue
        file = _named(match, relative)
        try:
            target = match.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            file = _refused(file, "unreadable", f"broken link ({type(error).__name__})")
        else:
            if not target.is_relative_to(home):
                file = _refused(file, "outside_folder", "a link that leads out of the folder")
            elif target.is_dir():
                continue
        selected.append(file)
    return sorted(selected, key=lambda file: file.name)


def _named(path: Path, relative: Path) -> LocalFile:
    """A file not read yet; one whose path no artifact could hold already carries that problem."""
    file = LocalFile(path, printable(relative), Contents())
    try:
        str(path.resolve()).encode("utf-8")
    except UnicodeEncodeError:
        return _refused(file, "unreadable", "its name, or that of a folder above it, is not UTF-8; rename it")
    return file


def _refused(file: LocalFile, problem: str, detail: str) -> LocalFile:
    return dataclasses.replace(file, contents=Contents(problem=problem, detail=detail))
