"""Runs on the executors: takes partitions of items, leaves a file of results for each, every item isolated."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glossator.executors.local import Pool
from glossator.executors.wire import Call, decode
from glossator.executors.worker import Result

_BYTES_PER_GROUP = 8 << 20
_ROWS_PER_GROUP = 64

_POOLS: dict[tuple[str, float, int], Pool] = {}
"""The worker process of the last order, kept from task to task, as Spark keeps this process."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a Spark task is told besides its partition's number."""

    items: str
    """Parquet file with the items, a row group a partition: folder or fsspec URL."""
    results: str
    """Folder, or fsspec URL, for the results."""
    call: Call
    files: Mapping[str, str]
    """Names for `SparkFiles.get` of the files that were sent along, by their paths on the driver."""
    timeout_seconds: float
    memory_bytes: int
    also_path: tuple[str, ...] = field(default=())
    """What to add to `sys.path`: what the driver has there, if it is the same machine."""


def run_partitions(batches: Iterable[Any], order: bytes) -> Iterator[Any]:
    """Work on the partitions whose numbers come; leaves a record batch of number, results file and rows for each.

    Each attempt writes a file of its own and only the attempt that Spark accepts is heard of, so a task that is tried
    again, or twice at once, gives each result once.
    """
    import pyarrow as pa

    told = decode(Order, order)
    pool = _pool(told)
    for batch in batches:
        for number in batch.column(0).to_pylist():
            name, rows = _run_partition(told, pool, number)
            yield pa.RecordBatch.from_pydict({"partition": [number], "name": [name], "rows": [rows]})


def _pool(order: Order) -> Pool:
    """One worker process, that of the last task if it did the same; it ends with this process."""
    from pyspark import SparkFiles

    tempfile.tempdir = SparkFiles.getRootDirectory()  # which goes with the application, whoever is killed before
    call = dataclasses.replace(
        order.call,
        copies={path: SparkFiles.get(name) for path, name in order.files.items()},
        path=(*sys.path, *(entry for entry in order.also_path if entry not in sys.path)),
    )
    key = (repr(call), order.timeout_seconds, order.memory_bytes)
    if key not in _POOLS:
        while _POOLS:
            _POOLS.popitem()[1].close()
        _POOLS[key] = Pool(call, workers=1, timeout_seconds=order.timeout_seconds, memory_bytes=order.memory_bytes)
    return _POOLS[key]


def _run_partition(order: Order, pool: Pool, number: int) -> tuple[str, int]:
    import fsspec
    import pyarrow.parquet as pq

    with fsspec.open(order.items, "rb") as file:
        items = pq.ParquetFile(file).read_row_group(number).to_pydict()
    attempt = f"{number:06d}-{uuid.uuid4().hex}"
    with fsspec.open(f"{order.results}/{attempt}.begun", "wb") as mark:  # a results file may show only when it is done
        mark.write(b"begun")
    name = f"{attempt}.parquet"
    rows = 0
    with (
        fsspec.open(f"{order.results}/{name}", "wb") as file,
        pq.ParquetWriter(file, results_schema(), compression="zstd") as writer,
    ):
        for group in _groups(pool.map(items["item"])):
            columns = [
                [items["index"][result.index] for result in group],
                [result.failure for result in group],
                [result.reason.encode("utf-8", "surrogatepass") for result in group],
                [result.seconds for result in group],
                [result.value for result in group],
            ]
            writer.write_table(_table(columns))
            rows += len(group)
    return name, rows


def results_schema() -> Any:
    """The columns of a results file; texts that may hold lone surrogates are bytes."""
    import pyarrow as pa

    return pa.schema(
        [
            ("index", pa.int64()),
            ("failure", pa.string()),
            ("reason", pa.binary()),
            ("seconds", pa.float64()),
            ("value", pa.binary()),
        ]
    )


def _table(columns: list[list[Any]]) -> Any:
    import pyarrow as pa

    schema = results_schema()
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _groups(results: Iterable[Result]) -> Iterator[list[Result]]:
    """Gather results into row groups of bounded size."""
    group: list[Result] = []
    size = 0
    for result in results:
        group.append(result)
        size += len(result.value or b"")
        if size >= _BYTES_PER_GROUP or len(group) >= _ROWS_PER_GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group
