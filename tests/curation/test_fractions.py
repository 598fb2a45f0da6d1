"""Whole clusters fill the shares; what is assigned never moves."""

from collections import Counter, defaultdict

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glossator.curation.fractions import split_by_fractions
from glossator.errors import CurationError

SHARES = st.tuples(*[st.integers(1, 12)] * 3, st.integers(0, 12)).map(
    lambda parts: dict(zip(("train", "dev", "test", "pool"), (part / sum(parts) for part in parts), strict=True))
)
SEEDS = st.integers(0, 2**31)
HALF = {"train": 0.5, "dev": 0.25, "test": 0.25, "pool": 0.0}


@st.composite
def clusterings(draw, minimum=6, maximum=40):
    """Map documents to clusters that are named after their smallest member."""
    count = draw(st.integers(minimum, maximum))
    sizes = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    names = draw(st.permutations(range(sum(sizes))))
    clusters, start = {}, 0
    for size in sizes:
        members = sorted(f"d{name:03}" for name in names[start : start + size])
        clusters.update(dict.fromkeys(members, members[0]))
        start += size
    return clusters


def clusters_per_split(clusters, split_of):
    found = defaultdict(set)
    for document, split in split_of.items():
        found[split].add(clusters[document])
    return Counter({split: len(ids) for split, ids in found.items()})


@settings(deadline=None)
@given(clusterings(), SHARES, SEEDS)
def test_every_document_gets_exactly_one_split_and_no_cluster_straddles_two(clusters, shares, seed):
    assignment = split_by_fractions(clusters, shares, seed=seed)
    assert set(assignment.split_of) == set(clusters)
    assert sum(clusters_per_split(clusters, assignment.split_of).values()) == len(set(clusters.values()))
    assert set(assignment.split_of.values()) <= {"train", "dev", "test", "pool"}
    assert assignment.set_aside == ()
    assert assignment.unit == "document"


@settings(deadline=None)
@given(clusterings(), SHARES, SEEDS)
def test_dev_and_test_have_at_least_two_clusters_and_train_one(clusters, shares, seed):
    found = clusters_per_split(clusters, split_by_fractions(clusters, shares, seed=seed).split_of)
    assert found["dev"] >= 2
    assert found["test"] >= 2
    assert found["train"] >= 1


@settings(deadline=None)
@given(clusterings(maximum=60), SHARES, SEEDS)
def test_each_split_stays_within_one_cluster_of_its_share_where_the_minimum_allows(clusters, shares, seed):
    total = len(set(clusters.values()))
    assume(min(shares["dev"], shares["test"]) * total >= 2)
    assume(shares["train"] * total >= 1)
    found = clusters_per_split(clusters, split_by_fractions(clusters, shares, seed=seed).split_of)
    for split, share in shares.items():
        assert abs(found[split] - share * total) < 1 + 1e-6


def test_a_cluster_counts_as_one_however_many_copies_it_holds():
    clusters = {f"copy{n:02}": "copy00" for n in range(50)} | {f"d{n}": f"d{n}" for n in range(7)}
    found = clusters_per_split(clusters, split_by_fractions(clusters, HALF, seed=1).split_of)
    assert found == {"train": 4, "dev": 2, "test": 2}


@settings(deadline=None)
@given(clusterings(), SHARES, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_documents_does_not_matter(clusters, shares, seed, rng):
    shuffled = list(clusters.items())
    rng.shuffle(shuffled)
    one, other = (split_by_fractions(given, shares, seed=seed) for given in (clusters, dict(shuffled)))
    assert one.to_dict() == other.to_dict()


def test_another_seed_gives_another_order():
    clusters = {f"d{n:02}": f"d{n:02}" for n in range(40)}
    drawn = {tuple(split_by_fractions(clusters, HALF, seed=seed).split_of.values()) for seed in range(5)}
    assert len(drawn) == 5


@settings(deadline=None)
@given(clusterings(minimum=12), SHARES, SHARES, SEEDS, SEEDS, st.integers(6, 12))
def test_adding_documents_never_moves_an_old_one_even_under_other_shares(clusters, before, after, one, other, kept):
    first = set(sorted(set(clusters.values()))[:kept])
    old_clusters = {document: own for document, own in clusters.items() if own in first}
    old = split_by_fractions(old_clusters, before, seed=one).split_of
    new = split_by_fractions(clusters, after, seed=other, assigned=old).split_of
    assert {document: new[document] for document in old} == dict(old)
    assert set(new) == set(clusters)


@settings(deadline=None)
@given(clusterings(minimum=24, maximum=60), SHARES, SEEDS)
def test_added_documents_fill_what_the_quotas_lack(clusters, shares, seed):
    ids = sorted(set(clusters.values()))
    old_clusters = {document: own for document, own in clusters.items() if own in ids[: len(ids) // 3]}
    old = split_by_fractions(old_clusters, shares, seed=seed).split_of
    found = clusters_per_split(clusters, split_by_fractions(clusters, shares, seed=seed, assigned=old).split_of)
    assume(min(shares["dev"], shares["test"]) * len(ids) >= 2)
    assume(shares["train"] * len(ids) >= 1)
    for split, share in shares.items():
        assert abs(found[split] - share * len(ids)) < 1 + 1e-6


def test_a_new_document_in_the_cluster_of_an_old_one_gets_its_split():
    clusters = {f"d{n}": f"d{n}" for n in range(12)}
    old = split_by_fractions(clusters, HALF, seed=3).split_of
    copies = {f"a-copy-of-{document}": f"a-copy-of-{document}" for document in clusters}
    joined = {document: f"a-copy-of-{document}" for document in clusters} | copies
    new = split_by_fractions(joined, HALF, seed=3, assigned=old)
    assert all(new.split_of[f"a-copy-of-{document}"] == split for document, split in old.items())
    assert new.set_aside == ()


def alone(keys):
    """Cluster units that nothing but a newcomer joined."""
    return {key: key for key in keys}


def reasons_of(assignment):
    return {reject.subject_id: reject.reason for reject in assignment.set_aside}


def test_a_new_document_close_to_two_splits_is_set_aside_with_that_reason_and_moves_nobody():
    clusters = {f"d{n}": f"d{n}" for n in range(12)}
    old = split_by_fractions(clusters, HALF, seed=3).split_of
    one, other = (next(document for document in old if old[document] == split) for split in ("train", "test"))
    joined = {**clusters, one: "bridge", other: "bridge", "bridge": "bridge", "fresh": "fresh"}
    new = split_by_fractions(joined, HALF, seed=3, assigned=old, cluster_again=alone)
    assert reasons_of(new) == {"bridge": "near_two_splits"}
    assert f"{one} (train)" in new.set_aside[0].detail
    assert f"{other} (test)" in new.set_aside[0].detail
    assert "bridge" not in new.split_of
    assert "fresh" in new.split_of
    assert {document: new.split_of[document] for document in old} == dict(old)


def test_of_old_near_duplicates_in_several_splits_only_the_most_guarded_side_has_a_split_and_none_moves():
    old = {"a": "train", "b": "test", "c": "dev", "d": "pool", "e": "test", "x": "train", "y": "dev", "z": "pool"}
    clusters = {**dict.fromkeys("abcde", "a"), **dict.fromkeys("xz", "x"), "y": "y"}
    new = split_by_fractions(clusters, HALF, seed=3, assigned=old)
    assert reasons_of(new) == dict.fromkeys("acdz", "near_two_splits")
    assert {key: new.split_of_unit(key) for key in "bexyacdz"} == {
        "b": "test",
        "e": "test",
        "x": "train",
        "y": "dev",
        **dict.fromkeys("acdz"),
    }
    assert dict(new.split_of) == old
    assert new.set_aside[0].detail == "near-duplicate of c (dev), d (pool), b (test)"


def test_an_old_document_that_was_set_aside_has_its_split_again_once_its_double_is_gone():
    old = {"a": "train", "b": "test"}
    both = split_by_fractions({"a": "a", "b": "a"}, HALF, seed=3, assigned=old)
    one = split_by_fractions({"a": "a"}, HALF, seed=3, assigned=both.split_of)
    assert (both.split_of_unit("a"), one.split_of_unit("a")) == (None, "train")


@settings(deadline=None)
@given(clusterings(), SHARES, SEEDS, st.data())
def test_no_cluster_has_units_in_two_splits_whatever_was_assigned_before(clusters, shares, seed, data):
    splits = st.sampled_from(["train", "dev", "test", "pool"])
    old = data.draw(st.dictionaries(st.sampled_from([*clusters, "absent"]), splits))
    assignment = split_by_fractions(clusters, shares, seed=seed, assigned=old)
    found = defaultdict(set)
    for key, own in clusters.items():
        if split := assignment.split_of_unit(key):
            found[own].add(split)
    assert set(found) == set(clusters.values()), "something of every cluster stays"
    assert all(len(own) == 1 for own in found.values())
    assert {key: assignment.split_of[key] for key in old} == old


def test_what_is_set_aside_comes_in_the_same_order_whatever_the_order_of_the_documents():
    old = {"a": "train", "b": "test"}
    joined = dict.fromkeys(["a", "b", "x", "y", "z"], "a")
    one, other = (
        split_by_fractions(given, HALF, seed=3, assigned=old) for given in (joined, dict(reversed(joined.items())))
    )
    assert [reject.subject_id for reject in one.set_aside] == ["x", "y", "z", "a"]
    assert one.set_aside == other.set_aside


def test_a_new_document_close_to_two_old_ones_of_the_same_split_joins_them():
    clusters = {f"d{n}": f"d{n}" for n in range(12)}
    old = split_by_fractions(clusters, HALF, seed=3).split_of
    one, other = [document for document in old if old[document] == "train"][:2]
    joined = {**clusters, one: "bridge", other: "bridge", "bridge": "bridge"}
    new = split_by_fractions(joined, HALF, seed=3, assigned=old)
    assert new.split_of["bridge"] == "train"
    assert new.set_aside == ()


def test_a_document_that_went_and_came_back_finds_its_old_split():
    clusters = {f"d{n}": f"d{n}" for n in range(20)}
    old = split_by_fractions(clusters, HALF, seed=3).split_of
    fewer = split_by_fractions({key: key for key in list(clusters)[5:]}, HALF, seed=3, assigned=old).split_of
    assert dict(split_by_fractions(clusters, HALF, seed=3, assigned=fewer).split_of) == dict(old)


def test_a_share_of_zero_gets_nothing():
    clusters = {f"d{n}": f"d{n}" for n in range(9)}
    drawn = split_by_fractions(clusters, {"train": 0.8, "dev": 0.2, "test": 0.0, "pool": 0.0}, seed=1).split_of
    assert Counter(drawn.values()) == {"train": 7, "dev": 2}


@pytest.mark.parametrize(
    "shares",
    [
        {"train": 0.7, "dev": 0.2, "test": 0.2, "pool": 0.0},
        {"train": 0.7, "dev": 0.1, "test": 0.1, "pool": 0.0},
        {"train": 1.2, "dev": 0.1, "test": -0.3, "pool": 0.0},
    ],
)
def test_shares_that_do_not_sum_to_one_or_are_negative_are_refused(shares):
    with pytest.raises(CurationError, match="sum to 1"):
        split_by_fractions({"a": "a"}, shares, seed=1)


@pytest.mark.parametrize("shares", [{}, {"train": 0.5, "dev": 0.5}])
def test_shares_that_lack_a_split_are_refused(shares):
    with pytest.raises(CurationError, match="give one for each of dev, pool, test, train"):
        split_by_fractions({"a": "a"}, shares, seed=1)


def test_shares_may_miss_one_by_a_rounding_error():
    shares = {"train": 0.1 + 0.2, "dev": 0.3, "test": 0.3, "pool": 0.1}
    assert split_by_fractions({f"d{n}": f"d{n}" for n in range(6)}, shares, seed=1).split_of
