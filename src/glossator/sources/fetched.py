"""The nouns of fetching: what is wanted, what became of it, how politely it is asked for, who watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from glossator import __version__

PDF = "application/pdf"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"

MAX_BYTES = 200_000_000
"""A PDF with more bytes is not taken."""


class Watcher(Protocol):
    """Someone who watches documents arrive."""

    def expect(self, total: int, unit: str) -> None:
        """`total` pieces of work are ahead, each one `unit`."""

    def advance(self, count: int = 1) -> None:
        """Some of them are done."""

    def say(self, text: str) -> None:
        """A line worth reading."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to download."""

    url: str
    name: str
    """What its source calls it, an id or a title; for messages."""
    accept: tuple[str, ...] = (PDF,)
    """Media types that are taken, told by the content and not by what the server or the URL says."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one URL; the same is kept on record."""

    url: str
    """As it was asked for, without fragment and with the values of secret parameters hidden."""
    final_url: str
    """Where redirects led, hidden likewise; that of the refused or failed hop if it failed."""
    status: int | None
    """Of the last answer; None if there was none."""
    media_type: str
    """Empty on failure, as are id and path."""
    id: str
    """`records.content_id` of the bytes."""
    path: str
    """The file in the store."""
    bytes: int
    problem: str
    """Why there is no file, in one word such as `not_found`, `too_large` or `timeout`; empty if there is one."""
    detail: str
    """The rest of that story."""
    transient: bool
    """Whether trying again later may help."""
    seconds: float
    """Wall time, all tries and waits included."""
    fetched_at: str
    """ISO 8601, in UTC."""
    charset: str = ""
    """Of a text, as the server told it; empty if it did not."""


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to one question put to a web service."""

    url: str
    """With the values of secret parameters hidden."""
    status: int
    body: bytes
    """Unpacked; secrets that the server repeated are hidden."""
    kept: bool
    """Whether it came from the store, so that nothing was asked."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits and politeness."""

    timeout_seconds: float = 60
    """The longest silence, and the longest time of one try; a try gets a second more for each 50 kB that came."""
    max_bytes: int = MAX_BYTES
    """A file with more bytes, as sent or unpacked, is not taken."""
    attempts: int = 4
    """Tries of one URL before it counts as failed, if trying again can help."""
    per_host: int = 2
    """Requests to one host that may run at once."""
    delay_seconds: float = 1.0
    """Between the starts of two requests to one host; more if its robots.txt asks for it."""
    concurrency: int = 16
    """Requests that may run at once."""
    allow_private: bool = False
    """Whether addresses of this machine and of private networks are asked; link-local ones never are."""
    obey_robots: bool = True
    """Whether robots.txt is asked before anything else of a host."""
    user_agent: str = ""
    """What to call oneself; empty: name, version and whether robots.txt is obeyed."""

    @property
    def calls_itself(self) -> str:
        """What is sent as `User-Agent`."""
        told = "; obeys robots.txt" if self.obey_robots else ""
        return self.user_agent or f"glossator/{__version__} (+document collection{told})"


POLITE = Policy()
"""The policy where none is given."""
