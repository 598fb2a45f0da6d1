"""One process at a time changes what is kept under a name; the lock goes with the process, however it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glossator.errors import RegistryError

LOCK = ".lock"
WAIT_SECONDS = 60.0
"""Registering takes seconds, so whoever waits longer than this waits for something that hangs."""
_PAUSE_SECONDS = 0.05


@contextmanager
def locked(folder: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold a folder for this process inside the block, waiting while another process holds it.

    Raises:
        RegistryError: the other one did not end within `wait_seconds`.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+b") as file:
        deadline = time.monotonic() + wait_seconds
        while not _taken(file):
            if time.monotonic() >= deadline:
                raise RegistryError(
                    f"another process has been changing {folder} for {wait_seconds:g} s; wait for it, or end it"
                )
            time.sleep(_PAUSE_SECONDS)
        yield


if sys.platform == "win32":
    import msvcrt

    def _taken(file: BinaryIO) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
