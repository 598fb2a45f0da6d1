"""A file with the arXiv metadata snapshot in, packed or not, its bytes out: a line for each paper."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from glossator.errors import SourceError
from glossator.records import content_id

ENDINGS = (".json", ".jsonl", ".ndjson")
MAX_RATIO = 50
"""A packed snapshot that unpacks to more times its size is not read on; the real one unpacks to less than four."""
FREE_BYTES = 100_000_000
"""Up to here, what is unpacked is not compared with what was packed."""

_SAMPLES, _SAMPLE_BYTES = 16, 1 << 16


class Unpacked(io.RawIOBase):
    """A stream that refuses to become many times as large as the file it comes from.

    Args:
        stream: what is unpacked.
        packed_bytes: size of the file.
    """

    def __init__(self, stream: IO[bytes], packed_bytes: int) -> None:
        self._stream = stream
        self._left = max(FREE_BYTES, MAX_RATIO * packed_bytes)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; fail once too much came."""
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"it unpacks to more than {MAX_RATIO} times its size")
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def open_snapshot(path: Path) -> Iterator[BinaryIO]:
    """Open a snapshot as lines: a JSON lines file, one packed by gzip, or a zip archive that holds one.

    Raises:
        SourceError: there is no such file, or none in it.
    """
    try:
        with ExitStack() as stack:
            file = stack.enter_context(path.open("rb"))
            size = path.stat().st_size
            head = file.read(4)
            file.seek(0)
            if head.startswith(b"\x1f\x8b"):
                unpacked = stack.enter_context(gzip.GzipFile(fileobj=file))
            elif head.startswith(b"PK\x03\x04"):
                archive = stack.enter_context(zipfile.ZipFile(file))
                unpacked = stack.enter_context(cast("Any", archive.open(_member(archive, path))))
            else:
                yield file
                return
            yield io.BufferedReader(Unpacked(cast("IO[bytes]", unpacked), size), 1 << 18)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SourceError(
            f"{path} cannot be read as the arXiv snapshot ({told}); give its .json, .gz or .zip"
        ) from error


def _member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    lines = [info for info in archive.infolist() if info.filename.lower().endswith(ENDINGS)]
    if len(lines) != 1:
        raise SourceError(f"{path} holds {len(lines)} files called {' or '.join(ENDINGS)}; exactly one is expected")
    return lines[0]


def snapshot_state(path: Path) -> str:
    """Take a snapshot, leave what tells it from another: its size and sixteen samples of it, ends included.

    Gigabytes are not hashed before each run.

    Raises:
        SourceError: there is no such file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            step = max(1, size - _SAMPLE_BYTES) / (_SAMPLES - 1)
            samples = []
            for number in range(_SAMPLES):
                file.seek(int(number * step))
                samples.append(file.read(_SAMPLE_BYTES))
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or type(error).__name__}; give the arXiv snapshot") from error
    return content_id(str(size), *samples)
