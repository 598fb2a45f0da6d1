"""The `arxiv` source: the papers that a search of arXiv finds, as PDFs or as abstracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources.arxiv_answers import (
    API_URL,
    MAX_PAGE,
    MAX_RESULTS,
    Asking,
    Findings,
    search,
    without_version,
)
from glossator.sources.arxiv_papers import (
    CONTENTS,
    PDF_BASE_URL,
    Paper,
    abstract_documents,
    pdf_documents,
    reject,
)
from glossator.sources.arxiv_query import plain_ids, search_expression
from glossator.sources.arxiv_turns import DELAY_SECONDS, Turns
from glossator.sources.fetching import CLOCK, Clock, Watcher

SORTS = ("submitted", "relevance")


def collect(
    query: str | None = None,
    *,
    store: Path | str,
    categories: Sequence[str] = (),
    ids: Sequence[str] = (),
    date_from: str | None = None,
    date_to: str | None = None,
    sort: Literal["submitted", "relevance"] = "submitted",
    max_results: int = 50,
    content: Literal["pdf", "abstracts"] = "pdf",
    group_size: int = 0,
    page_size: int = 100,
    delay_seconds: float = DELAY_SECONDS,
    as_of: str = "",
    base_url: str | None = None,
    pdf_base_url: str | None = None,
    allow_private: bool = False,
    watch: Watcher | None = None,
    clock: Clock = CLOCK,
) -> Iterator[Document | Reject]:
    """Collect the papers of a search, newest first: one request at a time, and none twice.

    Answers and PDFs are kept in the store, so that a run that was interrupted goes on where it was, and a search that
    was answered once stays answered. Withdrawn papers, those without a PDF and ids that arXiv does not know become
    rejects.

    Args:
        query: words that must all be there, or an expression such as `ti:glass AND abs:"melting point"`.
        store: folder where answers and PDFs are kept.
        categories: any of these, such as `cs.LG` or `cs.*`.
        ids: papers by id, with or without version; together with the others, those of them that match.
        date_from: first day of submission, in ISO 8601.
        date_to: last day of submission, in ISO 8601.
        sort: `submitted`, newest first, or `relevance`.
        max_results: no more papers than these; of ids alone, all are taken.
        content: `pdf`, or `abstracts` alone.
        group_size: how many successive abstracts make one document; 0 or 1: each its own.
        page_size: results that one request asks for, 2,000 at most.
        delay_seconds: between the starts of two requests; arXiv asks for three.
        as_of: any text, such as a date; another one searches anew and asks again for whatever failed. Files that are
            there are never downloaded again.
        base_url: of another API than arXiv's own.
        pdf_base_url: what stands before the id in the address of a PDF, if not at arXiv.
        allow_private: whether these two may be on this machine or in a private network.
        watch: is told how many papers there are, and of each.
        clock: the time.

    Raises:
        SourceError: nothing is asked for, arXiv refuses it, finds nothing or cannot be reached, or more than half of
            the PDFs cannot be fetched for now.
        MissingExtraError: the library is not installed.
    """
    base_url, pdf_base_url = base_url or API_URL, pdf_base_url or PDF_BASE_URL
    expression = search_expression(query, categories, date_from, date_to)
    asked = plain_ids(ids)
    _check(expression, asked, sort, content, max_results=max_results, page_size=page_size)
    turns = Turns(Path(store), base_url, pdf_base_url, delay_seconds=delay_seconds, clock=clock)
    asking = Asking(Path(store), turns, base_url, as_of, page_size, allow_private)
    most = max_results if expression else None
    found = _search(asking, expression, asked, newest_first=sort == "submitted" and bool(expression), most=most)
    papers = found.papers
    if not papers:
        raise SourceError(f"{_told(expression, asked)} matches nothing at arXiv; widen the query, categories or dates")
    if watch is not None:
        watch.expect(len(papers), "papers")
        if most is not None and len(papers) < most:
            came = f"{len(papers)} different ones of them came" if len(papers) < found.total else "that is all"
            watch.say(f"arXiv has {found.total} papers for {_told(expression, asked)}; {came}, {most} were asked for")
    yield from (_absent(name) for name in _unknown(asked, papers) if not expression)
    if content == "abstracts":
        yield from abstract_documents(papers, group_size, watch)
    else:
        yield from pdf_documents(
            papers, Path(store), turns, base_url=pdf_base_url, as_of=as_of, allow_private=allow_private, watch=watch
        )


def state(query: str | None = None, **_: object) -> str:
    """Hash nothing but that the search is by arXiv: its terms are part of the recipe, its answers are kept."""
    return content_id("arxiv", query or "")


def _check(expression: str, ids: Sequence[str], sort: str, content: str, *, max_results: int, page_size: int) -> None:
    if not expression and not ids:
        raise SourceError("nothing is asked of arXiv; give a query, categories, dates or ids")
    if sort not in SORTS or content not in CONTENTS:
        name, value, known = ("sort", sort, SORTS) if sort not in SORTS else ("content", content, CONTENTS)
        raise SourceError(f"{name} {value!r} is unknown; use one of: {', '.join(known)}")
    if not 1 <= max_results <= MAX_RESULTS:
        raise SourceError(f"max_results {max_results} cannot be had; arXiv gives 1 to {MAX_RESULTS} of one search")
    if not 1 <= page_size <= MAX_PAGE:
        raise SourceError(f"page_size {page_size} cannot be had; arXiv gives 1 to {MAX_PAGE} at once")


def _search(asking: Asking, expression: str, ids: Sequence[str], *, newest_first: bool, most: int | None) -> Findings:
    """One search; of many ids, one for each page of them, so that no address grows too long."""
    if not ids:
        return search(asking, expression, newest_first=newest_first, most=most)
    papers, total = dict[str, Paper](), 0
    for start in range(0, len(ids), min(asking.page_size, 100)):
        some = ids[start : start + min(asking.page_size, 100)]
        found = search(asking, expression, ids=some, newest_first=newest_first)
        papers.update({paper.id: paper for paper in found.papers})
        total += found.total
        if most is not None and len(papers) >= most:
            break
    return Findings(tuple(papers.values())[:most], total)


def _unknown(ids: Sequence[str], papers: Sequence[Paper]) -> list[str]:
    known = {name for paper in papers for name in (paper.id, without_version(paper.id))}
    return [name for name in ids if name not in known]


def _absent(name: str) -> Reject:
    return reject(name, "not_found", "arXiv knows no such paper")


def _told(expression: str, ids: Sequence[str]) -> str:
    if not expression:
        return f"the id {ids[0]!r}" if len(ids) == 1 else f"each of the {len(ids)} ids"
    return f"the query {expression!r}" + (f" among {len(ids)} ids" if ids else "")
