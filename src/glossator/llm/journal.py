"""Takes replies of a model, leaves them on disk before anyone uses them: nothing that was paid for is asked twice."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

from glossator.artifacts import canonical_json
from glossator.errors import ArtifactError
from glossator.llm import Conversation
from glossator.llm.images import image_hashes
from glossator.records import JsonValue, content_id

_VERSION = 1
_BUSY_SECONDS = 30.0
"""How long one process waits for another's write; a write takes milliseconds."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS reply (key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason TEXT NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, seconds REAL NOT NULL, created REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS reply_created ON reply (created)",
)
_COLUMNS = "key, text, finish_reason, tokens_in, tokens_out, seconds, created"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One reply as it is kept."""

    key: str
    """From `journal_key`: a hash of the question; the question itself is not kept."""
    text: str
    finish_reason: str
    """Why the model stopped: `stop`, `length`, `refused` or `too_long`."""
    tokens_in: int
    tokens_out: int
    seconds: float
    """Wall time of the request."""
    created: float
    """Seconds since 1970."""


def journal_key(label: str, model: str, parameters: Mapping[str, JsonValue], messages: Conversation) -> str:
    """Hash all that decides a reply: server, model, parameters (with the schema asked for) and messages.

    An image counts by the hash of its bytes.
    """
    turns = [[message.role, message.content, *image_hashes(message)] for message in messages]
    return content_id(label, model, canonical_json(dict(parameters)), canonical_json(turns))


class Journal:
    """Replies by their key, in one SQLite file that threads and processes may share.

    A reply is on disk once `put` returns (write-ahead log, `synchronous=FULL`). The first reply of a key stands.

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
        return connection

    def _prepare(self) -> None:
        self._switch_to_wal()
        with self._transaction():
            for statement in _TABLES:
                self._writer.execute(statement)
            found = self._writer.execute("SELECT version FROM journal_version").fetchone()
            if found is None:
                self._writer.execute("INSERT INTO journal_version VALUES (?)", (_VERSION,))
        if found is not None and found[0] != _VERSION:
            raise ArtifactError(
                f"journal {self.path} has version {found[0]} and this program reads {_VERSION};"
                " update glossator, or name another journal"
            )

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

    def get(self, key: str) -> JournalEntry | None:
        """Turn a key into the reply that is kept under it, or None."""
        with self._telling(), self._read_lock:
            row = self._reader.execute(f"SELECT {_COLUMNS} FROM reply WHERE key = ?", (key,)).fetchone()  # noqa: S608  constant
        return JournalEntry(*row) if row else None

    def put(self, entry: JournalEntry) -> JournalEntry:
        """Keep a reply; gives the one that stands under its key, which is an earlier one if there was any."""
        return self.put_many([entry])[0]

    def put_many(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """Keep several replies with one flush to disk; see `put`."""
        standing = []
        insert = f"INSERT OR IGNORE INTO reply ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  constant
        select = f"SELECT {_COLUMNS} FROM reply WHERE key = ?"  # noqa: S608  constant
        with self._telling(), self._write_lock, self._transaction():
            for entry in entries:
                if self._writer.execute(insert, astuple(entry)).rowcount:
                    standing.append(entry)
                else:
                    standing.append(JournalEntry(*self._writer.execute(select, (entry.key,)).fetchone()))
        return standing

    def count(self) -> int:
        """Count the replies that are kept."""
        with self._telling(), self._read_lock:
            return int(self._reader.execute("SELECT count(*) FROM reply").fetchone()[0])

    def size_bytes(self) -> int:
        """Measure the journal's files on disk, in bytes."""
        files = (self.path.with_name(self.path.name + ending) for ending in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())

    def prune(self, older_than: datetime) -> int:
        """Drop the replies that were kept before a moment; gives how many, and frees their place on disk."""
        with self._telling(), self._write_lock:
            with self._transaction():
                dropped = self._writer.execute(
                    "DELETE FROM reply WHERE created < ?", (older_than.timestamp(),)
                ).rowcount
            self._free_space()
        return dropped

    def forget(self, keys: Iterable[str]) -> int:
        """Drop the replies under these keys; gives how many there were.

        The file is written anew without them; while another process reads it, that waits for a later call.
        """
        with self._telling(), self._write_lock:
            with self._transaction():
                dropped = sum(self._writer.execute("DELETE FROM reply WHERE key = ?", (key,)).rowcount for key in keys)
            self._free_space()
        return dropped

    def _free_space(self) -> None:
        # Another process may be reading; its place is then freed by a later call.
        with contextlib.suppress(sqlite3.OperationalError):
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; doing so twice does no harm."""
        with self._read_lock, self._write_lock:
            self._reader.close()
            self._writer.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
