"""What earlier runs assigned stays: clusters in, those that have a split already and those that are new out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from glossator.curation.assignment import NEAR_TWO_SPLITS
from glossator.records import Reject, Split

ClusterAgain = Callable[[Sequence[str]], Mapping[str, str]]
"""Takes unit keys, leaves the cluster of each among these alone."""

ORDER: tuple[Split, ...] = ("test", "dev", "train", "pool")
"""The most guarded first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is settled before a rule deals out anything new."""

    split_of: Mapping[str, Split]
    """Old units, present or not, and new units in the clusters of old ones."""
    present: tuple[tuple[Split, tuple[str, ...]], ...]
    """The clusters that have a split, with their units that are present."""
    fresh: Mapping[str, tuple[str, ...]]
    """Cluster id → units, of the clusters without any old unit."""
    set_aside: tuple[Reject, ...]


def keep_old(clusters: Mapping[str, str], old: Mapping[str, Split], cluster_again: ClusterAgain | None) -> Kept:
    """Take the cluster of each present unit and the splits of earlier runs, leave what they settle.

    A new unit in the cluster of an old one gets its split. For clusters with old units of several splits see `_part`.

    Args:
        clusters: unit key → cluster id, of the units that are present.
        old: unit key → split.
        cluster_again: takes the old units of such a cluster, leaves the clusters they form without the new ones.
            Without it they count as near-duplicates of each other.
    """
    split_of, set_aside = dict(old), list[Reject]()
    present, fresh = list[tuple[Split, tuple[str, ...]]](), dict[str, tuple[str, ...]]()
    for cluster_id, keys in members_of(clusters).items():
        splits = {old[key] for key in keys if key in old}
        if not splits:
            fresh[cluster_id] = tuple(keys)
        elif len(splits) == 1:
            split_of.update(dict.fromkeys(keys, *splits))
            present.extend((split, tuple(keys)) for split in splits)
        else:
            parts, refused = _part(keys, old, cluster_again)
            set_aside += refused
            present += parts
    return Kept(split_of, tuple(present), fresh, tuple(set_aside))


def members_of(clusters: Mapping[str, str]) -> dict[str, list[str]]:
    """Take the cluster of each unit, leave the units of each cluster, all in sorted order of the units."""
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(clusters):
        members[clusters[key]].append(key)
    return members


def _part(
    keys: Sequence[str], old: Mapping[str, Split], cluster_again: ClusterAgain | None
) -> tuple[list[tuple[Split, tuple[str, ...]]], list[Reject]]:
    """Take a cluster with old units of several splits, leave the splits that stay in it and what is set aside.

    The new units are set aside. What they alone held together then falls apart. Old units that are still in one
    cluster were assigned without the other being there, or by texts that changed: the most guarded side stays (test
    before dev before train before pool), the others are set aside for this run.
    """
    known = [key for key in keys if key in old]
    set_aside = _refuse([key for key in keys if key not in old], known, old)
    kept: list[tuple[Split, tuple[str, ...]]] = []
    again = cluster_again(known) if cluster_again else dict.fromkeys(known, known[0])
    for own in members_of(again).values():
        guarded = min((old[key] for key in own), key=ORDER.index)
        kept.append((guarded, tuple(key for key in own if old[key] == guarded)))
        set_aside += _refuse([key for key in own if old[key] != guarded], own, old)
    return kept, set_aside


def _refuse(keys: Sequence[str], known: Sequence[str], old: Mapping[str, Split]) -> list[Reject]:
    """Set units aside because of the old ones beside them, of which each split's first is named."""
    one_each = {old[key]: key for key in reversed(known)}
    rejects = []
    for key in keys:
        near = ", ".join(f"{other} ({split})" for split, other in sorted(one_each.items()) if split != old.get(key))
        rejects.append(Reject(key, "split", NEAR_TWO_SPLITS, f"near-duplicate of {near}"))
    return rejects
