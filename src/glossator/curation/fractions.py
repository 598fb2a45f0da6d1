"""Kind `fractions`: whole clusters of near-duplicates fill the shares of train, dev, test and pool."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from glossator.curation.assignment import Assignment, Unit
from glossator.curation.kept import ORDER, ClusterAgain, keep_old
from glossator.errors import CurationError
from glossator.records import Split, content_id

_AT_LEAST: Mapping[Split, int] = {"test": 2, "dev": 2, "train": 1, "pool": 0}
FEWEST_CLUSTERS = sum(_AT_LEAST.values())
"""With fewer clusters, not every split gets its minimum."""

_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Fractions:
    """Whole clusters fill the shares of four splits.

    Raises:
        CurationError: the shares do not sum to 1 or one of them is negative.
    """

    train: float
    dev: float
    test: float
    pool: float = 0.0
    """Share kept for later rounds."""

    def __post_init__(self) -> None:
        check_shares(self.shares)

    @property
    def shares(self) -> dict[Split, float]:
        """Split → share of the clusters."""
        return {"train": self.train, "dev": self.dev, "test": self.test, "pool": self.pool}

    @property
    def never_bare(self) -> tuple[Split, ...]:
        """The splits of which something has to be left."""
        splits: tuple[Split, ...] = ("train", "dev", "test")
        return tuple(split for split in splits if self.shares[split] > 0)


def split_by_fractions(
    clusters: Mapping[str, str],
    shares: Mapping[Split, float],
    *,
    seed: int,
    assigned: Mapping[str, Split] | None = None,
    cluster_again: ClusterAgain | None = None,
    unit: Unit = "document",
) -> Assignment:
    """Take the cluster of each unit, leave the split of each; no two units of a cluster are in different splits.

    New clusters, in the order of a seeded hash, fill what the quotas lack; a cluster counts as one. Dev and test get
    at least two each, and train one, as far as there are enough; beyond that each split stays within one cluster of
    its share. A split with share 0 gets nothing new. A new unit in the cluster of an old one gets its split. For
    clusters with old units of several splits see `kept.keep_old`.

    Args:
        clusters: unit key → cluster id, of the units that are present.
        shares: share of the clusters for each of train, dev, test and pool; they sum to 1.
        seed: decides the order of the clusters.
        assigned: units, present or not, with the split they have. They keep it in `split_of` for good.
        cluster_again: takes the old units of such a cluster, leaves the clusters they form without the new ones.
            Without it they count as near-duplicates of each other.
        unit: what the keys are.

    Raises:
        CurationError: a share is missing, the shares do not sum to 1 or one of them is negative.
    """
    check_shares(shares)
    kept = keep_old(clusters, dict(assigned or {}), cluster_again)
    split_of, members, fresh = dict(kept.split_of), kept.fresh, list(kept.fresh)
    have = Counter(split for split, _ in kept.present)
    fresh.sort(key=lambda cluster_id: content_id(str(seed), cluster_id))
    for split, dealt in _deal(fresh, _count_out(len(fresh), have, shares)):
        split_of.update((key, split) for cluster_id in dealt for key in members[cluster_id])
    ordered, cluster_of = dict(sorted(split_of.items())), dict(sorted(clusters.items()))
    return Assignment(unit=unit, split_of=ordered, cluster_of=cluster_of, set_aside=kept.set_aside)


def _count_out(fresh: int, have: Mapping[Split, int], shares: Mapping[Split, float]) -> Counter[Split]:
    """Say how many of the fresh clusters each split gets: first the minimum, then whoever lacks most."""
    total = fresh + sum(have.values())
    counts = Counter({split: have.get(split, 0) for split in ORDER})
    given: Counter[Split] = Counter()
    while given.total() < fresh:
        short = [split for split in ORDER if shares[split] > 0 and counts[split] < _AT_LEAST[split]]
        if short:
            split = min(short, key=lambda split: counts[split] / _AT_LEAST[split])
        else:
            # Rounded, so that equal shares tie whatever the order of the sums; a tie goes to the first in ORDER.
            open_splits = (split for split in ORDER if shares[split] > 0)
            split = max(open_splits, key=lambda split: round(shares[split] * total - counts[split], 9))
        counts[split] += 1
        given[split] += 1
    return given


def _deal(order: Sequence[str], counts: Mapping[Split, int]) -> Iterable[tuple[Split, list[str]]]:
    remaining = iter(order)
    for split in ORDER:
        yield split, list(islice(remaining, counts[split]))


def check_shares(shares: Mapping[Split, float]) -> None:
    """Take the shares by split, leave nothing, if they can be dealt by.

    Raises:
        CurationError: one is missing, they do not sum to 1, or one of them is negative.
    """
    listed = ", ".join(f"{split} {share:g}" for split, share in shares.items())
    if set(shares) != set(ORDER):
        raise CurationError(f"the shares are {listed or 'missing'}; give one for each of {', '.join(sorted(ORDER))}")
    total = math.fsum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1) > _TOLERANCE:
        raise CurationError(f"the shares {listed} sum to {total:g}; they must sum to 1 and none may be negative")
