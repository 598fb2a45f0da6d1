"""Maps a function over items with Spark: waves of items go out as Parquet, their results come back the same way."""

from __future__ import annotations

import functools
import itertools
import sys
import tempfile
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError
from glossator.executors.spark_jobs import Job, Jobs, Patience
from glossator.executors.spark_package import ship_files, ship_package
from glossator.executors.spark_session import quiet_warnings, spark_session
from glossator.executors.spark_settings import SparkError, SparkSettings
from glossator.executors.spark_task import Order
from glossator.executors.wire import Call, encode
from glossator.executors.worker import START_SECONDS, Result

_WAVES_UNDER_WAY = 2
"""While the last items of a wave are worked on, the next one keeps the other cores busy."""

_IDLE_SECONDS = 600.0
"""How long a cluster may take to begin a task before it is given up: some start their machines first."""

_LOST_SECONDS = 600.0
"""What a task may take beyond all time-outs of its items: a machine is lost, that is noticed, another begins anew."""


@dataclass(frozen=True, slots=True)
class _Wave:
    """Items that were handed to Spark, and what is becoming of them."""

    folder: str
    partitions: int
    rows: int
    job: Job


def map_on_spark(
    call: Call,
    items: Iterable[bytes],
    settings: SparkSettings,
    *,
    timeout_seconds: float,
    memory_bytes: int,
    files: Sequence[Path] = (),
) -> Generator[Result, None, None]:
    """Apply a call to items with Spark; one result per item, in the order of the items, its value as bytes.

    Each Spark task runs its items one after the other in a worker process, which is killed and replaced when an item
    takes too long or too much memory. At most two waves of items are taken from `items` ahead of the results.

    The work may take as long as it makes progress. Spark is given up when it begins no task for ten minutes, or when
    nothing new comes of the tasks for so long that all items of a partition could have timed out, each in a worker
    that took as long to start as it may, with ten minutes to spare.

    Raises:
        MissingExtraError: pyspark or fsspec is not installed.
        SparkError: Spark cannot be started, cannot reach the work folder, or gave up on a wave.
    """
    _require_shared_folder(settings, one_machine=settings.one_machine)
    with (
        spark_session(settings) as session,
        _work_folder(settings, session) as (store, folder),
        Jobs(session, _WAVES_UNDER_WAY, settings.hide) as jobs,
    ):
        package, names = ship_package(session), ship_files(session, files)
        also_path = tuple(sys.path) if _on_one_machine(settings, session) else ()

        busy_seconds = max(1, settings.items_per_partition) * (timeout_seconds + START_SECONDS) + _LOST_SECONDS
        patience = Patience(functools.partial(_signs, store, folder), _IDLE_SECONDS, busy_seconds)

        def start(place: str, partitions: int, rows: int) -> _Wave:
            order = Order(f"{place}/items", place, call, names, timeout_seconds, memory_bytes, also_path)
            return _Wave(place, partitions, rows, jobs.start(_frame(session, package, order, partitions), patience))

        under_way: deque[_Wave] = deque()
        numbered = enumerate(items)
        for count in itertools.count():
            place = f"{folder}/wave-{count:06d}"
            partitions, rows = _write_items(store, place, numbered, settings)
            if rows:
                under_way.append(start(place, partitions, rows))
            while under_way and (not rows or len(under_way) == _WAVES_UNDER_WAY):
                yield from _results(store, under_way.popleft())
            if not rows:
                return


def _frame(session: Any, package: str, order: Order, partitions: int) -> Any:
    """A row a partition, mapped to what came of it."""
    with quiet_warnings():
        numbers = session.range(0, partitions, 1, partitions)
        return numbers.mapInArrow(_mapper(package, encode(order)), "partition long, name string, rows long")


def _mapper(package: str, order: bytes) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """What Spark sends to its executors: a function that needs nothing there but what was sent along with it.

    Being nested, it travels by its code, not by a name that an executor would have to import first.
    """

    def run(batches: Iterable[Any]) -> Iterator[Any]:
        import sys

        from pyspark import SparkFiles

        folder = SparkFiles.get(package)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        from glossator.executors.spark_task import run_partitions

        yield from run_partitions(batches, order)

    return run


@contextmanager
def _work_folder(settings: SparkSettings, session: Any) -> Iterator[tuple[Any, str]]:
    """Make a folder of this map's own and remove it at the end; leaves what opens files there and its name."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError("fsspec", "spark") from error
    _require_shared_folder(settings, one_machine=_on_one_machine(settings, session))
    given = settings.work_folder or tempfile.gettempdir()
    if "://" not in given:
        given = str(Path(given).absolute())
    folder = f"{given.rstrip('/')}/glossator-{uuid.uuid4().hex}"
    try:
        store, _ = url_to_fs(folder)
        store.makedirs(folder, exist_ok=True)
    except ImportError as error:
        raise SparkError(f"work_folder {given} cannot be opened: {error}") from error
    except (OSError, ValueError) as error:
        raise SparkError(f"work_folder {given} cannot be written: {error}") from error
    try:
        yield store, folder
    finally:
        if store.exists(folder):
            store.rm(folder, recursive=True)


def _require_shared_folder(settings: SparkSettings, *, one_machine: bool) -> None:
    if settings.work_folder is None and not one_machine:
        raise SparkError("spark.work_folder is needed off one machine: name a folder or URL that every machine sees")


def _on_one_machine(settings: SparkSettings, session: Any) -> bool:
    """Whether the executors see this machine's folders; a session that was open knows better than the settings."""
    context = getattr(session, "_sc", None)
    return str(context.master).startswith("local") if context is not None else settings.one_machine


def _write_items(
    store: Any, place: str, items: Iterator[tuple[int, bytes]], settings: SparkSettings
) -> tuple[int, int]:
    """Write the next wave's items, a row group a partition; leaves how many partitions and items, 0 at the end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wave = itertools.islice(items, max(1, settings.items_per_wave))
    size = max(1, settings.items_per_partition)
    group = list(itertools.islice(wave, size))
    if not group:
        return 0, 0
    store.makedirs(place, exist_ok=True)
    schema = pa.schema([("index", pa.int64()), ("item", pa.binary())])
    partitions = rows = 0
    with store.open(f"{place}/items", "wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while group:
            indices, values = zip(*group, strict=True)
            writer.write_table(pa.table([pa.array(indices, pa.int64()), pa.array(values, pa.binary())], schema))
            partitions, rows = partitions + 1, rows + len(group)
            group = list(itertools.islice(wave, size))
    return partitions, rows


def _signs(store: Any, folder: str) -> frozenset[tuple[str, int]]:
    """What the tasks of a map have left in its folder so far, by name and size.

    Raises:
        SparkError: the folder cannot be listed.
    """
    try:
        store.invalidate_cache()  # some remember what they listed, and would not see files that have come since
        found = store.find(folder, detail=True)
        store.invalidate_cache()
    except OSError as error:
        raise SparkError(f"work_folder {folder} cannot be read: {error}") from error
    return frozenset((name, about["size"]) for name, about in found.items() if not name.endswith("/items"))


def _results(store: Any, wave: _Wave) -> Iterator[Result]:
    """Wait for a wave, read its results row group by row group in the order of the items, and remove its folder.

    Raises:
        SparkError: results are missing.
    """
    import pyarrow.parquet as pq

    done = sorted(wave.job.rows())
    rows = sum(rows for _, _, rows in done)
    if [number for number, _, _ in done] != list(range(wave.partitions)) or rows != wave.rows:
        raise SparkError(f"Spark left {rows} results for {wave.rows} items; run again")
    for _, name, _ in done:
        with store.open(f"{wave.folder}/{name}", "rb") as file:
            results = pq.ParquetFile(file)
            for group in range(results.num_row_groups):
                for row in results.read_row_group(group).to_pylist():
                    reason = row["reason"].decode("utf-8", "surrogatepass")
                    yield Result(row["index"], row["value"], row["failure"], reason, row["seconds"])
    store.rm(wave.folder, recursive=True)
