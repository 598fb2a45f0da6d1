"""Kind `fractions`: whole clusters of near-duplicates fill the shares of train, dev, test and pool."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from glossator.curation.assignment import Assignment, Unit
from glossator.errors import CurationError
from glossator.records import Reject, Split, content_id

_ORDER: tuple[Split, ...] = ("test", "dev", "train", "pool")
_AT_LEAST: Mapping[Split, int] = {"test": 2, "dev": 2, "train": 1, "pool": 0}
FEWEST_CLUSTERS = sum(_AT_LEAST.values())
"""With fewer clusters, not every split gets its minimum."""

_TOLERANCE = 1e-6


def split_by_fractions(
    clusters: Mapping[str, str],
    *,
    train: float,
    dev: float,
    test: float,
    pool: float,
    seed: int,
    assigned: Mapping[str, Split] | None = None,
) -> Assignment:
    """Take the cluster of each document, leave the split of each; whole clusters go to one split.

    New clusters, in the order of a seeded hash, fill what the quotas lack. A cluster counts as one. Dev and test get
    at least two clusters each, and train one, as far as there are enough; beyond that each split stays within one
    cluster of its share. A split with share 0 gets nothing new.

    Args:
        clusters: document id → cluster id.
        train: share of the clusters, as `dev`, `test` and `pool`; the four sum to 1.
        dev: share that chooses.
        test: share that examines.
        pool: share kept for later rounds.
        seed: decides the order of the clusters.
        assigned: documents with the split they already have. They keep it; a new one in the cluster of an old one
            gets its split; a new one whose cluster holds old ones of two splits is set aside as `near_two_splits`.

    Raises:
        CurationError: the shares do not sum to 1 or one of them is negative.
    """
    return divide(clusters, check_shares(train=train, dev=dev, test=test, pool=pool), seed=seed, assigned=assigned)


def divide(
    clusters: Mapping[str, str],
    shares: Mapping[Split, float],
    *,
    seed: int,
    assigned: Mapping[str, Split] | None = None,
    unit: Unit = "document",
) -> Assignment:
    """Take the cluster of each unit and the shares, leave the split of each unit, as `split_by_fractions` says.

    Args:
        clusters: unit key → cluster id.
        shares: as `check_shares` leaves them.
        seed: decides the order of the clusters.
        assigned: units with the split they already have.
        unit: what the keys are.
    """
    old = dict(assigned or {})
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(clusters):
        members[clusters[key]].append(key)
    split_of, set_aside, have, fresh = dict(old), list[Reject](), Counter[Split](), list[str]()
    for cluster_id, keys in members.items():
        splits = {old[key] for key in keys if key in old}
        newcomers = [key for key in keys if key not in old]
        # Old units were told apart when they were assigned: what joins them now is a newcomer, so it has to go.
        if len(splits) > 1:
            one_each = {old[key]: key for key in reversed(keys) if key in old}
            near = ", ".join(f"{key} ({split})" for split, key in sorted(one_each.items()))
            set_aside += [Reject(key, "split", "near_two_splits", f"near-duplicate of {near}") for key in newcomers]
        elif splits:
            split_of.update(dict.fromkeys(newcomers, next(iter(splits))))
        else:
            fresh.append(cluster_id)
        have.update(splits)
    fresh.sort(key=lambda cluster_id: content_id(str(seed), cluster_id))
    for split, dealt in _deal(fresh, _count_out(len(fresh), have, shares)):
        split_of.update((key, split) for cluster_id in dealt for key in members[cluster_id])
    ordered, cluster_of = dict(sorted(split_of.items())), dict(sorted(clusters.items()))
    return Assignment(unit=unit, split_of=ordered, cluster_of=cluster_of, set_aside=tuple(set_aside))


def _count_out(fresh: int, have: Mapping[Split, int], shares: Mapping[Split, float]) -> Counter[Split]:
    """Say how many of the fresh clusters each split gets: first the minimum, then whoever lacks most."""
    total = fresh + sum(have.values())
    counts = Counter({split: have.get(split, 0) for split in _ORDER})
    given: Counter[Split] = Counter()
    while given.total() < fresh:
        short = [split for split in _ORDER if shares[split] > 0 and counts[split] < _AT_LEAST[split]]
        if short:
            split = min(short, key=lambda split: counts[split] / _AT_LEAST[split])
        else:
            # Rounded, so that equal shares tie whatever the order of the sums; a tie goes to the first in _ORDER.
            open_splits = (split for split in _ORDER if shares[split] > 0)
            split = max(open_splits, key=lambda split: round(shares[split] * total - counts[split], 9))
        counts[split] += 1
        given[split] += 1
    return given


def _deal(order: Sequence[str], counts: Mapping[Split, int]) -> Iterable[tuple[Split, list[str]]]:
    remaining = iter(order)
    for split in _ORDER:
        yield split, list(islice(remaining, counts[split]))


def check_shares(*, train: float, dev: float, test: float, pool: float) -> dict[Split, float]:
    """Take the four shares, leave them by split.

    Raises:
        CurationError: they do not sum to 1, or one of them is negative.
    """
    shares: dict[Split, float] = {"train": train, "dev": dev, "test": test, "pool": pool}
    total = math.fsum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1) > _TOLERANCE:
        listed = ", ".join(f"{split} {share:g}" for split, share in shares.items())
        raise CurationError(f"the shares {listed} sum to {total:g}; they must sum to 1 and none may be negative")
    return shares
