"""Maps a function over items in worker processes of this machine; a time-out or crash costs one item only."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any

from glossator.executors.wire import Call, call_of
from glossator.executors.worker import Failure, Result, Worker

__all__ = ["Failure", "Pool", "Result", "map_call", "map_isolated"]

_POLL_SECONDS = 0.2
"""How often memory is looked at while workers are busy."""


def map_isolated(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    workers: int = 1,
    timeout_seconds: float = 60.0,
    memory_bytes: int = 1 << 30,
) -> Iterator[Result]:
    """Apply a function to each item in worker processes; results come as they finish, one per item.

    A worker takes one item at a time. It is killed when an item takes too long or too much memory, and replaced; the
    other items are not touched. Workers end with the caller, also when that is killed.

    Args:
        function: named at the top level of an importable module; it must not be a lambda.
        items: must be picklable, as must what the function returns; each is asked for once a worker is free.
        workers: at most this many processes; never more than items.
        timeout_seconds: wall time allowed per item, from when a worker has taken it.
        memory_bytes: resident memory a worker may hold while it works on an item.
    """
    yield from map_call(
        call_of(function), items, workers=workers, timeout_seconds=timeout_seconds, memory_bytes=memory_bytes
    )


def map_call(
    call: Call, items: Iterable[Any], *, workers: int, timeout_seconds: float, memory_bytes: int
) -> Generator[Result, None, None]:
    """Do what `map_isolated` does, for a function that is known by its name."""
    with Pool(call, workers=workers, timeout_seconds=timeout_seconds, memory_bytes=memory_bytes) as pool:
        yield from pool.map(items)


class Pool:
    """Worker processes that are kept from one map to the next, until the pool is closed.

    Args:
        call: what they do with each item; they find modules where this process does, unless it says otherwise.
        workers: at most this many processes; they are started as they are needed.
        timeout_seconds: wall time allowed per item, from when a worker has taken it.
        memory_bytes: resident memory a worker may hold while it works on an item.
    """

    def __init__(self, call: Call, *, workers: int, timeout_seconds: float, memory_bytes: int) -> None:
        self._call = call if call.path else dataclasses.replace(call, path=tuple(sys.path))
        self._most = max(1, workers)
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._workers: list[Worker] = []

    def map(self, items: Iterable[Any]) -> Iterator[Result]:
        """Apply the call to each item; one result per item, as they finish.

        An item is asked for only once a worker is free to take it, so no more lie here than there are workers. While
        the items keep this process waiting, it cannot see whether a worker takes too long.
        """
        numbered = enumerate(items)
        more = True
        try:
            while True:
                while more and sum(worker.busy for worker in self._workers) < self._most:
                    index, item = next(numbered, (-1, None))
                    more = index >= 0
                    if more:
                        self._free_worker().give(index, item)
                busy = [worker for worker in self._workers if worker.busy]
                if not busy:
                    return
                wait([worker.connection for worker in busy], timeout=_POLL_SECONDS)
                yield from self._results(busy)
        finally:
            for worker in [worker for worker in self._workers if worker.busy]:
                self._drop(worker)

    def close(self) -> None:
        """End all workers."""
        while self._workers:
            self._drop(self._workers[0])

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _results(self, busy: list[Worker]) -> Iterator[Result]:
        for worker in busy:
            result = worker.look()
            if result is not None:
                if not worker.usable:
                    self._drop(worker)
                yield result

    def _free_worker(self) -> Worker:
        for worker in [worker for worker in self._workers if not worker.busy]:
            if not worker.worn:
                return worker
            self._drop(worker)
        self._workers.append(Worker(self._call, self._timeout_seconds, self._memory_bytes))
        return self._workers[-1]

    def _drop(self, worker: Worker) -> None:
        worker.stop()
        self._workers.remove(worker)
