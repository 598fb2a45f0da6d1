"""Single records out of files that may be larger than memory: lines of JSON by what stands in them, rows by a key."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from glossator.errors import ArtifactError
from glossator.records import JsonValue, from_dict

T = TypeVar("T")
_ROWS_AT_ONCE = 1024
_FEW = 16
_ID = re.compile(rb'"([\w-]{1,64})"', re.ASCII)


def find_lines(path: Path, *texts: str) -> Iterator[dict[str, JsonValue]]:
    """Read the objects of a JSONL file whose line holds any of some texts, such as the beginning of an id.

    Other lines are not parsed, so that a file of a million samples takes seconds. Where in the object a text stands is
    for the caller to check. A file that is not there holds nothing.

    Raises:
        ArtifactError: such a line is not JSON; names file and line.
    """
    wanted = [text.encode("utf-8") for text in texts]
    return _parsed(path, lambda line: any(text in line for text in wanted))


def find_named(path: Path, names: Collection[str]) -> Iterator[dict[str, JsonValue]]:
    """Read the objects of a JSONL file in which any of some ids stands, as a whole and anywhere; see `find_lines`.

    Raises:
        ArtifactError: such a line is not JSON; names file and line.
    """
    wanted = {name.encode("utf-8") for name in names}
    if len(wanted) <= _FEW:  # many times faster than taking all ids out of each line
        return find_lines(path, *(f'"{name}"' for name in names))
    return _parsed(path, lambda line: not wanted.isdisjoint(_ID.findall(line)))


def _parsed(path: Path, matches: Callable[[bytes], bool]) -> Iterator[dict[str, JsonValue]]:
    if not path.is_file():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not matches(line):
                continue
            try:
                value = json.loads(line.decode("utf-8", "surrogatepass"))
            except ValueError as error:
                raise ArtifactError(f"{path}, line {number} is not JSON ({error}); make the file again") from error
            if isinstance(value, dict):
                yield value


def find_rows(path: Path, kind: type[T], column: str, values: Collection[str]) -> Iterator[T]:
    """Read those records of a table that `artifacts.write_table` wrote whose `column` is one of `values`.

    Only these become records; the rest is looked at a block at a time. A file that is not there holds nothing.

    Raises:
        ArtifactError: the file is not such a table; names it.
    """
    if not path.is_file() or not values:
        return
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(sorted(values), pa.string())
    mappings = _mappings(kind)
    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE):
                for row in batch.filter(pc.is_in(batch.column(column), wanted)).to_pylist():
                    row.update({name: json.loads(row[name]) for name in mappings})
                    yield from_dict(kind, row)
    except (pa.ArrowInvalid, ValueError, KeyError) as error:
        raise ArtifactError(f"{path} is no table of {kind.__name__} ({error}); make it again") from error


def _mappings(kind: type) -> list[str]:
    """The fields that a table holds as JSON text."""
    hints = typing.get_type_hints(kind)
    origins = {name: typing.get_origin(hint) for name, hint in hints.items()}
    return [name for name, origin in origins.items() if isinstance(origin, type) and issubclass(origin, Mapping)]
