"""The `urls` source: documents at addresses that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources.fetched import HTML, MARKDOWN, MAX_BYTES, PDF, PLAIN, Policy, Wanted, Watcher
from glossator.sources.fetching import CLOCK, Clock, fetch
from glossator.sources.web_documents import Harvest

ACCEPT = (PDF, HTML, MARKDOWN, PLAIN)
"""The media types that are taken."""
MAX_LIST_BYTES = 50_000_000
"""A larger file is no list of addresses."""


def collect(
    urls: Sequence[str] = (),
    *,
    store: Path,
    path: Path | str | None = None,
    license: str | None = None,  # noqa: A002 - the record's own name
    as_of: str = "",
    timeout_seconds: float = 60,
    max_bytes: int = MAX_BYTES,
    attempts: int = 4,
    per_host: int = 2,
    delay_seconds: float = 1.0,
    allow_private: bool = False,
    obey_robots: bool = True,
    watch: Watcher | None = None,
    clock: Clock = CLOCK,
) -> Iterator[Document | Reject]:
    """Collect PDF, HTML, Markdown and plain text from the web; what cannot be had becomes a reject.

    Documents come in the order of their addresses, those of `urls` before those of the file. What is in the store is
    never downloaded again; what failed for good is asked for again under another `as_of`.

    Args:
        urls: addresses.
        store: the folder where files are kept; recipes may share it.
        path: a text file with one address a line; blank lines, and from a `#` at a line's start or after a space on,
            are passed over.
        license: of the documents, as the user tells it.
        as_of: any text, such as a date; another one asks again for whatever failed.
        timeout_seconds: see `fetched.Policy`, as for all that follow.
        max_bytes: of one file.
        attempts: tries of one address.
        per_host: requests to one host at a time.
        delay_seconds: between two requests to one host.
        allow_private: whether addresses inside the own network may be asked.
        obey_robots: whether robots.txt is obeyed.
        watch: whom to tell how far it is.
        clock: the time and the waiting.

    Raises:
        SourceError: there is no address, the file cannot be read, the store cannot be used, or more than half of the
            addresses failed for reasons that may pass.
    """
    addresses = list(dict.fromkeys([*(url.strip() for url in urls), *(read_list(Path(path)) if path else ())]))
    if not addresses:
        raise SourceError(f"urls: no address in {path or 'urls'}; write one, such as https://example.org/paper.pdf")
    policy = Policy(
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
        attempts=attempts,
        per_host=per_host,
        delay_seconds=delay_seconds,
        allow_private=allow_private,
        obey_robots=obey_robots,
    )
    if watch:
        watch.expect(len(addresses), "file")
    harvest = Harvest("urls", license, watch)
    wanted = (Wanted(url, url, ACCEPT) for url in addresses)
    told = (lambda _: watch.advance()) if watch else None
    for _, fetched in fetch(wanted, store, policy=policy, on_done=told, as_of=as_of, clock=clock):
        harvest.add(fetched)
    yield from harvest.leave()


def state(urls: Sequence[str] = (), *, path: Path | str | None = None, **_: object) -> str:
    """Hash the addresses; what lies there is taken to stay the same.

    Raises:
        SourceError: the file cannot be read.
    """
    return content_id("urls", *urls, "", *(read_list(Path(path)) if path else ()))


def read_list(path: Path) -> list[str]:
    """Take a text file with one address a line, leave its addresses.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise SourceError(f"{path}: {path.stat().st_size / 1e6:.0f} MB are no list of addresses; name another file")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: the list of addresses cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: the list of addresses is not UTF-8 text; save it as UTF-8") from error
    lines = (f" {line}".partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
