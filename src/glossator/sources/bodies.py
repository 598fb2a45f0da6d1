"""Takes the body of an answer as it comes, leaves a file of a known type, or ends the download early."""

from __future__ import annotations

import codecs
import contextlib
import os
from pathlib import Path

from glossator.errors import SourceError
from glossator.sources.contents import MARKDOWN_ENDINGS, MAX_TEXT_BYTES, TEXT_NAMES
from glossator.sources.failure import Failure
from glossator.sources.fetch_store import FetchStore
from glossator.sources.fetched import HTML, MARKDOWN, PDF, PLAIN
from glossator.sources.sniffing import SNIFFED_BYTES, is_html, is_page, is_pdf, is_prose, name_binary


class Body:
    """A file of the store that is not finished yet; a `requesting.Sink`. Use it as a context.

    Args:
        store: where the file is to be.
        accept: the media types that are taken.
    """

    def __init__(self, store: FetchStore, accept: tuple[str, ...]) -> None:
        self._store, self._accept = store, accept
        self._head, self._kind, self._bytes = b"", "", 0
        self._called_markdown = self._called_text = False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        descriptor, self._path = store.open_unfinished()
        self._file = os.fdopen(descriptor, "wb")

    def begin(self, name: str, media_type: str) -> None:
        """Take in what the file is called where it comes from: it tells Markdown, and texts that mention PDF."""
        name = name.lower()
        self._called_markdown = name.endswith(MARKDOWN_ENDINGS)
        self._called_text = name.endswith(TEXT_NAMES) or (media_type.startswith("text/") and not name.endswith(".pdf"))

    def write(self, data: bytes) -> bool:
        """Take the next bytes in.

        Raises:
            Failure: they are of no type that is taken, or too many for theirs.
            SourceError: the disk does not take them.
        """
        if not self._kind:
            self._head += data
            if len(self._head) < SNIFFED_BYTES:
                return True
            data = self._begin()
        self._take(data)
        return True

    def finish(self) -> tuple[str, str, Path, int]:
        """Leave media type, id, path and size of what came.

        Raises:
            Failure: it is of no type that is taken.
            SourceError: the disk does not take it.
        """
        if not self._kind:
            if not self._head:
                raise Failure("empty", "no bytes")
            self._take(self._begin())
        if self._kind == PLAIN:
            self._decode(b"", final=True)
            if MARKDOWN in self._accept and (PLAIN not in self._accept or self._called_markdown):
                self._kind = MARKDOWN
        try:
            self._file.close()
        except OSError as error:
            raise self._disk(error) from error
        return self._kind, *self._store.adopt(self._path, self._kind)

    def _begin(self) -> bytes:
        """Decide the type by the first bytes, and give them back."""
        head, self._head = self._head, b""
        found = self._type(head)
        if found not in self._accept and not (found == PLAIN and MARKDOWN in self._accept):
            if self._accept == (PDF,):
                raise Failure("not_pdf", f"it is {name_binary(head) or found or 'something else'}, and no PDF")
            raise Failure("unknown_type", f"{name_binary(head) or found or 'neither PDF, HTML nor text'} is not taken")
        self._kind = found
        return head

    def _type(self, head: bytes) -> str:
        if is_pdf(head, called_text=self._called_text):
            return PDF
        # Markdown, too, may open with a tag of HTML, but not with that of a whole page.
        as_markdown = self._called_markdown and MARKDOWN in self._accept
        if is_page(head) or (not as_markdown and is_html(head)):
            return HTML
        may_be_text = as_markdown or is_prose(head)
        return PLAIN if may_be_text and not name_binary(head) else ""

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._kind != PDF and self._bytes > MAX_TEXT_BYTES:
            raise Failure("too_large", f"more than {MAX_TEXT_BYTES / 1e6:g} MB of text")
        if self._kind == PLAIN:
            self._decode(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise self._disk(error) from error

    def _decode(self, data: bytes, *, final: bool = False) -> None:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise Failure("unknown_type", "neither PDF, HTML nor UTF-8 text") from error
        if "\0" in text:
            raise Failure("unknown_type", "a text that holds the character NUL")

    def _disk(self, error: OSError) -> SourceError:
        return SourceError(f"{self._path}: it cannot be written ({error.strerror}); check the disk, and run again")

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):  # a full disk, which was told already
            self._file.close()
        self._path.unlink(missing_ok=True)
