"""A file with a table in, its rows out: JSON lines, CSV or Parquet, read a little at a time."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from glossator.errors import SourceError
from glossator.sources.parquet_sizes import oversized_column, rows_at_once
from glossator.sources.reading import Fault, JsonObject, as_utf8, parse_json, read_lines

MAX_FIELD_CHARACTERS = 25_000_000
"""A longer field of a CSV file is a broken row: most often a quotation mark that is never closed."""

_SNIFFED_CHARACTERS = 64_000
_DELIMITERS = ",;\t"
_MAX_NAMED = 20

NumberedRow = tuple[int, "Mapping[str, Any] | Fault"]
"""The number of a row, from 1 (its first line in JSON lines; 0 for the whole file), with its values by column."""


def read_table_rows(file: BinaryIO, path: Path, columns: Sequence[str]) -> Iterator[NumberedRow]:
    """Yield the rows of an open file in their order, bad ones as faults in their place.

    Args:
        file: stands at its start.
        path: decides by its ending how the file is read, and is named in errors.
        columns: those that the file must have.

    Raises:
        SourceError: the file lacks one of the columns; names those there are.
    """
    return READERS[path.suffix.lower()](file, path, columns)


def _read_jsonl(file: BinaryIO, path: Path, columns: Sequence[str]) -> Iterator[NumberedRow]:
    """Objects need not have the same keys, so a column is lacking only if no object has it."""
    text = as_utf8(file)
    if isinstance(text, Fault):
        yield 0, text
        return
    lacking, keys = set(columns), dict[str, None]()
    for number, line in read_lines(text):
        value = line if isinstance(line, Fault) else parse_json(line)
        if isinstance(value, Fault):
            yield number, Fault("broken_row", value.detail) if value.problem == "not_json" else value
        elif not isinstance(value, JsonObject) or value.repeated:
            detail = "a key stands there twice" if isinstance(value, JsonObject) else "it is no object"
            yield number, Fault("broken_row", detail)
        else:
            lacking.difference_update(value)
            if len(keys) < _MAX_NAMED:
                keys.update(dict.fromkeys(value))
            yield number, value
    if keys:
        _require(path, [column for column in columns if column in lacking], list(keys))


def _read_csv(file: BinaryIO, path: Path, columns: Sequence[str]) -> Iterator[NumberedRow]:
    # Bytes that are not UTF-8 become lone surrogates, so that they cost their row and not the file.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _read_csv_text(text, path, columns)
    finally:
        with contextlib.suppress(ValueError):  # closed by now
            text.detach()  # it would close the file, which is not its own


def _read_csv_text(text: io.TextIOWrapper, path: Path, columns: Sequence[str]) -> Iterator[NumberedRow]:
    head = text.read(_SNIFFED_CHARACTERS)
    text.seek(0)
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD_CHARACTERS))
    reader = csv.reader(text, delimiter=_delimiter(head))
    try:
        names = next(reader, [])
    except csv.Error as error:
        yield 0, Fault("broken_file", f"its first row cannot be read ({error})")
        return
    _require(path, [column for column in columns if column not in names], names)
    repeated = {name for name in columns if names.count(name) > 1}
    if repeated:
        raise SourceError(f"{path}: the column {min(repeated)!r} stands there twice; rename one of the two")
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Fault("broken_row", str(error))
            continue
        if len(values) == len(names):
            yield number, dict(zip(names, values, strict=True))
        elif values:
            yield number, Fault("broken_row", f"{len(values)} fields; the first row names {len(names)}")


def _delimiter(head: str) -> str:
    """The delimiter that the first row holds most often outside of quotation marks; a comma if none."""
    counts, quoted = dict.fromkeys(_DELIMITERS, 0), False
    for character in head:
        if character == '"':
            quoted = not quoted
        elif character in "\r\n" and not quoted:
            break
        elif character in counts and not quoted:
            counts[character] += 1
    return max(counts, key=lambda delimiter: counts[delimiter])


def _read_parquet(file: BinaryIO, path: Path, columns: Sequence[str]) -> Iterator[NumberedRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        oversized = oversized_column(table.metadata)
        names = list(table.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError) as error:
        yield 0, Fault("broken_file", f"no Parquet file ({_first_line(error)})")
        return
    _require(path, [column for column in columns if column not in names], names)
    if oversized:
        yield 0, Fault("too_large", f"{oversized}; write it in smaller row groups")
        return
    number = 0
    try:
        for group in range(table.num_row_groups):
            rows = rows_at_once(table.metadata.row_group(group))
            for batch in table.iter_batches(batch_size=rows, row_groups=[group]):
                batch.validate(full=True)
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError, ValueError) as error:
        yield number + 1, Fault("broken_file", f"cannot be read from here on ({_first_line(error)})")


def _require(path: Path, lacking: Sequence[str], names: Sequence[str]) -> None:
    if lacking:
        shown = ", ".join(ascii(name) for name in names[:_MAX_NAMED]) or "none"
        more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
        raise SourceError(
            f"{path} lacks the column {' and '.join(map(repr, lacking))}; it has {shown}{more}; "
            "name the right ones in id_field, title_field, text_field, …"
        )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


READERS: Mapping[str, Callable[[BinaryIO, Path, Sequence[str]], Iterator[NumberedRow]]] = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}
"""Ending of a file's name → its reader."""
