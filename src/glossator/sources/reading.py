"""A file in, its bytes, lines and JSON values out; what is wrong with them is a `Fault`, never an exception."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from glossator.records import ContentHash, JsonValue

MAX_LINE_BYTES = 25_000_000
"""A longer line is not taken: more than the longest text, in any escaping that is meant to be read."""

_BLOCK_BYTES = 1 << 20
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be taken."""

    problem: str
    """In one word, fit for counting."""
    detail: str
    """The rest of that story, without a word of the content."""


class JsonObject(dict[str, Any]):
    """A JSON object: the first value of each key, and which of its pairs repeat a key."""

    repeated: tuple[int, ...] = ()
    """Positions, from 0 in the file's order, of the pairs whose key stood there already."""


def open_file(path: Path, *, max_bytes: int | None = None) -> BinaryIO | Fault:
    """Open a regular file; leave the fault where it is none, holds nothing or too much.

    Args:
        path: the file.
        max_bytes: a larger file is `too_large`; None for no limit.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Fault("unreadable", "not a regular file")
        if status.st_size == 0:
            return Fault("empty", "no bytes")
        if max_bytes is not None and status.st_size > max_bytes:
            return Fault("too_large", f"{status.st_size / 1e6:.1f} MB; at most {max_bytes / 1e6:g} MB are read")
        return path.open("rb")
    except OSError as error:
        return Fault("unreadable", error.strerror or type(error).__name__)


def hash_file(file: BinaryIO) -> str:
    """Take an open file, leave `records.content_id` of its bytes; it stands at its start again afterwards."""
    file.seek(0)
    whole = ContentHash(os.fstat(file.fileno()).st_size)
    while block := file.read(_BLOCK_BYTES):
        if not whole.add(block):
            break
    file.seek(0)
    return whole.id


def file_state(path: Path, *, max_bytes: int | None = None) -> str:
    """Take a file, leave what tells its content: the id of its bytes, or its problem and size."""
    file = open_file(path, max_bytes=max_bytes)
    try:
        if isinstance(file, Fault):
            return f"{file.problem} {path.stat().st_size}"
        with file:
            return hash_file(file)
    except OSError:
        return "unreadable"


def as_utf8(file: BinaryIO) -> BinaryIO | Fault:
    """Take an open JSON file, leave its content in UTF-8 without a byte-order mark.

    UTF-16 and UTF-32, told by their mark or by the zeros in the first four bytes (RFC 4627, section 3), are decoded
    in memory; UTF-8 stays a stream.
    """
    encoding = json.detect_encoding(file.read(4))
    file.seek(0)
    if encoding == "utf-8":
        return file
    if encoding == "utf-8-sig":
        file.seek(3)
        return file
    try:
        return io.BytesIO(file.read().decode(encoding).encode("utf-8"))
    except UnicodeError:
        return Fault("not_text", f"its first bytes look like {encoding}, but it is not")


def read_lines(file: BinaryIO, *, max_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes | Fault]]:
    """Yield each line that is not blank with its number from 1 on; of one that is too long, the fault."""
    number = 0
    while line := file.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes:
            while line and not line.endswith(b"\n"):
                line = file.readline(max_bytes)
            yield number, Fault("too_large", f"a line of more than {max_bytes / 1e6:g} MB")
        elif line.strip(_SPACE):
            yield number, line


def parse_json(data: bytes) -> JsonValue | Fault:
    """Take one JSON value in UTF-8, leave it, objects as `JsonObject`; a fault for anything that RFC 8259 forbids."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        return Fault("not_text", "not UTF-8")
    except json.JSONDecodeError as error:
        return Fault("not_json", f"{error.msg} at line {error.lineno}, column {error.colno}")
    except RecursionError:
        return Fault("not_json", "nested too deeply")
    except ValueError as error:  # NaN, or a whole number of thousands of digits
        return Fault("not_json", str(error).split(";")[0])


def fault_of_text(text: str) -> Fault | None:
    """Take a text, leave why it cannot be stored as UTF-8 text; None if it can."""
    if "\0" in text:
        return Fault("not_text", "holds the character NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return Fault("not_text", "holds half of a surrogate pair, or bytes that are not UTF-8")
    return None


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) == len(pairs):
        return made
    first, repeated = JsonObject(), []
    for place, (key, value) in enumerate(pairs):
        if key in first:
            repeated.append(place)
        else:
            first[key] = value
    first.repeated = tuple(repeated)
    return first


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
