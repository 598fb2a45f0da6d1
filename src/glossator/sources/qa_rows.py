"""A file of questions with answers in, its rows out, whatever its shape.

- an object question → answer, as in `{"What is a gene?": "A stretch of DNA …"}`;
- an array of objects with a question and an answer each;
- JSON lines: such an object a line;
- the data sets that `qa_shapes` knows, and the tables of `qa_tables`.

The content tells the shape; the name only tells tables from JSON, and what a file is taken for whose first line is
broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from glossator.records import JsonValue
from glossator.sources.qa_shapes import Fields, nested_rows, parts_of
from glossator.sources.qa_tables import TABLE_ENDINGS, read_table
from glossator.sources.reading import Fault, JsonObject, as_utf8, fault_of_text, parse_json, read_lines

MAX_CHARACTERS = 1_000_000
"""A question, answer or context with more characters is not taken."""
MAX_LABEL_CHARACTERS = 200
"""A group or row id with more characters is not taken."""
LINE_ENDINGS = (".jsonl", ".ndjson")
ENDINGS = (".json", *LINE_ENDINGS, *TABLE_ENDINGS)

__all__ = ["ENDINGS", "TABLE_ENDINGS", "BadRow", "Fields", "Row", "read_rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answer, white space around each dropped."""

    number: int
    """Its line, or its position among the file's pairs, from 1."""
    question: str
    answer: str
    shape: str
    """`pairs` for an object question → answer, else `rows`, `squad` or `pubmedqa`."""
    context: str | None = None
    group: str | None = None
    id: str | None = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    """What a known data set tells besides: the decision, where the answer starts, other right answers."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row, or with number 0 a whole file, that gives no pair."""

    number: int
    fault: Fault


def read_rows(file: BinaryIO, ending: str, fields: Fields) -> Iterator[Row | BadRow]:
    """Yield the rows of an open file in their order, bad ones in their place.

    JSON lines and tables are read a little at a time; the other shapes are held in memory.

    Args:
        file: stands at its start.
        ending: of the file's name, in lower case, such as `.json`.
        fields: what the parts of a row are called.
    """
    if ending in TABLE_ENDINGS:
        yield from _table_rows(file, ending, fields)
        return
    text = as_utf8(file)
    if isinstance(text, Fault):
        yield BadRow(0, text)
        return
    start = text.tell()
    lines = _holds_lines(text, may_be_broken=ending in LINE_ENDINGS)
    text.seek(start)
    if lines:
        for number, line in read_lines(text):
            yield _row(number, line if isinstance(line, Fault) else parse_json(line), fields)
        return
    value = parse_json(text.read())
    if isinstance(value, Fault):
        yield BadRow(0, value)
    elif isinstance(value, list):
        yield from (_row(number, row, fields) for number, row in enumerate(value, start=1))
    elif isinstance(value, JsonObject):
        yield from _pairs(value, fields)
    else:
        yield BadRow(0, Fault("wrong_shape", f"{_named(value)}; an object or an array is expected"))


def _holds_lines(file: BinaryIO, *, may_be_broken: bool) -> bool:
    """Whether the first line is a JSON value and another follows; or may be one, if the whole file is none."""
    start = file.tell()
    lines = read_lines(file)
    _, first = next(lines, (0, b""))
    if next(lines, None) is None:
        return False
    if not isinstance(first, Fault) and not isinstance(parse_json(first), Fault):
        return True
    if not may_be_broken:
        return False
    file.seek(start)
    return isinstance(parse_json(file.read()), Fault)


def _pairs(found: JsonObject, fields: Fields) -> Iterator[Row | BadRow]:
    if fields.question in found and fields.answer in found:
        yield _row(1, found, fields)
        return
    rows = nested_rows(found)
    if rows is not None:
        for number, row in enumerate(rows, start=1):
            yield BadRow(number, row) if isinstance(row, Fault) else _named_row(number, row, fields)
        return
    if found and not any(isinstance(answer, str) for answer in found.values()):
        yield BadRow(0, Fault("wrong_shape", f"an object without any text among its {len(found)} values"))
        return
    repeated, pairs = set(found.repeated), iter(found.items())
    for place in range(len(found) + len(repeated)):
        if place in repeated:
            detail = "its question stands in this file before; the first one is kept"
            yield BadRow(place + 1, Fault("duplicate_key", detail))
        else:
            question, answer = next(pairs)
            yield _checked(Row(place + 1, question, answer, "pairs"))


def _row(number: int, value: JsonValue | Fault, fields: Fields) -> Row | BadRow:
    if isinstance(value, Fault):
        return BadRow(number, value)
    if not isinstance(value, JsonObject):
        return BadRow(number, Fault("wrong_shape", f"{_named(value)}; an object is expected"))
    if value.repeated:
        return BadRow(number, Fault("duplicate_key", "a key of this row stands there twice"))
    return _named_row(number, value, fields)


def _named_row(number: int, value: Mapping[str, Any], fields: Fields) -> Row | BadRow:
    parts = parts_of(value, fields) or _lacking(value, fields)
    if isinstance(parts, Fault):
        return BadRow(number, parts)
    group, name = (str(label) if type(label) is int else label for label in (parts.group, parts.id))
    row = Row(number, parts.question, parts.answer, parts.shape, parts.context, group, name, parts.metadata)
    return _checked(row)


def _table_rows(file: BinaryIO, ending: str, fields: Fields) -> Iterator[Row | BadRow]:
    for number, values in read_table(file, ending):
        if isinstance(values, Fault):
            yield BadRow(number, values)
        elif parts_of(values, fields) is None:  # a table has the same columns in every row
            yield BadRow(0, _lacking(values, fields))
            return
        else:
            yield _named_row(number, values, fields)


def _lacking(value: Mapping[str, Any], fields: Fields) -> Fault:
    missing = [name for name in (fields.question, fields.answer) if name not in value]
    return Fault("wrong_shape", f"lacks {' and '.join(map(repr, missing))}")


def _checked(row: Row) -> Row | BadRow:
    """The row with its texts stripped, if they are texts; until then its fields may hold anything."""
    parts = {"question": row.question, "answer": row.answer, "context": row.context, "group": row.group, "id": row.id}
    clean: dict[str, str | None] = {}
    for name, value in parts.items():
        required, label = name in ("question", "answer"), name in ("group", "id")
        if value is None and not required:
            clean[name] = None
            continue
        fault = _fault(name, value, MAX_LABEL_CHARACTERS if label else MAX_CHARACTERS)
        if fault is not None:
            return BadRow(row.number, fault)
        clean[name] = value.strip() if isinstance(value, str) else None
        if required and not clean[name]:
            return BadRow(row.number, Fault(f"empty_{name}", f"the {name} is blank"))
    question, answer = clean["question"] or "", clean["answer"] or ""
    labels = {name: clean[name] or None for name in ("context", "group", "id")}
    return Row(row.number, question, answer, row.shape, **labels, metadata=row.metadata)


def _fault(name: str, value: JsonValue, most: int) -> Fault | None:
    if not isinstance(value, str):
        return Fault("not_text", f"the {name} is {_named(value)}")
    if len(value) > most:
        return Fault("too_large", f"the {name} has {len(value)} characters; at most {most} are taken")
    fault = fault_of_text(value)
    return Fault(fault.problem, f"the {name} {fault.detail}") if fault else None


def _named(value: JsonValue) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    names = {str: "a text", int: "a number", float: "a number", list: "an array"}
    return names.get(type(value), "an object")
