"""The footer of a Parquet file in, how large its parts become in memory out; nothing of them is read."""

from __future__ import annotations

from typing import Any

MAX_UNPACKED_BYTES = 250_000_000
"""A column of one row group may unpack to more than this only if its rows are many and it was not packed tightly."""
ROWS = 64
"""Rows in memory at once."""

_MEAN_CELL_BYTES = 64_000
_MAX_RATIO = 100
_CAREFUL_BYTES, _CAREFUL_RATIO, _CAREFUL_DICTIONARY_BYTES = 20_000_000, 20, 4_000_000
"""Columns beyond these may repeat a long value in every row, which costs nothing in the file."""
_MEMORY_BYTES = ROWS * _CAREFUL_BYTES


def oversized_column(footer: Any) -> str:
    """Take a file's metadata, leave what is wrong with a column that would take too much memory; "" for none.

    Such a column unpacks to more than `MAX_UNPACKED_BYTES` in one row group, and holds 64 kB a row or was packed a
    hundredfold: a million abstracts in one group are fine.
    """
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            size, packed = column.total_uncompressed_size, max(1, column.total_compressed_size)
            mean = size / max(1, group.num_rows)
            if size > MAX_UNPACKED_BYTES and (mean > _MEAN_CELL_BYTES or size > _MAX_RATIO * packed):
                return f"a column of row group {number + 1} unpacks to {size / 1e6:.0f} MB, {mean / 1e6:.1f} MB a row"
    return ""


def rows_at_once(group: Any) -> int:
    """Take the metadata of a row group, leave how many of its rows to hold at once."""
    rows = ROWS
    for place in range(group.num_columns):
        column = group.column(place)
        size, packed = column.total_uncompressed_size, max(1, column.total_compressed_size)
        dictionary = column.data_page_offset - column.dictionary_page_offset if column.has_dictionary_page else 0
        if size > _CAREFUL_BYTES and (size > _CAREFUL_RATIO * packed or dictionary > _CAREFUL_DICTIONARY_BYTES):
            rows = min(rows, max(1, _MEMORY_BYTES // size))
    return rows
