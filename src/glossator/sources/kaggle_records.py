"""A line of the arXiv metadata snapshot in, its paper out if it is wanted; of millions of them the newest few."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

from glossator.sources.arxiv_papers import Paper, clean_abstract
from glossator.sources.reading import Fault, JsonObject, fault_of_text, parse_json, read_lines

MAX_LINE_BYTES = 2_000_000
"""A longer line is a broken one: the longest record holds 5,000 authors in a tenth of it."""

_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7}")
_VERSION = re.compile(r"v\d+")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which papers are wanted."""

    categories: Sequence[str] = ()
    """Any of these, such as `cs.LG` or `cs.*`; none: all."""
    date_from: str = ""
    date_to: str = ""
    """Days, in ISO 8601, that the first version came out between, both included."""
    licenses: Sequence[str] = ()
    """Parts of the licence's address, such as `by/4.0`; none: all."""

    def grants(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is among them; one whose day or licence is unknown is not, where these matter."""
        if self.licenses and not any(part in (_text(record, "license") or "") for part in self.licenses):
            return False
        if self.categories and not any(
            fnmatchcase(category, wanted) for category in _categories(record) for wanted in self.categories
        ):
            return False
        if not self.date_from and not self.date_to:
            return True
        day = _published(record)
        return bool(day) and self.date_from <= day and (not self.date_to or day <= self.date_to)


ALL = Wish()
"""All papers."""


def read_papers(lines: BinaryIO, wish: Wish = ALL) -> Iterator[tuple[int, Paper | Fault]]:
    """Yield, with their line's number, the papers that are wanted and the faults of lines that are none."""
    for number, line in read_lines(lines, max_bytes=MAX_LINE_BYTES):
        paper = line if isinstance(line, Fault) else paper_of(line, wish)
        if paper is not None:
            yield number, paper


class Newest:
    """The newest of any number of papers, however many are shown to it; of equal days, the first ones.

    Args:
        most: how many it keeps.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[str, int, Paper]] = []
        self._count = itertools.count()

    def add(self, paper: Paper) -> None:
        """Show it a paper."""
        entry = (paper.published, -next(self._count), paper)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        elif entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    def papers(self) -> list[Paper]:
        """Those it kept, newest first."""
        return [paper for _, _, paper in sorted(self._heap, reverse=True)]


def paper_of(line: bytes, wish: Wish = ALL) -> Paper | Fault | None:
    """Take one line, leave its paper in its latest version; None for one that is not wanted."""
    record = _record(line)
    if isinstance(record, Fault) or not wish.grants(record):
        return record if isinstance(record, Fault) else None
    name, title, abstract = record["id"], record["title"], record["abstract"]
    fault = fault_of_text(title) or fault_of_text(abstract)
    if fault is not None:
        return Fault("broken_row", f"{name} {fault.detail}")
    versions, categories = _versions(record), _categories(record)
    return Paper(
        id=name + _version(versions),
        title=" ".join(title.split()),
        abstract=clean_abstract(abstract),
        authors=_authors(record),
        categories=categories,
        primary=categories[0] if categories else "",
        published=_published(record),
        updated=_day(versions[-1].get("created")) if versions else _text(record, "update_date") or "",
        doi=_text(record, "doi"),
        journal_ref=_text(record, "journal-ref"),
        comment=_text(record, "comments"),
        license=_text(record, "license"),
    )


def _record(line: bytes) -> JsonObject | Fault:
    """The object in a line, if it has an id, a title and an abstract."""
    record = parse_json(line.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(record, Fault):
        return Fault("broken_row", record.detail)
    if not isinstance(record, JsonObject):
        return Fault("broken_row", "it is no object")
    name = record.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        return Fault("broken_row", "its id is none of arXiv's")
    if not all(isinstance(record.get(key), str) for key in ("title", "abstract")):
        return Fault("broken_row", f"{name} lacks a title or an abstract")
    return record


def _categories(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((_text(record, "categories") or "").split())


def _versions(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    versions = record.get("versions")
    return [one for one in versions if isinstance(one, dict)] if isinstance(versions, list) else []


def _published(record: Mapping[str, Any]) -> str:
    versions = _versions(record)
    return _day(versions[0].get("created")) if versions else ""


def _version(versions: Sequence[Mapping[str, Any]]) -> str:
    name = versions[-1].get("version") if versions else None
    return name if isinstance(name, str) and _VERSION.fullmatch(name) else ""


def _authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """First names before last names; as one text where the record does not tell them apart."""
    parsed = record.get("authors_parsed")
    if isinstance(parsed, list) and all(
        isinstance(one, list) and all(isinstance(n, str) for n in one) for one in parsed
    ):
        names = (" ".join(" ".join([*one[1:2], *one[:1], *one[2:3]]).split()) for one in parsed)
        return tuple(name for name in names if name and fault_of_text(name) is None)
    written = _text(record, "authors")
    return (written,) if written else ()


def _text(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if not isinstance(value, str) or fault_of_text(value) is not None:
        return None
    return " ".join(value.split()) or None


def _day(created: Any) -> str:
    """Take a date as mails have it (RFC 5322), leave its day in UTC; empty for what is written otherwise."""
    try:
        moment = parsedate_to_datetime(created)
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""
    return (moment.astimezone(dt.timezone.utc) if moment.tzinfo else moment).date().isoformat()
