"""Kind `per_group`: of each group a fixed number examines, a share of the rest is opened, what is left is the pool."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glossator.curation.assignment import Assignment, Unit
from glossator.curation.kept import ClusterAgain, keep_old
from glossator.errors import CurationError
from glossator.records import Split, content_id

FEWEST_CLUSTERS = 4
"""A group with fewer is not examined: all of it may teach. Two for test, one for dev and one for train make four."""


@dataclass(frozen=True, slots=True)
class PerGroup:
    """Of each group `holdout` clusters examine; a share of the rest is opened, and of that a share chooses.

    Raises:
        CurationError: a value is out of range.
    """

    holdout: int = 10
    """Clusters of each group in test; of a group with fewer than twice as many, half, but at least two."""
    train_share: float = 0.5
    """Share of the rest that is opened now; what is not is the pool."""
    dev_share: float = 0.2
    """Share of what is opened that becomes dev; the remainder is train."""

    def __post_init__(self) -> None:
        if self.holdout < 1:
            raise CurationError(f"holdout is {self.holdout}; hold out at least 1 of each group")
        if not 0 < self.train_share <= 1:
            raise CurationError(f"train_share is {self.train_share:g}; it must lie above 0 and not above 1")
        if not 0 <= self.dev_share < 1:
            raise CurationError(f"dev_share is {self.dev_share:g}; it must be at least 0 and below 1")

    @property
    def never_bare(self) -> tuple[Split, ...]:
        """The splits of which something has to be left."""
        return ("train", "dev", "test") if self.dev_share > 0 else ("train", "test")


@dataclass(frozen=True, slots=True)
class Traits:
    """What this kind has to know of a unit."""

    group: str
    length: int
    """Of the question, or of the document's text, in characters."""


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A cluster that has no split yet."""

    id: str
    length: int
    size: int
    groups: int
    rank: str
    """Its place in the order of the seeded hash."""


def split_per_group(
    clusters: Mapping[str, str],
    traits: Mapping[str, Traits],
    rule: PerGroup,
    *,
    seed: int,
    assigned: Mapping[str, Split] | None = None,
    cluster_again: ClusterAgain | None = None,
    unit: Unit = "pair",
) -> Assignment:
    """Take the cluster, group and length of each unit, leave the split of each; no cluster is in two splits.

    A cluster counts as one. One that spans groups counts in the group that has most of its units (the first by name
    of several), and in no other. It examines and chooses only where that group has nothing else, and so does a
    cluster larger than half of `holdout`: a hundred equal answers in test would drown the rest, and those of other
    groups would change the size of an exam that is fixed. What examines and what chooses is spread over the length:
    the clusters in its order are cut into as many equal runs as are needed, and the seeded hash chooses one of each.

    Old units keep their split for good. New ones first fill test up to its size, which grows only while a group has
    fewer than twice `holdout` clusters; then dev up to its share of what is opened; then train, then the pool.

    Args:
        clusters: unit key → cluster id, of the units that are present.
        traits: of the same units.
        rule: the sizes.
        seed: decides which clusters are chosen.
        assigned: units, present or not, with the split they have.
        cluster_again: as for `fractions.split_by_fractions`.
        unit: what the keys are.
    """
    kept = keep_old(clusters, dict(assigned or {}), cluster_again)
    split_of, have = dict(kept.split_of), defaultdict[str, Counter[Split]](Counter)
    for split, keys in kept.present:
        have[_home(keys, traits)][split] += 1
    fresh: dict[str, list[_Cluster]] = defaultdict(list)
    for cluster_id, keys in kept.fresh.items():
        fresh[_home(keys, traits)].append(_describe(cluster_id, keys, traits, seed))
    for group, own in fresh.items():
        quotas = count_quotas(len(own) + have[group].total(), rule)
        quotas.subtract(have[group])
        for cluster_id, split in _deal(own, quotas, largest=max(1, rule.holdout // 2)):
            split_of.update(dict.fromkeys(kept.fresh[cluster_id], split))
    ordered, cluster_of = dict(sorted(split_of.items())), dict(sorted(clusters.items()))
    return Assignment(unit=unit, split_of=ordered, cluster_of=cluster_of, set_aside=kept.set_aside)


def count_quotas(clusters: int, rule: PerGroup) -> Counter[Split]:
    """Take how many clusters a group has, leave how many of them each split gets; halves are rounded up."""
    if clusters < FEWEST_CLUSTERS:
        return Counter({"train": clusters})
    test = min(rule.holdout, max(2, clusters // 2))
    rest = clusters - test
    opened = min(rest, max(2, _round(rule.train_share * rest)))
    dev = min(opened - 1, max(1, _round(rule.dev_share * opened))) if rule.dev_share > 0 else 0
    return Counter({"test": test, "dev": dev, "train": opened - dev, "pool": rest - opened})


def _round(number: float) -> int:
    return math.floor(round(number, 9) + 0.5)


def _home(keys: Sequence[str], traits: Mapping[str, Traits]) -> str:
    counts = Counter(traits[key].group for key in keys)
    return min(counts, key=lambda group: (-counts[group], group))


def _describe(cluster_id: str, keys: Sequence[str], traits: Mapping[str, Traits], seed: int) -> _Cluster:
    groups = {traits[key].group for key in keys}
    length = min(traits[key].length for key in keys)
    return _Cluster(cluster_id, length, len(keys), len(groups), content_id(str(seed), cluster_id))


def _deal(clusters: Sequence[_Cluster], quotas: Mapping[Split, int], *, largest: int) -> Iterable[tuple[str, Split]]:
    """Give each cluster of a group a split: test and dev spread over the length, the rest in order of the hash."""
    remaining = sorted(clusters, key=lambda cluster: cluster.rank)
    held_out: tuple[Split, ...] = ("test", "dev")
    for split in held_out:
        chosen = {cluster.id for cluster in _choose(remaining, max(0, quotas[split]), largest)}
        yield from ((cluster_id, split) for cluster_id in sorted(chosen))
        remaining = [cluster for cluster in remaining if cluster.id not in chosen]
    for place, cluster in enumerate(remaining):
        yield cluster.id, "train" if place < quotas["train"] else "pool"


def _choose(clusters: Sequence[_Cluster], count: int, largest: int) -> list[_Cluster]:
    fit = [cluster for cluster in clusters if cluster.groups == 1 and cluster.size <= largest]
    chosen = _spread(fit, min(count, len(fit)))
    if len(chosen) < count:
        others = [cluster for cluster in clusters if cluster.groups > 1 or cluster.size > largest]
        others.sort(key=lambda cluster: (cluster.size, cluster.groups, cluster.rank))
        chosen += others[: count - len(chosen)]
    return chosen


def _spread(clusters: Sequence[_Cluster], count: int) -> list[_Cluster]:
    """Cut the clusters, by length, into `count` runs of equal size; leave the first of each in order of the hash."""
    order = sorted(clusters, key=lambda cluster: (cluster.length, cluster.rank))
    bounds = [place * len(order) // max(1, count) for place in range(count + 1)]
    return [min(order[start:end], key=lambda cluster: cluster.rank) for start, end in pairwise(bounds)]
