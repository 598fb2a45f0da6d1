"""Takes a function and records, leaves its results: on this machine or on a cluster, each item in a process of its own.

The same function runs in both places. It takes one record and leaves one, both travel as JSON, and a hang, a crash or
a memory hog costs its own item only.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from glossator.executors.local import map_call
from glossator.executors.spark import map_on_spark
from glossator.executors.spark_session import spark_session
from glossator.executors.spark_settings import SparkError, SparkSettings, check_spark, java_version
from glossator.executors.wire import Call, call_of, decode, encode, name_of, shipped
from glossator.executors.worker import Failure, Result

EXECUTORS = ("local", "spark")
"""Where a function can be mapped over records."""

__all__ = [
    "EXECUTORS",
    "Failure",
    "Result",
    "SparkError",
    "SparkSettings",
    "check_spark",
    "java_version",
    "map_records",
    "shipped",
    "spark_session",
]

I = TypeVar("I")  # noqa: E741 - what goes in
O = TypeVar("O")  # noqa: E741 - what comes out


def map_records(
    function: Callable[[I], O],
    items: Iterable[I],
    *,
    leaves: type[O],
    executor: str = "local",
    workers: int = 1,
    timeout_seconds: float = 60.0,
    memory_bytes: int = 1 << 30,
    spark: SparkSettings | None = None,
    files: Sequence[Path] = (),
) -> Iterator[Result]:
    """Apply a function to each record, on this machine or with Spark; one result per item, equal in both places.

    Locally, results come as they finish and an item is asked for once a worker is free. Spark takes items in waves and
    gives the results back in the order of the items. Closing the iterator stops the work and removes what it left.

    Args:
        function: named at the top level of an importable module; takes one record.
        items: records of one frozen dataclass, as `records.to_dict` can turn to plain data and `from_dict` back.
        leaves: the type of the record that the function returns.
        executor: one of `EXECUTORS`.
        workers: processes of the local executor; Spark has as many as its master gives it cores.
        timeout_seconds: wall time allowed per item.
        memory_bytes: resident memory a worker may hold while it works on an item.
        spark: how Spark is reached and used; None: on this machine's cores.
        files: files that the function reads; `shipped` tells it where they lie.

    Raises:
        ValueError: the function or a record type cannot be imported by a worker, or the executor is unknown.
        MissingExtraError: pyspark is not installed.
        SparkError: Spark cannot be started, or gave up.
    """
    if executor not in EXECUTORS:
        raise ValueError(f"executor {executor!r} is unknown; give one of {', '.join(EXECUTORS)}")
    for named in (function, leaves):
        name_of(named)
    limits: dict[str, Any] = {"timeout_seconds": timeout_seconds, "memory_bytes": memory_bytes}
    run: Callable[[Call, Iterator[bytes]], Generator[Result, None, None]]
    if executor == "spark":
        run = functools.partial(map_on_spark, settings=spark or SparkSettings(), files=files, **limits)
    else:
        run = functools.partial(map_call, workers=workers, **limits)
    return _map(function, items, leaves, run)


def _map(
    function: Callable[[I], O],
    items: Iterable[I],
    leaves: type[O],
    run: Callable[[Call, Iterator[bytes]], Generator[Result, None, None]],
) -> Iterator[Result]:
    records = iter(items)
    for first in itertools.islice(records, 1):
        kind = type(first)
        encoded = (_encode(record, kind) for record in itertools.chain([first], records))
        with contextlib.closing(run(call_of(function, kind, leaves), encoded)) as results:
            for result in results:
                yield _decoded(result, leaves)


def _encode(record: I, kind: type) -> bytes:
    if type(record) is not kind:
        raise ValueError(f"items are records of one type; a {type(record).__name__} came after a {kind.__name__}")
    return encode(record)


def _decoded(result: Result, leaves: type[O]) -> Result:
    if result.failure is not None:
        return result
    try:
        return dataclasses.replace(result, value=decode(leaves, result.value))
    except (ValueError, TypeError, AttributeError) as error:
        reason = f"not the JSON of a {leaves.__name__}: {error}"
        return dataclasses.replace(result, value=None, failure="error", reason=reason)
