"""The journal of a runs folder: how much it holds and since when; and dropping what is old."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from glossator.errors import GlossatorError, MissingArtifactError
from glossator.pipeline.teaching import JOURNAL
from glossator.records import JsonValue, to_dict

_OLDEST_DAYS = 36_500.0
"""No reply is older than a hundred years; dates end somewhere before what a user may type."""


def keep_journal(
    runs_dir: Path, *, older_than_days: float | None, drop: bool, now: datetime | None = None
) -> dict[str, JsonValue]:
    """Tell the size, counts and age of the journal; with `drop`, drop what is older than so many days.

    Args:
        runs_dir: the folder of all runs.
        older_than_days: what is counted, or dropped, as old; None for nothing.
        drop: drop it: a run that needs such a reply asks, and pays, again.
        now: the moment that age is counted from.

    Returns:
        What `llm.journal.JournalStats` tells, before anything is dropped, with `path`, `old` and `dropped`.

    Raises:
        MissingArtifactError: there is no journal.
        ArtifactError: it is damaged.
        GlossatorError: the days are no number of 0 or more.
    """
    from glossator.llm.journal import Journal

    if older_than_days is not None and not older_than_days >= 0:  # also what is no number
        raise GlossatorError(f"replies cannot be older than {older_than_days} days; give a number of 0 or more")
    path = runs_dir.absolute() / JOURNAL
    if not path.is_file():
        raise MissingArtifactError(
            f"{path} does not exist: no chat teacher has replied yet; name the folder of runs with --runs-dir"
        )
    with Journal(path) as journal:
        stats = to_dict(journal.stats())
        old = 0
        if older_than_days is not None:
            moment = (now or datetime.now(timezone.utc)) - timedelta(days=min(older_than_days, _OLDEST_DAYS))
            old = journal.prune(moment) if drop else journal.count_older(moment)
        stats.update(bytes_after=journal.size_bytes(), replies_after=journal.count())
    for name in ("oldest", "newest"):
        stats[name] = _moment(stats[name])
    return {"path": str(path), **stats, "old": old, "dropped": drop and older_than_days is not None}


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def kept_since(path: Path, key: str) -> str | None:
    """When the reply under a key was kept; None where there is no such reply, or no journal."""
    from glossator.llm.journal import Journal

    if not path.is_file():
        return None
    with Journal(path) as journal:
        entry = journal.get(key)
    return _moment(entry.created) if entry else None
