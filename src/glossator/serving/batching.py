"""Takes work from many threads, leaves its results: one thread does it, in batches, from a queue with an end.

What holds a model or an index is best touched by one thread alone. While that thread is busy, requests gather; those
that can be done together then are.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from glossator.errors import ServingError
from glossator.serving.refusals import Busy, NotReady

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Job(Generic[Key, Item, Result]):
    key: Key
    item: Item
    future: Future[Result]


class BatchWorker(Generic[Key, Item, Result]):
    """One thread that does work in batches of items with the same key, the longest waiting first.

    Args:
        work: turns a key and some items into one result each, in their order.
        name: of the thread, for those who look at the process.
        batch_size: most items of one batch.
        queue_size: most items that wait; one more is refused.
    """

    def __init__(
        self, work: Callable[[Key, Sequence[Item]], Sequence[Result]], *, name: str, batch_size: int, queue_size: int
    ) -> None:
        if batch_size < 1 or queue_size < 1:
            raise ServingError(f"batch_size {batch_size} and queue_size {queue_size} must be 1 or more")
        self._work = work
        self._batch_size = batch_size
        self._queue_size = queue_size
        self._pending: deque[_Job[Key, Item, Result]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many items wait and are still wanted."""
        with self._changed:
            return sum(not job.future.cancelled() for job in self._pending)

    def submit(self, key: Key, item: Item) -> Future[Result]:
        """Put an item in the queue; gives the promise of its result. Cancelling that takes it out of the queue.

        Raises:
            Busy: the queue is full.
            NotReady: the worker was closed.
        """
        job: _Job[Key, Item, Result] = _Job(key, item, Future())
        with self._changed:
            if self._closed:
                raise NotReady("the gateway is ending; ask another one")
            if len(self._pending) >= self._queue_size:
                self._pending = deque(job for job in self._pending if not job.future.cancelled())
            if len(self._pending) >= self._queue_size:
                raise Busy(f"{self._queue_size} questions wait already; try again in a moment")
            self._pending.append(job)
            self._changed.notify()
        return job.future

    def close(self, *, timeout_seconds: float = 10.0) -> None:
        """Refuse what waits, let the batch at work finish, and end the thread; a second call does nothing."""
        with self._changed:
            self._closed = True
            left, self._pending = self._pending, deque()
            self._changed.notify_all()
        for job in left:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(NotReady("the gateway is ending; ask another one"))
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while batch := self._next_batch():
            self._finish(batch)

    def _next_batch(self) -> list[_Job[Key, Item, Result]]:
        """Wait for items and take those that go with the first; empty once the worker is closed."""
        with self._changed:
            while True:
                batch: list[_Job[Key, Item, Result]] = []
                kept: deque[_Job[Key, Item, Result]] = deque()
                for job in self._pending:
                    if batch and (job.key != batch[0].key or len(batch) == self._batch_size):
                        kept.append(job)
                    elif job.future.set_running_or_notify_cancel():  # no longer wanted: dropped before any work
                        batch.append(job)
                self._pending = kept
                if batch or self._closed:
                    return batch
                self._changed.wait()

    def _finish(self, batch: Sequence[_Job[Key, Item, Result]]) -> None:
        try:
            results = self._work(batch[0].key, [job.item for job in batch])
            if len(results) != len(batch):
                raise ServingError(f"{len(results)} results came for {len(batch)} items")
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to those who wait for the result
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            for job in batch:  # one bad item must not cost its neighbours their answer
                self._finish([job])
            return
        for job, result in zip(batch, results, strict=True):
            job.future.set_result(result)
