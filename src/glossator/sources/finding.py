"""A path in, the files that are there out: a file, a folder or a glob pattern, each file named and none read."""

from __future__ import annotations

import dataclasses
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glossator.errors import SourceError

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """One file: where it is, what it is called, and why it cannot be taken, if that is known before it is read."""

    path: Path
    """As found under the path that was given."""
    name: str
    """Path relative to the root, with forward slashes, fit for printing."""
    problem: str = ""
    """Why it cannot be taken, in one word; empty if it may be."""
    detail: str = ""
    """The rest of that story."""


def find(path: Path | str, patterns: Sequence[str] = ("**/*",)) -> list[Found]:
    """Take a file, a folder or a glob pattern, leave its files sorted by name.

    Hidden files are passed over in silence; links that lead nowhere or out of the folder carry that problem.

    Args:
        path: where to look.
        patterns: which files of a folder to take, as glob patterns relative to it.

    Raises:
        SourceError: there is nothing at `path`, or a pattern leads out of the folder.
    """
    path = Path(path)
    if path.is_file():
        return [_named(path, Path(path.name))]
    if path.is_dir():
        bad = [
            pattern for pattern in patterns if Path(pattern).is_absolute() or ".." in Path(pattern).parts or not pattern
        ]
        if bad:
            raise SourceError(f"pattern {bad[0]!r} is not relative to the folder {path}; write one such as '**/*.pdf'")
        matches = {match for pattern in patterns for match in path.glob(pattern)}
        return _select(path, matches)
    if _WILDCARD.search(str(path)) and not path.exists():
        matches = {Path(match) for match in glob.glob(str(path), recursive=True)}  # noqa: PTH207 - may be absolute
        if matches:
            return _select(_fixed_part(path), matches)
        raise SourceError(f"{path}: no file matches this pattern; check it, or name a folder")
    raise SourceError(f"{path}: no such file or folder; check the path, which is relative to the recipe or to here")


def printable(path: Path) -> str:
    r"""Write a path so that it can be printed and stored; bytes that are not UTF-8 become `\xe9` and the like."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _fixed_part(pattern: Path) -> Path:
    """The folder above the first part of a pattern that has a wildcard."""
    fixed = []
    for part in pattern.parts:
        if _WILDCARD.search(part):
            break
        fixed.append(part)
    return Path(*fixed) if fixed else Path()


def _select(root: Path, matches: set[Path]) -> list[Found]:
    home = root.resolve()
    selected = []
    for match in matches:
        relative = match.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or (match.is_dir() and not match.is_symlink()):
            continue
        file = _named(match, relative)
        try:
            target = match.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            file = _refused(file, "unreadable", f"broken link ({type(error).__name__})")
        else:
            if not target.is_relative_to(home):
                file = _refused(file, "outside_folder", "a link that leads out of the folder")
            elif target.is_dir():
                continue
        selected.append(file)
    return sorted(selected, key=lambda file: file.name)


def _named(path: Path, relative: Path) -> Found:
    """A file not read yet; one whose path no artifact could hold already carries that problem."""
    file = Found(path, printable(relative))
    try:
        os.path.realpath(path).encode("utf-8")  # a link to itself has no resolve()
    except UnicodeEncodeError:
        return _refused(file, "unreadable", "its name, or that of a folder above it, is not UTF-8; rename it")
    return file


def _refused(file: Found, problem: str, detail: str) -> Found:
    return dataclasses.replace(file, problem=problem, detail=detail)
