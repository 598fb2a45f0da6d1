"""Kind `fractions`: whole clusters of near-duplicates fill the shares of train, dev, test and pool."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from glossator.curation.assignment import NEAR_TWO_SPLITS, Assignment, Unit
from glossator.errors import CurationError
from glossator.records import Reject, Split, content_id

ClusterAgain = Callable[[Sequence[str]], Mapping[str, str]]
"""Takes unit keys, leaves the cluster of each among these alone."""

_ORDER: tuple[Split, ...] = ("test", "dev", "train", "pool")
"""The most guarded first."""
_AT_LEAST: Mapping[Split, int] = {"test": 2, "dev": 2, "train": 1, "pool": 0}
FEWEST_CLUSTERS = sum(_AT_LEAST.values())
"""With fewer clusters, not every split gets its minimum."""

_TOLERANCE = 1e-6


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
    clusters with old units of several splits see `_part`.

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
    old, members = dict(assigned or {}), _members(clusters)
    split_of, set_aside, have, fresh = dict(old), list[Reject](), Counter[Split](), list[str]()
    for cluster_id, keys in members.items():
        splits = {old[key] for key in keys if key in old}
        if not splits:
            fresh.append(cluster_id)
        elif len(splits) == 1:
            split_of.update(dict.fromkeys(keys, *splits))
            have.update(splits)
        else:
            kept, refused = _part(keys, old, cluster_again)
            set_aside += refused
            have.update(kept)
    fresh.sort(key=lambda cluster_id: content_id(str(seed), cluster_id))
    for split, dealt in _deal(fresh, _count_out(len(fresh), have, shares)):
        split_of.update((key, split) for cluster_id in dealt for key in members[cluster_id])
    ordered, cluster_of = dict(sorted(split_of.items())), dict(sorted(clusters.items()))
    return Assignment(unit=unit, split_of=ordered, cluster_of=cluster_of, set_aside=tuple(set_aside))


def _part(
    keys: Sequence[str], old: Mapping[str, Split], cluster_again: ClusterAgain | None
) -> tuple[list[Split], list[Reject]]:
    """Take a cluster with old units of several splits, leave the splits that stay in it and what is set aside.

    The new units are set aside. What they alone held together then falls apart. Old units that are still in one
    cluster were assigned without the other being there, or by texts that changed: the most guarded side stays (test
    before dev before train before pool), the others are set aside for this run.
    """
    known = [key for key in keys if key in old]
    set_aside = _refuse([key for key in keys if key not in old], known, old)
    kept: list[Split] = []
    again = cluster_again(known) if cluster_again else dict.fromkeys(known, known[0])
    for own in _members(again).values():
        guarded = min((old[key] for key in own), key=_ORDER.index)
        kept.append(guarded)
        set_aside += _refuse([key for key in own if old[key] != guarded], own, old)
    return kept, set_aside


def _members(clusters: Mapping[str, str]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(clusters):
        members[clusters[key]].append(key)
    return members


def _refuse(keys: Sequence[str], known: Sequence[str], old: Mapping[str, Split]) -> list[Reject]:
    """Set units aside because of the old ones beside them, of which each split's first is named."""
    one_each = {old[key]: key for key in reversed(known)}
    rejects = []
    for key in keys:
        near = ", ".join(f"{other} ({split})" for split, other in sorted(one_each.items()) if split != old.get(key))
        rejects.append(Reject(key, "split", NEAR_TWO_SPLITS, f"near-duplicate of {near}"))
    return rejects


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


def check_shares(shares: Mapping[Split, float]) -> None:
    """Take the shares by split, leave nothing, if they can be dealt by.

    Raises:
        CurationError: one is missing, they do not sum to 1, or one of them is negative.
    """
    listed = ", ".join(f"{split} {share:g}" for split, share in shares.items())
    if set(shares) != set(_ORDER):
        raise CurationError(f"the shares are {listed or 'missing'}; give one for each of {', '.join(sorted(_ORDER))}")
    total = math.fsum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1) > _TOLERANCE:
        raise CurationError(f"the shares {listed} sum to {total:g}; they must sum to 1 and none may be negative")
