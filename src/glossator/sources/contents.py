"""What one file holds: its type, its id and its first heading, read in blocks whatever its size."""

from __future__ import annotations

import codecs
import html
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from glossator.records import ContentHash
from glossator.sources.sniffing import (
    HEAD_BYTES,
    SNIFFED_BYTES,
    has_tags,
    has_wide_mark,
    is_page,
    is_pdf,
    name_binary,
)

MAX_PDF_BYTES = 200_000_000
"""A PDF with more bytes is not taken."""
MAX_TEXT_BYTES = 20_000_000
"""A text with more bytes is not taken: twenty books in one file, or no prose at all."""

_BLOCK_BYTES = 1 << 20
_OBJECT_END = b"endobj"

_HEADING = re.compile(r"^ {0,3}#[ \t]+(.*)$", re.MULTILINE)
"""A line that may be a top heading; like those below, each looks at a character a few times at most."""
MARKDOWN_ENDINGS = (".md", ".markdown")
_HTML_ENDINGS = (".html", ".htm", ".xhtml")
_PROSE_ENDINGS = (*MARKDOWN_ENDINGS, ".txt", ".text", ".rst")
"""What prose is called, or nothing. XML, JSON, code and tables are text as well, but nothing to ask questions about."""
TEXT_NAMES = (*_PROSE_ENDINGS, *_HTML_ENDINGS)
"""Endings that say outright that a file is a text."""

_TYPES = {
    ".pdf": "application/pdf",
    **dict.fromkeys(_HTML_ENDINGS, "text/html"),
    **dict.fromkeys(MARKDOWN_ENDINGS, "text/markdown"),
}

_TITLE = re.compile(r"<title(?=[\s/>])[^<>]{0,500}>", re.IGNORECASE)
_TITLE_END = re.compile(r"</title\s{0,100}>", re.IGNORECASE)
_MOST_TITLES = 20
"""So many tags are looked at for one that is closed and holds anything."""
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^<>]{0,500}?(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE
)
_LONGEST_TITLE = 300
_WRITTEN_TITLE = 2000
"""As many characters are looked at of a title as it is written."""

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
    """The first top heading of a Markdown file or the title of a page, if it stands within the first MiB."""
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
    head = file.read(SNIFFED_BYTES)
    if not head:
        return Contents(problem="empty", detail="no bytes")
    media_type = _name_type(head, ending, size)
    if isinstance(media_type, Contents):
        return media_type
    if media_type in ("text/markdown", "text/plain") and b"\0" in head[:HEAD_BYTES]:
        return _with_nul(size)
    limit = max_pdf_bytes if media_type == "application/pdf" else max_text_bytes
    if size > limit:
        name = "a PDF" if media_type == "application/pdf" else "a text"
        found = f"{size / 1e6:.1f} MB; at most {limit / 1e6:g} MB are read of {name}"
        return Contents(bytes=size, problem="too_large", detail=found)
    file.seek(0)
    if media_type == "application/pdf":
        return _read_pdf(file, size, headed=is_pdf(head))
    return _read_html(file, size) if media_type == "text/html" else _read_text(file, size, media_type)


def _name_type(head: bytes, ending: str, size: int) -> str | Contents:
    """The media type that a file's beginning and name tell, or the problem they show."""
    problem = detail = ""
    if is_pdf(head, called_text=ending not in (".pdf", "")):
        return "application/pdf"
    binary = name_binary(head)
    if ending == ".pdf":  # one whose header was damaged may still be read
        problem = "fake_pdf" if binary or is_page(head) else ""
        detail = f"it is called .pdf and is {binary or 'an HTML page'}; rename it, or fetch it again"
    elif ending not in (*TEXT_NAMES, ""):
        problem = "unknown_type"
        detail = f"files called {ending} are not read, only PDF, HTML, Markdown and plain text"
    elif binary:
        problem, detail = "unknown_type", f"it is {binary}" + (f", though called {ending}" if ending else "")
    elif ending in _HTML_ENDINGS and not has_tags(head):
        problem, detail = "unknown_type", f"it is called {ending} and holds no HTML"
    if problem:
        return Contents(bytes=size, problem=problem, detail=detail)
    return _TYPES.get(ending, "text/html" if is_page(head) else "text/plain")


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


def _read_html(file: BinaryIO, size: int) -> Contents:
    """A page; its bytes may be in any encoding, which is the parser's business."""
    whole, first = ContentHash(size), b""
    for block in _blocks(file):
        if not whole.add(block):
            break
        first = first or block
    return Contents("text/html", whole.id, size, _page_title(first)) if whole.complete else _changed(size)


def _page_title(data: bytes) -> str:
    """The title of a page, in one line; empty if there is none."""
    declared = _CHARSET.search(data[:SNIFFED_BYTES])
    encoding = "utf-16" if has_wide_mark(data) else declared[1].decode("ascii") if declared else "utf-8"
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, ValueError):  # no such encoding, or one of the codecs that make no text
        text = data.decode("utf-8", "replace")
    for opened in itertools.islice(_TITLE.finditer(text), _MOST_TITLES):
        closed = _TITLE_END.search(text, opened.end(), opened.end() + _WRITTEN_TITLE)
        written = text[opened.end() : closed.start()] if closed else ""
        title = html.unescape(written).replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
        if title.strip():
            return " ".join(title.split())[:_LONGEST_TITLE]
    return ""


def _heading(text: str) -> str:
    """The first top heading of a text in Markdown, without the signs that may close it; empty if there is none."""
    for line in _HEADING.finditer(text):
        written = line[1][:_WRITTEN_TITLE].strip()
        bare = written.rstrip("#")
        heading = bare.strip() if not bare or bare[-1].isspace() else written
        if heading:
            return heading[:_LONGEST_TITLE]
    return ""


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
                return _with_nul(size)
            first = first or text
        if not whole.complete:
            return _changed(size)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _not_text(size)
    return Contents(media_type, whole.id, size, _heading(first) if media_type == "text/markdown" else "")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block


def _not_text(size: int) -> Contents:
    return Contents(bytes=size, problem="unknown_type", detail="neither PDF nor HTML, and not UTF-8 text either")


def _with_nul(size: int) -> Contents:
    return Contents(bytes=size, problem="unknown_type", detail="neither PDF nor HTML, and no text: it holds NUL bytes")


def _changed(size: int) -> Contents:
    return Contents(bytes=size, problem="unreadable", detail="it changed while it was read")
