"""Rankings become one."""

import pytest

from glossator.retrieval.fusion import fuse_rankings


def test_scores_are_the_sums_of_the_reciprocal_ranks():
    fused = fuse_rankings([[7, 3, 5], [3, 9]])
    assert [passage for passage, _ in fused] == [3, 7, 9, 5]
    assert dict(fused) == pytest.approx({3: 1 / 62 + 1 / 61, 7: 1 / 61, 9: 1 / 62, 5: 1 / 63})


def test_equal_scores_keep_the_order_of_the_collection():
    assert [passage for passage, _ in fuse_rankings([[8, 2], [2, 8]])] == [2, 8]


def test_an_empty_ranking_changes_nothing():
    assert fuse_rankings([[4, 1], []]) == fuse_rankings([[4, 1]])
    assert fuse_rankings([[], []]) == []
