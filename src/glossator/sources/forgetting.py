"""Takes documents that are to be forgotten, leaves the store of fetched files without them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glossator.errors import SourceError
from glossator.sources.fetch_store import ENDINGS

_RECORD = "fetched.sqlite"


@dataclass(frozen=True, slots=True)
class Fetchings:
    """What a store holds of some documents."""

    files: tuple[Path, ...]
    records: int
    """Rows that say where a file came from."""
    pages: int
    """Answers of web services in which one of the documents is named."""
    bytes: int
    """Of the files."""

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.files or self.records or self.pages)


def find_fetched(store: Path, ids: Collection[str], places: Collection[str]) -> Fetchings:
    """Tell what a store holds of documents; changes nothing.

    Args:
        store: the folder of a `FetchStore`; it need not exist.
        ids: ids of the documents' content.
        places: what else they are called in the store's record: URLs and names such as an arXiv id.

    Raises:
        SourceError: the record cannot be read.
    """
    files = [store / "files" / f"{name}{ending}" for name in sorted(ids) for ending in ENDINGS.values()]
    there = tuple(path for path in files if path.is_file())
    size = sum(path.stat().st_size for path in there)
    if not (store / _RECORD).is_file():
        return Fetchings(there, 0, 0, size)
    with _opened(store, "ro") as database:
        return Fetchings(there, len(_rows(database, ids, places)), len(_pages(database, places)), size)


def forget_fetched(store: Path, ids: Collection[str], places: Collection[str]) -> Fetchings:
    """Drop the files of documents and whatever names them; tells what there was. See `find_fetched`.

    The record goes first and its file is written anew, so that no byte of what was dropped is left in it.

    Raises:
        SourceError: the record cannot be written.
    """
    found = find_fetched(store, ids, places)
    if found.records or found.pages:
        with _opened(store, "rw") as database:
            database.execute("PRAGMA secure_delete=ON")
            database.execute("BEGIN IMMEDIATE")
            database.executemany("DELETE FROM fetched WHERE rowid = ?", _rows(database, ids, places))
            database.executemany("DELETE FROM page WHERE rowid = ?", _pages(database, places))
            database.execute("COMMIT")
            database.execute("VACUUM")
    for path in found.files:
        path.unlink(missing_ok=True)
    return found


@contextmanager
def _opened(store: Path, mode: str) -> Iterator[sqlite3.Connection]:
    path = store / _RECORD
    try:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=60.0, isolation_level=None)) as database:
            yield database
    except sqlite3.Error as error:
        remedy = "wait for the other process" if "locked" in str(error) else "check it and the disk"
        raise SourceError(f"{path} cannot be used: {error}; {remedy}") from error


def _rows(database: sqlite3.Connection, ids: Collection[str], places: Collection[str]) -> list[tuple[int]]:
    """The rows about a file with one of these contents, or from one of these places."""
    found = []
    for number, text in database.execute("SELECT rowid, row FROM fetched"):
        row = json.loads(text)
        if row["id"] in ids or row["url"] in places or row["final_url"] in places:
            found.append((number,))
    return found


def _pages(database: sqlite3.Connection, places: Collection[str]) -> list[tuple[int]]:
    """The answers that name one of these places, as it is or as JSON and XML write it."""
    forms = {form.encode("utf-8") for place in places if place for form in _forms(place)}
    pages = database.execute("SELECT rowid, body FROM page")
    return [(number,) for number, body in pages if any(form in bytes(body) for form in forms)]


def _forms(place: str) -> set[str]:
    return {place, place.replace("/", "\\/"), place.replace("&", "&amp;"), json.dumps(place)[1:-1]}
