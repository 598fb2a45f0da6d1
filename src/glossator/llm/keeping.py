"""Takes replies one by one, leaves them in the journal: those that arrive during one flush to disk with the next."""

from __future__ import annotations

import asyncio

from glossator.llm.journal import Journal, JournalEntry


class Keeper:
    """Writes replies to a journal; lives in one event loop.

    Args:
        journal: None to keep nothing.
    """

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._waiting: list[tuple[JournalEntry, asyncio.Future[JournalEntry]]] = []
        self._writing: asyncio.Task[None] | None = None
        self.waiting = 0
        """Replies that were handed over and are not on disk yet."""

    async def keep(self, entry: JournalEntry) -> JournalEntry:
        """Keep one reply; gives the one that stands under its key, once that is on disk.

        Raises:
            ArtifactError: the journal cannot be written.
        """
        if self._journal is None:
            return entry
        kept: asyncio.Future[JournalEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, kept))
        self.waiting += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._journal))
        # Whoever asked may be cancelled now; the reply is written all the same.
        return await asyncio.shield(kept)

    async def _write(self, journal: Journal) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                entries = await asyncio.to_thread(journal.put_many, [entry for entry, _ in batch])
            except Exception as error:  # noqa: BLE001  handed on to everyone who waits
                for _, kept in batch:
                    kept.set_exception(error)
                    kept.exception()  # whoever was cancelled does not look at it
            else:
                for (_, kept), entry in zip(batch, entries, strict=True):
                    kept.set_result(entry)
            finally:
                self.waiting -= len(batch)

    async def settle(self) -> None:
        """Wait until every reply that was handed over is on disk."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
