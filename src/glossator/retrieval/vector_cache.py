"""Takes vectors as they are made, leaves them on disk by the hash of their text: what was embedded once stays so.

One file an embedder, of records of one size: the text's hash, its vector, a checksum. Records are only ever appended.
A process that is killed leaves at most a torn last record; it is noticed by its checksum and dropped at the next
opening, with whatever follows it. Two processes that append at once can cost each other vectors, never falsify one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from glossator.records import content_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEY_BYTES = 20
_CHECK_BYTES = 4
_RECORDS_A_READ = 1024


class VectorCache:
    """Vectors of one embedder, by text.

    Args:
        directory: where the files of all embedders lie; made if missing.
        embedder: the digest of the embedder.
        dimension: length of its vectors.
    """

    def __init__(self, directory: Path, embedder: str, dimension: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._size = _KEY_BYTES + 4 * dimension + _CHECK_BYTES
        self._places: dict[bytes, int] = {}
        # Unbuffered: a record goes to the file in one piece, or the process has died.
        self._file = (directory / f"{embedder}.vectors").open("a+b", buffering=0)
        self._drop_torn_tail()

    def _drop_torn_tail(self) -> None:
        whole = 0
        for record in self._records():
            if zlib.crc32(record[:-_CHECK_BYTES]) != int.from_bytes(record[-_CHECK_BYTES:], "little"):
                break
            self._places[record[:_KEY_BYTES]] = whole
            whole += self._size
        self._file.truncate(whole)

    def _records(self) -> Iterator[bytes]:
        self._file.seek(0)
        while block := self._file.read(_RECORDS_A_READ * self._size):
            for start in range(0, len(block), self._size):
                record = block[start : start + self._size]
                if len(record) < self._size:
                    return
                yield record

    def __len__(self) -> int:
        """How many texts have a vector."""
        return len(self._places)

    def find(self, text: str) -> NDArray[np.float32] | None:
        """Look up the vector of a text; None if it has none yet."""
        import numpy as np

        place = self._places.get(_key(text))
        if place is None:
            return None
        self._file.seek(place + _KEY_BYTES)
        return np.frombuffer(self._file.read(self._size - _KEY_BYTES - _CHECK_BYTES), dtype="<f4")

    def append(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep one vector a text, and wait until they are on disk."""
        records = []
        place = self._file.seek(0, os.SEEK_END)
        for text, vector in zip(texts, vectors, strict=True):
            content = _key(text) + vector.astype("<f4").tobytes()
            records.append(content + zlib.crc32(content).to_bytes(_CHECK_BYTES, "little"))
            self._places[_key(text)] = place
            place += self._size
        left = memoryview(b"".join(records))
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _key(text: str) -> bytes:
    return content_id(text).encode("ascii")
