"""The `local_files` source: a file, a folder or a glob pattern on this machine."""

from __future__ import annotations

import dataclasses
import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id

_PDF_SEARCH_BYTES = 1024
"""A PDF's header may stand anywhere within its first 1024 bytes (PDF 1.7, appendix H, note 13)."""

_HEADING = re.compile(r"^ {0,3}#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKDOWN_ENDINGS = (".md", ".markdown")
_TEXT_ENDINGS = (*_MARKDOWN_ENDINGS, ".txt", ".text", ".rst", "")
"""What prose is called. XML, HTML, JSON, code and tables are text as well, but nothing to ask questions about."""
_WILDCARD = re.compile(r"[*?\[]")


@dataclass(slots=True)
class _Found:
    """One file: where it is, what it is called, and its bytes or why it has none."""

    path: Path
    name: str
    """Path relative to the root, with forward slashes."""
    problem: str = ""
    detail: str = ""
    data: bytes = field(default=b"", repr=False)


def collect(path: Path | str, *, patterns: Sequence[str] = ("**/*",)) -> Iterator[Document | Reject]:
    """Collect PDF, Markdown and plain text files; what cannot be taken becomes a reject.

    A PDF is known by its content, whatever it is called. Other files are taken if they are UTF-8 text and called
    `.md`, `.markdown`, `.txt`, `.text`, `.rst` or nothing. Files come sorted by name; the same bytes under several
    names make one document with all of them as origins. Hidden files are passed over in silence.

    Args:
        path: a file, a folder, or a glob pattern such as `papers/*.pdf`.
        patterns: which files of a folder to take, as glob patterns relative to it.

    Raises:
        SourceError: there is nothing at `path`.
    """
    documents: dict[str, Document] = {}
    rejects: list[Reject] = []
    for found in _find(Path(path), patterns):
        _read(found)
        media_type = "" if found.problem else _media_type(found)
        if found.problem:
            subject = content_id("local_files", found.name)
            rejects.append(Reject(subject, "collect", found.problem, f"{found.name}: {found.detail}"))
            continue
        document_id, origin, size = content_id(found.data), f"local_files:{found.name}", len(found.data)
        title = _title(found, media_type)
        found.data = b""
        known = documents.get(document_id)
        if known is not None:
            documents[document_id] = _with_origin(known, origin)
            continue
        documents[document_id] = Document(
            id=document_id,
            source_id=found.name,
            origins=(origin,),
            title=title,
            media_type=media_type,
            path=str(found.path.resolve()),
            metadata={"bytes": size},
        )
    yield from documents.values()
    yield from rejects


def state(path: Path | str, *, patterns: Sequence[str] = ("**/*",)) -> str:
    """Hash the names and contents of the files that `collect` would look at.

    Raises:
        SourceError: there is nothing at `path`.
    """
    parts = []
    for found in _find(Path(path), patterns):
        _read(found)
        parts += [found.name, found.problem or content_id(found.data)]
        found.data = b""
    return content_id(*parts)


def _find(path: Path, patterns: Sequence[str]) -> list[_Found]:
    """The files under a path, sorted by name; those that lead out of it already carry that problem."""
    if path.is_file():
        return [_Found(path, path.name)]
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


def _select(root: Path, matches: set[Path]) -> list[_Found]:
    home = root.resolve()
    selected = []
    for match in matches:
        relative = match.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or (match.is_dir() and not match.is_symlink()):
            continue
        found = _Found(match, relative.as_posix())
        try:
            target = match.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            found.problem, found.detail = "unreadable", f"broken link ({type(error).__name__})"
        else:
            if not target.is_relative_to(home):
                found.problem, found.detail = "outside_folder", "a link that leads out of the folder"
            elif target.is_dir():
                continue
        selected.append(found)
    return sorted(selected, key=lambda found: found.name)


def _read(found: _Found) -> None:
    if found.problem:
        return
    try:
        if not found.path.is_file():
            found.problem, found.detail = "unreadable", "not a regular file"
            return
        found.data = found.path.read_bytes()
    except OSError as error:
        found.problem, found.detail = "unreadable", error.strerror or type(error).__name__
        return
    if not found.data:
        found.problem, found.detail = "empty", "no bytes"
    elif not _media_type(found):
        found.problem, found.detail = _refusal(found.path.suffix.lower())


def _media_type(found: _Found) -> str:
    """The type, by content and for text by name too; an empty string if it is none that can be parsed."""
    ending = found.path.suffix.lower()
    if b"%PDF-" in found.data[:_PDF_SEARCH_BYTES] or (ending == ".pdf" and b"endobj" in found.data):
        return "application/pdf"  # one whose header was damaged may still be read
    if b"\0" in found.data or ending not in _TEXT_ENDINGS:
        return ""
    try:
        found.data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "text/markdown" if ending in _MARKDOWN_ENDINGS else "text/plain"


def _refusal(ending: str) -> tuple[str, str]:
    """Why a file that is not empty cannot be taken: reason and detail."""
    if ending == ".pdf":
        return "fake_pdf", "it is called .pdf and holds neither a PDF header nor objects"
    if ending in _TEXT_ENDINGS:
        return "unknown_type", "neither PDF nor UTF-8 text"
    return "unknown_type", f"files called {ending} are not read, only PDF, Markdown and plain text"


def _title(found: _Found, media_type: str) -> str:
    if media_type == "text/markdown":
        heading = _HEADING.search(found.data.decode("utf-8"))
        if heading:
            return heading[1]
    return found.path.stem


def _with_origin(document: Document, origin: str) -> Document:
    return dataclasses.replace(document, origins=(*document.origins, origin))
