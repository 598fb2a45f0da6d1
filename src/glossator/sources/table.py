"""The `table` source: a document for each row, or for each few rows, of JSON lines, CSV or Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from glossator.records import Document, JsonValue, Reject, content_id
from glossator.sources.contents import MAX_TEXT_BYTES
from glossator.sources.finding import Found, find
from glossator.sources.reading import Fault, fault_of_text, file_state, open_file
from glossator.sources.table_cells import date_of, label_of, metadata_of
from glossator.sources.table_rows import READERS, read_table_rows


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are called; None for one that is not looked for."""

    id: str
    title: str
    text: str
    group: str | None
    license: str | None
    published: str | None

    @property
    def names(self) -> list[str]:
        """All that a file must have."""
        parts = (self.id, self.title, self.text, self.group, self.license, self.published)
        return list(dict.fromkeys(name for name in parts if name is not None))


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    id: str
    title: str
    text: str
    group: str | None
    license: str | None
    published: str | None
    metadata: dict[str, JsonValue]


def collect(
    path: Path | str,
    *,
    id_field: str = "id",
    title_field: str = "title",
    text_field: str = "text",
    group_field: str | None = None,
    license_field: str | None = None,
    published_field: str | None = None,
    group_size: int = 0,
    max_text_bytes: int = MAX_TEXT_BYTES,
) -> Iterator[Document | Reject]:
    """Collect the rows of tables as documents that have a text and no file; rows come in the order of the files.

    A row without a title is called by its id; one without group, licence or date has none. What else a row holds goes
    into metadata, cut to a bounded size. Equal texts give documents of equal id.

    Args:
        path: a file, a folder, or a glob pattern such as `data/*.csv`; of a folder, only tables are looked at.
        id_field: the column that names a row.
        title_field: the column with the title.
        text_field: the column with the text.
        group_field: the column with the topic.
        license_field: the column with the licence.
        published_field: the column with the date, in ISO 8601.
        group_size: how many successive rows of a file, and of one group, make one document; 0 or 1: each its own.
        max_text_bytes: a row with a longer text, in UTF-8, is rejected as `too_large`.

    Raises:
        SourceError: there is nothing at `path`, or a file lacks one of the columns; names those it has.
    """
    columns = Columns(id_field, title_field, text_field, group_field, license_field, published_field)
    for found in find(path):
        file = _fault_of_name(found) or open_file(found.path)
        if isinstance(file, Fault):
            yield _reject(found, 0, file)
            continue
        with file:
            try:
                yield from _join(found, _read(found, file, columns, max_text_bytes), max(1, group_size))
            except OSError as error:
                yield _reject(found, 0, Fault("unreadable", error.strerror or type(error).__name__))


def state(path: Path | str, **_: str | int | None) -> str:
    """Hash the names and contents of the files that `collect` would read.

    The options of `collect` are part of the recipe and change nothing here.

    Raises:
        SourceError: there is nothing at `path`.
    """
    parts: list[str] = []
    for found in find(path):
        fault = _fault_of_name(found)
        parts += [found.name, fault.problem if fault else file_state(found.path)]
    return content_id(*parts)


def _fault_of_name(found: Found) -> Fault | None:
    if found.problem:
        return Fault(found.problem, found.detail)
    if found.path.suffix.lower() not in READERS:
        return Fault("unknown_type", f"only {', '.join(READERS)} are read as tables")
    return None


def _read(found: Found, file: BinaryIO, columns: Columns, max_text_bytes: int) -> Iterator[_Row | Reject]:
    empty = True
    for number, values in read_table_rows(file, found.path, columns.names):
        empty = False
        row = values if isinstance(values, Fault) else _row(number, values, columns, max_text_bytes)
        yield _reject(found, number, row) if isinstance(row, Fault) else row
    if empty:
        yield _reject(found, 0, Fault("empty", "no row in it"))


def _row(number: int, values: Mapping[str, Any], columns: Columns, max_text_bytes: int) -> _Row | Fault:
    text, name = values.get(columns.text), label_of(values.get(columns.id))
    if name is None or text is None:
        return Fault("missing_value", f"no {(columns.id if name is None else columns.text)!r}")
    if not isinstance(text, str):
        return Fault("not_text", f"{columns.text!r} holds {type(text).__name__}")
    fault = _fault_of_text(text, columns.text, max_text_bytes)
    if fault is not None:
        return fault
    title, group, license_, published = (
        label_of(values.get(column)) if column is not None else None
        for column in (columns.title, columns.group, columns.license, columns.published)
    )
    named = set(columns.names)
    others = metadata_of({key: value for key, value in values.items() if key not in named})
    return _Row(number, name, title or name, text.strip(), group, license_, date_of(published), others)


def _fault_of_text(text: str, column: str, max_text_bytes: int) -> Fault | None:
    fault = fault_of_text(text)
    if fault is not None:
        return Fault(fault.problem, f"{column!r} {fault.detail}")
    if not text.strip():
        return Fault("empty_text", f"{column!r} is blank")
    size = len(text.encode("utf-8"))
    if size > max_text_bytes:
        return Fault("too_large", f"{size / 1e6:.1f} MB; at most {max_text_bytes / 1e6:g} MB are taken of a row")
    return None


def _join(found: Found, rows: Iterator[_Row | Reject], size: int) -> Iterator[Document | Reject]:
    """Make a document of every `size` successive good rows of one group; the last of a group may have fewer."""
    held: list[_Row] = []
    for row in rows:
        if isinstance(row, Reject):
            yield row
            continue
        if held and (len(held) == size or held[0].group != row.group):
            yield _document(found, held, size)
            held = []
        held.append(row)
    if held:
        yield _document(found, held, size)


def _document(found: Found, rows: Sequence[_Row], size: int) -> Document:
    first, last = rows[0], rows[-1]
    if size == 1:
        text, title, source_id, metadata = first.text, first.title, first.id, dict(first.metadata)
    else:
        text = "\n\n".join(f"{row.title}\n\n{row.text}" for row in rows)
        title = source_id = f"rows {first.number}–{last.number}"
        metadata = {"rows": [{"id": row.id, "title": row.title, **row.metadata} for row in rows]}
    licenses, dates = {row.license for row in rows}, {row.published for row in rows}
    return Document(
        id=content_id(text),
        source_id=source_id,
        origins=tuple(f"table:{found.name}#{row.id}" for row in rows),
        title=title,
        media_type="text/plain",
        text=text,
        license=first.license if len(licenses) == 1 else None,
        published=first.published if len(dates) == 1 else None,
        group=first.group,
        metadata={"file": found.name, "row": first.number, **metadata},
    )


def _reject(found: Found, number: int, fault: Fault) -> Reject:
    place = f"{found.name}, row {number}" if number else found.name
    return Reject(content_id("table", found.name, str(number)), "collect", fault.problem, f"{place}: {fault.detail}")
