"""Runs Spark jobs in threads of this process, so that they can be waited for with a limit, and cancelled."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any

from glossator.executors.spark_session import first_line, words_of
from glossator.executors.spark_settings import SparkError

_CANCEL_SECONDS = 30.0
_CANCEL_AGAIN_SECONDS = 0.5

_CAUSE = re.compile(r"^(?:Caused by: )?(?:[\w.]+\.)?\w*(?:Error|Exception): .*\S", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True)
class Patience:
    """How long Spark is waited for while nothing seems to happen; while something does, without a limit.

    A limit on the whole job would either be far too long, since it would have to allow for every time-out one after
    the other, or give up a cluster that is merely small.
    """

    signs: Callable[[], frozenset[Any]]
    """Tells what the tasks have left so far: empty before the first one begins, another set after any progress."""
    idle_seconds: float
    """How long until a first task begins; a cluster without free cores is given up after it."""
    busy_seconds: float
    """How long without a change once one has begun: longer than a task may rightly take."""


class Job:
    """A Spark job under way."""

    def __init__(self, future: Future[list[Any]], patience: Patience, hide: Callable[[str], str] = str) -> None:
        self._future = future
        self._patience = patience
        self._hide = hide

    def rows(self) -> list[tuple[int, str, int]]:
        """Wait for the job; leaves its rows.

        Progress is looked for once per limit, so a standstill lasts at most twice that long.

        Raises:
            SparkError: Spark gave up on it, or made no progress for as long as the limit.
        """
        seen = self._patience.signs()
        while not wait([self._future], self._limit_seconds(seen)).done:
            now = self._patience.signs()
            if now == seen and not self._future.done():
                what = "went no further" if seen else "began no task"
                raise SparkError(
                    f"Spark {what} in {self._limit_seconds(seen):.0f} seconds; see whether it has free cores"
                )
            seen = now
        error = self._future.exception()
        if error is not None:
            causes = _CAUSE.findall(words_of(error))
            told = causes[-1] if causes else first_line(error)
            hidden = self._hide(told)
            raise SparkError(f"Spark gave up: {hidden}") from (error if hidden == told else None)
        return [tuple(row) for row in self._future.result()]

    def _limit_seconds(self, seen: frozenset[Any]) -> float:
        return self._patience.busy_seconds if seen else self._patience.idle_seconds


class Jobs:
    """The jobs of one map; those that are under way when its block ends are cancelled.

    Args:
        session: where they run.
        at_once: so many run at the same time.
        hide: takes out of a message what nobody should read there.
    """

    def __init__(self, session: Any, at_once: int, hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self._marks = _Marks(session)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="glossator-spark")
        self._futures: list[Future[list[Any]]] = []

    def start(self, frame: Any, patience: Patience) -> Job:
        """Start collecting a data frame's rows."""
        self._futures = [future for future in self._futures if not future.done()]
        future = self._threads.submit(self._collect, frame)
        self._futures.append(future)
        return Job(future, patience, self._hide)

    def _collect(self, frame: Any) -> list[Any]:
        self._marks.tag()
        rows: list[Any] = frame.collect()
        return rows

    def __enter__(self) -> Jobs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + _CANCEL_SECONDS
        # Asked for again and again, since a job that has not begun yet cannot be cancelled.
        while any(not future.done() for future in self._futures) and time.monotonic() < end:
            with contextlib.suppress(Exception):  # the session may be gone, and its jobs with it
                self._marks.cancel()
            wait(self._futures, _CANCEL_AGAIN_SECONDS)


class _Marks:
    """A tag of its own for the jobs of one map, by which they are cancelled from another thread."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._name = f"glossator-{uuid.uuid4().hex}"
        self._context = getattr(session, "_sc", None)  # a session of Spark Connect has none

    def tag(self) -> None:
        """Tag the jobs that this thread will start."""
        if self._context is not None:
            self._context.addJobTag(self._name)
        else:
            self._session.addTag(self._name)

    def cancel(self) -> None:
        """Cancel the jobs under way; a classic session's own tags are known only to the thread that set them."""
        if self._context is not None:
            self._context.cancelJobsWithTag(self._name)
        else:
            self._session.interruptTag(self._name)
