"""Takes a search, leaves what SerpAPI's Google engine found, page by page; each page is paid for once."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from glossator.errors import SourceError
from glossator.records import JsonValue
from glossator.sources.addresses import hide_secrets
from glossator.sources.fetching import Clock, Page, Policy, get_page

BASE_URL = "https://serpapi.com/search.json"
_PAGE_RESULTS = 10
"""What Google puts on a page, whatever it is asked for."""
_LONGEST_TEXT = 500
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Service:
    """Where searches are asked, as whom, and where the answers are kept."""

    store: Path
    policy: Policy
    clock: Clock
    base_url: str = BASE_URL
    key_variable: str = "SERP_API_KEY"
    """The environment variable that holds the key; its value is sent and never kept."""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """One search."""

    query: str
    """As the search engine takes it, operators included."""
    language: str | None = None
    country: str | None = None

    def parameters(self, start: int) -> dict[str, str]:
        """What is sent for the page that begins at result `start`, from 0; without the key."""
        asked = {"engine": "google", "q": self.query, "hl": self.language or "", "gl": self.country or ""}
        return {name: value for name, value in asked.items() if value} | ({"start": str(start)} if start else {})


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found."""

    position: int
    """Among the results of its search, from 1."""
    url: str
    title: str
    source: str
    """The site, as the engine names it."""


def search(service: Service, asked: Search, max_results: int) -> Iterator[Result]:
    """Yield what a search finds, best first, until there is enough or no more; no address twice.

    Raises:
        SourceError: the key is missing or refused, the credit is used up, or there is no answer that can be read.
            Pages that came before are kept.
    """
    seen: set[str] = set()
    start: int | None = 0
    while start is not None and len(seen) < max_results:
        answer = _ask(service, asked, start)
        new = [one for one in _organic(answer) if one[0] not in seen]
        for url, title, source in new:
            if url in seen:
                continue
            seen.add(url)
            yield Result(len(seen), url, title, source)
            if len(seen) == max_results:
                return
        start = _next_start(answer, start) if new else None


def _ask(service: Service, asked: Search, start: int) -> dict[str, JsonValue]:
    key = os.environ.get(service.key_variable, "").strip()
    page = get_page(
        service.base_url,
        service.store,
        # Who names another server knows where it is.
        policy=dataclasses.replace(service.policy, allow_private=service.base_url != BASE_URL),
        params={**asked.parameters(start), "api_key": key},
        secret_params=("api_key",),
        as_of=service.as_of,
        keep=lambda body: _complaint(_read(body)) == "",
        on_ask=lambda: _check_key(service, key),
        clock=service.clock,
    )
    answer = _read(page.body)
    complaint = _complaint(answer) if page.status == 200 or answer is not None else ""
    if page.status != 200 or answer is None or complaint:
        raise SourceError(_explain(service, asked, page, complaint))
    return answer


def _check_key(service: Service, key: str) -> None:
    if not key:
        raise SourceError(f"{service.key_variable} is not set; put SerpAPI's key into the environment or into .env")
    parts = urlsplit(service.base_url)
    if parts.scheme != "https" and parts.hostname not in _LOCAL:
        raise SourceError(f"base_url {hide_secrets(service.base_url)!r} would send the key unprotected; use https")


def _explain(service: Service, asked: Search, page: Page, complaint: str) -> str:
    words = complaint.lower()
    if "credit" in words or "run out" in words or "searches" in words:
        remedy = "add credit, then run again: pages that came are kept"
    elif page.status in (401, 403) or "key" in words:
        remedy = f"check {service.key_variable}"
    elif page.status == 429 or page.status >= 500:
        remedy = "run again later: pages that came are kept"
    else:
        remedy = "check the query and base_url"
    told = complaint.rstrip(". ") or "an answer that is no JSON object"
    return f"search for {asked.query!r}: SerpAPI says (HTTP {page.status}): {told}; {remedy}"


def _read(body: bytes) -> dict[str, JsonValue] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _complaint(answer: dict[str, JsonValue] | None) -> str:
    """What the service complains of, in one line; "" for an answer, also for one that nothing was found."""
    if answer is None:
        return "an answer that is no JSON object"
    metadata = answer.get("search_metadata")
    status = metadata.get("status") if isinstance(metadata, dict) else "Success"
    error = answer.get("error")
    if error is None:
        return "" if status in ("Success", "Cached", None) else f"the search has the status {_line(status)}"
    # Nothing found is told as an error too.
    return "" if "hasn't returned any results" in str(error) else _line(error) or "an error without words"


def _organic(answer: dict[str, JsonValue]) -> list[tuple[str, str, str]]:
    results = answer.get("organic_results")
    found = []
    for result in results if isinstance(results, list) else []:
        link = result.get("link") if isinstance(result, dict) else None
        if not isinstance(link, str) or not link.lower().startswith(("http://", "https://")):
            continue
        host = _host(link)
        source = _line(result.get("source") or result.get("displayed_link") or "") or host
        found.append((link, _line(result.get("title") or ""), source))
    return found


def _next_start(answer: dict[str, JsonValue], start: int) -> int | None:
    """Where the next page begins; None if this was the last.

    Answers name it in `serpapi_pagination` or, older, in `pagination`; the oldest (`serp_api_data`) have neither, and
    there one goes on until a page holds nothing new.
    """
    for name in ("serpapi_pagination", "pagination"):
        pages = answer.get(name)
        if isinstance(pages, dict):
            told = parse_qs(urlsplit(str(pages.get("next") or "")).query).get("start", [""])[0]
            return int(told) if told.isdecimal() and len(told) < 10 and int(told) > start else None
    return start + _PAGE_RESULTS if "search_metadata" not in answer else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _line(value: JsonValue) -> str:
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(text.split())[:_LONGEST_TEXT]
