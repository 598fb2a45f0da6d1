"""The `web_search` source: PDFs or web pages that a search engine finds, through SerpAPI."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from glossator.artifacts import write_json
from glossator.errors import SourceError
from glossator.records import Document, JsonValue, Reject, content_id
from glossator.sources.addresses import hide_secrets
from glossator.sources.fetched import HTML, MAX_BYTES, PDF, Fetched, Policy, Wanted, Watcher
from glossator.sources.fetching import CLOCK, Clock, fetch
from glossator.sources.serpapi import BASE_URL, Result, Search, Service, search
from glossator.sources.web_documents import Harvest

Mode = Literal["pdf", "html"]


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """A result and the search that found it."""

    asked: Search
    result: Result


def collect(
    query: str | Sequence[str],
    *,
    store: Path,
    mode: Mode = "pdf",
    max_results: int = 50,
    license: str | None = None,  # noqa: A002 - the record's own name
    language: str | None = None,
    country: str | None = None,
    base_url: str | None = None,
    key_variable: str = "SERP_API_KEY",
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
    """Collect what searches find; what cannot be had becomes a reject.

    Documents come in the order of the queries and their results; what two queries find is fetched once. Result pages
    are kept in the store and paid for once. Beside them lies `web_search/<id>/metadata.json`, one a query: address,
    title, source and outcome of every result.

    Args:
        query: what is searched for; several are one search each.
        store: the folder where result pages and files are kept; recipes may share it.
        mode: `pdf` adds `filetype:pdf` to each query and takes nothing but PDFs; `html` takes web pages.
        max_results: of each query.
        license: of the documents, as the user tells it.
        language: of the results, such as `en`.
        country: the search is made from, such as `us`.
        base_url: another server that speaks the API.
        key_variable: the environment variable that holds the key.
        as_of: any text, such as a date; another one searches anew and asks again for whatever failed. Files that are
            there are never downloaded again.
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
        SourceError: the key is missing or refused, the credit is used up, nothing is found, the store cannot be used,
            or more than half of the results failed for reasons that may pass. What came before is kept.
    """
    policy = Policy(
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
        attempts=attempts,
        per_host=per_host,
        delay_seconds=delay_seconds,
        allow_private=allow_private,
        obey_robots=obey_robots,
    )
    service = Service(store, policy, clock, base_url or BASE_URL, key_variable, as_of)
    operator = " filetype:pdf" if mode == "pdf" else ""
    queries = [query] if isinstance(query, str) else list(query)
    searches = [Search(f"{text}{operator}", language, country) for text in dict.fromkeys(queries)]
    found = [_Found(asked, result) for asked in searches for result in _search(service, asked, max_results, watch)]
    if not found:
        raise SourceError(f"web_search: nothing is found for {', '.join(map(repr, queries))}; use other words")
    outcomes = _fetch(found, PDF if mode == "pdf" else HTML, service, watch)
    for asked in searches:
        results = [one.result for one in found if one.asked == asked]
        _write_metadata(service, asked, results, outcomes)
    yield from _harvest(found, outcomes, license, watch)


def state(query: str | Sequence[str] = (), **_: object) -> str:  # noqa: ARG001 - the recipe's part of the fingerprint
    """Leave a constant: the parameters decide what is found, until `as_of` changes."""
    return content_id("web_search")


def _search(service: Service, asked: Search, max_results: int, watch: Watcher | None) -> list[Result]:
    results = list(search(service, asked, max_results))
    if watch and len(results) < max_results:
        watch.say(f"search for {asked.query!r}: {len(results)} results, {max_results} were wanted")
    return results


def _first_of_each(found: list[_Found]) -> list[_Found]:
    """Each address once, with the search that found it first."""
    first: dict[str, _Found] = {}
    for one in found:
        first.setdefault(one.result.url, one)
    return list(first.values())


def _fetch(found: list[_Found], accept: str, service: Service, watch: Watcher | None) -> dict[str, Fetched]:
    """Download every address; what became of each, by its address as found."""
    wanted = [Wanted(one.result.url, one.result.title, (accept,)) for one in _first_of_each(found)]
    if watch:
        watch.expect(len(wanted), "file")
    told = (lambda _: watch.advance()) if watch else None
    fetched = fetch(
        wanted, service.store, policy=service.policy, on_done=told, as_of=service.as_of, clock=service.clock
    )
    return {one.url: outcome for one, outcome in fetched}


def _harvest(
    found: list[_Found], outcomes: dict[str, Fetched], license_: str | None, watch: Watcher | None
) -> Iterator[Document | Reject]:
    harvest = Harvest("web_search", license_, watch)
    for one in _first_of_each(found):
        told = {"query": one.asked.query, "position": one.result.position, "source": one.result.source}
        harvest.add(outcomes[one.result.url], title=one.result.title, metadata=told)
    return harvest.leave()


def _write_metadata(service: Service, asked: Search, results: list[Result], outcomes: dict[str, Fetched]) -> None:
    """Leave beside the kept files which address, title and source each has, and what failed."""
    key = content_id(service.base_url, asked.query, asked.language or "", asked.country or "", service.as_of)
    rows: list[JsonValue] = []
    for result in results:
        row = dataclasses.asdict(outcomes[result.url])
        row["path"] = Path(row["path"]).relative_to(service.store).as_posix() if row["path"] else ""
        told = {"position": result.position, "url": hide_secrets(result.url), "title": result.title}
        rows.append({**told, "source": result.source, **{name: row[name] for name in row if name != "url"}})
    head = {"query": asked.query, "language": asked.language, "country": asked.country, "as_of": service.as_of}
    write_json(service.store / "web_search" / key / "metadata.json", {**head, "results": rows})
