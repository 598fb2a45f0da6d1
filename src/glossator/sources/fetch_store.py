"""What was fetched: files by their content, and a record of every URL tried, shared by recipes and processes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import canonical_json
from glossator.artifacts.atomic import sync_directory
from glossator.errors import SourceError
from glossator.records import ContentHash, JsonValue, content_id
from glossator.sources.fetched import HTML, MARKDOWN, PDF, PLAIN, Fetched

ENDINGS = {PDF: ".pdf", HTML: ".html", MARKDOWN: ".md", PLAIN: ".txt"}

_VERSION = 1
_BUSY_SECONDS = 60.0
"""How long one process waits for another's write; a write takes milliseconds."""
_ABANDONED_SECONDS = 86_400.0
"""An unfinished file that was not touched for so long belongs to a process that was killed."""
_BLOCK_BYTES = 1 << 20

_TABLES = (
    "CREATE TABLE IF NOT EXISTS store_version (version INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fetched (key TEXT, terms TEXT, row TEXT NOT NULL, PRIMARY KEY (key, terms))",
    """CREATE TABLE IF NOT EXISTS page (key TEXT PRIMARY KEY, url TEXT NOT NULL, status INTEGER NOT NULL,
    body BLOB NOT NULL, kept_at REAL NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS robots (origin TEXT PRIMARY KEY, body TEXT NOT NULL, kept_at REAL NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a URL was asked under: a failure counts under the same terms only, a file under all that take it."""

    accept: tuple[str, ...]
    max_bytes: int
    allow_private: bool
    obey_robots: bool
    as_of: str = ""
    """Any text; another one asks again for what failed."""


class FetchStore:
    """A folder with `files/<content id><ending>` and the record `fetched.sqlite`.

    Threads and processes may share it; what was written is on disk when a method returns.

    Args:
        folder: made if need be.

    Raises:
        SourceError: the folder or the record cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        with self._telling(), contextlib.ExitStack() as opened:
            for name in ("files", "unfinished"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._database = sqlite3.connect(
                folder / "fetched.sqlite", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            opened.enter_context(contextlib.closing(self._database))
            self._prepare()
            opened.pop_all()  # it stays open unless something above failed

    def _prepare(self) -> None:
        # A rollback journal, not a write-ahead log: two processes may open a new file at once without a race.
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            self._database.execute(statement)
        found = self._database.execute("SELECT version FROM store_version").fetchone()
        if found is None:
            self._database.execute("INSERT INTO store_version VALUES (?)", (_VERSION,))
        self._database.execute("COMMIT")
        if found is not None and found[0] != _VERSION:
            raise SourceError(
                f"{self.folder}: what was fetched here is recorded in version {found[0]} and this program reads"
                f" {_VERSION}; update glossator, or name another folder"
            )

    def _sweep(self) -> None:
        for file in (self.folder / "unfinished").iterdir():
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime > _ABANDONED_SECONDS:
                    file.unlink()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what SQLite and the file system complain of into one line with its remedy."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.ProgrammingError, OSError) as error:
            remedy = "wait for the other process" if "locked" in str(error) else "check its rights and the disk"
            raise SourceError(f"{self.folder}: fetched files cannot be kept here: {error}; {remedy}") from error
        except sqlite3.DatabaseError as error:
            raise SourceError(
                f"{self.folder / 'fetched.sqlite'} is damaged: {error}; move it away, and what it knew is asked again"
            ) from error

    def find(self, url: str, terms: Terms) -> Fetched | None:
        """Take a URL, leave what is on record of it under these terms: a file that is there, or a failure."""
        with self._telling(), self._lock:
            rows = self._database.execute("SELECT terms, row FROM fetched WHERE key = ?", (content_id(url),)).fetchall()
        failure = None
        for text, row in rows:
            fetched = Fetched(**json.loads(row))
            if fetched.problem:
                failure = fetched if text == _text(terms) else failure
                continue
            path = self.folder / fetched.path
            takes = fetched.media_type in terms.accept and fetched.bytes <= terms.max_bytes
            if takes and path.is_file() and path.stat().st_size == fetched.bytes:
                return dataclasses.replace(fetched, path=str(path))
        return failure

    def keep(self, url: str, terms: Terms, fetched: Fetched) -> None:
        """Put on record what became of a URL; `url` itself, which may hold a secret, is kept as a hash only."""
        plain = dataclasses.asdict(fetched)
        if fetched.path:
            plain["path"] = Path(fetched.path).relative_to(self.folder).as_posix()
        row = json.dumps(plain, ensure_ascii=True)
        self._write("INSERT OR REPLACE INTO fetched VALUES (?, ?, ?)", content_id(url), _text(terms), row)

    def open_unfinished(self) -> tuple[int, Path]:
        """Make an empty file to write to: its descriptor and its path."""
        with self._telling():
            descriptor, name = tempfile.mkstemp(dir=self.folder / "unfinished")
            return descriptor, Path(name)

    def adopt(self, unfinished: Path, media_type: str) -> tuple[str, Path, int]:
        """Take a file that is complete, leave its id, its place among the files and its size in bytes."""
        with self._telling():
            with unfinished.open("rb") as file:
                os.fsync(file.fileno())
                size = os.fstat(file.fileno()).st_size
                whole = ContentHash(size)
                while block := file.read(_BLOCK_BYTES):
                    whole.add(block)
            place = self.folder / "files" / f"{whole.id}{ENDINGS[media_type]}"
            unfinished.chmod(0o644)
            unfinished.replace(place)
            sync_directory(place.parent)
            return whole.id, place, size

    def find_page(self, key: str) -> tuple[int, bytes] | None:
        """Take the key of a question, leave status and body of its answer, if it is kept."""
        with self._telling(), self._lock:
            row = self._database.execute("SELECT status, body FROM page WHERE key = ?", (key,)).fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

    def keep_page(self, key: str, url: str, status: int, body: bytes) -> None:
        """Keep an answer; `url` must not hold secrets."""
        self._write("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?)", key, url, status, body, time.time())

    def find_robots(self, origin: str, since: float) -> str | None:
        """Take an origin, leave its robots.txt if it was kept at or after `since`, in seconds since 1970."""
        with self._telling(), self._lock:
            row = self._database.execute(
                "SELECT body FROM robots WHERE origin = ? AND kept_at >= ?", (origin, since)
            ).fetchone()
        return str(row[0]) if row else None

    def keep_robots(self, origin: str, body: str, now: float) -> None:
        """Keep the robots.txt of an origin; "" where it has none."""
        self._write("INSERT OR REPLACE INTO robots VALUES (?, ?, ?)", origin, body, now)

    def _write(self, statement: str, *values: JsonValue) -> None:
        with self._telling(), self._lock:
            self._database.execute(statement, values)

    def close(self) -> None:
        """Close the record; doing so twice does no harm."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> FetchStore:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _text(terms: Terms) -> str:
    return canonical_json(dataclasses.asdict(dataclasses.replace(terms, accept=tuple(sorted(terms.accept)))))
