"""What is wanted of arXiv in, the search its API understands out: query, categories and dates as one expression."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from glossator.errors import SourceError

_FIRST_DAY, _LAST_DAY = dt.date(1991, 1, 1), dt.date(2099, 12, 31)
"""Where a window is open: before the first paper, and after any that is there. Fixed days, so that the address of a
search stays the same from one day to the next."""
_ADDRESS = re.compile(r"^(?:https?://)?[\w.]*arxiv\.org/(?:abs|pdf)/", re.IGNORECASE)
_OPERATORS = frozenset({"AND", "OR", "ANDNOT"})
_CATEGORY = re.compile(r"[a-z][a-z-]*(\.[A-Za-z*][A-Za-z-]*)?")


def search_expression(
    query: str | None, categories: Sequence[str] = (), date_from: str | None = None, date_to: str | None = None
) -> str:
    """Join what is wanted by AND, in the form of the API's manual, section 5.1; empty if nothing is.

    A query of several words that names no field and no operator is taken as words that must all be there.

    Args:
        query: words, or an expression such as `ti:glass AND abs:"melting point"`.
        categories: any of these, such as `cs.LG` or `cs.*`.
        date_from: first day of submission, in ISO 8601.
        date_to: last day of submission, in ISO 8601.

    Raises:
        SourceError: a date or a category is none, or the window is empty.
    """
    first, last = _window(date_from, date_to)
    words = _expression(query or "")
    parts = [words] if words else []
    if categories:
        parts.append("(" + " OR ".join(f"cat:{check_category(category)}" for category in categories) + ")")
    if date_from or date_to:
        parts.append(f"submittedDate:[{first:%Y%m%d}0000 TO {last:%Y%m%d}2359]")
    if words and len(parts) > 1:
        parts[0] = f"({words})"
    return " AND ".join(parts)


def _expression(query: str) -> str:
    """Plain words, joined by AND, since the API joins them by OR; what says more than words is left as it is."""
    words = query.split()
    if len(words) < 2 or any(sign in query for sign in ':"()') or not _OPERATORS.isdisjoint(words):
        return " ".join(words)
    return " AND ".join(f"all:{word}" for word in words)


def _window(date_from: str | None, date_to: str | None) -> tuple[dt.date, dt.date]:
    first = day_of(date_from, "date_from") or _FIRST_DAY
    last = day_of(date_to, "date_to") or _LAST_DAY
    if first > last:
        raise SourceError(f"date_from {first} is after date_to {last}; swap them")
    return first, last


def day_of(text: str | None, name: str) -> dt.date | None:
    """Take a day in ISO 8601, leave it as a date; None for none.

    Args:
        text: such as `2024-01-31`.
        name: of the parameter, for the message.

    Raises:
        SourceError: it is no such day.
    """
    if not text:
        return None
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        raise SourceError(f"{name} {text!r} is no date; write it as 2024-01-31") from None


def check_category(category: str) -> str:
    """Take the name of a category, leave it without blanks around it.

    Raises:
        SourceError: it does not look like one.
    """
    name = category.strip()
    if not _CATEGORY.fullmatch(name):
        raise SourceError(f"category {category!r} is none of arXiv's; write it as cs.LG, hep-th or cs.*")
    return name


def plain_ids(ids: Sequence[str]) -> list[str]:
    """Take ids as people write them, leave each once, without `arXiv:`, address and ending."""
    plain = (_ADDRESS.sub("", name.strip()).removesuffix(".pdf") for name in ids)
    return list(dict.fromkeys(re.sub(r"^arxiv:\s*", "", name, flags=re.IGNORECASE) for name in plain if name))
