"""Papers of arXiv, from its API or its snapshot, as documents: their abstracts, or their PDFs fetched politely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glossator.errors import SourceError
from glossator.records import Document, JsonValue, Reject, content_id
from glossator.sources.arxiv_turns import Turns
from glossator.sources.fetched import MAX_BYTES
from glossator.sources.fetching import Fetched, Wanted, Watcher, fetch
from glossator.sources.shortfall import Shortfall

PDF_BASE_URL = "https://export.arxiv.org/pdf"
"""The copy of arXiv that is set apart for programs (https://info.arxiv.org/help/bulk_data.html, "Play nice")."""
CONTENTS = ("pdf", "abstracts")

_PAPER = r"(?:paper|article|manuscript|submission|preprint|work|version|note|letter)"
_BY = r"\bwithdrawn by (?:the )?(?:authors?|arxiv)\b"
_COMMENT = re.compile(rf"\b{_PAPER}\b[^.;]{{0,60}}\bwithdrawn\b|^\W*withdrawn\b|{_BY}", re.IGNORECASE)
_ABSTRACT = re.compile(
    rf"^\W*(?:this|the)\s+{_PAPER}(?:\s+\([^)]*\))?\s+(?:has been|is being|is|was)\s+(?:\w+ly\s+)?withdrawn\b"
    rf"|^\W*withdrawn\b|{_BY}",
    re.IGNORECASE,
)
"""What stands in the place of an abstract then: other abstracts tell of withdrawn troops, drugs and deposits."""
_PARAGRAPH = re.compile(r"\n\s*\n|\n {2,}")
"""How an abstract starts a paragraph: with an empty line, or with blanks before its first word."""

_AT_ONCE = 10
"""PDFs that are fetched in one turn, one after the other; then someone else who waits may ask. As many that fail for
now, one after the other, end the run."""
_LONGEST_COMMENT = 10_000


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a paper, as arXiv tells it."""

    id: str
    """With its version, such as `2104.12255v1` or `quant-ph/0201082v1`."""
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    primary: str
    """The category it was submitted to."""
    published: str
    """Day of its first version, in ISO 8601; empty if unknown."""
    updated: str
    """Day of this version; empty if unknown."""
    doi: str | None = None
    journal_ref: str | None = None
    comment: str | None = None
    license: str | None = None
    """Address of the licence; the API does not tell it, the snapshot does."""
    has_pdf: bool = True

    @property
    def url(self) -> str:
        """Its page."""
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def withdrawn(self) -> bool:
        """Whether its comment, or the first words of what stands for its abstract, say so."""
        return bool(_COMMENT.search((self.comment or "")[:_LONGEST_COMMENT]) or _ABSTRACT.search(self.abstract[:200]))


def abstract_documents(papers: Iterable[Paper], group_size: int, watch: Watcher | None) -> Iterator[Document | Reject]:
    """Make a document of every `group_size` successive abstracts; the last may hold fewer.

    Withdrawn papers, and those without an abstract, become rejects.

    Args:
        papers: in the order wanted.
        group_size: 0 or 1: each abstract its own document.
        watch: is told of each paper.
    """
    held: list[Paper] = []
    number, size = 0, max(1, group_size)
    for paper in papers:
        refused = _refused(paper)
        if refused is None and not paper.abstract:
            refused = reject(paper.id, "empty_text", "it has no abstract")
        if refused is not None:
            yield refused
        else:
            held.append(paper)
            number += 1
        if len(held) == size:
            yield _joined(held, number, size)
            held = []
        _advance(watch)
    if held:
        yield _joined(held, number, size)


def pdf_documents(
    papers: Sequence[Paper],
    store: Path,
    turns: Turns,
    *,
    base_url: str = PDF_BASE_URL,
    as_of: str = "",
    allow_private: bool = False,
    watch: Watcher | None = None,
) -> Iterator[Document | Reject]:
    """Fetch each paper's PDF, one after the other; a file that is there is never downloaded again.

    Args:
        papers: in the order wanted.
        store: where the files are kept.
        turns: says when the next request may go.
        base_url: the address before the ids.
        as_of: any text; another one asks again for whatever failed.
        allow_private: whether `base_url` may be on this machine or in a private network.
        watch: is told of each paper, and what failed for now.

    Raises:
        SourceError: more than half, or ten one after the other, could not be had for reasons that may pass; raised
            last.
    """
    shortfall, start = Shortfall(), 0

    def on_done(_: Fetched) -> None:
        _advance(watch)

    policy = turns.policy(max_bytes=MAX_BYTES, allow_private=allow_private)
    while start < len(papers) and shortfall.in_a_row < _AT_ONCE:  # a server that gives nothing is left alone
        some = papers[start : start + _AT_ONCE - shortfall.in_a_row]
        start += len(some)
        refused = {paper.id: _refused(paper) or _without_pdf(paper) for paper in some}
        wanted = [_wanted(paper, base_url) for paper in some if refused[paper.id] is None]
        with turns.take():
            outcomes = fetch(wanted, store, policy=policy, as_of=as_of, clock=turns.clock, on_done=on_done)
            arrived = {one.name: fetched for one, fetched in outcomes}
        _advance(watch, len(some) - len(wanted))
        for fetched in arrived.values():
            shortfall.add(fetched)
        yield from (refused[paper.id] or _document(paper, arrived[paper.id]) for paper in some)
    stopped = shortfall.in_a_row >= _AT_ONCE
    if stopped or shortfall.is_too_much(len(papers)):
        raise SourceError(
            f"{shortfall.total} of {len(papers)} PDFs could not be fetched from {base_url} ({shortfall.reasons})"
            f"{' and no more were asked for' if start < len(papers) else ''}; what came is kept: run again to go on"
        )
    shortfall.tell(len(papers), watch)


def reject(paper_id: str, reason: str, detail: str) -> Reject:
    """Why a paper is left out."""
    return Reject(content_id("arxiv", paper_id), "collect", reason, f"arXiv {paper_id}: {detail}")


def clean_abstract(text: str) -> str:
    """Take an abstract broken into lines, leave it as paragraphs with an empty line between."""
    return "\n\n".join(" ".join(part.split()) for part in _PARAGRAPH.split(text.strip()) if part.strip())


def _advance(watch: Watcher | None, count: int = 1) -> None:
    if watch is not None:
        watch.advance(count)


def _wanted(paper: Paper, base_url: str) -> Wanted:
    return Wanted(f"{base_url.rstrip('/')}/{paper.id}", paper.id)


def _without_pdf(paper: Paper) -> Reject | None:
    return None if paper.has_pdf else reject(paper.id, "no_pdf", "arXiv has no PDF of it")


def _refused(paper: Paper) -> Reject | None:
    return reject(paper.id, "withdrawn", "its authors or arXiv took it back") if paper.withdrawn else None


def _document(paper: Paper, fetched: Fetched) -> Document | Reject:
    if fetched.problem:
        return reject(paper.id, fetched.problem, f"{fetched.url}: {fetched.detail}")
    told: dict[str, JsonValue] = {"abstract": paper.abstract, "bytes": fetched.bytes, "status": fetched.status}
    return Document(
        id=fetched.id,
        source_id=paper.id,
        origins=(f"arxiv:{paper.id}",),
        title=paper.title,
        media_type=fetched.media_type,
        path=str(Path(fetched.path).resolve()),
        license=paper.license,
        published=paper.published or None,
        group=paper.primary or None,
        metadata={**_metadata(paper), **told, "final_url": fetched.final_url},
    )


def _joined(papers: Sequence[Paper], number: int, size: int) -> Document:
    """One document of successive papers; `number` is that of the last among those taken."""
    first, last = papers[0], papers[-1]
    metadata: dict[str, JsonValue]
    if size == 1:
        text, title, source_id, metadata = first.abstract, first.title, first.id, _metadata(first)
    else:
        text = "\n\n".join(f"{paper.title}\n\n{paper.abstract}" for paper in papers)
        title = f"papers {number - len(papers) + 1}–{number}"
        source_id = f"{first.id}–{last.id}"
        metadata = {"papers": [{"title": paper.title, **_metadata(paper)} for paper in papers]}
    groups, licenses = {paper.primary for paper in papers}, {paper.license for paper in papers}
    dates = {paper.published for paper in papers}
    return Document(
        id=content_id(text),
        source_id=source_id,
        origins=tuple(f"arxiv:{paper.id}" for paper in papers),
        title=title,
        media_type="text/plain",
        text=text,
        license=first.license if len(licenses) == 1 else None,
        published=first.published or None if len(dates) == 1 else None,
        group=first.primary or None if len(groups) == 1 else None,
        metadata=metadata,
    )


def _metadata(paper: Paper) -> dict[str, JsonValue]:
    """What arXiv told besides, without what it did not tell."""
    told: dict[str, JsonValue] = {
        "arxiv_id": paper.id,
        "url": paper.url,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "primary_category": paper.primary,
        "published": paper.published,
        "updated": paper.updated,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "comment": paper.comment,
    }
    return {name: value for name, value in told.items() if value}
