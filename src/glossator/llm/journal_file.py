"""The SQLite file of a journal: opened, upgraded, locked and freed, and what goes wrong with it told in one line."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glossator.errors import ArtifactError

_VERSION = 2
"""1: replies alone. 2: the documents behind a reply as well; made of a file of version 1 when it is opened."""
_BUSY_SECONDS = 30.0
"""How long one process waits for another's write; a write takes milliseconds."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS reply (key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, seconds REAL NOT NULL, created REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS reply_created ON reply (created)",
    """CREATE TABLE IF NOT EXISTS about (key TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (key, document))
    WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS about_document ON about (document)",
)


class JournalFile:
    """One journal on disk, with a connection to read and one to write; threads and processes may share it.

    Args:
        path: the file; it and its folder are made if need be. Two more files, `-wal` and `-shm`, lie beside it.

    Raises:
        ArtifactError: the file is no journal, is damaged, cannot be written, or comes from a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Readers do not wait for a write that is being flushed: each side has a connection and a lock of its own.
        self._read_lock, self._write_lock = threading.Lock(), threading.Lock()
        with self._telling(), contextlib.ExitStack() as opened:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = opened.enter_context(contextlib.closing(self._connect()))
            self._prepare()
            self._reader = opened.enter_context(contextlib.closing(self._connect()))
            opened.pop_all()  # both stay open unless something above failed

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")  # what is dropped is overwritten, not only unlinked
        return connection

    def _prepare(self) -> None:
        self._switch_to_wal()
        with self._transaction():
            self._writer.execute(_TABLES[0])
            found = self._writer.execute("SELECT version FROM journal_version").fetchone()
            if found is not None and found[0] > _VERSION:
                raise ArtifactError(
                    f"journal {self.path} has version {found[0]} and this program reads {_VERSION};"
                    " update glossator, or name another journal"
                )
            for statement in _TABLES[1:]:
                self._writer.execute(statement)
            if found is None:
                self._writer.execute("INSERT INTO journal_version VALUES (?)", (_VERSION,))
            elif found[0] < _VERSION:
                self._writer.execute("UPDATE journal_version SET version = ?", (_VERSION,))

    def _switch_to_wal(self) -> None:
        # Two processes that open a new file at once: SQLite refuses one of the switches without waiting.
        patience = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._writer.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > patience:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for one query; the block must be short."""
        with self._telling(), self._read_lock:
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that is on disk when the block has ended well."""
        with self._telling(), self._write_lock, self._transaction():
            yield self._writer

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what SQLite and the file system complain of into one line with its remedy."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.ProgrammingError, OSError) as error:
            remedy = "wait for the other process" if "locked" in str(error) else "check its folder, rights and disk"
            raise ArtifactError(f"journal {self.path} cannot be used: {error}; {remedy}") from error
        except sqlite3.DatabaseError as error:
            raise ArtifactError(
                f"journal {self.path} is damaged or no journal: {error}; move it away, and what it held is asked again"
            ) from error

    def free_space(self) -> bool:
        """Write the file anew without what was dropped; False where another process reads it, for a later call."""
        with self._telling(), self._write_lock, self._read_lock:
            try:
                self._writer.execute("VACUUM")
                # What was dropped also stands in the write-ahead log until that is emptied.
                busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                return False
        return not busy

    def size_bytes(self) -> int:
        """Measure the files on disk, in bytes."""
        files = (self.path.with_name(self.path.name + ending) for ending in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close both connections; doing so twice does no harm."""
        with self._read_lock, self._write_lock:
            self._reader.close()
            self._writer.close()
