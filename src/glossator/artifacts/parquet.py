"""Parquet tables (zstd) of records: a column a field, with open-ended mappings as JSON text."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, Union

from glossator.artifacts.atomic import replacing
from glossator.errors import ArtifactError
from glossator.records import JsonValue, from_dict, to_dict

T = TypeVar("T")
ROWS_PER_GROUP = 10_000


def write_table(path: Path, records: Iterable[Any], kind: type, *, rows_per_group: int = ROWS_PER_GROUP) -> int:
    """Write records of one kind as a Parquet file, atomically and in groups of bounded size; returns how many.

    Args:
        path: the file.
        records: taken one group at a time.
        kind: their class.
        rows_per_group: fewer for large records, such as whole documents.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _arrow_type(hint)) for name, hint in _fields(kind).items()])
    count = 0
    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(records, rows_per_group):
            rows = [_row(kind, record) for record in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def read_table(path: Path, kind: type[T]) -> list[T]:
    """Read back the records that `write_table` wrote.

    Raises:
        ArtifactError: the file is not such a table; names it.
    """
    return list(iterate_table(path, kind, rows_at_once=ROWS_PER_GROUP))


def iterate_table(path: Path, kind: type[T], *, rows_at_once: int = 64) -> Iterator[T]:
    """Read back the records that `write_table` wrote, a few at a time, for tables that are not to be held in memory.

    Raises:
        ArtifactError: the file is not such a table; names it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    mappings = [name for name, hint in _fields(kind).items() if _is_mapping(hint)]
    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=rows_at_once):
                for row in batch.to_pylist():
                    row.update({name: json.loads(row[name]) for name in mappings})
                    yield from_dict(kind, row)
    except (pa.ArrowInvalid, ValueError, KeyError) as error:
        raise ArtifactError(f"{path} is no table of {kind.__name__} ({error}); make it again") from error


def _batches(records: Iterable[Any], size: int) -> Iterable[Sequence[Any]]:
    batch: list[Any] = []
    for record in records:
        batch.append(record)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(kind: type, record: Any) -> dict[str, JsonValue]:
    row = to_dict(record)
    for name, hint in _fields(kind).items():
        if _is_mapping(hint):
            row[name] = json.dumps(row[name], ensure_ascii=False, sort_keys=True)
    return row


def _fields(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _is_mapping(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _arrow_type(hint: Any) -> Any:
    """The Arrow type of a field; mappings, whose keys are open, are stored as JSON text."""
    import pyarrow as pa

    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _arrow_type(next(arg for arg in typing.get_args(hint) if arg is not type(None)))
    if origin is tuple:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if dataclasses.is_dataclass(hint):
        return pa.struct([(name, _arrow_type(inner)) for name, inner in _fields(typing.cast("type", hint)).items()])
    if hint is int:
        return pa.int64()
    if hint is float:
        return pa.float64()
    return pa.string()
