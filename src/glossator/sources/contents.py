"""What one file holds: its type, its id and its first heading, read in blocks whatever its size."""

from __future__ import annotations

import codecs
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glossator.records import ContentHash

MAX_PDF_BYTES = 200_000_000
"""A PDF with more bytes is not taken."""
MAX_TEXT_BYTES = 20_000_000
"""A text with more bytes is not taken: twenty books in one file, or no prose at all."""

_HEAD_BYTES = 1024
"""A PDF's header may stand anywhere within its first 1024 bytes (PDF 1.7, appendix H, note 13)."""
_BLOCK_BYTES = 1 << 20
_OBJECT_END = b"endobj"

_HEADING = re.compile(r"^ {0,3}#\s+(.+?)\s*#*\s*$", re.MULTILINE)
_MARKDOWN_ENDINGS = (".md", ".markdown")
_TEXT_ENDINGS = (*_MARKDOWN_ENDINGS, ".txt", ".text", ".rst", "")
"""What prose is called. XML, HTML, JSON, code and tables are text as well, but nothing to ask questions about."""

_SETTLED_NS = 2_000_000_000
"""A file that was touched more recently may change again without a new time stamp, so it is always read again."""
_known: dict[tuple[object, ...], Contents] = {}
"""What was read in this process, by path, inode, size, times and limits: `state` and `collect` ask one another's
question."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, or why it cannot be taken."""

    media_type: str = ""
    """Empty if there is a problem, as is the id."""
    id: str = ""
    """`records.content_id` of the bytes."""
    bytes: int = 0
    """Size of the file."""
    heading: str = ""
    """The first top heading of a Markdown file, if it stands within the first MiB."""
    problem: str = ""
    """Why it cannot be taken, in one word; empty if it can."""
    detail: str = ""
    """The rest of that story."""


def read_contents(path: Path, *, max_pdf_bytes: int = MAX_PDF_BYTES, max_text_bytes: int = MAX_TEXT_BYTES) -> Contents:
    """Read a file block by block; leave its type and id, or the problem it has. Never raises for a bad file.

    The type is decided by the first KiB and the name; only what may be a document is read any further.

    Args:
        path: the file.
        max_pdf_bytes: a larger PDF is `too_large`.
        max_text_bytes: a larger text is `too_large`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Contents(problem="unreadable", detail="not a regular file")
        times = status.st_mtime_ns, status.st_ctime_ns
        key = (path.absolute(), status.st_dev, status.st_ino, status.st_size, *times, max_pdf_bytes, max_text_bytes)
        if key not in _known or time.time_ns() - max(times) < _SETTLED_NS:
            with path.open("rb") as file:
                _known[key] = _read(file, path.suffix.lower(), max_pdf_bytes, max_text_bytes)
        return _known[key]
    except OSError as error:
        return Contents(problem="unreadable", detail=error.strerror or type(error).__name__)


def _read(file: BinaryIO, ending: str, max_pdf_bytes: int, max_text_bytes: int) -> Contents:
    size = os.fstat(file.fileno()).st_size
    head = file.read(_HEAD_BYTES)
    if not head:
        return Contents(problem="empty", detail="no bytes")
    headed = b"%PDF-" in head
    is_pdf = headed or ending == ".pdf"  # one whose header was damaged may still be read
    if not is_pdf and ending not in _TEXT_ENDINGS:
        kinds = "only PDF, Markdown and plain text"
        return Contents(bytes=size, problem="unknown_type", detail=f"files called {ending} are not read, {kinds}")
    limit = max_pdf_bytes if is_pdf else max_text_bytes
    if not is_pdf and b"\0" in head:
        return _not_text(size)
    if size > limit:
        found = f"{size / 1e6:.1f} MB; at most {limit / 1e6:g} MB are read of {'a PDF' if is_pdf else 'a text'}"
        return Contents(bytes=size, problem="too_large", detail=found)
    file.seek(0)
    if is_pdf:
        return _read_pdf(file, size, headed=headed)
    return _read_text(file, size, "text/markdown" if ending in _MARKDOWN_ENDINGS else "text/plain")


def _read_pdf(file: BinaryIO, size: int, *, headed: bool) -> Contents:
    """A file with a PDF header, or called so; the latter must hold at least one object."""
    whole = ContentHash(size)
    has_objects, tail = headed, b""
    for block in _blocks(file):
        if not whole.add(block):
            break
        seam = tail + block
        has_objects = has_objects or _OBJECT_END in seam
        tail = seam[1 - len(_OBJECT_END) :]
    if not whole.complete:
        return _changed(size)
    if not has_objects:
        detail = "it is called .pdf and holds neither a PDF header nor objects"
        return Contents(bytes=size, problem="fake_pdf", detail=detail)
    return Contents("application/pdf", whole.id, size)


def _read_text(file: BinaryIO, size: int, media_type: str) -> Contents:
    """A file called as prose is; it must be UTF-8 without NUL from end to end."""
    whole = ContentHash(size)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    first = ""
    try:
        for block in _blocks(file):
            if not whole.add(block):
                break
            text = decoder.decode(block)
            if "\0" in text:
                return _not_text(size)
            first = first or text
        if not whole.complete:
            return _changed(size)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _not_text(size)
    heading = _HEADING.search(first) if media_type == "text/markdown" else None
    return Contents(media_type, whole.id, size, heading[1] if heading else "")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block


def _not_text(size: int) -> Contents:
    return Contents(bytes=size, problem="unknown_type", detail="neither PDF nor UTF-8 text")


def _changed(size: int) -> Contents:
    return Contents(bytes=size, problem="unreadable", detail="it changed while it was read")
