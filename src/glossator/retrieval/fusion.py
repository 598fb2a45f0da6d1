"""Takes rankings of the same passages, leaves one ranking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

RANK_CONSTANT = 60
"""The k of the paper; how much less the first ranks count than 1/rank would have it."""


def fuse_rankings(rankings: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """Turn rankings, best first, into one of (passage, score), best first, by reciprocal rank fusion.

    A passage's score is the sum of 1 / (60 + rank) over the rankings that hold it, ranks from 1 (Cormack, Clarke and
    Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009). Equal
    scores keep the order of the collection.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, passage in enumerate(ranking, start=1):
            scores[passage] += 1.0 / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda scored: (-scored[1], scored[0]))
