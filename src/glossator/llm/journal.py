"""Takes replies of a model, leaves them on disk before anyone uses them: nothing that was paid for is asked twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from glossator.artifacts import canonical_json
from glossator.errors import ArtifactError
from glossator.llm import Conversation
from glossator.llm.images import image_hashes
from glossator.llm.journal_file import JournalFile
from glossator.records import JsonValue, content_id

_COLUMNS = "key, text, finish_reason, tokens_in, tokens_out, seconds, created"
_ENTRY = f"""SELECT {_COLUMNS}, (SELECT json_group_array(document) FROM about WHERE about.key = reply.key)
    FROM reply WHERE key"""  # noqa: S608  constant
_INSERT = f"INSERT OR IGNORE INTO reply ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  constant
_LISTED = "IN (SELECT value FROM json_each(?))"
_ORPHANS = "DELETE FROM about WHERE NOT EXISTS (SELECT 1 FROM reply WHERE reply.key = about.key)"


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
    documents: tuple[str, ...] = ()
    """Ids of the documents behind the question, read back sorted and each once; empty where nobody told."""


@dataclass(frozen=True, slots=True)
class JournalStats:
    """What a journal holds, in figures."""

    replies: int
    bytes: int
    """Of its files on disk."""
    oldest: float | None
    newest: float | None
    """When the first and the last reply were kept, in seconds since 1970; None in an empty journal."""
    tokens_in: int
    tokens_out: int
    unattributed: int
    """Replies of which nobody told the documents: `forget_documents` cannot find them."""
    documents: int
    """Different documents that replies are about."""
    months: Mapping[str, int]
    """Replies by the month they were kept in, such as `2026-11`, in UTC."""


def journal_key(label: str, model: str, parameters: Mapping[str, JsonValue], messages: Conversation) -> str:
    """Hash all that decides a reply: server, model, parameters (with the schema asked for) and messages.

    An image counts by the hash of its bytes.
    """
    turns = [[message.role, message.content, *image_hashes(message)] for message in messages]
    return content_id(label, model, canonical_json(dict(parameters)), canonical_json(turns))


class Journal:
    """Replies by their key, in one SQLite file that threads and processes may share.

    A reply is on disk once `put` returns (write-ahead log, `synchronous=FULL`). The first reply of a key stands. A
    file of an earlier version is upgraded when it is opened; of its replies nobody knows the documents until `remember`
    is told.

    Args:
        path: the file; it and its folder are made if need be. Two more files, `-wal` and `-shm`, lie beside it.

    Raises:
        ArtifactError: the file is no journal, is damaged, cannot be written, or comes from a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = JournalFile(path)

    def get(self, key: str) -> JournalEntry | None:
        """Turn a key into the reply that is kept under it, or None."""
        with self._file.reading() as reader:
            row = reader.execute(f"{_ENTRY} = ?", (key,)).fetchone()
        return _entry(row) if row else None

    def get_many(self, keys: Iterable[str]) -> dict[str, JournalEntry]:
        """Turn keys into the replies that are kept under them, with one query; keys without one are left out."""
        with self._file.reading() as reader:
            return _select(reader, keys)

    def put(self, entry: JournalEntry) -> JournalEntry:
        """Keep a reply; gives the one that stands under its key, which is an earlier one if there was any."""
        return self.put_many([entry])[0]

    def put_many(self, entries: Sequence[JournalEntry]) -> list[JournalEntry]:
        """Keep several replies with one flush to disk; see `put`. The documents of a reply that stands are added to."""
        with self._file.writing() as writer:
            added = writer.executemany(_INSERT, map(_row, entries)).rowcount
            _remember(writer, ((entry.key, entry.documents) for entry in entries))
            if added == len(entries):
                return list(entries)
            standing = _select(writer, [entry.key for entry in entries])
        return [standing[entry.key] for entry in entries]

    def remember(self, key: str, documents: Iterable[str]) -> None:
        """Note the documents behind a reply that is kept already; see `remember_many`."""
        self.remember_many({key: documents})

    def remember_many(self, documents_of: Mapping[str, Iterable[str]]) -> None:
        """Note the documents behind replies that are kept already; writes only where something is new.

        Args:
            documents_of: documents by the key of a reply; a key without a reply is passed over.
        """
        told = {key: set(documents) for key, documents in documents_of.items()}
        known = self.get_many(told)
        new = {key: told[key].difference(entry.documents) for key, entry in known.items()}
        if any(new.values()):
            with self._file.writing() as writer:
                _remember(writer, new.items())

    def keys_about(self, documents: Iterable[str]) -> list[str]:
        """Turn the ids of documents into the keys of the replies about any of them, sorted."""
        query = f"SELECT DISTINCT key FROM about WHERE document {_LISTED} ORDER BY key"  # noqa: S608  constant
        with self._file.reading() as reader:
            return [str(key) for (key,) in reader.execute(query, (_listed(documents),))]

    def count(self) -> int:
        """Count the replies that are kept."""
        with self._file.reading() as reader:
            return int(reader.execute("SELECT count(*) FROM reply").fetchone()[0])

    def size_bytes(self) -> int:
        """Measure the journal's files on disk, in bytes."""
        return self._file.size_bytes()

    def stats(self) -> JournalStats:
        """Tell how much is kept, since when, and what it took; reads every row once."""
        with self._file.reading() as reader:
            replies, oldest, newest, tokens_in, tokens_out = reader.execute(
                "SELECT count(*), min(created), max(created), total(tokens_in), total(tokens_out) FROM reply"
            ).fetchone()
            known, documents = reader.execute(
                "SELECT count(DISTINCT key), count(DISTINCT document) FROM about"
            ).fetchone()
            months = reader.execute(
                "SELECT strftime('%Y-%m', created, 'unixepoch') AS month, count(*) FROM reply GROUP BY 1 ORDER BY 1"
            ).fetchall()
        return JournalStats(
            replies=int(replies),
            bytes=self.size_bytes(),
            oldest=oldest,
            newest=newest,
            tokens_in=int(tokens_in),
            tokens_out=int(tokens_out),
            unattributed=int(replies) - int(known),
            documents=int(documents),
            months={str(month): int(count) for month, count in months},
        )

    def count_older(self, than: datetime) -> int:
        """Count the replies that `prune` would drop."""
        with self._file.reading() as reader:
            query = "SELECT count(*) FROM reply WHERE created < ?"
            return int(reader.execute(query, (than.timestamp(),)).fetchone()[0])

    def prune(self, older_than: datetime) -> int:
        """Drop the replies that were kept before a moment; gives how many, and frees their place on disk."""
        with self._file.writing() as writer:
            dropped = writer.execute("DELETE FROM reply WHERE created < ?", (older_than.timestamp(),)).rowcount
            writer.execute(_ORPHANS)
        self._file.free_space()  # what another process reads at this moment is freed by a later call
        return dropped

    def forget(self, keys: Iterable[str]) -> int:
        """Drop the replies under these keys; gives how many there were.

        The file is written anew, so that no byte of them is left in it: also where there was none, since an earlier
        call may have been stopped in between.

        Raises:
            ArtifactError: they are dropped, but another process reads the file, so that their bytes are still there.
        """
        return self._forget(f"key {_LISTED}", keys)

    def forget_documents(self, documents: Iterable[str]) -> int:
        """Drop every reply about any of these documents, used or not; gives how many there were. See `forget`."""
        return self._forget(f"key IN (SELECT key FROM about WHERE document {_LISTED})", documents)  # noqa: S608

    def _forget(self, condition: str, names: Iterable[str]) -> int:
        with self._file.writing() as writer:
            dropped = writer.execute(f"DELETE FROM reply WHERE {condition}", (_listed(names),)).rowcount  # noqa: S608
            writer.execute(_ORPHANS)
        if not self._file.free_space():
            raise ArtifactError(
                f"journal {self.path} is in use: {dropped} replies were dropped, but their bytes are still in the file;"
                " end the other process and do the same again"
            )
        return dropped

    def close(self) -> None:
        """Close the file; doing so twice does no harm."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _row(entry: JournalEntry) -> tuple[object, ...]:
    return (
        entry.key,
        entry.text,
        entry.finish_reason,
        entry.tokens_in,
        entry.tokens_out,
        entry.seconds,
        entry.created,
    )


def _entry(row: tuple[Any, ...]) -> JournalEntry:
    key, text, finish_reason, tokens_in, tokens_out, seconds, created, told = row
    documents = () if told == "[]" else tuple(sorted(json.loads(told)))
    return JournalEntry(key, text, finish_reason, tokens_in, tokens_out, seconds, created, documents)


def _listed(names: Iterable[str]) -> str:
    """Names as one parameter of a query: there may be more of them than SQLite takes parameters."""
    return json.dumps(list(names))


def _select(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, JournalEntry]:
    rows = connection.execute(f"{_ENTRY} {_LISTED}", (_listed(keys),))
    return {row[0]: _entry(row) for row in rows}


def _remember(writer: sqlite3.Connection, documents_of: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Note documents of replies that are there: what was forgotten meanwhile is not named again."""
    pairs = ((document, key) for key, documents in documents_of for document in documents)
    writer.executemany("INSERT OR IGNORE INTO about SELECT key, ? FROM reply WHERE key = ?", pairs)
