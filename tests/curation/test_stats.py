"""What a set is made of, group by group."""

import json

from glossator.curation.stats import dataset_stats


def test_counts_and_lengths_are_told_for_all_and_for_each_group(make_sample):
    samples = [
        make_sample("Why?", "word " * n, split=split, group=group)
        for n, (split, group) in enumerate([("train", "b"), ("test", "b"), ("pool", "a"), ("train", None)], start=1)
    ]
    stats = dataset_stats(samples)
    assert stats["samples"] == 4
    assert stats["splits"] == {"train": 2, "dev": 0, "test": 1, "test_seen": 0, "pool": 1}
    assert list(stats["groups"]) == ["", "a", "b"]
    assert stats["groups"]["b"]["splits"] == {"train": 1, "dev": 0, "test": 1, "test_seen": 0, "pool": 0}
    assert stats["groups"]["a"]["answer_words"] == {"mean": 3, "min": 3, "p10": 3, "p50": 3, "p90": 3, "max": 3}
    assert stats["question_characters"]["mean"] == 4
    assert dataset_stats(samples[::-1]) == stats
    assert json.loads(json.dumps(stats)) == stats


def test_percentiles_are_the_nearest_rank(make_sample):
    samples = [make_sample("Why?", "word " * n) for n in range(1, 21)]
    words = dataset_stats(samples)["answer_words"]
    assert words == {"mean": 10.5, "min": 1, "p10": 2, "p50": 10, "p90": 18, "max": 20}


def test_no_samples_have_no_groups_and_only_zeros():
    stats = dataset_stats([])
    assert (stats["samples"], stats["groups"]) == (0, {})
    assert set(stats["answer_characters"].values()) == {0}
