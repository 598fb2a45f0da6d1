"""Takes items one at a time into a process of its own, leaves a result for each, whatever becomes of the process."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Literal, cast

from glossator.executors.wire import Call

Failure = Literal["timeout", "memory", "crash", "error"]

START_SECONDS = 60.0
"""How long a worker may take to start, beyond the time-out of its first item; importing the parser is part of it."""

_READY = "ready"
_TAKEN = "taken"
"""What a worker says before the first item, and on taking one; results are tuples."""

_FITS_BYTES = 4096
"""An item of this size fits an empty pipe of any system, so that it need not wait until its worker listens."""


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


class Worker:
    """One process and the item it works on.

    Args:
        call: what it does with each item.
        timeout_seconds: wall time allowed per item, from when the process has taken it.
        memory_bytes: resident memory it may hold while it works on an item.
    """

    def __init__(self, call: Call, timeout_seconds: float, memory_bytes: int) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._scratch = tempfile.mkdtemp(prefix="glossator-worker-")
        arguments = (theirs, call, memory_bytes, os.getpid(), self._scratch)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        _start_without_main(self._process)
        theirs.close()
        self.busy = False
        self.usable = True
        self._ready = False
        self._waiting: Any = None
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._index = -1
        self._began = 0.0
        self._taken = False
        self._settled_bytes = 0

    @property
    def worn(self) -> bool:
        """Whether an idle process had better be replaced: it ended, or keeps ever more memory of items that are done.

        Else a parser that leaks would reach the limit one day, and the item of that day would be blamed. What it holds
        after its first item, models among it, is taken for what it needs.
        """
        held = _resident_bytes(self._process.pid)
        self._settled_bytes = self._settled_bytes or held
        return not self._process.is_alive() or held > (self._settled_bytes + self._memory_bytes) // 2

    def give(self, index: int, item: Any) -> None:
        """Hand over an item, at once or as soon as the process has started; never waits for that.

        Raises:
            Exception: the item cannot be pickled; whatever pickle raises.
        """
        self.busy, self._index, self._taken, self._began = True, index, False, time.monotonic()
        self._waiting = ForkingPickler.dumps(item)
        if self._ready or len(self._waiting) <= _FITS_BYTES:
            self._send()

    def look(self) -> Result | None:
        """See how the item stands: a result once it is done or lost, else None."""
        try:
            if self.connection.poll():
                return self._hear(self.connection.recv())
        except (EOFError, OSError):
            self._process.join(5)
            return self._lost("crash", f"the worker process ended {_exit_words(self._process.exitcode)}")
        limit = self._timeout_seconds if self._taken else START_SECONDS + self._timeout_seconds
        if time.monotonic() - self._began > limit:
            what = "took longer than" if self._taken else "the worker process was not ready for it within"
            return self._lost("timeout", f"{what} {limit:g} seconds")
        held = _resident_bytes(self._process.pid)
        if self._taken and held > self._memory_bytes:
            return self._lost("memory", f"held {held >> 20} MiB; {self._memory_bytes >> 20} MiB are allowed")
        return None

    def stop(self) -> None:
        """End the process, whatever it is doing, and remove the temporary files it could not."""
        self._process.kill()
        self._process.join()
        self.connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _hear(self, message: Any) -> Result | None:
        if message == _READY:
            self._ready = True
            if self._waiting is not None:
                self._send()
        elif message == _TAKEN:
            self._taken, self._began = True, time.monotonic()
        else:
            outcome, payload, seconds = message
            self.usable = outcome != "memory"
            return self._done(outcome, payload, seconds)
        return None

    def _send(self) -> None:
        """Send the item; it either fits the pipe or the process listens, else a full pipe would keep us waiting."""
        data, self._waiting = self._waiting, None
        with contextlib.suppress(OSError):  # A worker that died before taking its item is seen at the next look.
            self.connection.send_bytes(data)

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


def _serve(connection: Connection, call: Call, memory_bytes: int, parent: int, scratch: str) -> None:
    """The worker's loop: say that it listens, take an item, say so, send what the function made of it.

    It ends when the pipe closes.
    """
    _die_with(parent)
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    function = _load(call)
    _limit_memory(memory_bytes)
    connection.send(_READY)
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        connection.send(_TAKEN)
        began = time.monotonic()
        outcome, payload = _apply(function, item)
        connection.send((outcome, payload, time.monotonic() - began))


def _load(call: Call) -> Callable[[Any], Any]:
    """Import the function; if that fails, one that says so of every item, since each needs a result."""
    try:
        return call.load()
    except Exception as error:  # noqa: BLE001 - a module may raise anything when it is imported
        reason = f"{call.function} cannot be imported here: {type(error).__name__}: {error}"

    def refuse(_: Any) -> Any:
        raise ImportError(reason)

    return refuse


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
