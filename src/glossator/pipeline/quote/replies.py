"""What was answered already: the journal, looked at without touching it, and what earlier runs of the recipe took."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from glossator.artifacts import Artifact, find_artifact
from glossator.pipeline.context import Road
from glossator.pipeline.quote.ranges import Range
from glossator.pipeline.runs import list_runs
from glossator.records import JsonValue

_KEYS_AT_ONCE = 500
_CLOSE = Range(0.9, 1.1)
"""How near an earlier run of the same teacher and tasks is taken to be."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one reply that lies in the journal."""

    tokens_in: int
    tokens_out: int
    seconds: float


def kept_replies(journal: Path, keys: Sequence[str]) -> dict[str, Kept]:
    """Turn keys into what the replies under them took; nothing is opened for writing, no file appears beside it.

    A journal that cannot be read gives nothing: the run will say what is wrong with it.
    """
    if not journal.is_file() or not keys:
        return {}
    # A file that nobody has open is read as it lies: SQLite would put two more files beside it otherwise.
    in_use = journal.with_name(f"{journal.name}-wal").exists()
    address = f"{journal.absolute().as_uri()}?{'mode=ro' if in_use else 'immutable=1'}"
    found: dict[str, Kept] = {}
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=5.0)) as connection:
            for first in range(0, len(keys), _KEYS_AT_ONCE):
                listed = json.dumps(list(keys[first : first + _KEYS_AT_ONCE]))
                query = (
                    "SELECT key, tokens_in, tokens_out, seconds FROM reply"
                    " WHERE key IN (SELECT value FROM json_each(?)) AND finish_reason != 'refused'"
                )
                found.update({row[0]: Kept(*row[1:]) for row in connection.execute(query, (listed,))})
    except sqlite3.Error:
        return {}
    return found


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run with the same teacher and tasks came to."""

    samples_a_passage: Range | None = None
    tokens_out_a_call: Range | None = None


def written_before(road: Road, settings: JsonValue) -> Before:
    """Look among a recipe's earlier runs for one that wrote with these settings about other documents."""
    for artifact in _earlier(road, "synthesize"):
        if artifact.manifest.settings != settings:
            continue
        counts = artifact.manifest.counts
        asked = counts.get("calls", 0) - counts.get("retries", 0) + counts.get("from_journal", 0)
        answered = counts.get("calls", 0) - counts.get("retries", 0)
        if asked <= 0:
            continue
        tokens = counts.get("tokens_out", 0) / answered if answered > 0 else 0
        return Before(
            samples_a_passage=Range.of(counts.get("samples", 0) / asked).scaled(_CLOSE.low, _CLOSE.high),
            tokens_out_a_call=Range.of(tokens).scaled(_CLOSE.low, _CLOSE.high) if tokens else None,
        )
    return Before()


def curated_before(road: Road) -> Range | None:
    """The share of samples that curation kept in this recipe's newest run that came so far."""
    for artifact in _earlier(road, "curate"):
        counts = artifact.manifest.counts
        kept = sum(counts.get(name, 0) for name in ("train", "dev", "test", "test_seen", "pool"))
        if kept:
            share = Range.of(kept / (kept + counts.get("rejected", 0)))
            return share.scaled(_CLOSE.low, _CLOSE.high).at_most(1.0)
    return None


def seconds_before(road: Road, stage: str, unit: str) -> float | None:
    """Seconds for one of what a stage counts, in the newest run that did it."""
    for artifact in _earlier(road, stage):
        count = artifact.manifest.counts.get(unit, 0)
        if count and artifact.manifest.seconds > 0:
            return float(artifact.manifest.seconds / count)
    return None


def _earlier(road: Road, stage: str) -> Iterator[Artifact]:
    """The artifacts of a stage, of the newest run first."""
    names: dict[str, None] = {}
    for run in reversed(list_runs(road.folder)):
        record = run.stage(stage)
        if record is not None and record.artifact:
            names.setdefault(record.artifact)
    for name in names:
        found = find_artifact(road.artifacts / name)
        if found is not None:
            yield found
