"""Top-level sections as the unit of a split, where there are too few documents to hold whole ones out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from glossator.curation.assignment import BOUNDARY, Assignment, section_key
from glossator.curation.fractions import FEWEST_CLUSTERS, split_by_fractions
from glossator.errors import CurationError
from glossator.records import Chunk, Reject, Split
from glossator.text import near_duplicates
from glossator.text.forest import Forest

MINIMUM_UNITS = 6
"""Fewer documents than this are split by section; fewer sections, or ready pairs, than this cannot be split at all."""

_ROOM = 3
"""Chunks of which at least one is left when the first and the last touch another split."""


def split_sections(
    by_document: Mapping[str, Sequence[Chunk]],
    shares: Mapping[Split, float],
    *,
    seed: int,
    assigned: Mapping[str, Split],
    anew: bool,
) -> Assignment:
    """Take each document's chunks, leave the split of each top-level section; boundary chunks are set aside.

    Args:
        by_document: document id → its chunks in order.
        shares: share of the clusters for each split.
        seed: decides the order of the clusters.
        assigned: units, present or not, with the split they have.
        anew: none of the sections that are present was assigned before.

    Raises:
        CurationError: there are too few different sections.
    """
    sections: dict[str, list[Chunk]] = defaultdict(list)
    for own in by_document.values():
        for chunk in own:
            sections[section_key(chunk)].append(chunk)
    texts = {key: join_chunks(own) for key, own in sections.items()}
    clusters = near_duplicates.cluster(texts)
    tied = _tie_short_neighbours(by_document, clusters, assigned)
    distinct = len(set(clusters.values()))
    # With fewer runs than the minimum of all splits, sections stand alone, though some may lose all their chunks.
    if not anew or len(set(tied.values())) >= FEWEST_CLUSTERS:
        clusters = tied
    if anew and distinct < MINIMUM_UNITS:
        raise CurationError(
            f"{len(by_document)} document{'s' * (len(by_document) != 1)} with {distinct} different top-level sections "
            f"cannot be split into train, dev and test; give at least {MINIMUM_UNITS} documents that are not copies "
            f"of each other, or a longer one with at least {MINIMUM_UNITS} top-level sections"
        )
    again = partial(cluster_some, texts)
    split = split_by_fractions(clusters, shares, seed=seed, assigned=assigned, cluster_again=again, unit="section")
    return replace(split, set_aside=(*split.set_aside, *_boundary_chunks(by_document, split)))


def _tie_short_neighbours(
    by_document: Mapping[str, Sequence[Chunk]], clusters: Mapping[str, str], assigned: Mapping[str, Split]
) -> dict[str, str]:
    """Join the clusters of neighbouring sections until each run has three chunks.

    Two of a run's chunks can touch another split; a section of one or two chunks would be lost whole. Documents that
    were assigned earlier keep the clusters they had.
    """
    forest: Forest[str] = Forest()
    for own in by_document.values():
        lengths = Counter(section_key(chunk) for chunk in own)
        if not assigned.keys().isdisjoint(lengths):
            continue
        run_start, run_length, previous_start = "", 0, ""
        for key, length in lengths.items():
            if run_length >= _ROOM:
                previous_start, run_start, run_length = run_start, "", 0
            run_start = run_start or key
            run_length += length
            forest.join(clusters[run_start], clusters[key])
        if previous_start and run_length < _ROOM:
            forest.join(clusters[previous_start], clusters[run_start])
    return {key: forest.root(own) for key, own in clusters.items()}


def _boundary_chunks(by_document: Mapping[str, Sequence[Chunk]], assignment: Assignment) -> list[Reject]:
    """Find the chunks that directly precede or follow a chunk of another split.

    A passage that runs on across a heading, or a chunk that repeats the end of the one before, would carry text of
    the held-out side into train; so both sides give way.
    """
    found: dict[str, Reject] = {}
    for own in by_document.values():
        for left, right in pairwise(own):
            one, other = assignment.split_of_chunk(left), assignment.split_of_chunk(right)
            if one is None or other is None or one == other:
                continue
            for chunk in (left, right):
                detail = f"between {one} ({section_key(left)}) and {other} ({section_key(right)})"
                found.setdefault(chunk.id, Reject(chunk.id, "split", BOUNDARY, detail))
    return list(found.values())


def cluster_some(texts: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Take texts by key and some of the keys, leave the clusters of near-duplicates that those form alone."""
    return near_duplicates.cluster({key: texts[key] for key in keys})


def join_chunks(chunks: Iterable[Chunk]) -> str:
    """Take chunks, leave their texts as one, a line break between them."""
    return "\n".join(chunk.text for chunk in chunks)
