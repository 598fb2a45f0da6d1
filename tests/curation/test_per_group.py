"""Of each group a fixed number examines, and what is assigned never moves."""

import sys
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glossator.curation.per_group import PerGroup, Traits, count_quotas, split_per_group
from glossator.errors import CurationError

SEEDS = st.integers(0, 2**31)
RULES = st.builds(PerGroup, st.integers(1, 12), st.floats(0.05, 1), st.floats(0, 0.9))
GUARD = ["test", "dev", "train", "pool"]


@st.composite
def sets(draw, prefix="u", maximum=60):
    """Units with their clusters, some across groups, and their traits."""
    count = draw(st.integers(1, maximum))
    cluster = draw(st.lists(st.integers(0, maximum), min_size=count, max_size=count))
    group = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    length = draw(st.lists(st.integers(1, 300), min_size=count, max_size=count))
    names = [f"{prefix}{place:03}" for place in range(count)]
    first = {}
    clusters = {name: first.setdefault(number, name) for name, number in zip(names, cluster, strict=True)}
    return clusters, {name: Traits(*pair) for name, pair in zip(names, zip(group, length, strict=True), strict=True)}


def singles(**sizes):
    """Groups of the given sizes, every unit alone in its cluster."""
    traits = {f"{group}{n:04}": Traits(group, n) for group, size in sizes.items() for n in range(size)}
    return {key: key for key in traits}, traits


def counts(assignment, traits):
    found = defaultdict(Counter)
    for key, own in traits.items():
        found[own.group][assignment.split_of[key]] += 1
    return {group: tuple(found[group][split] for split in GUARD) for group in sorted(found)}


def test_a_group_gives_ten_to_test_and_opens_half_of_the_rest_of_which_a_fifth_is_dev():
    clusters, traits = singles(a=160, b=110)
    assignment = split_per_group(clusters, traits, PerGroup(), seed=1)
    assert counts(assignment, traits) == {"a": (10, 15, 60, 75), "b": (10, 10, 40, 50)}
    assert (assignment.unit, assignment.set_aside) == ("pair", ())


def test_a_small_group_gives_half_to_test_and_a_tiny_one_teaches_only_without_stopping_the_others():
    clusters, traits = singles(a=160, b=25, c=12, d=5, e=4, f=3, g=1)
    found = counts(split_per_group(clusters, traits, PerGroup(), seed=1), traits)
    assert found == {
        "a": (10, 15, 60, 75),
        "b": (10, 2, 6, 7),
        "c": (6, 1, 2, 3),
        "d": (2, 1, 1, 1),
        "e": (2, 1, 1, 0),
        "f": (0, 0, 3, 0),
        "g": (0, 0, 1, 0),
    }


@given(st.integers(0, 500), RULES)
def test_quotas_use_every_cluster_and_leave_something_to_learn(clusters, rule):
    quotas = count_quotas(clusters, rule)
    assert sum(quotas.values()) == clusters
    assert min(quotas.values()) >= 0
    assert quotas["test"] <= rule.holdout
    assert clusters < 2 * rule.holdout or quotas["test"] == min(rule.holdout, clusters) or clusters < 4
    if clusters >= 4:
        assert quotas["test"] >= min(2, rule.holdout)
        assert quotas["train"] >= 1
        assert (quotas["dev"] >= 1) == (rule.dev_share > 0)


@settings(deadline=None)
@given(sets(), RULES, SEEDS)
def test_no_cluster_straddles_and_every_unit_gets_a_split(found, rule, seed):
    clusters, traits = found
    assignment = split_per_group(clusters, traits, rule, seed=seed)
    assert set(assignment.split_of) == set(clusters)
    splits = defaultdict(set)
    for key, cluster_id in clusters.items():
        splits[cluster_id].add(assignment.split_of[key])
    assert all(len(own) == 1 for own in splits.values())


@settings(deadline=None)
@given(sets(), RULES, SEEDS)
def test_each_group_holds_out_as_many_clusters_as_its_quota_says(found, rule, seed):
    clusters, traits = found
    members = defaultdict(list)
    for key, cluster_id in clusters.items():
        members[cluster_id].append(key)
    at_home = defaultdict(Counter)
    assignment = split_per_group(clusters, traits, rule, seed=seed)
    for keys in members.values():
        groups = Counter(traits[key].group for key in keys)
        home = min(groups, key=lambda group: (-groups[group], group))
        at_home[home][assignment.split_of[keys[0]]] += 1
    for own in at_home.values():
        assert own == +count_quotas(own.total(), rule)


@settings(deadline=None)
@given(sets(), RULES, SEEDS, st.randoms())
def test_the_order_of_the_units_does_not_matter(found, rule, seed, rng):
    clusters, traits = found
    shuffled = list(clusters.items())
    rng.shuffle(shuffled)
    one = split_per_group(clusters, traits, rule, seed=seed)
    other = split_per_group(dict(shuffled), dict(sorted(traits.items(), reverse=True)), rule, seed=seed)
    assert one.to_dict() == other.to_dict()


@settings(deadline=None)
@given(sets(), sets(prefix="a"), RULES, SEEDS, SEEDS)
def test_units_added_later_move_none_of_the_old_and_never_enlarge_a_full_holdout(old, new, rule, seed, other):
    first = split_per_group(*old, rule, seed=seed)
    clusters, traits = {**old[0], **new[0]}, {**old[1], **new[1]}
    second = split_per_group(clusters, traits, rule, seed=other, assigned=first.split_of)
    assert {key: second.split_of[key] for key in first.split_of} == dict(first.split_of)
    assert set(second.split_of) == set(clusters)
    home = defaultdict(Counter)
    for cluster_id in set(clusters.values()):
        keys = [key for key in clusters if clusters[key] == cluster_id]
        groups = Counter(traits[key].group for key in keys)
        home[min(groups, key=lambda group: (-groups[group], group))][second.split_of[keys[0]]] += 1
    assert all(own["test"] <= rule.holdout for own in home.values())


def test_new_units_fill_a_holdout_up_and_once_it_is_full_go_to_dev_train_and_pool_only():
    rule = PerGroup(holdout=6)
    small, full, large = (singles(a=size) for size in (8, 12, 100))
    first = split_per_group(*small, rule, seed=1)
    second = split_per_group(*full, rule, seed=1, assigned=first.split_of)
    third = split_per_group(*large, rule, seed=1, assigned=second.split_of)
    assert [counts(one, two[1])["a"] for one, two in ((first, small), (second, full), (third, large))] == [
        (4, 1, 1, 2),
        (6, 1, 2, 3),
        (6, 9, 38, 47),
    ]


def test_the_holdout_is_spread_over_the_lengths():
    clusters, traits = singles(a=100)
    for seed in range(10):
        assignment = split_per_group(clusters, traits, PerGroup(holdout=10), seed=seed)
        lengths = sorted(traits[key].length for key, split in assignment.split_of.items() if split == "test")
        assert [length // 10 for length in lengths] == list(range(10))


def test_the_seed_decides_who_examines():
    clusters, traits = singles(a=100)
    drawn = {
        frozenset(
            k for k, s in split_per_group(clusters, traits, PerGroup(), seed=seed).split_of.items() if s == "test"
        )
        for seed in range(5)
    }
    assert len(drawn) == 5


def test_clusters_across_groups_and_large_ones_do_not_examine_while_there_are_others():
    clusters, traits = singles(a=60, b=60)
    across = {f"x{n:02}": Traits("ab"[n % 2], n) for n in range(40)}
    large = {f"y{n}": Traits("a", n) for n in range(6)}
    clusters |= {key: f"x{int(key[1:]) // 2 * 2:02}" for key in across} | dict.fromkeys(large, "y0")
    traits |= across | large
    for seed in range(20):
        assignment = split_per_group(clusters, traits, PerGroup(), seed=seed)
        assert {assignment.split_of[key] for key in (*across, *large)} == {"train", "pool"}
        assert [found[0] for found in counts(assignment, traits).values()] == [10, 10]


def test_a_group_of_nothing_but_large_clusters_is_examined_by_the_smallest_of_them():
    traits = {f"{size}-{n}": Traits("a", 5) for size in range(10, 18) for n in range(size)}
    clusters = {key: f"{key.split('-')[0]}-0" for key in traits}
    assignment = split_per_group(clusters, traits, PerGroup(holdout=2), seed=3)
    tested = {clusters[key] for key, split in assignment.split_of.items() if split == "test"}
    assert tested == {"10-0", "11-0"}


def test_a_new_unit_near_old_ones_of_two_splits_is_set_aside():
    clusters, traits = singles(a=40)
    first = split_per_group(clusters, traits, PerGroup(), seed=1)
    train, test = (next(k for k, s in first.split_of.items() if s == split) for split in ("train", "test"))
    bridge = {**clusters, test: train, "new": train}
    second = split_per_group(
        bridge,
        {**traits, "new": Traits("a", 1)},
        PerGroup(),
        seed=1,
        assigned=first.split_of,
        cluster_again=lambda keys: {key: key for key in keys},
    )
    assert [(reject.subject_id, reject.reason) for reject in second.set_aside] == [("new", "near_two_splits")]
    assert dict(second.split_of) == dict(first.split_of)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"holdout": 0}, "holdout is 0"),
        ({"train_share": 0}, "train_share is 0"),
        ({"train_share": 1.5}, "train_share is 1.5"),
        ({"dev_share": 1}, "dev_share is 1"),
        ({"dev_share": float("nan")}, "dev_share is nan"),
    ],
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(CurationError, match=message):
        PerGroup(**values)


def test_work_grows_with_the_number_of_units_and_not_with_its_square():
    def calls(count):
        clusters, traits = singles(a=count)
        counted = 0

        def count_calls(frame, event, argument):
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count_calls)
        try:
            split_per_group(clusters, traits, PerGroup(), seed=1)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(4000) < 10 * calls(500)
