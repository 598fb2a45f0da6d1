"""A stream of Arrow record batches in, the size of the largest one out, as it will be in memory; nothing is unpacked.

Each message is a length, a table of FlatBuffers that tells where the body's buffers are, and the body. A buffer that is
packed starts with its size when it is not (Arrow's columnar format, "Serialization and Interprocess Communication").
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_METADATA_BYTES = 50_000_000
"""A message that tells more about its body is broken."""
MAX_BUFFERS = 1_000_000

_CONTINUES = 0xFFFFFFFF
"""Stands before each length, since version 0.15 of Arrow."""
_DICTIONARY, _BATCH = 2, 3
"""Kinds of messages that have a body."""
_OLD_PACKED = b"ARROW:experimental_compression"
"""How version 0.17 of Arrow said that a body is packed."""


def largest_batch_bytes(file: BinaryIO) -> int:
    """Take an open stream of record batches, leave the bytes of the largest one; it stands at its start afterwards.

    Batches of dictionaries stay in memory until the end, so all of them count with each.

    Raises:
        ValueError: it is no such stream, or is cut off.
    """
    end = os.fstat(file.fileno()).st_size
    largest = dictionaries = 0
    try:
        for kind, size in _bodies(file, end):
            if kind == _DICTIONARY:
                dictionaries += size
            else:
                largest = max(largest, size)
    except (struct.error, IndexError) as error:
        raise ValueError("its messages are broken") from error
    finally:
        file.seek(0)
    return largest + dictionaries


def _bodies(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """The kind and unpacked size of each body."""
    file.seek(0)
    while prefix := file.read(4):
        (length,) = struct.unpack("<I", prefix)
        if length == _CONTINUES:
            (length,) = struct.unpack("<I", file.read(4))
        if length == 0:
            return
        if length > min(MAX_METADATA_BYTES, end - file.tell()):
            raise ValueError("a message of it is cut off")
        metadata = file.read(length)
        message = _Table.at_root(metadata)
        start, kind, body_bytes = file.tell(), message.number(1, "<B"), message.number(3, "<q")
        if not 0 <= body_bytes <= end - start:
            raise ValueError("the body of a message is cut off")
        header = message.table(2)
        if kind in (_DICTIONARY, _BATCH) and header is not None:
            batch = header.table(1) if kind == _DICTIONARY else header
            packed = batch is not None and (batch.table(3) is not None or _OLD_PACKED in metadata)
            yield kind, _unpacked_bytes(file, start, body_bytes, batch) if batch and packed else body_bytes
        file.seek(start + body_bytes)


def _unpacked_bytes(file: BinaryIO, start: int, body_bytes: int, batch: _Table) -> int:
    """The size of a packed body, by what each of its buffers says of itself."""
    total = 0
    for offset, length in batch.pairs(2):
        if length < 8:
            total += max(0, length)
            continue
        if not 0 <= offset <= body_bytes - length:
            raise ValueError("a buffer lies outside of its message")
        file.seek(start + offset)
        (unpacked,) = struct.unpack("<q", file.read(8))
        total += unpacked if unpacked >= 0 else length  # -1: this one is not packed
    return total


class _Table:
    """One table of FlatBuffers: where its fields are, by number.

    Args:
        data: what it lies in.
        place: where it starts.
    """

    def __init__(self, data: bytes, place: int) -> None:
        if not 0 <= place <= len(data) - 4:
            raise ValueError("a table of it lies outside of its message")
        self._data, self._place = data, place
        self._fields = place - self._read("<i", place)
        self._size = self._read("<H", self._fields)

    @classmethod
    def at_root(cls, data: bytes) -> _Table:
        """The table that a message is."""
        return cls(data, struct.unpack_from("<I", data)[0])

    def number(self, field: int, form: str) -> int:
        """The number in a field; 0 if it is not there."""
        place = self._field(field)
        return self._read(form, place) if place else 0

    def table(self, field: int) -> _Table | None:
        """The table that a field leads to."""
        place = self._field(field)
        return _Table(self._data, place + self._read("<I", place)) if place else None

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Pairs of numbers that a field leads to."""
        place = self._field(field)
        if not place:
            return
        place += self._read("<I", place)
        count = self._read("<I", place)
        if count > MAX_BUFFERS:
            raise ValueError("a message of it names too many buffers")
        for number in range(count):
            yield self._read("<q", place + 4 + 16 * number), self._read("<q", place + 12 + 16 * number)

    def _field(self, field: int) -> int:
        """Where a field is; 0 if it is not there."""
        entry = 4 + 2 * field
        offset = self._read("<H", self._fields + entry) if entry < self._size else 0
        return self._place + offset if offset else 0

    def _read(self, form: str, place: int) -> int:
        if place < 0:
            raise ValueError("a table of it leads out of its message")
        return int(struct.unpack_from(form, self._data, place)[0])
