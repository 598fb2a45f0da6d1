"""The nouns of asking a server: what is asked, what comes back, what it took, and how much is borne."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from glossator.llm.budget import Budget, Purse
from glossator.llm.journal import Journal, JournalEntry
from glossator.llm.limits import Limits
from glossator.llm.providers import Endpoint
from glossator.llm.request_form import RequestForm
from glossator.llm.retrying import Backoff
from glossator.records import JsonValue, Message


@dataclass(frozen=True, slots=True)
class Asked:
    """One conversation with all that decides its reply."""

    key: str
    messages: tuple[Message, ...]
    schema: Mapping[str, JsonValue] | None
    max_new_tokens: int
    temperature: float
    seed: int | None
    documents: tuple[str, ...] = ()
    """Ids of the documents that the words of the conversation were taken from."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a conversation: an entry, or why there is none."""

    entry: JournalEntry | None
    failure: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model was asked and what that took, so far."""

    calls: int = 0
    """Requests that were sent, repeated ones included."""
    from_journal: int = 0
    """Replies that were on disk already and cost nothing."""
    retries: int = 0
    """Requests among `calls` that repeat a failed one."""
    tokens_in: int = 0
    tokens_out: int = 0
    """As the server counted them, for replies that came from it."""
    usage_missing: int = 0
    """Replies to which the server told no counts; they are missing in the sums."""


class Meter:
    """Counts usage; any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def add(self, **counts: int) -> None:
        """Add to the counts of these names."""
        with self._lock:
            for name, count in counts.items():
                self._counts[name] = self._counts.get(name, 0) + count

    @property
    def usage(self) -> Usage:
        """The counts at this moment."""
        with self._lock:
            return Usage(**self._counts)


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a caller bears before it gives up, and how it waits; tests put their own clock here."""

    timeout_seconds: float
    attempts: int
    concurrency: int
    backoff: Backoff = field(default_factory=Backoff)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a caller needs to know."""

    endpoint: Endpoint
    model: str
    form: RequestForm
    """How requests look at first."""
    patience: Patience
    journal: Journal | None
    meter: Meter
    limits: Limits | None = None
    """What the provider allows in a minute; None for what it tells itself."""
    purse: Purse = field(default_factory=lambda: Purse(Budget()))
    """What pays for calls; one without a limit by default."""
