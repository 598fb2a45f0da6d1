"""Keeps which version of a name is the latest, and which were before it, so that the way back is known.

Two small files, each replaced whole: `latest` decides, `history.json` remembers. A process killed between the two
leaves the state before or the state after, never one in between: `read_history` mends the memory by the decision.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import write_json, write_text
from glossator.errors import RegistryError
from glossator.records import from_dict, to_dict
from glossator.registry.versions import VersionNumber, is_number, parse_number

LATEST = "latest"
HISTORY = "history.json"
_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class History:
    """Which versions were the latest."""

    way: tuple[str, ...] = ()
    """One after the other, the present one last; a rollback goes one step back on it."""
    released: tuple[str, ...] = ()
    """Every version that ever was the latest, each once. Their numbers are never given again."""


def read_latest(folder: Path) -> VersionNumber | None:
    """Read which version of a name is the latest; None if none was released yet.

    Raises:
        RegistryError: the file holds no version.
    """
    path = folder / LATEST
    try:
        text = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path} is unreadable ({error}); promote a version") from error
    if not is_number(text):
        raise RegistryError(f"{path} holds {text[:40]!r}, which is no version; promote a version")
    return parse_number(text)


def read_history(folder: Path) -> History:
    """Read which versions of a name were the latest.

    Raises:
        RegistryError: the file is unreadable.
    """
    path = folder / HISTORY
    try:
        history = from_dict(History, json.loads(path.read_text("utf-8")))
        if not all(is_number(text) for text in (*history.way, *history.released)):
            raise ValueError("it names what is no version")
    except FileNotFoundError:
        history = History()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RegistryError(f"{path} is unreadable ({error}); delete it: only the way back is lost") from error
    return _mend(history, folder)


def _mend(history: History, folder: Path) -> History:
    try:
        latest = read_latest(folder)
    except RegistryError:
        return history
    return history if latest is None or history.way[-1:] == (str(latest),) else _going_on(history, latest)


def release(folder: Path, number: VersionNumber) -> None:
    """Make a version the latest. The caller holds the folder's lock and has checked the version."""
    history = read_history(folder)
    write_text(folder / LATEST, f"{number}\n")
    write_json(folder / HISTORY, to_dict(_going_on(history, number)))


def step_back(folder: Path) -> None:
    """Make the version before the latest the latest. The caller holds the lock and has checked `version_before`."""
    history = read_history(folder)
    before = version_before(history, folder)
    # The other way round than in `release`: until `latest` is replaced, the step was not taken.
    write_json(folder / HISTORY, to_dict(dataclasses.replace(history, way=history.way[:-1])))
    write_text(folder / LATEST, f"{before}\n")


def version_before(history: History, folder: Path) -> VersionNumber:
    """Give the version that was the latest before the present one.

    Raises:
        RegistryError: there was none.
    """
    if len(history.way) < 2:
        raise RegistryError(f"{folder.name} had no latest version before this one; promote the version you mean")
    return parse_number(history.way[-2])


def _going_on(history: History, number: VersionNumber) -> History:
    version = str(number)
    way = history.way if history.way[-1:] == (version,) else (*history.way, version)[-_REMEMBERED:]
    released = history.released if version in history.released else (*history.released, version)
    return History(way, released)
