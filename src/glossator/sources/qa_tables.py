"""A table of questions with answers in, its rows out: CSV, Parquet, or a data set as the `datasets` library saves it.

Such a data set is a folder with `dataset_info.json`, `state.json` and the files of Arrow record batches that the latter
names; several of them lie in a folder with `dataset_dict.json`. The library itself is not needed to read them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from glossator.sources.arrow_sizes import largest_batch_bytes
from glossator.sources.reading import Fault
from glossator.sources.table_rows import READERS, NumberedRow

ARROW = ".arrow"
TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ARROW)
DATASET_FILES = ("dataset_info.json", "state.json", "dataset_dict.json")
"""What lies beside the rows of a saved data set and tells about them."""

MAX_BATCH_BYTES = 250_000_000
"""A file with a larger record batch, unpacked and with its dictionaries, is not taken."""

_ROWS = 64
"""Rows in memory at once, besides the record batch that they are in."""
_SMALL_BYTES = 20_000_000
"""Of a larger batch, one row at a time: all of them may repeat one long value."""


def read_table(file: BinaryIO, ending: str) -> Iterator[NumberedRow]:
    """Yield the rows of an open file in their order, bad ones as faults in their place.

    Args:
        file: stands at its start.
        ending: of the file's name, one of `TABLE_ENDINGS`.
    """
    return _read_arrow(file) if ending == ARROW else READERS[ending](file, Path(), ())


def describes_dataset(path: Path) -> bool:
    """Whether a file tells about a saved data set and holds no rows itself."""
    if path.name not in DATASET_FILES:
        return False
    beside = path.parent
    return any(beside.glob(f"*{ARROW}")) or (beside / "dataset_dict.json").is_file()


def is_row_file(path: Path) -> bool:
    """Whether a file of record batches belongs to the rows of its data set; the library leaves caches beside them."""
    named = _state(path.parent).get("_data_files")
    if not isinstance(named, list):
        return True
    return path.name in [one.get("filename") for one in named if isinstance(one, dict)]


def dataset_name(path: Path) -> str:
    """Take a file of record batches, leave what its data set is called: its folder, or that of all its splits."""
    folder = path.absolute().parent
    return folder.parent.name if (folder.parent / "dataset_dict.json").is_file() else folder.name


def _state(folder: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        found = json.loads((folder / "state.json").read_bytes())
        return found if isinstance(found, dict) else {}
    return {}


def _read_arrow(file: BinaryIO) -> Iterator[NumberedRow]:
    import pyarrow as pa

    number = 0
    try:
        largest = largest_batch_bytes(file)
        if largest > MAX_BATCH_BYTES:
            told = f"{largest / 1e6:.0f} MB; at most {MAX_BATCH_BYTES / 1e6:g} MB are read of it"
            yield 0, Fault("too_large", f"a record batch unpacks to {told}; save it in smaller ones")
            return
        for batch in pa.ipc.open_stream(file):
            batch.validate(full=True)  # offsets that lead out of their buffer would end the process
            rows = _ROWS if batch.get_total_buffer_size() <= _SMALL_BYTES else 1
            for start in range(0, batch.num_rows, rows):
                for row in batch.slice(start, rows).to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError, ValueError) as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        yield number + 1 if number else 0, Fault("broken_file", f"cannot be read from here on ({told})")
