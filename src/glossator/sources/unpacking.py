"""Takes a packed body as it comes, leaves it unpacked, never much at once: a bomb stops where the reader stops."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from glossator.sources.failure import Failure

_STEP_BYTES = 1 << 18


class Unpacking:
    """A body that is sent as gzip or deflate, or as it is.

    Args:
        encoding: what the server calls it.

    Raises:
        Failure: it is packed in another way.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Failure("bad_encoding", "it is packed in a way that was not asked for")
        self._packed = encoding not in ("", "identity")
        self._stream: Any = None

    def parts(self, block: bytes) -> Iterator[bytes]:
        """Take the next bytes, yield what they unpack to, in steps of bounded size.

        Raises:
            Failure: they cannot be unpacked.
        """
        if not self._packed:
            yield block
            return
        full = False
        while block or full:
            if self._stream is None:
                # 47: gzip or zlib, told by the header; -15: deflate without one, as some servers send it.
                wrapped = block[0] == 0x1F or block[0] & 0x0F == 8
                self._stream = zlib.decompressobj(47 if wrapped else -15)
            try:
                part: bytes = self._stream.decompress(block, _STEP_BYTES)
            except zlib.error as error:
                raise Failure("bad_encoding", "what was sent cannot be unpacked") from error
            if part:
                yield part
            block = self._stream.unconsumed_tail
            full = len(part) == _STEP_BYTES and not self._stream.eof  # more may wait inside, with no byte left to take
            if self._stream.eof:
                # A further member, or the zeros that some servers pad with.
                block = self._stream.unused_data.lstrip(b"\0")
                if block:
                    self._stream = None

    def finish(self) -> None:
        """Say that no more bytes come.

        Raises:
            Failure: the end is missing.
        """
        if self._packed and self._stream is not None and not self._stream.eof:
            raise Failure("connection", "the answer ended before it was complete", transient=True)
