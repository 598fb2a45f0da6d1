"""Takes the place of a file, leaves a purse that goes on where the last one ended, also if its program was killed."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glossator.artifacts import write_text
from glossator.errors import ArtifactError
from glossator.llm.budget import Budget, Purse, Spent
from glossator.llm.prices import Price


@contextmanager
def kept_purse(
    path: Path, budget: Budget, price: Price | None = None, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Purse]:
    """Open a purse on what earlier ones of the same file have spent; what it spends is kept there.

    Every change is a line at the end of the file, written before the call it pays for is sent, with calls under way at
    their worst. The last line counts, and opening leaves that one alone. One process may use a file at a time.

    Args:
        path: the file; it and its folder are made if need be.
        budget: the most that may be spent, earlier runs included; it may differ from time to time.
        price: as for `Purse`.
        clock: as for `Purse`.

    Raises:
        ModelError: money is limited, and there is no price.
        ArtifactError: the file is damaged or cannot be written.
    """
    before = read_spent(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, _line(before))
        file = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _unwritable(path, error) from error

    def keep(spent: Spent) -> None:
        try:
            os.write(file, _line(spent).encode())
        except OSError as error:
            raise _unwritable(path, error) from error

    try:
        purse = Purse(budget, price, spent=before, clock=clock, on_spent=keep)
        try:
            yield purse
        finally:
            keep(purse.spent)
    finally:
        os.close(file)


def read_spent(path: Path) -> Spent:
    """Turn the file of a purse into what was spent so far; nothing where there is no file.

    Raises:
        ArtifactError: the file holds no line of a purse, or cannot be read.
    """
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return Spent()
    except OSError as error:
        raise ArtifactError(f"what was spent cannot be read: {path}: {error}; check its rights") from error
    for line in reversed(lines):
        # The last line may be torn if the machine went down.
        with contextlib.suppress(ValueError, TypeError, KeyError):
            told = json.loads(line)
            return Spent(float(told["usd"]), int(told["calls"]), float(told["minutes"]))
    raise ArtifactError(f"{path} does not say what was spent; delete it to begin a new budget")


def _line(spent: Spent) -> str:
    return json.dumps({"usd": round(spent.usd, 9), "calls": spent.calls, "minutes": round(spent.minutes, 4)}) + "\n"


def _unwritable(path: Path, error: OSError) -> ArtifactError:
    return ArtifactError(f"what was spent cannot be kept: {path}: {error}; check its folder, rights and disk")
