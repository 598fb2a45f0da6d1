"""Answers of the arXiv API: each asked for once, kept if it is whole, and read by the `arxiv` library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glossator.errors import MissingExtraError, SourceError
from glossator.sources.arxiv_papers import Paper, clean_abstract
from glossator.sources.arxiv_turns import Turns
from glossator.sources.fetched import MAX_BYTES
from glossator.sources.fetching import Page, get_page

API_URL = "https://export.arxiv.org/api/query"
MAX_PAGE = 2000
"""The API gives no more results at once."""
MAX_RESULTS = 30_000
"""The API gives no more results of one search."""

_TRIES = 4
"""An answer that is not whole is asked for again."""
_ERROR = "/api/errors"
"""What the id of an entry holds that is an error message."""
_VERSION = re.compile(r"v\d+$")
_ATOM, _OPEN_SEARCH = "{http://www.w3.org/2005/Atom}", "{http://a9.com/-/spec/opensearch/1.1/}"


@dataclass(frozen=True, slots=True)
class Asking:
    """Where and how the API is asked."""

    store: Path
    turns: Turns
    base_url: str = API_URL
    as_of: str = ""
    """Another value asks anew what was answered before."""
    page_size: int = 100
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What searches found."""

    papers: tuple[Paper, ...]
    """Each once."""
    total: int
    """How many there are, as the API counts them."""


def search(
    asking: Asking, expression: str, *, ids: Sequence[str] = (), newest_first: bool = True, most: int | None = None
) -> Findings:
    """Ask for the papers of a search, page by page until there are enough.

    Args:
        asking: where and how.
        expression: what to search for; empty if the ids say it all.
        ids: only these.
        newest_first: by day of submission; otherwise the most relevant first.
        most: no more papers than these; None for all.

    Raises:
        SourceError: the API refuses the search or cannot be asked; what it answered so far is kept.
        MissingExtraError: the library is not installed.
    """
    try:
        import arxiv as library
    except ImportError:
        raise MissingExtraError("arxiv", "documents") from None

    client = library.Client(page_size=min(asking.page_size, most or MAX_PAGE), delay_seconds=0, num_retries=0)
    client.query_url_format = asking.base_url + "?{}"
    answers = _Answers(asking)
    client._session = answers  # its own one has no time limits, keeps nothing, and asks a refused search again
    order = library.SortCriterion.SubmittedDate if newest_first else library.SortCriterion.Relevance
    wanted = library.Search(query=expression, id_list=list(ids), max_results=MAX_RESULTS, sort_by=order)
    papers: dict[str, Paper] = {}  # new papers push old ones from one page to the next, where they come twice
    try:
        for result in client.results(wanted):
            paper = _paper(result)
            papers.setdefault(paper.id, paper)
            if len(papers) == most:
                break
    except library.ArxivError as error:
        raise SourceError(f"{asking.base_url} gave an answer that cannot be used: {error.message}") from error
    return Findings(tuple(papers.values()), answers.total)


@dataclass(frozen=True, slots=True)
class _Answer:
    """As much of a response of `requests` as the library looks at."""

    content: bytes
    status_code: int = 200


class _Answers:
    """In the place of the library's session: answers come from the store, else from the API, one at a time."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.total = 0
        """How many results there are, as the last answer counts them."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> _Answer:  # noqa: ARG002 - the library's call
        asking = self._asking
        policy = asking.turns.policy(max_bytes=MAX_BYTES, allow_private=asking.allow_private)
        for _ in range(_TRIES):
            with asking.turns.take():
                page = get_page(
                    url, asking.store, policy=policy, as_of=asking.as_of, keep=_is_whole, clock=asking.turns.clock
                )
            if page.status != 200 or _is_whole(page.body) or _refusal(page):
                break
        refusal = _refusal(page)
        if refusal:
            raise SourceError(f"arXiv refuses the search ({refusal}): {_asked(url)}; mend query, categories or ids")
        if page.status != 200 or not _is_whole(page.body):
            told = f"HTTP {page.status}" if page.status != 200 else "an answer that is cut off or empty"
            raise SourceError(f"{asking.base_url} gives {told}; what it answered so far is kept: run again to go on")
        self.total = _number(_parse(page.body), "totalResults")
        return _Answer(page.body)


def _is_whole(body: bytes) -> bool:
    """Whether an answer is a feed from end to end, with entries if it says that there are some from here on.

    The API sometimes sends an empty page in the middle, and its library reads a feed that was cut off.
    """
    feed = _parse(body)
    if feed is None:
        return False
    entries = feed.findall(f"{_ATOM}entry")
    if any(_ERROR in (entry.findtext(f"{_ATOM}id") or "") for entry in entries):
        return False
    return bool(entries) or _number(feed, "startIndex") >= _number(feed, "totalResults")


def _refusal(page: Page) -> str:
    """What the API says is wrong with a search; empty if it answered."""
    feed = _parse(page.body)
    for entry in feed.iterfind(f"{_ATOM}entry") if feed is not None else ():
        if _ERROR in (entry.findtext(f"{_ATOM}id") or ""):
            return " ".join((entry.findtext(f"{_ATOM}summary") or "no reason given").split())[:300]
    return "HTTP 400" if page.status == 400 else ""


def _parse(body: bytes) -> Any | None:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        feed = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return feed if feed.tag == f"{_ATOM}feed" else None


def _number(feed: Any, name: str) -> int:
    text = (feed.findtext(f"{_OPEN_SEARCH}{name}") or "").strip()[:18]
    return int(text) if text.isascii() and text.isdigit() else 0


def _asked(url: str) -> str:
    """The part of an address that says what was asked, without what says how much of it."""
    from urllib.parse import parse_qs, urlsplit

    values = parse_qs(urlsplit(url).query)
    told = [f"{name} {values[name][0][:500]!r}" for name in ("search_query", "id_list") if name in values]
    return ", ".join(told) or url


def _paper(result: Any) -> Paper:
    return Paper(
        id=result.get_short_id(),
        title=" ".join(result.title.split()),
        abstract=clean_abstract(result.summary),
        authors=tuple(" ".join(author.name.split()) for author in result.authors),
        categories=tuple(result.categories),
        primary=result.primary_category,
        published=result.published.date().isoformat(),
        updated=result.updated.date().isoformat(),
        doi=result.doi,
        journal_ref=" ".join(result.journal_ref.split()) if result.journal_ref else None,
        comment=" ".join(result.comment.split()) if result.comment else None,
        has_pdf=result.pdf_url is not None,
    )


def without_version(paper_id: str) -> str:
    """Take the id of a paper, leave it without the number of its version."""
    return _VERSION.sub("", paper_id)
