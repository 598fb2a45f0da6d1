"""Maps a function over items in worker processes of this machine; a time-out or crash costs one item only."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Literal, cast

Failure = Literal["timeout", "memory", "crash", "error"]

_POLL_SECONDS = 0.2
"""How often memory is looked at while workers are busy."""

_START_SECONDS = 60.0
"""How long a worker may take to start; importing the parser is part of it, its items' time-out is not."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item."""

    index: int
    """Position of the item, from 0."""
    value: Any
    """What the function returned; None if it failed."""
    failure: Failure | None
    """None if the function returned."""
    reason: str
    """Why it failed; empty otherwise."""
    seconds: float
    """Wall time the item took."""


def map_isolated(
    function: Callable[[Any], Any],
    items: Sequence[Any],
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
        items: must be picklable, as must what the function returns.
        workers: at most this many processes; never more than items.
        timeout_seconds: wall time allowed per item, from when a worker has taken it.
        memory_bytes: resident memory a worker may hold while it works on an item.
    """
    name = _name_of(function)
    todo = list(range(len(items)))[::-1]
    pool: list[_Worker] = []
    try:
        while todo or any(worker.busy for worker in pool):
            idle = sum(not worker.busy for worker in pool)
            missing = min(max(1, workers) - len(pool), len(todo) - idle)
            pool += [_Worker(name, memory_bytes) for _ in range(missing)]
            for worker in pool:
                if todo and not worker.busy:
                    index = todo.pop()
                    worker.give(index, items[index])
            wait([worker.connection for worker in pool if worker.busy], timeout=_POLL_SECONDS)
            for worker in [worker for worker in pool if worker.busy]:
                result = worker.look(timeout_seconds, memory_bytes)
                if result is not None:
                    if not worker.usable:
                        worker.stop()
                        pool.remove(worker)
                    yield result
    finally:
        for worker in pool:
            worker.stop()


def _name_of(function: Callable[[Any], Any]) -> tuple[str, str]:
    module, name = function.__module__, function.__qualname__
    if "<" in name or module == "__main__":
        raise ValueError(f"{module}.{name} cannot be imported by a worker; move it to the top level of a module")
    return module, name


class _Worker:
    """One process and the item it works on."""

    def __init__(self, name: tuple[str, str], memory_bytes: int) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        arguments = (theirs, name, list(sys.path), memory_bytes, os.getpid())
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        _start_without_main(self._process)
        theirs.close()
        self.busy = False
        self.usable = True
        self._index = -1
        self._began = 0.0
        self._taken = False

    def give(self, index: int, item: Any) -> None:
        """Hand over an item."""
        self.busy, self._index, self._taken, self._began = True, index, False, time.monotonic()
        with contextlib.suppress(OSError):  # A worker that died before taking its item is seen at the next look.
            self.connection.send(item)

    def look(self, timeout_seconds: float, memory_bytes: int) -> Result | None:
        """See how the item stands: a result once it is done or lost, else None."""
        try:
            if self.connection.poll():
                message = self.connection.recv()
                if message == "taken":
                    self._taken, self._began = True, time.monotonic()
                    return None
                outcome, payload, seconds = message
                self.usable = outcome != "memory"
                return self._done(outcome, payload, seconds)
        except (EOFError, OSError):
            self._process.join(5)
            return self._lost("crash", f"the worker process ended {_exit_words(self._process.exitcode)}")
        limit = timeout_seconds if self._taken else _START_SECONDS + timeout_seconds
        if time.monotonic() - self._began > limit:
            return self._lost("timeout", f"took longer than {timeout_seconds:g} seconds")
        held = _resident_bytes(self._process.pid)
        if self._taken and held > memory_bytes:
            return self._lost("memory", f"held {held >> 20} MiB; {memory_bytes >> 20} MiB are allowed")
        return None

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _lost(self, failure: Failure, reason: str) -> Result:
        self.usable = False
        return self._done(failure, reason, time.monotonic() - self._began)

    def _done(self, outcome: str, payload: Any, seconds: float) -> Result:
        self.busy = False
        if outcome == "value":
            return Result(self._index, payload, None, "", seconds)
        return Result(self._index, None, cast("Failure", outcome), str(payload), seconds)


def _start_without_main(process: Any) -> None:
    """Start a spawned process that does not import the caller's main script.

    The functions mapped here live in importable modules, so a worker needs nothing of the main script; not importing
    it lets a caller without `if __name__ == "__main__"`, or one read from standard input, use the pool.
    """
    main = sys.modules["__main__"].__dict__
    hidden: dict[str, Any] = {name: main.pop(name) for name in ("__file__", "__spec__") if name in main}
    main["__spec__"] = None
    try:
        process.start()
    finally:
        main.update(hidden)


def _serve(connection: Connection, name: tuple[str, str], path: list[str], memory_bytes: int, parent: int) -> None:
    """The worker's loop: take an item, say so, send what the function made of it; end when the pipe closes."""
    _die_with(parent)
    sys.path[:] = path
    function: Any = importlib.import_module(name[0])
    for part in name[1].split("."):
        function = getattr(function, part)
    _limit_memory(memory_bytes)
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        connection.send("taken")
        began = time.monotonic()
        outcome, payload = _apply(function, item)
        connection.send((outcome, payload, time.monotonic() - began))


def _apply(function: Callable[[Any], Any], item: Any) -> tuple[str, Any]:
    try:
        return "value", function(item)
    except MemoryError as error:
        return "memory", f"out of memory: {error}" if str(error) else "out of memory"
    except Exception as error:  # noqa: BLE001 - the item's failure is its result
        return "error", f"{type(error).__name__}: {error}"


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends; elsewhere the closed pipe does it between items."""
    if sys.platform.startswith("linux"):
        import ctypes
        import signal

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    import signal

    # An interrupt reaches the whole process group; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limit_memory(memory_bytes: int) -> None:
    """Bound the address space, so that one huge allocation fails at once, before it can be seen by polling."""
    if sys.platform.startswith("linux"):
        import resource

        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a pseudo-file of the kernel
            mapped = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        limit = mapped + 2 * memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _resident_bytes(pid: int | None) -> int:
    """Resident memory of a process; 0 where it cannot be told."""
    try:
        if sys.platform.startswith("linux"):
            with open(f"/proc/{pid}/statm", encoding="ascii") as statm:  # noqa: PTH123
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        import psutil

        return int(psutil.Process(pid).memory_info().rss)
    except Exception:  # noqa: BLE001 - a process that has just ended has no memory
        return 0


def _exit_words(code: int | None) -> str:
    if code is None:
        return "without an exit code"
    if code < 0:
        import signal

        try:
            return f"by signal {signal.Signals(-code).name}"
        except ValueError:
            return f"by signal {-code}"
    return f"with exit code {code}"
