"""The `kaggle` source: papers of the arXiv metadata snapshot that Kaggle offers, as PDFs or as abstracts."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Literal

from glossator.errors import SourceError
from glossator.records import Document, Reject, content_id
from glossator.sources.arxiv_papers import CONTENTS, PDF_BASE_URL, Paper, abstract_documents, pdf_documents
from glossator.sources.arxiv_query import check_category, day_of
from glossator.sources.arxiv_turns import DELAY_SECONDS, Turns
from glossator.sources.fetching import CLOCK, Clock, Watcher
from glossator.sources.kaggle_download import DATASET, download
from glossator.sources.kaggle_records import Newest, Wish, read_papers
from glossator.sources.kaggle_snapshot import open_snapshot, snapshot_state

SORTS = ("submitted", "file")
MAX_REJECTS = 1000
"""Bad lines that are told one by one; the others are counted."""


def collect(
    path: Path | str | None = None,
    *,
    store: Path | str,
    categories: Sequence[str] = (),
    date_from: str | None = None,
    date_to: str | None = None,
    licenses: Sequence[str] = (),
    sort: Literal["submitted", "file"] = "submitted",
    max_results: int = 50,
    content: Literal["pdf", "abstracts"] = "pdf",
    group_size: int = 0,
    delay_seconds: float = DELAY_SECONDS,
    dataset: str = DATASET,
    version: int | None = None,
    as_of: str = "",
    pdf_base_url: str | None = None,
    allow_private: bool = False,
    watch: Watcher | None = None,
    clock: Clock = CLOCK,
) -> Iterator[Document | Reject]:
    """Collect papers of the snapshot, each in its latest version; millions of lines in the memory of one.

    Args:
        path: the snapshot on this machine, as `.json`, `.gz` or `.zip`; None: downloaded from Kaggle into the store.
        store: folder where the snapshot and PDFs are kept.
        categories: any of these, such as `cs.LG` or `cs.*`; none: all.
        date_from: first day that a first version came out on, in ISO 8601.
        date_to: last such day.
        licenses: parts of the licence's address, such as `creativecommons.org/licenses/by/`; none: any licence.
        sort: `submitted`, newest first, for which the whole file is read; or `file`, its first ones.
        max_results: no more papers than these.
        content: `pdf`, or `abstracts` alone.
        group_size: how many successive abstracts make one document; 0 or 1: each its own.
        delay_seconds: between the starts of two requests to arXiv, which asks for three.
        dataset: owner and name at Kaggle.
        version: of that dataset; None for the newest there is when it is first asked for.
        as_of: any text, such as a date; another one asks for the newest version anew, and again for whatever failed.
            Files that are there are never downloaded again.
        pdf_base_url: what stands before the id in the address of a PDF, if not at arXiv.
        allow_private: whether that may be on this machine or in a private network.
        watch: is told how many papers there are, and of each.
        clock: the time.

    Raises:
        SourceError: the snapshot cannot be had or read, no paper is as wanted, or more than half of the PDFs cannot be
            fetched for now.
        MissingExtraError: a library is not installed.
    """
    wish = _wish(categories, date_from, date_to, licenses)
    _check(sort, content, max_results)
    pdf_base_url = pdf_base_url or PDF_BASE_URL
    turns = Turns(Path(store), pdf_base_url, delay_seconds=delay_seconds, clock=clock)
    if path is None:
        place = download(Path(store), dataset=dataset, version=version, as_of=as_of, watch=watch)
    else:
        place = Path(path)
    if watch is not None and place.is_file():
        watch.say(f"reading {place.name}, {place.stat().st_size / 1e6:.0f} MB")
    papers: list[Paper] = []
    bad = yield from _choose(place, wish, papers, newest=sort == "submitted", most=max_results)
    if not papers:
        told = f", and {bad} of its lines are no record" if bad else ""
        raise SourceError(f"no paper in {place} is as wanted{told}; widen categories, dates or licenses")
    if watch is not None:
        watch.expect(len(papers), "papers")
        if len(papers) < max_results:
            watch.say(f"{place.name} has {len(papers)} such papers, fewer than the {max_results} asked for")
    if content == "abstracts":
        yield from abstract_documents(papers, group_size, watch)
    else:
        yield from pdf_documents(
            papers, Path(store), turns, base_url=pdf_base_url, as_of=as_of, allow_private=allow_private, watch=watch
        )


def state(path: Path | str | None = None, **_: object) -> str:
    """Hash what tells the snapshot on this machine from another one; of one that Kaggle keeps, nothing.

    Raises:
        SourceError: there is nothing at `path`.
    """
    return content_id("kaggle", snapshot_state(Path(path)) if path is not None else "")


def _wish(categories: Sequence[str], date_from: str | None, date_to: str | None, licenses: Sequence[str]) -> Wish:
    first, last = day_of(date_from, "date_from"), day_of(date_to, "date_to")
    if first and last and first > last:
        raise SourceError(f"date_from {first} is after date_to {last}; swap them")
    return Wish(
        tuple(check_category(category) for category in categories),
        first.isoformat() if first else "",
        last.isoformat() if last else "",
        tuple(licenses),
    )


def _check(sort: str, content: str, max_results: int) -> None:
    for name, value, known in (("sort", sort, SORTS), ("content", content, CONTENTS)):
        if value not in known:
            raise SourceError(f"{name} {value!r} is unknown; use one of: {', '.join(known)}")
    if max_results < 1:
        raise SourceError(f"max_results {max_results} leaves nothing; give 1 or more")


def _choose(place: Path, wish: Wish, chosen: list[Paper], *, newest: bool, most: int) -> Generator[Reject, None, int]:
    """Add the papers that are taken to `chosen`; yield what was wrong with lines on the way, leave how many were."""
    kept, bad = Newest(most), 0
    with open_snapshot(place) as lines:
        for number, paper in read_papers(lines, wish):
            if isinstance(paper, Paper):
                kept.add(paper) if newest else chosen.append(paper)
                if len(chosen) == most:
                    break
                continue
            bad += 1
            if bad <= MAX_REJECTS:
                subject = content_id("kaggle", place.name, str(number))
                yield Reject(subject, "collect", paper.problem, f"{place.name}, line {number}: {paper.detail}")
    if bad > MAX_REJECTS:
        detail = f"{place.name}: {bad - MAX_REJECTS} more lines that are no record"
        yield Reject(content_id("kaggle", place.name, "more"), "collect", "broken_rows", detail)
    chosen.extend(kept.papers())
    return bad
