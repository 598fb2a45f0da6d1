"""JSON lines: one record a line, in UTF-8, read back strictly; and a log that survives being cut off."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from glossator.artifacts.atomic import replacing
from glossator.errors import ArtifactError
from glossator.records import JsonValue, from_dict, to_dict

T = TypeVar("T")


def dump_line(value: JsonValue) -> bytes:
    """Write one value as one line of JSON, newline included."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": ")) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def write_records(path: Path, records: Iterable[Any]) -> int:
    """Write records as JSON lines, atomically; returns how many."""
    count = 0
    with replacing(path) as file:
        for record in records:
            file.write(dump_line(to_dict(record)))
            count += 1
    return count


def read_numbered_jsonl(path: Path) -> Iterator[tuple[int, JsonValue]]:
    """Read JSON lines one by one, each with the number of its line from 1 on; blank lines count but give nothing.

    Raises:
        ArtifactError: a line is not JSON; names file and line.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line.decode("utf-8", "surrogatepass"))
            except ValueError as error:
                raise ArtifactError(f"{path}, line {number} is not JSON ({error}); make the file again") from error


def read_records(path: Path, kind: type[T]) -> Iterator[T]:
    """Read the records of `kind` that `write_records` wrote.

    Raises:
        ArtifactError: a line is not such a record; names file and line.
    """
    for number, value in read_numbered_jsonl(path):
        try:
            yield from_dict(kind, value)
        except (ValueError, TypeError, AttributeError) as error:
            raise ArtifactError(f"{path}, line {number}: {error}; make the file again") from error


class AppendLog:
    """A JSONL file that grows as work is finished, so that a killed stage goes on where it stopped.

    Each `append` reaches the disk before it returns. A last line cut off by a kill is dropped when the log is opened.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._drop_torn_tail()
        self._file = path.open("ab")

    def _drop_torn_tail(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb+") as file:
            data = file.read()
            whole = data.rfind(b"\n") + 1
            if whole != len(data):
                file.truncate(whole)

    def read(self, kind: type[T]) -> Iterator[T]:
        """Read back every record of `kind` that was appended."""
        yield from read_records(self._path, kind)

    def append(self, records: Iterable[Any]) -> None:
        """Add records and wait until they are on disk."""
        self._file.write(b"".join(dump_line(to_dict(record)) for record in records))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> AppendLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
